"""FK114: SET NULL or SET DEFAULT empties a NOT NULL column that is computed from the written one.

Generated columns are computed again by the UPDATE that the action is (Generated
Columns), virtual ones included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.catalog.table_name import listed
from fkdash.rules.actions.obstacle import Kind
from fkdash.rules.actions.verdicts import Case, cases, finding
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.rules.actions.obstacle import Obstacle


def _find(catalog: Catalog) -> Iterator[Finding]:
    for action in (Action.SET_NULL, Action.SET_DEFAULT):
        for case in cases(catalog, action, _wanted, apart=False):
            yield finding(
                RULE,
                case,
                message=_message(case),
                explanation=f"{case.key.shown} writes {listed(case.writes[0].columns)}, but {case.reasons}. "
                f"The generated column is computed again and {case.fails}.",
                fixes=("no-action", "restrict", "cascade"),
            )


def _wanted(obstacle: Obstacle) -> bool:
    return obstacle.kind is Kind.NOT_NULL and obstacle.generated


def _message(case: Case) -> str:
    how = "leaves" if case.certain else "may leave"
    return (
        f"{case.doing} {how} the generated column {case.column_names}, which cannot be NULL, NULL: {case.fails}."
    )


RULE = Rule(
    id="FK114",
    name="action-empties-generated-column",
    severity=Severity.ERROR,
    summary="SET NULL empties a NOT NULL generated column",
    explanation="The column that SET NULL (or SET DEFAULT) writes may be NULL, but a generated column that is "
    "computed from it is NOT NULL and comes out NULL. PostgreSQL refuses the action with SQLSTATE 23502 and "
    "names the generated column, which the foreign key does not even mention.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (\n"
    "  id int PRIMARY KEY,\n"
    "  user_id int REFERENCES users ON DELETE SET NULL,\n"
    "  bucket int GENERATED ALWAYS AS (user_id % 16) STORED NOT NULL\n"
    ");\n"
    "INSERT INTO users VALUES (1);\n"
    "INSERT INTO orders (id, user_id) VALUES (10, 1);\n"
    "DELETE FROM users;  -- ERROR 23502\n",
    find=_find,
    hangs_on=frozenset({HangsOn.CHECKS}),
    by_row=True,
)
