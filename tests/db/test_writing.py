"""What writing promises: one connection, and the end of every COMMIT is known or said not to be."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from fkdash.db.pool import ReadPool
from fkdash.db.target import Address, Target
from fkdash.db.writing import TransactionEnd, WriteSession, open_writer
from fkdash.errors import (
    CommitUnknownError,
    ConnectionLostError,
    LockTimedOutError,
    ServerRefusedError,
    TimedOutError,
    UsageError,
)
from tests.db.conftest import Eventually
from tests.db.listeners import wire_to
from tests.support.servers import TestDatabase

_ROWS = "select count(*) from t"


@pytest.fixture(autouse=True)
async def _table(database: TestDatabase) -> None:
    await database.execute("create table t (a int)")


async def test_a_transaction_commits_and_says_so(target: Target, database: TestDatabase) -> None:
    async with open_writer(target) as writer:
        assert not writer.pooled
        async with writer.transaction() as session:
            await session.execute("insert into t values (1)")
            assert await session.value("select pg_backend_pid()") == writer.backend_pid
            assert await session.value("show idle_in_transaction_session_timeout") == "10s"
            assert await session.value("show application_name") == "fkdash"
        assert session.outcome is TransactionEnd.COMMITTED
    assert await database.value(_ROWS) == 1


async def test_an_error_in_the_block_rolls_back(target: Target, database: TestDatabase) -> None:
    async with open_writer(target) as writer:
        session = await _failing(writer.transaction())
        assert session.outcome is TransactionEnd.ROLLED_BACK
        async with writer.transaction() as session:
            await session.execute("insert into t values (2)")
    assert await database.value(_ROWS) == 1


async def _failing(transaction) -> WriteSession:  # type: ignore[no-untyped-def]  # noqa: ANN001 - either kind
    kept: list[WriteSession] = []
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the point
        async with transaction as session:
            kept.append(session)
            await session.execute("insert into t values (1)")
            _ = 1 // 0
    return kept[0]


async def test_a_rehearsal_leaves_nothing(target: Target, database: TestDatabase) -> None:
    async with open_writer(target) as writer:
        async with writer.rolled_back() as session:
            await session.execute("insert into t values (1)")
            assert await session.value(_ROWS) == 1
        assert session.outcome is TransactionEnd.ROLLED_BACK
    assert await database.value(_ROWS) == 0


async def test_nothing_is_committed_where_the_target_is_read_only(target: Target, database: TestDatabase) -> None:
    async with open_writer(replace(target, read_only=True)) as writer:
        with pytest.raises(UsageError, match="--read-only or the profile forbids that"):
            async with writer.transaction() as session:
                await session.execute("insert into t values (1)")
        with pytest.raises(UsageError, match="--read-only or the profile forbids that"):
            await writer.run_alone("create index concurrently on t (id)")
    assert await database.value(_ROWS) == 0
    assert await database.value("select count(*) from pg_indexes where tablename = 't'") == 0


async def test_a_commit_that_came_back_as_rollback_is_an_error(target: Target, database: TestDatabase) -> None:
    async with open_writer(target) as writer:
        with pytest.raises(ServerRefusedError, match="rolled it back") as refused:  # noqa: PT012 - raised by the exit
            async with writer.transaction() as session:
                await session.execute("insert into t values (1)")
                with pytest.raises(ServerRefusedError):
                    await session.execute("select 1 / 0")
        assert refused.value.sqlstate == "25P02"
        assert session.outcome is TransactionEnd.ROLLED_BACK
    assert await database.value(_ROWS) == 0


async def test_a_deferred_constraint_that_fails_at_commit_names_itself(
    target: Target, database: TestDatabase
) -> None:
    await database.execute(
        "create table p (id int primary key);"
        " alter table t add constraint t_a_fk foreign key (a) references p deferrable initially deferred"
    )
    async with open_writer(target) as writer:
        with pytest.raises(ServerRefusedError) as refused:
            async with writer.transaction() as session:
                await session.execute("insert into t values (1)")
        assert (refused.value.sqlstate, refused.value.constraint, refused.value.table) == ("23503", "t_a_fk", "t")
        assert session.outcome is TransactionEnd.ROLLED_BACK


@pytest.mark.parametrize(("reaches_the_server", "rows"), [(False, 0), (True, 1)])
async def test_a_connection_lost_during_commit_is_an_unknown_outcome(
    target: Target, database: TestDatabase, eventually: Eventually, *, reaches_the_server: bool, rows: int
) -> None:
    async with wire_to(database.socket_directory) as wire:
        through = replace(target, addresses=(Address("127.0.0.1", wire.port),))
        async with open_writer(through) as writer:
            with pytest.raises(CommitUnknownError) as lost:  # noqa: PT012 - raised by the exit
                async with writer.transaction() as session:
                    await session.execute("insert into t values (1)")
                    wire.lose("COMMIT", reaches_the_server=reaches_the_server)
            assert session.outcome is TransactionEnd.UNKNOWN
            assert lost.value.next_step
            assert writer.is_lost

    async def as_promised() -> bool:
        return bool(await database.value(_ROWS) == rows)

    await eventually(as_promised)


async def test_a_connection_lost_before_commit_is_known_to_be_rolled_back(
    target: Target, database: TestDatabase, eventually: Eventually
) -> None:
    async with open_writer(target) as writer:

        async def noticed() -> bool:
            return writer.is_lost

        with pytest.raises(ConnectionLostError) as lost:  # noqa: PT012 - raised by the exit
            async with writer.transaction() as session:
                await session.execute("insert into t values (1)")
                await database.execute(f"select pg_terminate_backend({writer.backend_pid}, 2000)")
                await eventually(noticed)
        assert not isinstance(lost.value, CommitUnknownError)
        assert session.outcome is TransactionEnd.ROLLED_BACK
        with pytest.raises(ConnectionLostError):
            async with writer.transaction():
                pass
    assert await database.value(_ROWS) == 0


async def test_a_task_cancelled_during_commit_still_learns_the_outcome(
    target: Target, database: TestDatabase, eventually: Eventually
) -> None:
    await database.execute(
        "create function slow() returns trigger language plpgsql as"
        " $$ begin perform pg_sleep(0.3); return null; end $$;"
        "create constraint trigger slow after insert on t deferrable initially deferred"
        " for each row execute function slow()"
    )
    sessions: list[WriteSession] = []

    async def write() -> None:
        async with open_writer(target) as writer, writer.transaction() as session:
            sessions.append(session)
            await session.execute("insert into t values (1)")

    async def committing() -> bool:
        return bool(
            await database.value(
                "select count(*) from pg_stat_activity where query = 'COMMIT' and state = 'active'"
            )
        )

    writing = asyncio.create_task(write())
    await eventually(committing)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert sessions[0].outcome is TransactionEnd.COMMITTED
    assert await database.value(_ROWS) == 1


async def test_a_statement_outside_any_transaction(target: Target, database: TestDatabase) -> None:
    async with open_writer(target) as writer:
        assert await writer.run_alone("create index concurrently t_a on t (a)") == "CREATE INDEX"
        with pytest.raises(ServerRefusedError) as refused:
            await writer.run_alone("create index concurrently t_a on t (a)")
        assert refused.value.sqlstate == "42P07"
    assert await database.value("select count(*) from pg_indexes where indexname = 't_a'") == 1


async def test_a_wait_for_a_lock_that_is_too_long_is_told_apart(target: Target, database: TestDatabase) -> None:
    await database.execute("begin; lock table t in access exclusive mode")
    async with open_writer(target) as writer, writer.rolled_back() as session:
        await session.execute("set local lock_timeout = 50")
        with pytest.raises(LockTimedOutError):
            await session.execute("alter table t add b int")
    await database.execute("rollback")


async def test_what_runs_can_be_cancelled_from_outside(target: Target, eventually: Eventually) -> None:
    async with open_writer(target) as writer, writer.rolled_back() as session:
        sleeping = asyncio.create_task(session.execute("select pg_sleep(30)"))

        async def stopped() -> bool:
            await writer.cancel()
            await asyncio.wait({sleeping}, timeout=0.05)
            return sleeping.done()

        await eventually(stopped)
        with pytest.raises(TimedOutError):
            await sleeping


async def test_a_cancelled_task_leaves_no_lock(
    target: Target, database: TestDatabase, eventually: Eventually
) -> None:
    async def change() -> None:
        async with open_writer(target) as writer, writer.transaction() as session:
            await session.execute("lock table t in access exclusive mode")
            await session.execute("select pg_sleep(30) /* holding */")

    async def is_running() -> bool:
        held = "select count(*) from pg_locks where relation = 't'::regclass and mode = 'AccessExclusiveLock'"
        return bool(await database.value(held))

    changing = asyncio.create_task(change())
    await eventually(is_running)
    changing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await changing
    assert not await is_running()


async def test_a_default_of_read_only_is_respected(target: Target, database: TestDatabase) -> None:
    await database.execute(f"alter database {database.name} set default_transaction_read_only = on")
    async with open_writer(target) as writer, writer.rolled_back() as session:
        with pytest.raises(ServerRefusedError) as refused:
            await session.execute("insert into t values (1)")
    assert refused.value.sqlstate == "25006"


async def test_time_limits_meant_for_the_application_end_nothing_that_is_asked_before_a_step(
    target: Target, database: TestDatabase
) -> None:
    limits = ["statement_timeout", *(["transaction_timeout"] if database.version >= 17 else [])]
    for limit in limits:
        await database.execute(f"alter database {database.name} set {limit} = '1s'")
    async with open_writer(target) as writer, writer.transaction() as session:
        assert await session.value("show statement_timeout") == "1min"
        assert [await session.value(f"show {limit}") for limit in limits[1:]] == ["0"] * len(limits[1:])


async def test_a_change_that_waits_between_two_tries_is_no_idle_session_and_one_that_looks_is(
    target: Target, database: TestDatabase
) -> None:
    await database.execute(f"alter database {database.name} set idle_session_timeout = '5min'")
    async with open_writer(target) as writer, writer.transaction() as session:
        assert await session.value("show idle_session_timeout") == "0"
    pool = await ReadPool.open(target)
    async with pool.session() as looking:
        assert await looking.value("show idle_session_timeout") == "5min"
    await pool.close()
