"""Writers on both tables of a foreign key that try to slip orphans in while it is being changed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import asyncpg

from tests.support.servers import TestDatabase

SCHEMA = """
create table parents (id int primary key, n int not null default 0);
create table children (id int primary key generated always as identity, parent_id int not null, n int not null default 0,
  constraint ck foreign key (parent_id) references parents (id));
create index on children (parent_id);
insert into parents select generate_series(1, 100);
insert into children (parent_id) select 1 + g % 50 from generate_series(1, 1000) g;
comment on constraint ck on children is 'kept';
"""
ORPHANS = "select count(*) from children c where not exists (select from parents p where p.id = c.parent_id)"


@dataclass
class Traffic:
    """What the writers met: statements done, orphans they got in, deadlocks, the longest one in seconds."""

    done: int = 0
    admitted: int = 0
    deadlocks: int = 0
    longest: float = 0.0
    unexpected: list[str] = field(default_factory=list)


async def write(database: TestDatabase, traffic: Traffic, seed: int, pause: float) -> None:
    """Write until cancelled, with `pause` seconds between statements."""
    chance = random.Random(seed)
    connection = await asyncpg.connect(database.dsn, server_settings={"application_name": "traffic"})
    try:
        while True:
            parent, missing = chance.randrange(1, 100), chance.randrange(1000, 2000)
            statement, forbidden = chance.choice(
                [
                    (f"insert into children (parent_id) values ({parent})", False),
                    (
                        f"update children set n = n + 1, parent_id = {parent} where id = {chance.randrange(1, 900)}",
                        False,
                    ),
                    (f"update parents set n = n + 1 where id = {parent}", False),
                    (f"insert into parents values ({missing}) on conflict do nothing", False),
                    (f"delete from parents where id = {missing}", False),
                    ("delete from children where id = (select max(id) from children)", False),
                    (f"insert into children (parent_id) values ({-missing})", True),
                    (f"update children set parent_id = {-missing} where id = {chance.randrange(1, 900)}", True),
                    (f"delete from parents where id = {chance.randrange(1, 50)}", True),
                ]
            )
            began = time.monotonic()
            try:
                tag = await connection.execute(statement)
            except asyncpg.DeadlockDetectedError:
                traffic.deadlocks += 1
            except (asyncpg.ForeignKeyViolationError, asyncpg.RestrictViolationError):
                pass
            except asyncpg.UndefinedTableError:
                return
            else:
                traffic.admitted += forbidden and not tag.endswith(" 0")
            traffic.longest = max(traffic.longest, time.monotonic() - began)
            traffic.done += 1
            await asyncio.sleep(pause)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        traffic.unexpected.append(f"{type(error).__name__}: {error}")
    finally:
        connection.terminate()


@asynccontextmanager
async def traffic_on(database: TestDatabase, *, writers: int = 3, pause: float = 0.004) -> AsyncIterator[Traffic]:
    """Keep writers at work; at the end nothing that breaks the reference may have come in."""
    traffic = Traffic()
    tasks = [asyncio.create_task(write(database, traffic, seed, pause)) for seed in range(writers)]
    try:
        yield traffic
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
    assert (traffic.admitted, traffic.deadlocks, traffic.unexpected) == (0, 0, [])
    assert traffic.done > 0
