"""Words for a statement about a declared key, or a table of one, that PostgreSQL refuses because of that key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action
from fkdash.catalog.table_name import listed, quoted
from fkdash.explain.candidates import MOST_ANSWERS
from fkdash.explain.clues import Clues, Kind
from fkdash.explain.declaring import NAME
from fkdash.explain.keys import referenced_names, referencing_names
from fkdash.explain.model import Cause, Explanation, referenced_table
from fkdash.sqlstates import (
    DATATYPE_MISMATCH,
    DEPENDENT_OBJECTS_STILL_EXIST,
    DUPLICATE_OBJECT,
    INVALID_TABLE_DEFINITION,
    OBJECT_IN_USE,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    WRONG_OBJECT_TYPE,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fkdash.catalog.model import Catalog, ForeignKey

    _Told = Callable[[Catalog, str, "re.Match[str]"], Iterable[Cause]]

_INCOMPATIBLE: Final = re.compile(
    rf"Key columns {NAME}(?: of the referencing table)? and {NAME}(?: of the referenced table)? are of incompat"
)
_WAITING: Final = (
    "Its checks wait for the end of the transaction in which rows were written, and until then no table that has "
    "such rows can be changed"
)


def about_a_key(catalog: Catalog, text: str, sqlstate: str) -> Explanation | None:
    """Explain a statement that was refused because a key is there, None where it is none of those known here.

    `sqlstate` is empty where the text does not tell it.
    """
    for sign, told in _SIGNS:
        found = sign.search(text)
        causes = tuple(told(catalog, text, found))[:MOST_ANSWERS] if found is not None else ()
        if causes:
            state = sqlstate or causes[0].sqlstate
            if told is _there_already:
                # The key did nothing: another is to be called as it is.
                clues = Clues(state, Kind.OTHER)
                return Explanation(clues, causes[0].message, (), causes[0].next_step, understood=True)
            which = causes[0].key.qualified
            headline = (
                f"{state} is about {which}."
                if len(causes) == 1
                else f"{state} can be about {len(causes):,} foreign keys, the likeliest first."
            )
            return Explanation(Clues(state, Kind.OTHER), headline, causes, ambiguous=len(causes) > 1)
    return None


def _waits(catalog: Catalog, _text: str, found: re.Match[str]) -> Iterator[Cause]:
    """Tell of checks that wait: those of rows of the table, and those of rows that went and are referred to."""
    of = [
        key for key in catalog.foreign_keys if key.deferrable and key.enforced and _writes(catalog, key, found[1])
    ]
    for key in [each for each in of if each.initially_deferred] or of:
        is_so = (
            "INITIALLY DEFERRED" if key.initially_deferred else "DEFERRABLE, and SET CONSTRAINTS can put it off"
        )
        name = f"{quoted(key.table.schema)}.{quoted(key.name)}"
        yield Cause(
            key,
            OBJECT_IN_USE,
            f"{key.qualified} is {is_so}. {_WAITING}.",
            (),
            f"Say SET CONSTRAINTS {name} IMMEDIATE before that statement, which checks the rows there and then, "
            "or change rows and table in two transactions.",
        )


def _writes(catalog: Catalog, key: ForeignKey, table: str) -> bool:
    """Tell whether a write of the table leaves a check of the key waiting: only NO ACTION waits for what goes."""
    looks_back = Action.NO_ACTION in {key.on_delete, key.on_update}
    return table in referencing_names(catalog, key) or (looks_back and table in referenced_names(catalog, key))


def _copy(catalog: Catalog, _text: str, found: re.Match[str]) -> Iterator[Cause]:
    for key in _copied(catalog, found[1], found[2]):
        yield Cause(
            key,
            INVALID_TABLE_DEFINITION,
            f"{found[1]} of {found[2]} is what {key.qualified} is for a partition: it goes only with that key.",
            (),
            f"For the whole: ALTER TABLE {key.table.sql} DROP CONSTRAINT {quoted(key.name)}. It is a partition's "
            "own only once that is detached.",
        )


def _derived(catalog: Catalog, _text: str, found: re.Match[str]) -> Iterator[Cause]:
    for key in _copied(catalog, found[1], found[2]):
        yield Cause(
            key,
            OBJECT_NOT_IN_PREREQUISITE_STATE,
            f"{found[1]} of {found[2]} is what {key.qualified} is for a partition: it is as that key is.",
            (),
            f"Alter that one, for all: ALTER TABLE {key.table.sql} ALTER CONSTRAINT {quoted(key.name)} ….",
        )


def _not_deferrable(catalog: Catalog, _text: str, found: re.Match[str]) -> Iterator[Cause]:
    for key in catalog.foreign_keys:
        if key.name == found[1] and not key.deferrable:
            yield Cause(
                key,
                WRONG_OBJECT_TYPE,
                f"{key.qualified} is NOT DEFERRABLE: each statement is checked, whatever SET CONSTRAINTS says.",
                (),
                f"ALTER TABLE {key.table.sql} ALTER CONSTRAINT {quoted(key.name)} DEFERRABLE lets a transaction "
                "put its checks off, and reads no rows. RESTRICT, CASCADE and SET never wait.",
            )


def _there_already(catalog: Catalog, _text: str, found: re.Match[str]) -> Iterator[Cause]:
    for key in catalog.foreign_keys:
        if key.name == found[1] and key.table.name == found[2]:
            yield Cause(
                key,
                DUPLICATE_OBJECT,
                f"{key.qualified} is there already: ({listed(key.columns)}) to {referenced_table(key)} "
                f"({listed(key.referenced_columns)}) ON DELETE {key.on_delete} ON UPDATE {key.on_update}.",
                (),
                "Where it is the one that was to be declared, mark that migration as applied; else give the new "
                "one another name, or drop this one in the same ALTER TABLE.",
            )


def _own_trigger(catalog: Catalog, _text: str, found: re.Match[str]) -> Iterator[Cause]:
    for key in catalog.foreign_keys:
        if key.name == found[1] and found[2] in referencing_names(catalog, key):
            give_up = f"ALTER TABLE {key.table.sql} DROP CONSTRAINT {quoted(key.name)}"
            yield Cause(
                key,
                DEPENDENT_OBJECTS_STILL_EXIST,
                f"That trigger is what enforces {key.qualified}, and goes with it.",
                (),
                f"To give the foreign key up, say so: {give_up}.",
            )


def _other_type(catalog: Catalog, text: str, found: re.Match[str]) -> Iterator[Cause]:
    """Tell of ALTER COLUMN … TYPE: it declares the keys over a column anew, with the words for a new one."""
    pair = _INCOMPATIBLE.search(text)
    for key in catalog.foreign_keys:
        pairs = zip(key.columns, key.referenced_columns, strict=True)
        if key.name == found[1] and pair is not None and (pair[1], pair[2]) in pairs:
            yield Cause(
                key,
                DATATYPE_MISMATCH,
                f"{key.qualified} is there, so a column of it was to get another type (ALTER COLUMN … TYPE), or "
                "it was to be declared anew: then its columns and those it refers to have types that cannot be "
                "compared.",
                (),
                "Drop the key, give both sides the new type, and add it again, in one transaction; DETAIL names "
                "the columns.",
            )


_SIGNS: Final[tuple[tuple[re.Pattern[str], _Told], ...]] = (
    (re.compile(rf"cannot [A-Z][A-Z ]{{2,40}} {NAME} because it has pending trigger events"), _waits),
    (re.compile(rf"cannot drop inherited constraint {NAME} of relation {NAME}(?:\s|$)"), _copy),
    (re.compile(rf"cannot alter constraint {NAME} on relation {NAME}(?:\s|$)"), _derived),
    (re.compile(rf"constraint {NAME} is not deferrable"), _not_deferrable),
    (re.compile(rf"constraint {NAME} for relation {NAME} already exists"), _there_already),
    (
        re.compile(
            r"cannot drop trigger RI_ConstraintTrigger_\S{1,20} on table .{1,150}? because constraint (\S{1,63}) "
            r"on table (?:\S{1,130}\.)?(\S{1,63}) requires it"
        ),
        _own_trigger,
    ),
    (re.compile(rf"foreign key constraint {NAME} cannot be implemented"), _other_type),
)


def _copied(catalog: Catalog, name: str, table: str) -> Iterator[ForeignKey]:
    for key in catalog.foreign_keys:
        if any(copy.name == name and copy.table.name == table for copy in key.copies):
            yield key
