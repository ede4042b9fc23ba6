"""FK103: SET NULL leaves a MATCH FULL key half NULL.

MATCH FULL does not allow one column of a key to be NULL unless all are (CREATE
TABLE, "MATCH FULL"); the row's own check refuses with 23503.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.rules.actions.obstacle import Kind
from fkdash.rules.actions.verdicts import Case, cases, finding
from fkdash.rules.finding import Finding, Rule
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
            message=f"{case.doing} leaves a MATCH FULL key with NULL in {case.column_names} only: {case.fails}.",
            explanation=_explanation(case),
            fixes=("set-null", "no-action", "restrict", "cascade")
            if case.key.delete_columns
            else ("no-action", "restrict", "cascade"),
        )


def _wanted(obstacle: Obstacle) -> bool:
    return obstacle.kind is Kind.MATCH_FULL


def _explanation(case: Case) -> str:
    return (
        f"{case.key.shown} sets {case.column_names} to NULL, but {case.reasons}. The row that remains mixes NULL "
        f"and values, which MATCH FULL forbids, so {case.fails}."
    )


RULE = Rule(
    id="FK103",
    name="set-null-breaks-match-full",
    severity=Severity.ERROR,
    summary="SET NULL leaves a MATCH FULL key half NULL",
    explanation="A composite foreign key that is MATCH FULL has all of its columns NULL or none. An action "
    "that sets only some of them to NULL (ON DELETE SET NULL with a column list, or the SET NULL of another "
    "foreign key that shares a column) leaves a row that the key itself refuses, with SQLSTATE 23503 and the "
    "detail "
    '"MATCH FULL does not allow mixing of null and nonnull key values".',
    example="CREATE TABLE cases (tenant_id int, id int, PRIMARY KEY (tenant_id, id));\n"
    "CREATE TABLE invoices (\n"
    "  id int PRIMARY KEY,\n"
    "  tenant_id int,\n"
    "  case_id int,\n"
    "  FOREIGN KEY (tenant_id, case_id) REFERENCES cases MATCH FULL ON DELETE SET NULL (case_id)\n"
    ");\n"
    "INSERT INTO cases VALUES (1, 1);\n"
    "INSERT INTO invoices VALUES (10, 1, 1);\n"
    "DELETE FROM cases WHERE id = 1;  -- ERROR 23503 (PostgreSQL 15 and later)\n",
    find=_find,
    by_row=True,
)
