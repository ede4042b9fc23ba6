"""Makes a schema of many tables and foreign keys, seeded: 10,000 and 50,000 unless told otherwise."""

from __future__ import annotations

import random

import asyncpg

TABLES = 10_000
KEYS_PER_TABLE = 5
_ACTIONS = ("", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE RESTRICT")
_BATCH = 250


async def make_large_schema(dsn: str, *, tables: int = TABLES, keys_per_table: int = KEYS_PER_TABLE) -> None:
    """Create `tables` tables t0, t1 … and `tables * keys_per_table` foreign keys; one in a hundred contradicts."""
    chance = random.Random(20260301)
    connection = await asyncpg.connect(dsn)
    try:
        for first in range(0, tables, _BATCH):
            await connection.execute(
                "".join(
                    _table(number, keys_per_table, chance) for number in range(first, min(first + _BATCH, tables))
                )
            )
        for first in range(0, tables, _BATCH):
            await connection.execute(
                "".join(
                    _keys(number, tables, keys_per_table, chance)
                    for number in range(first, min(first + _BATCH, tables))
                )
            )
        await connection.execute("vacuum analyze pg_constraint")
        await connection.execute("vacuum analyze pg_attribute")
    finally:
        await connection.close()


def _table(number: int, keys: int, chance: random.Random) -> str:
    columns = "".join(f", r{place} bigint{' not null' if chance.random() < 0.05 else ''}" for place in range(keys))
    own = "id bigint primary key, name text, created_at timestamptz default now()"
    return f"create table t{number} ({own}{columns});"


def _keys(number: int, tables: int, keys: int, chance: random.Random) -> str:
    made = ", ".join(
        f"add constraint t{number}_r{place}_fkey foreign key (r{place}) references t{chance.randrange(tables)} "
        f"{chance.choice(_ACTIONS)}"
        for place in range(keys)
    )
    indexes = "".join(f"create index on t{number} (r{place});" for place in range(keys) if chance.random() < 0.5)
    return f"alter table t{number} {made};{indexes}"
