"""FK104: SET NULL makes rows equal that a unique index keeps apart.

NULLs are distinct unless the index says NULLS NOT DISTINCT (PostgreSQL 15+);
a partial index WHERE column IS NULL counts the row only once it is NULL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.rules.actions.obstacle import Kind
from fkdash.rules.actions.verdicts import Case, cases, finding
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.severity import Severity

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
    return obstacle.kind is Kind.UNIQUE


def _message(case: Case) -> str:
    if case.certain:
        return (
            f"{case.doing} writes NULL into {case.column_names}, where only one row may be NULL: from the "
            f"second row on {case.fails}."
        )
    return (
        f"{case.doing} writes NULL into {case.column_names}, which a unique index may hold already: {case.fails}."
    )


def _explanation(case: Case) -> str:
    return (
        f"{case.key.shown} sets {case.column_names} to NULL, but {case.reasons}. The first row passes; as soon "
        f"as another row with the same values is there, {case.verbs} a referenced row of "
        f"{case.key.referenced.shown} fails with {case.error.sqlstate}."
    )


RULE = Rule(
    id="FK104",
    name="set-null-breaks-unique",
    severity=Severity.ERROR,
    summary="SET NULL makes rows equal that a unique index keeps apart",
    explanation="The referential action is SET NULL into columns of a unique index that treats NULLs as equal "
    "(NULLS NOT DISTINCT), or the NULL brings the row into a partial unique index. Where the index covers "
    "nothing but the written columns one NULL row is all it can hold, so the second fails with SQLSTATE 23505; "
    "where it has other columns too, that depends on the rows (possible, a warning).",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE seats (\n"
    "  id int PRIMARY KEY,\n"
    "  user_id int UNIQUE NULLS NOT DISTINCT REFERENCES users ON DELETE SET NULL\n"
    ");\n"
    "INSERT INTO users VALUES (1), (2);\n"
    "INSERT INTO seats VALUES (10, 1), (11, 2);\n"
    "DELETE FROM users WHERE id = 1;\n"
    "DELETE FROM users WHERE id = 2;  -- ERROR 23505 (PostgreSQL 15 and later)\n",
    find=_find,
    hangs_on=frozenset({HangsOn.UNIQUE}),
    by_row=True,
    from_second_row=True,
)
