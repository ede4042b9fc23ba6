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
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import ConnectionLostError
from tests.support.servers import TestDatabase
from tests.support.slow_link import slow_link

pytestmark = pytest.mark.newest_version
_FOR_THE_TEST = "10.213.97.9"


@pytest.mark.parametrize(
    ("command", "most"),
    [
        (("list",), 6),
        # 20, where nothing between two sessions takes a busy machine longer than a moment.
        (("check",), 24),
        (("preview", "--table", "workspaces", "--where", "true"), 20),
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
                assert time.monotonic() - began < 11
                address("add")
                async with pool.session() as session:
                    assert (await session.asked("select 1 as one"))[0]["one"] == 1
            finally:
                await pool.close()
    finally:
        address("del")
