"""How the server itself spells a foreign key."""

from __future__ import annotations

from fkdash.catalog.model import ForeignKey
from fkdash.db.session import Session


async def server_definition(session: Session, key: ForeignKey) -> str:
    """Give a foreign key as pg_get_constraintdef spells it, the referenced table schema-qualified."""
    await session.value("select set_config('search_path', 'pg_catalog', true)")
    return str(await session.value("select pg_get_constraintdef($1::oid)", key.oid))
