"""FK102: SET NULL leaves a row that a CHECK refuses.

A CHECK that comes to NULL passes, one that comes to false does not (CREATE
TABLE, "CHECK"). Certain where it fails for every row that satisfied it before,
possible where that depends on the row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.rules.actions.obstacle import Kind
from fkdash.rules.actions.verdicts import Case, cases, finding
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.severity import Severity
from fkdash.sqlstates import CHECK_VIOLATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.rules.actions.obstacle import Obstacle


def _find(catalog: Catalog) -> Iterator[Finding]:
    for case in cases(catalog, Action.SET_NULL, _wanted, apart=True):
        yield finding(
            RULE,
            case,
            message=_message(case),
            explanation=_explanation(case),
            fixes=("no-action", "restrict", "cascade"),
        )


def _wanted(obstacle: Obstacle) -> bool:
    return obstacle.kind is Kind.CHECK or (
        obstacle.kind is Kind.DOMAIN and obstacle.error.sqlstate == CHECK_VIOLATION
    )


def _message(case: Case) -> str:
    if case.certain:
        return f"{case.doing} writes NULL into {case.column_names}, which a CHECK forbids: {case.fails}."
    return (
        f"{case.doing} writes NULL into {case.column_names}; whether a CHECK allows it depends on the row: "
        f"{case.fails}."
    )


def _explanation(case: Case) -> str:
    depends = "" if case.certain else " It holds for some rows and not for others; only the data can tell which."
    return (
        f"{case.key.shown} promises to set {case.column_names} to NULL, but {case.reasons}.{depends} The action "
        f"is an ordinary UPDATE of the row of {case.key.table.shown}, so the CHECK is evaluated again and "
        f"{case.fails}. Rows that nothing refers to are not affected."
    )


RULE = Rule(
    id="FK102",
    name="set-null-breaks-check",
    severity=Severity.ERROR,
    summary="SET NULL leaves a row that a CHECK refuses",
    explanation="The referential action is SET NULL and the columns may be NULL, but a CHECK of the table or "
    "of a domain cannot hold afterwards. PostgreSQL evaluates it when the action runs and refuses with "
    "SQLSTATE 23514: the DELETE (or UPDATE of the key) of the referenced row fails. It is an error where the "
    "CHECK fails for every row that satisfied it before, and a warning (possible) where that depends on the "
    "row's other columns, as in CHECK (a IS NOT NULL OR b IS NOT NULL). Where NULL moves the row to another "
    "partition, that partition's own CHECKs and NOT NULLs are looked at as well.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (\n"
    "  id int PRIMARY KEY,\n"
    "  user_id int REFERENCES users ON DELETE SET NULL,\n"
    "  CONSTRAINT has_user CHECK (user_id IS NOT NULL)\n"
    ");\n"
    "INSERT INTO users VALUES (1);\n"
    "INSERT INTO orders VALUES (10, 1);\n"
    "DELETE FROM users WHERE id = 1;  -- ERROR 23514\n",
    find=_find,
    hangs_on=frozenset({HangsOn.CHECKS}),
    by_row=True,
)
