"""Over a slow link few answers are waited for, and a link that is gone is noticed."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time

import pytest

from fkdash.checking.database import CheckOptions, check
from fkdash.db.pool import ReadPool
from fkdash.db.probe import ProbeAnswer, what_answers
from fkdash.db.target import Address, Target
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import ConnectionLostError
from tests.db.listeners import Wire, wire_to
from tests.support.patience import in_time
from tests.support.servers import TestDatabase
from tests.support.slow_link import slow_link

pytestmark = pytest.mark.newest_version
_FOR_THE_TEST = "10.213.97.9"


@pytest.mark.parametrize(
    ("command", "most"),
    [
        (("list",), 4),
        # 16, where nothing between two sessions takes a busy machine longer than a moment.
        (("check",), 20),
        (("preview", "--table", "workspaces", "--where", "true"), 17),
    ],
)
async def test_few_answers_are_waited_for(
    incident_database: TestDatabase, command: tuple[str, ...], most: int
) -> None:
    async with slow_link(incident_database.socket_directory, 0.005) as link:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fkdash", command[0], link.dsn(incident_database.name), *command[1:],
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert await process.wait() in {0, 1}
    assert 0 < link.waits <= most


async def test_the_number_of_keys_does_not_matter(database: TestDatabase) -> None:
    waits = []
    for first, last in ((0, 3), (3, 120)):
        for number in range(first, last):
            await database.execute(
                f"create table p{number} (id int primary key); insert into p{number} values (1);"
                f"create table c{number} (id int primary key, p int not null references p{number} on delete set null);"
                f"insert into c{number} values (1, 1)"
            )
        async with slow_link(database.socket_directory, 0.0) as link:
            pool = await ReadPool.open(resolve(ConnectionArguments(dsn=link.dsn(database.name)), {}))
            try:
                report = await check(pool, CheckOptions())
            finally:
                await pool.close()
        biting = [each for each in report.findings if each.impact is not None and each.impact.state == "biting"]
        assert len(biting) == last
        waits.append(link.waits)
    assert waits[1] <= waits[0] + 10


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("ip") is None, reason="takes an address away, which needs ip"
)
async def test_a_link_that_is_gone_is_noticed_within_ten_seconds_and_replaced(database: TestDatabase) -> None:
    def address(change: str) -> bool:
        command = ["ip", "addr", change, f"{_FOR_THE_TEST}/32", "dev", "lo"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    if not address("add"):
        pytest.skip("may not add an address")
    try:
        async with slow_link(database.socket_directory, 0.0, host=_FOR_THE_TEST) as link:
            pool = await ReadPool.open(resolve(ConnectionArguments(dsn=link.dsn(database.name)), {}))
            try:

                async def asking() -> None:
                    async with pool.session() as session:
                        address("del")
                        await session.asked("select pg_catalog.pg_sleep(25)::text as slept")

                began = time.monotonic()
                with pytest.raises(ConnectionLostError):
                    await asking()
                assert time.monotonic() - began < in_time(11)
                address("add")
                async with pool.session() as session:
                    assert (await session.asked("select 1 as one"))[0]["one"] == 1
            finally:
                await pool.close()
    finally:
        address("del")


async def test_a_tunnel_that_takes_questions_and_answers_none_is_lost_while_its_server_sleeps(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fkdash.db.link._QUIET_SECONDS", 0.05)
    monkeypatch.setattr("fkdash.db.link._ANSWER_SECONDS", 0.2)
    async with wire_to(database.socket_directory) as wire:
        pool = await ReadPool.open(_through(wire, database))
        try:

            async def asking() -> None:
                async with pool.session(300) as session:
                    assert (await session.asked("select 1 as one"))[0]["one"] == 1
                    wire.hold()
                    await session.asked("select pg_catalog.pg_sleep(300)::text as slept")

            async with asyncio.timeout(60):
                with pytest.raises(ConnectionLostError):
                    await asking()
            wire.let_through()
            monkeypatch.undo()
            async with pool.session() as session:
                assert (await session.asked("select 1 as one"))[0]["one"] == 1
        finally:
            await pool.close()


async def test_a_server_that_is_only_slow_is_waited_for(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def counted(address: Address, *, seconds: float) -> ProbeAnswer:
        asked.append(await what_answers(address, seconds=seconds))
        return asked[-1]

    monkeypatch.setattr("fkdash.db.link._QUIET_SECONDS", 0.01)
    monkeypatch.setattr("fkdash.db.link.what_answers", counted)
    async with wire_to(database.socket_directory) as wire:
        pool = await ReadPool.open(_through(wire, database))
        try:
            async with pool.session(60) as session:
                while len(asked) < 3:
                    await session.asked("select pg_catalog.pg_sleep(0.05)::text as slept")
        finally:
            await pool.close()
    assert set(asked) == {ProbeAnswer.NO_TLS}


def _through(wire: Wire, database: TestDatabase) -> Target:
    dsn = f"postgresql://postgres@127.0.0.1:{wire.port}/{database.name}?sslmode=disable"
    return resolve(ConnectionArguments(dsn=dsn), {})
