"""FK106: SET DEFAULT makes rows refer to a row that may not exist.

The value written is checked like any other (CREATE TABLE, "SET DEFAULT": there
must be a row in the referenced table matching the default values). Only the data
can tell; the finding carries the question, `settled` takes the answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.rules.actions.defaults import default_expression, default_value, is_constant
from fkdash.rules.actions.enforcement import (
    check_runs,
    no_such_row_error,
    refers_to_itself_only,
    refusal_error,
)
from fkdash.rules.actions.failing import failing_writes
from fkdash.rules.actions.rescues import rescues
from fkdash.rules.actions.writes import verbs, writes
from fkdash.rules.finding import DefaultRow, Finding, HangsOn, Rule
from fkdash.rules.severity import Severity
from fkdash.rules.sql.shown import shown
from fkdash.rules.sql.values import NULL_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, Table
    from fkdash.rules.actions.writes import Write

_FIXES = ("no-action", "restrict", "cascade", "set-null")


def _find(catalog: Catalog) -> Iterator[Finding]:
    failing = failing_writes(catalog)
    for write in writes(catalog):
        table = catalog.tables[write.key.table]
        if write.action is not Action.SET_DEFAULT or id(write) in failing:
            continue
        if refers_to_itself_only(write.key):
            continue
        no_reference = any(default_value(table.columns_by_name[name]) == NULL_ONLY for name in write.columns)
        if not no_reference and check_runs(catalog, write.key):
            yield _finding(catalog, table, write)


def _finding(catalog: Catalog, table: Table, write: Write) -> Finding:
    key = write.key
    columns = [table.columns_by_name[name] for name in write.columns]
    defaults = tuple(default_expression(column) or "" for column in columns)
    whole = len(write.columns) == len(key.columns) and all(map(is_constant, columns))
    written = ", ".join(
        f"{column.shown} = {shown(text) or 'its sequence'}" for column, text in zip(columns, defaults, strict=True)
    )
    spared = rescues(catalog, key, write.statements[0], write.columns, late=True)
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=Severity.WARNING,
        key=key,
        columns=write.columns,
        message=f"{write.doing} writes {written}; without such a row of {key.referenced.shown} {write.verbs} a "
        f"referenced row of {key.referenced.shown} fails with 23503.",
        explanation=f"{key.shown} makes the rows it sets to their default refer to another row of "
        f"{key.referenced.shown}. Whether that row exists is not known from this source."
        + (" The default is not a constant, so it is decided anew for every row." if not whole else ""),
        statements=write.statements,
        error=no_such_row_error(catalog, key),
        evidence=(f"the default of {key.table} is {written}", *spared),
        fixes=_FIXES,
        certain=False,
        question=DefaultRow(key.referenced, key.referenced_columns, defaults, spared=bool(spared))
        if whole
        else None,
    )


def settled(catalog: Catalog, finding: Finding, *, present: bool) -> Finding:
    """Give a finding with its question answered: an error without the row, else what remains worth knowing.

    The default row itself cannot be deleted while rows refer to it: SET DEFAULT leaves them where they are.
    """
    key = finding.key
    assert isinstance(finding.question, DefaultRow)  # noqa: S101 - what this rule asks
    values = ", ".join(map(shown, finding.question.defaults))
    if present:
        return replace(
            finding,
            severity=Severity.INFO,
            question=None,
            message=f"The default of {key.table.shown} ({values}) exists in {key.referenced.shown}; deleting that "
            "very row fails with 23503 as long as rows refer to it, because their default is the same row.",
            explanation=f"{key.shown} moves rows to the default, {values}, which exists. Rows that are there "
            "already stay where they are, so the default row itself cannot be deleted while it is referenced.",
            error=refusal_error(catalog, key, Action.SET_DEFAULT),
        )
    certain = not finding.question.spared
    return replace(
        finding,
        severity=Severity.ERROR if certain else Severity.WARNING,
        certain=certain,
        question=None,
        message=f"ON {' and ON '.join(finding.statements)} SET DEFAULT writes {values}, which is no "
        f"row of {key.referenced.shown}: {verbs(finding.statements)} a referenced row of {key.referenced.shown} "
        f"{'fails' if certain else 'can fail'} with 23503.",
        explanation=f"{key.shown} makes the rows it sets to their default refer to {key.referenced.shown} "
        f"({values}), but there is no such row. The value written is checked like any other and refused.",
    )


RULE = Rule(
    id="FK106",
    name="set-default-not-referenced",
    severity=Severity.ERROR,
    summary="SET DEFAULT makes rows refer to a row that may not exist",
    explanation="The referential action is SET DEFAULT and the default is a value, so the referencing rows "
    "then refer to the referenced row with that value. Where it does not exist PostgreSQL refuses the DELETE "
    "(or UPDATE of the key) with SQLSTATE 23503 (insert or update on the referencing table); where it does "
    "exist, that one row cannot be deleted while it is referenced. Only the data can tell: an error when the "
    "row is missing, a warning where nobody could look.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE tasks (\n"
    "  id int PRIMARY KEY,\n"
    "  owner_id int DEFAULT 0 REFERENCES users ON DELETE SET DEFAULT\n"
    ");\n"
    "INSERT INTO users VALUES (1);\n"
    "INSERT INTO tasks VALUES (10, 1);\n"
    "DELETE FROM users WHERE id = 1;  -- ERROR 23503\n",
    find=_find,
    hangs_on=frozenset({HangsOn.DEFAULTS}),
)
