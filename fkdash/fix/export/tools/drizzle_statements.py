"""The statements of a fix as Drizzle's generator would write them, and what is said of them; for 0.x and 1.x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Match
from fkdash.catalog.table_name import quoted
from fkdash.fix.export.migration import action_words, qualified_without_public
from fkdash.fix.export.model import Kind
from fkdash.fix.statements.definition import definition, swap
from fkdash.pasting import for_psql

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.fix.export.model import Migration, Statement
    from fkdash.fix.plan import Plan

BREAK: Final = "\n--> statement-breakpoint\n"
"""What separates statements in a file."""


def spelled(plan: Plan, statement: Statement) -> str:
    """Give a statement as drizzle-kit would write it, where it knows such a statement."""
    key = plan.goal.key
    sql = statement.sql
    for not_valid in (True, False):
        if sql == swap(plan.key, key, not_valid=not_valid):
            return (
                f"ALTER TABLE {qualified_without_public(key.table)} DROP CONSTRAINT {quoted(plan.key.name)}, "
                f"ADD CONSTRAINT {quoted(key.name)} {_definition(key, not_valid=not_valid)}"
            )
    sql = for_psql(sql).replace("\n  ", " ").replace("CREATE INDEX CONCURRENTLY", "CREATE INDEX")
    if key.table.schema == "public" and sql.startswith(f"ALTER TABLE {key.table.sql}"):
        sql = sql.replace(key.table.sql, quoted(key.table.name), 1)
    return sql


def _definition(key: ForeignKey, *, not_valid: bool) -> str:
    if key.match is Match.FULL or key.delete_columns or key.deferrable or key.period or not key.enforced:
        # None of these is known to drizzle-kit.
        return definition(key, not_valid=not_valid)
    columns = ",".join(map(quoted, key.columns))
    referenced = ",".join(map(quoted, key.referenced_columns))
    ending = " NOT VALID" if not_valid else ""
    return (
        f"FOREIGN KEY ({columns}) REFERENCES {key.referenced.sql}({referenced}) "
        f"ON DELETE {action_words(key.on_delete)} ON UPDATE {action_words(key.on_update)}{ending}"
    )


def migrated_together(migration: Migration) -> str:
    """Say what Drizzle's one transaction means for a migration."""
    note = "drizzle-kit migrate runs all pending files in one transaction"
    if any(part.kind is Kind.CHECK for part in migration.parts):
        note += (
            ": VALIDATE reads the table while readers and writers wait; on a large table apply the fix live first"
        )
    return note


def notes(migration: Migration) -> tuple[str, ...]:
    """Say what is to be known of a migration besides."""
    found = []
    if any(part.kind is Kind.ALONE for part in migration.parts):
        found.append(
            "CREATE INDEX CONCURRENTLY is refused inside Drizzle's transaction: the migration builds the index "
            "while writers wait; apply it live first, and IF NOT EXISTS makes the migration do nothing"
        )
    undo = "; ".join(for_psql(each.sql).replace("\n  ", " ") for part in migration.parts for each in part.down)
    if undo:
        found.append(f"Drizzle has no way down; the way back is a further migration: {undo};")
    return tuple(found)
