"""The incident: an application's database in which most workspaces with users cannot be deleted.

`users.primary_workspace_id` is NOT NULL, and its foreign key says ON DELETE SET
NULL. Around it stand forty other tables with 57 foreign keys in all, so that
the conflict has to be found; a second one of the kind is there, but latent.
"""

from __future__ import annotations

import asyncpg

from fkdash.db.queries import query
from fkdash.demo.population import batches
from fkdash.errors import UsageError

_PACKAGE = "fkdash.demo"


async def load(dsn: str) -> None:
    """Load the incident into the empty database behind `dsn` (a URI), all or nothing, and analyse it.

    Raises UsageError when the database already has tables.
    """
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "fkdash"})
    try:
        if await connection.fetchval(query(_PACKAGE, "has_tables")):
            raise UsageError(
                "The incident was not loaded: the database already has tables.",
                next_step="Load it into an empty database.",
            )
        async with connection.transaction():
            await connection.execute(query(_PACKAGE, "incident_tables"))
            for batch in batches():
                await connection.copy_records_to_table(
                    batch.table, schema_name=batch.schema, columns=batch.columns, records=batch.rows
                )
            await connection.execute(query(_PACKAGE, "incident_foreign_keys"))
        # Sizes are read from the statistics, which autovacuum would only fill in after a minute.
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
