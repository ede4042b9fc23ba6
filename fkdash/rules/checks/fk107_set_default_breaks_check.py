"""FK107: SET DEFAULT writes a value that a CHECK refuses.

The default is a legal expression that no INSERT may ever have used (CREATE
TABLE, "DEFAULT"); the action is what evaluates the CHECK on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.rules.actions.obstacle import Kind
from fkdash.rules.actions.verdicts import cases, finding
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.severity import Severity
from fkdash.sqlstates import CHECK_VIOLATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.rules.actions.obstacle import Obstacle


def _find(catalog: Catalog) -> Iterator[Finding]:
    for case in cases(catalog, Action.SET_DEFAULT, _wanted, apart=True):
        yield finding(
            RULE,
            case,
            message=f"{case.doing} writes the default into {case.column_names}, which a CHECK forbids: "
            f"{case.fails}."
            if case.certain
            else f"{case.doing} writes the default into {case.column_names}; whether a CHECK allows it depends on "
            f"the row: {case.fails}.",
            explanation=f"{case.key.shown} gives {case.column_names} its default, but {case.reasons}. The action "
            f"is an ordinary UPDATE, so the CHECK is evaluated again and {case.fails}.",
            fixes=("no-action", "restrict", "cascade"),
        )


def _wanted(obstacle: Obstacle) -> bool:
    return obstacle.kind is Kind.CHECK or (
        obstacle.kind is Kind.DOMAIN and obstacle.error.sqlstate == CHECK_VIOLATION
    )


RULE = Rule(
    id="FK107",
    name="set-default-breaks-check",
    severity=Severity.ERROR,
    summary="SET DEFAULT writes a value that a CHECK refuses",
    explanation="The referential action is SET DEFAULT, but a CHECK of the table or of a domain cannot hold "
    "with the default in place. PostgreSQL refuses with SQLSTATE 23514 whenever the action runs. Where the "
    "outcome depends on the row's other columns, or the default is not a constant, it is possible (a warning).",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE tasks (\n"
    "  id int PRIMARY KEY,\n"
    "  owner_id int DEFAULT 0 REFERENCES users ON DELETE SET DEFAULT CHECK (owner_id > 0)\n"
    ");\n"
    "INSERT INTO users VALUES (0), (1);\n"
    "INSERT INTO tasks VALUES (10, 1);\n"
    "DELETE FROM users WHERE id = 1;  -- ERROR 23514\n",
    find=_find,
    hangs_on=frozenset({HangsOn.CHECKS, HangsOn.DEFAULTS}),
    by_row=True,
)
