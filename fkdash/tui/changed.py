"""What has been changed in a database, by fkdash and by migrations: the first question in an incident."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fkdash.fact import fact
from fkdash.tui.widgets.painting import Line, Part, line

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.catalog.postgres.migrations import Migrations
    from fkdash.explain.model import Changed
    from fkdash.tui.connection import Connection

_SHOWN = 3


@fact
class ChangedHere:
    """The runs of fkdash that changed something here, newest first, and the newest migrations."""

    runs: tuple[Changed, ...]
    migrations: Migrations


def migration_lines(migrations: Migrations) -> tuple[Line, ...]:
    """Tell of migrations; nothing where no tool has a table of them."""
    told = [line("  ", each.words) for each in migrations.newest[:_SHOWN]]
    told += [line("  not known: ", reason) for reason in migrations.unread]
    return (line(""), line(Part("Changed last", "title")), *told) if told else ()


async def changed_here(connection: Connection, catalog: Catalog) -> ChangedHere:
    """Ask the journals and the tools' tables; raises the session's errors."""
    from fkdash.apply.journal.earlier_changes import changes_in  # loaded when it is wanted
    from fkdash.apply.journal.identity import identity_of
    from fkdash.catalog.postgres.migrations import newest_migrations

    pool = await connection.pool()
    async with pool.session() as session:
        here = await identity_of(session)
    runs = await asyncio.to_thread(changes_in, here)
    return ChangedHere(runs, await newest_migrations(pool, catalog))
