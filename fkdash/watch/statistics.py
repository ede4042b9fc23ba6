"""What statistics tell beside a log, or where none can be had: rollbacks, and deletes that went through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.postgres.kept_queries import statements_schema
from fkdash.catalog.table_name import quoted
from fkdash.db.queries import query
from fkdash.errors import NotPermittedError, ServerRefusedError
from fkdash.fact import fact

if TYPE_CHECKING:
    from fkdash.db.session import Sessions

_SECONDS: Final = 5.0


@fact
class Statistics:
    """Counters of a database, from when they were last reset on.

    `deletes` is how many DELETEs from the table asked about went through, None without pg_stat_statements.
    """

    committed: int
    rolled_back: int
    deadlocks: int
    deletes: int | None = None

    def since(self, before: Statistics) -> Statistics:
        """Give what was counted since an earlier reading; a reset in between gives what came after it."""
        if self.committed < before.committed or self.rolled_back < before.rolled_back:
            return self
        deletes = None
        if self.deletes is not None and before.deletes is not None:
            deletes = max(0, self.deletes - before.deletes)
        return Statistics(
            self.committed - before.committed,
            self.rolled_back - before.rolled_back,
            self.deadlocks - before.deadlocks,
            deletes,
        )


async def read_statistics(sessions: Sessions, table: str = "") -> Statistics:
    """Read the counters, with `table` also its deletes; raises the session's errors."""
    async with sessions.session(_SECONDS) as session:
        row = await session.row(query("fkdash.watch", "transactions"))
        schema = await statements_schema(session) if table else None
    assert row is not None  # noqa: S101 - the database that one is in has statistics
    deletes = await _deletes(sessions, schema, table) if schema is not None else None
    return Statistics(int(row["committed"]), int(row["rolled_back"]), int(row["deadlocks"]), deletes)


async def _deletes(sessions: Sessions, schema: str, table: str) -> int | None:
    """Ask pg_stat_statements; None where it is installed but not loaded, or not permitted."""
    sql = query("fkdash.watch", "deletes").replace("{schema}", quoted(schema))
    try:
        async with sessions.session(_SECONDS) as session:
            row = await session.row(sql, table)
    except (ServerRefusedError, NotPermittedError):
        return None
    return int(row["calls"]) if row is not None else None
