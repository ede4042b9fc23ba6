"""FK118: an action runs as the owner of a table, who lacks a privilege for it.

Referential actions do not run as the role that deletes: a cascade as the owner of the referencing table, the look
whether the key is still there as the owner of the referenced one (ri_triggers.c; manual, "GRANT").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.actions.barred import Bar, any_row, barred
from fkdash.rules.actions.writes import verbs
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog


def _find(catalog: Catalog) -> Iterator[Finding]:
    for bar in barred(catalog):
        if bar.rule == RULE.id:
            yield _finding(catalog, bar)


def _finding(catalog: Catalog, bar: Bar) -> Finding:
    key = bar.key
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=key.columns,
        message=f"{bar.reason}: {verbs(bar.statements)} {any_row(catalog, key)} fails with "
        f"{bar.error.sqlstate}, referred to or not.",
        explanation=f"{bar.doing} of {key.shown} is a statement of its own and does not run as the role that "
        f"deletes: {bar.reason}. PostgreSQL looks at privileges before it looks for rows. Grant what is missing, "
        "or give the table to a role that has it.",
        statements=bar.statements,
        error=bar.error,
        evidence=(bar.reason,),
    )


RULE = Rule(
    id="FK118",
    name="owner-lacks-privilege",
    severity=Severity.ERROR,
    summary="The owner of a table lacks a privilege that the action needs",
    explanation="A referential action runs as the owner of the referencing table (and looks for another row with "
    "the key as the owner of the referenced one), whoever deletes. Where that role may not use the schema, or "
    "lost SELECT, UPDATE or DELETE on its table, PostgreSQL refuses with SQLSTATE 42501, even for a row that "
    "nothing refers to and for a superuser. It happens after REASSIGN OWNED, and with REVOKE ALL ON SCHEMA.",
    example="CREATE SCHEMA app;\n"
    "CREATE ROLE app_owner;\n"
    "GRANT USAGE, CREATE ON SCHEMA app TO app_owner;\n"
    "CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE app.orders (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE);\n"
    "ALTER TABLE app.orders OWNER TO app_owner;\n"
    "REVOKE USAGE ON SCHEMA app FROM app_owner;\n"
    "INSERT INTO users VALUES (1);\n"
    "DELETE FROM users;  -- ERROR 42501, although no order exists\n",
    find=_find,
    needs_server="what an owner may do",
)
