"""FK208: rewrite rules on the referencing table get in the way of referential actions.

A rule rewrites the internal DELETE or UPDATE too, and PostgreSQL then refuses with
XX000, "gave unexpected result" (The Rule System).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.model import Action
from fkdash.rules.enforcement import action_runs
from fkdash.rules.finding import Finding, PredictedError, Rule, Severity, Statement
from fkdash.rules.rivals import action_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog

_PASSIVE = frozenset({Action.NO_ACTION, Action.RESTRICT})


def _find(catalog: Catalog) -> Iterator[Finding]:
    ruled = [name for name in catalog.declared_on if catalog.tables[name].has_rules]
    for key in (key for name in ruled for key in catalog.declared_on[name]):
        statements = tuple(
            statement
            for statement in Statement
            if action_of(key, statement) not in _PASSIVE and action_runs(catalog, key, statement)
        )
        if statements:
            doing = " and ".join(f"ON {statement} {action_of(key, statement)}" for statement in statements)
            yield Finding(
                rule=RULE.id,
                name=RULE.name,
                severity=RULE.severity,
                key=key,
                columns=key.columns,
                message=f"{key.table.name} has rewrite rules; one that replaces the statement makes {doing} of "
                f"{key.name} fail with XX000.",
                explanation=f"{doing} is an ordinary statement on {key.table.name}, and its rules rewrite it. A "
                "rule DO INSTEAD leaves PostgreSQL with a result it did not ask for, and it refuses. Which "
                "rules there are is not read here.",
                statements=statements,
                error=PredictedError(
                    "XX000",
                    f'referential integrity query on "{key.referenced.name}" from constraint "{key.name}" on '
                    f'"{key.table.name}" gave unexpected result',
                ),
                evidence=(f"{key.table} has rules (pg_rewrite)",),
                certain=False,
            )


RULE = Rule(
    id="FK208",
    name="rules-rewrite-actions",
    severity=Severity.WARNING,
    summary="Rewrite rules on the referencing table get in the way of actions",
    explanation="The referencing table has rewrite rules. A DO INSTEAD rule (a soft delete, say) also rewrites "
    "the internal statement of a referential action, and PostgreSQL refuses with SQLSTATE XX000. Whether a "
    "rule applies is not read here, so this is possible, not certain.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE);\n"
    "CREATE RULE keep AS ON DELETE TO orders DO INSTEAD NOTHING;\n"
    "INSERT INTO users VALUES (1);\n"
    "INSERT INTO orders VALUES (10, 1);\n"
    "DELETE FROM users;  -- ERROR XX000\n",
    find=_find,
)
