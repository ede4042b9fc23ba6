"""Words for what PostgreSQL refuses because of how a key is, or was to be, declared, whatever the rows."""

from __future__ import annotations

import re
from typing import Final

NAME: Final = r"\W{1,4}([^\"\n]{1,130}?)\W{1,4}"
"""A name in an error's text, in whatever quotation marks."""

# What is looked for, what it is, and what to do; {0}, {1} are the names that were found.
REFUSED_DECLARATIONS: Final = (
    (
        re.compile(rf"there is no unique constraint matching given keys for referenced table {NAME}(?:\s|$)"),
        "A foreign key could not be declared: {0} has no unique constraint over just the columns it names.",
        "Refer to the primary key of {0}, or add a unique constraint over these columns first.",
    ),
    (
        re.compile(rf"foreign key constraint {NAME} cannot be implemented"),
        "{0} could not be declared: its columns and those it was to refer to have types that cannot be compared.",
        "Give the referencing columns the types of the referenced ones; DETAIL names both.",
    ),
    (
        re.compile(rf"there is no primary key for referenced table {NAME}(?:\s|$)"),
        "A foreign key could not be declared: {0} has no primary key, and it names no columns.",
        "Name the columns it is to refer to, which must be unique: REFERENCES {0} (…).",
    ),
    (
        re.compile(r"number of referencing and referenced columns for foreign key disagree"),
        "A foreign key could not be declared: it has not as many columns as what it was to refer to.",
        "A key of several columns needs them all: FOREIGN KEY (a, b) REFERENCES … (a, b).",
    ),
    (
        re.compile(rf"cannot use a deferrable unique constraint for referenced table {NAME}(?:\s|$)"),
        "A foreign key could not be declared: what it was to refer to is unique in {0} only once it is checked.",
        "Declare that constraint of {0} NOT DEFERRABLE, or refer to another.",
    ),
    (
        re.compile(rf"referenced relation {NAME} is not a table"),
        "A foreign key could not be declared: {0} is a view or something else that no key can refer to.",
        "Refer to the table below it.",
    ),
    (
        re.compile(rf"column {NAME} referenced in foreign key constraint does not exist"),
        "A foreign key could not be declared: one of the tables has no column {0}.",
        "Look how it is spelled there; only names in double quotes keep capital letters.",
    ),
    (
        re.compile(r"constraints on (?:permanent|unlogged|temporary) tables may reference only"),
        "A foreign key could not be declared: rows of one table would outlive those of the other.",
        "A permanent table refers to permanent ones only, an unlogged one also to others of its kind.",
    ),
    (
        re.compile(r"foreign key constraints are not supported on foreign tables"),
        "A foreign key could not be declared: the rows of a foreign table are on another server.",
        "Declare it there.",
    ),
    (
        re.compile(r"invalid ON (DELETE|UPDATE) action for foreign key constraint containing generated column"),
        "A foreign key could not be declared: its action ON {0} would write a generated column.",
        "ON DELETE can be NO ACTION, RESTRICT or CASCADE there, ON UPDATE NO ACTION or RESTRICT.",
    ),
    (
        re.compile(r"foreign key (?:must use|uses) PERIOD"),
        "A foreign key could not be declared: PERIOD stands on one side only, or refers to no WITHOUT OVERLAPS.",
        "Write PERIOD before the last column on both sides, and refer to a key WITHOUT OVERLAPS.",
    ),
    (
        re.compile(r"unsupported ON (DELETE|UPDATE) action for foreign key constraint using PERIOD"),
        "A foreign key could not be declared: with PERIOD its action ON {0} can only be NO ACTION.",
        "Leave the action out.",
    ),
    (
        re.compile(r"foreign key constraints on virtual generated columns are not supported"),
        "A foreign key could not be declared: one of its columns is generated and not stored.",
        "Declare that column STORED, or an ordinary one.",
    ),
    (
        re.compile(rf"column {NAME} referenced in ON (DELETE|UPDATE) SET action must be part of foreign key"),
        "A foreign key could not be declared: ON {1} SET … is to write {0}, which is none of its columns.",
        "Name columns of the key in that list.",
    ),
    (
        re.compile(r"cannot move tuple across partitions when a non-root ancestor of the source partition"),
        "A row cannot move to another partition, as a foreign key refers to the one it is in, not to the whole.",
        "Declare that key on the partitioned table; DETAIL names both.",
    ),
    (
        re.compile(rf"cannot use ONLY for foreign key on partitioned table {NAME}"),
        "A foreign key could not be declared: ONLY leaves the partitions of {0} out, and it is for them too.",
        "Leave ONLY out.",
    ),
    (
        re.compile(rf"cannot add NOT VALID foreign key on partitioned table {NAME}"),
        "A foreign key could not be declared: up to 17 one of a partitioned table, {0}, cannot be NOT VALID.",
        "Add it NOT VALID to each partition and validate it there; added to the whole, it takes these over.",
    ),
    (
        re.compile(rf"constraint {NAME} of relation {NAME} does not exist"),
        "{1} had no constraint {0}: it is called otherwise there, or it had been dropped already.",
        "fkdash list tells what the foreign keys are called; only names in double quotes keep capital letters.",
    ),
    (
        re.compile(rf"constraint {NAME} of relation {NAME} is not a foreign key constraint"),
        "ALTER CONSTRAINT changes foreign keys only, and {0} of {1} is none.",
        "Drop that one and add it again.",
    ),
    (
        re.compile(rf"cannot [A-Z][A-Z ]{{2,40}} {NAME} because it has pending trigger events"),
        "Rows of {0} were written, and triggers for them are still to run: until then {0} stays as it is.",
        "Say SET CONSTRAINTS ALL IMMEDIATE first, and change no table from within a trigger on it.",
    ),
    (
        re.compile(r"tuple to be (updated|deleted) was already modified by an operation triggered by the current"),
        "A BEFORE trigger, or a foreign key's action that it set off, had changed the row that was to be {0}.",
        "Change other rows in an AFTER trigger, which runs once this row has been {0}.",
    ),
    (
        re.compile(r'permission denied: "(RI_ConstraintTrigger_\w{1,20})" is a system trigger'),
        "Only a superuser can switch off what enforces a foreign key, as {0} does.",
        "DISABLE TRIGGER USER leaves it on; to load rows in any order, make keys DEFERRABLE and SET CONSTRAINTS.",
    ),
    (
        re.compile(r"cannot create foreign key constraint since relations are not colocated"),
        "A foreign key could not be declared: Citus keeps the rows of the two tables on different nodes.",
        "Distribute both by a column of the key, or make the referenced one a reference table.",
    ),
    (
        re.compile(r"SET NULL or SET DEFAULT is not supported in ON DELETE operation"),
        "A foreign key could not be declared: its action ON DELETE would write what Citus distributes by.",
        "ON DELETE can be NO ACTION, RESTRICT or CASCADE there.",
    ),
    (
        re.compile(r"MATCH PARTIAL not yet implemented"),
        "A foreign key could not be declared: PostgreSQL knows MATCH SIMPLE and MATCH FULL only.",
        "MATCH FULL refuses keys that are NULL in part.",
    ),
)
