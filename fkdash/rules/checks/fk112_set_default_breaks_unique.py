"""FK112: SET DEFAULT gives several rows the one value that a unique index allows once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.rules.actions.obstacle import Kind
from fkdash.rules.actions.verdicts import cases, finding
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.rules.actions.obstacle import Obstacle


def _find(catalog: Catalog) -> Iterator[Finding]:
    for case in cases(catalog, Action.SET_DEFAULT, _wanted, apart=True):
        second = "from the second row on " if case.certain else ""
        yield finding(
            RULE,
            case,
            message=f"{case.doing} writes the same default into {case.column_names}, which must be unique: "
            f"{second}{case.fails}.",
            explanation=f"{case.key.shown} gives every row that loses its row of {case.key.referenced.shown} the "
            f"same default, but {case.reasons}. As soon as another row holds it, {case.verbs} a referenced row "
            f"fails with {case.error.sqlstate}.",
            fixes=("no-action", "restrict", "cascade"),
        )


def _wanted(obstacle: Obstacle) -> bool:
    return obstacle.kind is Kind.UNIQUE


RULE = Rule(
    id="FK112",
    name="set-default-breaks-unique",
    severity=Severity.ERROR,
    summary="SET DEFAULT gives several rows a value that must be unique",
    explanation="The referential action is SET DEFAULT into columns of a unique index (or exclusion "
    "constraint). The default is the same for every row, so an index over nothing but the written columns "
    "admits one row and refuses the second with SQLSTATE 23505 (23P01 for an exclusion constraint). Where the "
    "index has other columns too, that depends on the rows (possible, a warning).",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE seats (\n"
    "  id int PRIMARY KEY,\n"
    "  user_id int DEFAULT 0 UNIQUE REFERENCES users ON DELETE SET DEFAULT\n"
    ");\n"
    "INSERT INTO users VALUES (0), (1), (2);\n"
    "INSERT INTO seats VALUES (10, 1), (11, 2);\n"
    "DELETE FROM users WHERE id = 1;\n"
    "DELETE FROM users WHERE id = 2;  -- ERROR 23505\n",
    find=_find,
    hangs_on=frozenset({HangsOn.DEFAULTS, HangsOn.UNIQUE}),
    by_row=True,
    from_second_row=True,
)
