"""Reads the queries that a database keeps: view definitions, and statements where pg_stat_statements is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import Query
from fkdash.catalog.table_name import quoted
from fkdash.db.queries import query

if TYPE_CHECKING:
    from fkdash.db.session import Session

_MOST_VIEWS: Final = 500
_MOST_STATEMENTS: Final = 300


async def read_views(session: Session) -> tuple[Query, ...]:
    """Give the definitions of up to 500 views, tables schema-qualified as for the path of a looking session.

    Raises the session's errors.
    """
    rows = await session.asked(query("fkdash.catalog.postgres", "views"), _MOST_VIEWS)
    return tuple(Query(f"view {row['schema']}.{row['name']}", row["definition"]) for row in rows)


async def read_statements(session: Session) -> tuple[Query, ...]:
    """Give the 300 statements run most often, none without pg_stat_statements. Raises the session's errors.

    An extension that is there but not preloaded raises ServerRefusedError (55000).
    """
    schema = await statements_schema(session)
    if schema is None:
        return ()
    sql = query("fkdash.catalog.postgres", "statements").replace("{schema}", quoted(schema))
    rows = await session.asked(sql, _MOST_STATEMENTS)
    return tuple(
        Query(f"a statement that was run {row['calls']} times (pg_stat_statements)", row["query"]) for row in rows
    )


async def statements_schema(session: Session) -> str | None:
    """Give the schema of pg_stat_statements; None without it, and where its function is another role's."""
    rows = await session.asked(query("fkdash.catalog.postgres", "statements_extension"))
    return rows[0]["nspname"] if rows else None
