"""FK205: row-level security hides rows of a table from the connected role.

Referential actions ignore policies (Row Security Policies: integrity checks
always bypass them), so rows that the role cannot see block and are deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, Table


def _find(catalog: Catalog) -> Iterator[Finding]:
    if catalog.server is None or catalog.server.bypasses_row_security:
        return
    secret = {name for name, table in catalog.tables.items() if hides(table)}
    for key in catalog.foreign_keys if secret else ():
        hidden = [table for table in dict.fromkeys((key.table, key.referenced)) if table in secret]
        if not hidden:
            continue
        names = " and ".join(table.shown for table in hidden)
        yield Finding(
            rule=RULE.id,
            name=RULE.name,
            severity=RULE.severity,
            key=key,
            columns=key.columns,
            message=f"Row-level security on {names} applies to role {catalog.server.role}: counts for "
            f"{key.shown} may be too low, but its actions reach the hidden rows as well.",
            explanation=f"What this role sees of {names} is what the policies let through. Referential actions "
            "do not ask them: rows that are invisible here block a delete, and CASCADE deletes them. Look with "
            "a role that has BYPASSRLS, or as the owner, to see everything.",
            evidence=tuple(f"{table} has row-level security" for table in hidden),
        )


def hides(table: Table) -> bool:
    """Tell whether policies apply to the connected role, provided it does not bypass them everywhere."""
    owns = table.privileges is not None and table.privileges.own
    return table.row_security and (table.force_row_security or not owns)


RULE = Rule(
    id="FK205",
    name="row-security-hides-rows",
    severity=Severity.INFO,
    summary="Row-level security hides rows from this role",
    explanation="A table of the foreign key has row-level security and the connected role is subject to it, so "
    "every count made with this role may be too low. Referential actions bypass policies, FORCE ROW LEVEL "
    "SECURITY included: rows that nobody here can see still block a delete or are deleted by CASCADE.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);\n"
    "ALTER TABLE orders ENABLE ROW LEVEL SECURITY;  -- any other role sees no orders, yet they block\n",
    find=_find,
    brief="row security",
    needs_server="which rows a role may see",
)
