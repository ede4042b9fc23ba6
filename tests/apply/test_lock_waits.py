"""Who waits for whom is read whole, down to the session that holds everybody up."""

from __future__ import annotations

import asyncio

import asyncpg

from fkdash.apply.lock_waits import lock_waits
from fkdash.pictures.waits import Waiting, concerning
from tests.support.looking import reading
from tests.support.patience import LONG_ENOUGH
from tests.support.servers import TestDatabase

_WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)"


async def test_the_whole_chain_is_read_with_the_idle_transaction_at_its_root(database: TestDatabase) -> None:
    await database.execute("CREATE TABLE t (id int)")
    sessions = [
        await asyncpg.connect(database.dsn, server_settings={"application_name": name})
        for name in ("psql", "app", "worker")
    ]
    root, middle, last = sessions
    pids = [each.get_server_pid() for each in sessions]
    await root.execute("BEGIN; LOCK TABLE t IN ACCESS SHARE MODE")
    waiting = [asyncio.create_task(middle.execute("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE"))]
    try:
        await until_waiting(database, pids[1])
        waiting.append(asyncio.create_task(last.execute("SELECT FROM t")))
        await until_waiting(database, pids[2])
        async with reading(database) as pool, pool.session() as session:
            chain = {each.id: each for each in concerning(await lock_waits(session), [pids[0]])}
        assert set(pids) == set(chain)
        assert chain[pids[0]].state == "idle in transaction"
        assert chain[pids[0]].seconds is not None
        assert chain[pids[0]].waits_for == ()
        assert chain[pids[1]].waits_for == (pids[0],)
        assert pids[1] in chain[pids[2]].waits_for
        assert chain[pids[2]].does == "SELECT FROM t"
    finally:
        await root.execute("ROLLBACK")
        for session_ in sessions:
            session_.terminate()
        await asyncio.gather(*waiting, return_exceptions=True)


async def until_waiting(database: TestDatabase, pid: int) -> None:
    """Come back once a session waits for a lock."""
    connection = await asyncpg.connect(database.dsn)
    try:
        async with asyncio.timeout(LONG_ENOUGH):
            while not await connection.fetchval(_WAITS, pid):
                pass
    finally:
        await connection.close()


async def test_where_nobody_waits_there_is_no_chain(database: TestDatabase) -> None:
    async with reading(database) as pool, pool.session() as session:
        found = await lock_waits(session)
    assert not concerning(found, [-1])
    assert all(isinstance(each, Waiting) for each in found)
