"""FK113: SET DEFAULT leaves a MATCH FULL key half NULL."""

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
        yield finding(
            RULE,
            case,
            message=f"{case.doing} leaves a MATCH FULL key that mixes NULL and values, through "
            f"{case.column_names}: {case.fails}.",
            explanation=f"{case.key.shown} gives {case.column_names} the defaults, of which some are NULL and "
            f"some are not, but {case.reasons}. The row that remains is one that MATCH FULL forbids, so "
            f"{case.fails}.",
            fixes=("no-action", "restrict", "cascade"),
        )


def _wanted(obstacle: Obstacle) -> bool:
    return obstacle.kind is Kind.MATCH_FULL


RULE = Rule(
    id="FK113",
    name="set-default-breaks-match-full",
    severity=Severity.ERROR,
    summary="SET DEFAULT leaves a MATCH FULL key half NULL",
    explanation="A composite foreign key that is MATCH FULL has all of its columns NULL or none. SET DEFAULT "
    "writes each column's default, NULL where there is none; if only some are NULL, the key refuses its own "
    "row with SQLSTATE 23503.",
    example="CREATE TABLE cases (tenant_id int, id int, PRIMARY KEY (tenant_id, id));\n"
    "CREATE TABLE invoices (\n"
    "  id int PRIMARY KEY,\n"
    "  tenant_id int DEFAULT 1,\n"
    "  case_id int,\n"
    "  FOREIGN KEY (tenant_id, case_id) REFERENCES cases MATCH FULL ON DELETE SET DEFAULT\n"
    ");\n"
    "INSERT INTO cases VALUES (1, 1);\n"
    "INSERT INTO invoices VALUES (10, 1, 1);\n"
    "DELETE FROM cases WHERE id = 1;  -- ERROR 23503\n",
    find=_find,
    hangs_on=frozenset({HangsOn.DEFAULTS}),
    by_row=True,
)
