"""FK105: SET DEFAULT into a column that has no default and cannot be NULL.

Without a default SET DEFAULT writes NULL (CREATE TABLE, "DEFAULT").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.rules.actions.verdicts import cases, finding
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.severity import Severity
from fkdash.sqlstates import NOT_NULL_VIOLATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.rules.actions.obstacle import Obstacle


def _find(catalog: Catalog) -> Iterator[Finding]:
    for case in cases(catalog, Action.SET_DEFAULT, _wanted, apart=False):
        yield finding(
            RULE,
            case,
            message=f"{case.doing} writes NULL into {case.column_names}, which has no default and cannot be "
            f"NULL: {case.fails}."
            if case.certain
            else f"{case.doing} may write NULL into {case.column_names}, which cannot be NULL: {case.fails}.",
            explanation=f"{case.key.shown} promises to give {case.column_names} its default, but the default is "
            f"NULL, and {case.reasons}. PostgreSQL accepted the declaration all the same; {case.fails}.",
            fixes=("no-action", "restrict", "cascade", *(("drop-not-null",) if case.alone else ())),
        )


def _wanted(obstacle: Obstacle) -> bool:
    return obstacle.error.sqlstate == NOT_NULL_VIOLATION and not obstacle.generated


RULE = Rule(
    id="FK105",
    name="set-default-without-value",
    severity=Severity.ERROR,
    summary="SET DEFAULT into a column that has no default and cannot be NULL",
    explanation="The referential action is SET DEFAULT, but a column that it writes has no default, neither "
    "its own nor a domain's, and no identity sequence. The default is then NULL, and the column's NOT NULL "
    "refuses it with SQLSTATE 23502: every DELETE (or UPDATE of the key) of a referenced row fails.",
    example="CREATE TABLE currencies (code text PRIMARY KEY);\n"
    "CREATE TABLE orders (\n"
    "  id int PRIMARY KEY,\n"
    "  currency text NOT NULL REFERENCES currencies ON DELETE SET DEFAULT\n"
    ");\n"
    "INSERT INTO currencies VALUES ('EUR');\n"
    "INSERT INTO orders VALUES (10, 'EUR');\n"
    "DELETE FROM currencies;  -- ERROR 23502\n",
    find=_find,
    hangs_on=frozenset({HangsOn.DEFAULTS}),
)
