"""FK202: a foreign key that is declared and does nothing (CREATE TABLE, "NOT ENFORCED", PostgreSQL 18+)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog


def _find(catalog: Catalog) -> Iterator[Finding]:
    for key in catalog.foreign_keys:
        if key.enforced:
            continue
        yield Finding(
            rule=RULE.id,
            name=RULE.name,
            severity=RULE.severity,
            key=key,
            columns=key.columns,
            message=f"{key.shown} is NOT ENFORCED: nothing checks {key.table.shown}, and ON DELETE "
            f"{key.on_delete} never runs.",
            explanation=f"{key.shown} is documentation only. Rows of {key.table.shown} may refer to "
            f"rows of {key.referenced.shown} that do not exist, and deleting one leaves orphans.",
            evidence=("conenforced is false",),
            fixes=("validate",),
        )


RULE = Rule(
    id="FK202",
    name="not-enforced",
    severity=Severity.WARNING,
    summary="Declared, but does nothing (NOT ENFORCED)",
    explanation="The foreign key is NOT ENFORCED (PostgreSQL 18 and later): it has no triggers, checks nothing "
    "and its actions never run. Whatever it says about ON DELETE does not happen.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE NOT ENFORCED);\n"
    "INSERT INTO users VALUES (1);\n"
    "INSERT INTO orders VALUES (10, 1);\n"
    "DELETE FROM users;  -- succeeds and leaves order 10 behind\n",
    find=_find,
    doubt="NOT ENFORCED: nothing is checked",
)
