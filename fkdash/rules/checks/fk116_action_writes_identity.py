"""FK116: an action writes a GENERATED ALWAYS AS IDENTITY column.

Such a column can only be updated to DEFAULT (CREATE TABLE, "GENERATED ... AS
IDENTITY"). The action's UPDATE is refused when it is prepared, before any row is
looked at, so rows that nothing refers to cannot be deleted either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action, Statement
from fkdash.catalog.table_name import visible
from fkdash.rules.actions.barred import any_row
from fkdash.rules.actions.enforcement import running
from fkdash.rules.actions.writes import Write, writes
from fkdash.rules.finding import Finding, PredictedError, Rule
from fkdash.rules.severity import Severity
from fkdash.sqlstates import GENERATED_ALWAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog


def _find(catalog: Catalog) -> Iterator[Finding]:
    for write in (*(each for each in writes(catalog) if each.action is Action.SET_NULL), *_cascades(catalog)):
        columns = catalog.tables[write.key.table].columns_by_name
        names = tuple(name for name in write.columns if columns[name].identity_always)
        if names:
            yield _finding(catalog, write, names)


def _cascades(catalog: Catalog) -> Iterator[Write]:
    for key in running(catalog, catalog.foreign_keys, Statement.UPDATE):
        if key.on_update is Action.CASCADE:
            yield Write(key, Action.CASCADE, key.columns, (Statement.UPDATE,))


def _finding(catalog: Catalog, write: Write, names: tuple[str, ...]) -> Finding:
    key = write.key
    where = " and ".join(f"{key.table.shown}.{visible(name)}" for name in names)
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=names,
        message=f"{write.doing} writes {where}, which is GENERATED ALWAYS AS IDENTITY: {write.verbs} "
        f"{any_row(catalog, key)} fails with 428C9, referenced or not.",
        explanation=f"{key.shown} writes {where}, a column that accepts nothing but its own sequence's values. "
        f"The action's UPDATE is refused when it is prepared, before any row is looked at, so {write.verbs} a "
        f"row of {key.referenced.shown} fails even if nothing refers to it.",
        statements=write.statements,
        error=PredictedError(GENERATED_ALWAYS, f'column "{names[0]}" can only be updated to DEFAULT'),
        evidence=tuple(f"{key.table}.{visible(name)} is GENERATED ALWAYS AS IDENTITY" for name in names),
        fixes=("no-action", "restrict", "cascade") if Statement.DELETE in write.statements else (),
    )


RULE = Rule(
    id="FK116",
    name="action-writes-identity",
    severity=Severity.ERROR,
    summary="An action writes a GENERATED ALWAYS AS IDENTITY column",
    explanation="SET NULL or ON UPDATE CASCADE writes a referencing column that is GENERATED ALWAYS AS "
    "IDENTITY. PostgreSQL accepts the declaration, but such a column can only be updated to DEFAULT, so the "
    "action is refused with SQLSTATE 428C9 every time, even for a referenced row that nothing refers to.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE profiles (\n"
    "  user_id int GENERATED ALWAYS AS IDENTITY REFERENCES users ON DELETE SET NULL\n"
    ");\n"
    "INSERT INTO users VALUES (1);\n"
    "DELETE FROM users;  -- ERROR 428C9, although no profile exists\n",
    find=_find,
    by_row=True,
)
