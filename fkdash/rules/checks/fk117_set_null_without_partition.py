"""FK117: SET NULL writes NULL into a partition key, and no partition takes it.

The UPDATE that the action is would have to move the row; range partitions never
take NULL, list partitions only where they name it (Table Partitioning).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.rules.actions.obstacle import Kind
from fkdash.rules.actions.verdicts import Case, cases, finding
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity
from fkdash.rules.sql.values import NULL_ONLY

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
                message=f"{case.doing} writes {_what(catalog, case)} into {case.column_names}, but "
                f"{case.reasons}: {case.fails}.",
                explanation=f"{case.key.shown} writes {_what(catalog, case)} into {case.column_names}, but "
                f"{case.reasons}. The row would have to move to another partition"
                + (" and there is none" if case.certain else ", and there may be none")
                + f", so {case.fails}. A DEFAULT partition would take it.",
                fixes=("no-action", "restrict", "cascade"),
            )


def _what(catalog: Catalog, case: Case) -> str:
    values = [each for write in case.writes for each in write.values(catalog).values()]
    return "NULL" if all(each == NULL_ONLY for each in values) else "the default"


def _wanted(obstacle: Obstacle) -> bool:
    return obstacle.kind is Kind.PARTITION


RULE = Rule(
    id="FK117",
    name="set-null-without-partition",
    severity=Severity.ERROR,
    summary="SET NULL into a partition key, and no partition takes NULL",
    explanation="The referencing table is partitioned by a column that SET NULL (or SET DEFAULT without a "
    "default) sets "
    "to NULL. Range partitions never take NULL, list partitions only where they name it; without a DEFAULT "
    "partition the row has nowhere to go, and PostgreSQL refuses with SQLSTATE 23514 (no partition of relation "
    "found for row), before it even looks at NOT NULL. A key of a single partition cannot move the row at all. "
    "Whether a default other than NULL has a partition is not known: possible, a warning.",
    example="CREATE TABLE tenants (id int PRIMARY KEY);\n"
    "CREATE TABLE events (id int, tenant_id int REFERENCES tenants ON DELETE SET NULL) PARTITION BY LIST "
    "(tenant_id);\n"
    "CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1);\n"
    "INSERT INTO tenants VALUES (1);\n"
    "INSERT INTO events VALUES (10, 1);\n"
    "DELETE FROM tenants;  -- ERROR 23514\n",
    find=_find,
    by_row=True,
)
