"""A log that is being written is followed through rotation, and a watch ends when it is to."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from tests.support.changes import good, workbench
from tests.support.failover import failing_server
from tests.support.program import run
from tests.support.servers import TestDatabase, TestServer, fresh_database, versions_under_test
from tests.watch.following import SECONDS, followed
from tests.watch.provoking import SCHEMA, Expected, provoke, say_last
from tests.watch.servers import log_folder, settings_of, written
from tests.watch.test_truth import counted, of

_LINE = (
    '2026-07-02 21:%02d:22.285 UTC [4211] ERROR:  update or delete on table "ws" violates foreign key constraint '
    '"task_ws" on table "task"\n'
)
_KEY = Expected("task.task_ws", "23503")


async def _started(*arguments: str, stdin: int | None = None) -> asyncio.subprocess.Process:
    """Start a watch, and wait until it watches."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fkdash", "watch", "--format", "jsonl", *arguments,
        stdin=stdin, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    if stdin is None:
        assert b"Watching from now on" in await process.stderr.readline()
    return process


async def _counted(process: asyncio.subprocess.Process) -> tuple[Counter[Expected], int]:
    out, err = await asyncio.wait_for(process.communicate(), 60)
    *lines, summary = [json.loads(line) for line in out.splitlines()]
    assert summary["kind"] == "watch-summary", err
    assert process.returncode is not None
    return of(lines), process.returncode


@pytest.mark.parametrize("how", ["files", "server"])
async def test_a_log_that_is_rotated_under_way_is_counted_whole(logging: TestServer, how: str) -> None:
    async with fresh_database(logging) as database:
        await database.execute(SCHEMA)
        folder = await log_folder(logging)
        async with followed(database.dsn, folder if how == "files" else None) as watch:
            expected = await provoke(database.dsn, logging.major, folder)
            for log in [each for each in folder.iterdir() if each.suffix in {".csv", ".json", ".log"}]:
                if how == "files":
                    log.rename(log.with_name(f"{log.stem}-old{log.suffix}"))
            await database.execute("select pg_rotate_logfile()")
            expected += await provoke(database.dsn, logging.major, folder)
            last = await say_last(database.dsn)
            assert await watch.counted(last) == expected + Counter([last])


async def test_a_watch_in_which_nothing_happens_ends_quietly_with_0(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text(_LINE % 40)
    process = await _started("--log", str(tmp_path / "x.log"), "--until-quiet", "1s")
    assert await _counted(process) == (Counter(), 0)


@pytest.mark.parametrize("given", ["-", "/dev/stdin"], ids=["-", "as a shell gives it"])
async def test_standard_input_is_read_to_its_end(given: str) -> None:
    process = await _started("--log", given, stdin=asyncio.subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write((_LINE % 40 + _LINE % 41).encode())
    process.stdin.close()
    assert await _counted(process) == (Counter({_KEY: 2}), 1)


async def test_a_folder_with_packed_files_and_several_formats_counts_each_message_once(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "postgresql-1.log.gz", "wt") as packed:
        packed.write(_LINE % 40)
    record = (
        '2026-07-02 21:41:22.285 UTC,"app","shop",1,"[local]",1.1,2,"DELETE",2026-07-02 21:40:22 UTC,5/1,0,ERROR,23503,'
        '"update or delete on table ""ws"" violates foreign key constraint ""task_ws"" on table ""task""",,,,,,,,,'
        '"psql","client backend",,0\n'
    )
    (tmp_path / "postgresql-2.csv").write_text(record)
    (tmp_path / "postgresql-2.log").write_text(_LINE % 41)
    found, summary, _ = await counted("--once", "--log", str(tmp_path))
    assert found == Counter({_KEY: 2})
    assert summary["last"] == "2026-07-02T21:41:22Z"


async def test_half_a_record_before_a_new_one_loses_nothing_after_it(tmp_path: Path) -> None:
    record = (
        '2026-07-02 21:41:22.285 UTC,"app","shop",1,"[local]",1.1,2,"DELETE",2026-07-02 21:40:22 UTC,5/1,0,ERROR,23503,'
        '"update or delete on table ""ws"" violates foreign key constraint ""task_ws"" on table ""task""",,,,,,,,,'
        '"psql","client backend",,0\n'
    )
    (tmp_path / "x.csv").write_text(f"{record}{record[:150]}\n{record}")
    found, summary, _ = await counted("--once", "--log", str(tmp_path / "x.csv"))
    assert found == Counter({_KEY: 2})
    assert "broken" in str(summary["notes"])


async def test_a_server_that_is_killed_and_comes_back_is_counted_whole(logging: TestServer) -> None:
    async with fresh_database(logging) as database:
        await database.execute(SCHEMA)
        folder = await log_folder(logging)
        async with followed(database.dsn) as watch:
            expected = await provoke(database.dsn, logging.major, folder)
            other, victim = await asyncpg.connect(logging.dsn), await asyncpg.connect(logging.dsn)
            os.kill(victim.get_server_pid(), signal.SIGKILL)
            await _lost(other)
            await _answering(database.dsn)
            expected += await provoke(database.dsn, logging.major, folder)
            last = await say_last(database.dsn)
            assert await watch.counted(last) == expected + Counter([last])


async def test_a_server_that_is_stopped_and_started_anew_is_counted_whole_wherever_it_logs_then() -> None:
    major = versions_under_test()[-1]
    with failing_server(major, {**settings_of(major), "log_line_prefix": "%m %q%u@%d %e "}) as server:
        dsn, folder = server.dsn("postgres"), server.data / "log"
        connection = await asyncpg.connect(dsn)
        await connection.execute(SCHEMA)
        await connection.close()
        async with followed(dsn) as over_sql, followed(dsn, folder) as in_files:
            expected = await provoke(dsn, major, folder)
            for change in ({"log_filename": "server-%s.log"}, {"log_destination": "stderr"}):
                server.stop()
                server.start(**change)
                expected += await provoke(dsn, major, folder)
            last = await say_last(dsn)
            assert await in_files.counted(last) == expected + Counter([last])
            server.stop()
            server.start(log_directory="other logs")
            expected += await provoke(dsn, major, server.data / "other logs")
            await say_last(dsn)
            assert await over_sql.counted(last, times=2) == expected + Counter([last, last])


async def _lost(session: asyncpg.Connection[asyncpg.Record]) -> None:
    """Wait until a session has ended: the server has noticed that another one was killed, and ends them all."""
    async with asyncio.timeout(SECONDS):
        while not session.is_closed():
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await session.execute("select pg_sleep(1)")


async def _answering(dsn: str) -> None:
    """Wait until the server answers."""
    async with asyncio.timeout(SECONDS):
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection = await asyncpg.connect(dsn)
                await connection.close()
                return


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_whoever_ends_a_watch_is_told_what_was_counted(tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "x.log"
    log.write_text("")
    for lines, code in (("", 4), (_LINE % 40, 1)):
        process = await _started("--log", str(log))
        with log.open("a") as opened:
            opened.write(lines)
        if lines:
            # The minute is long over: it is told at the next look.
            assert process.stdout is not None
            assert b"task_ws" in await process.stdout.readline()
        process.send_signal(number)
        found, ended = await _counted(process)
        assert (found.total(), ended) == (0, code)


async def test_the_report_has_the_counts_before_and_after_a_change(logging: TestServer, tmp_path: Path) -> None:
    async with fresh_database(logging) as database:
        await database.execute(SCHEMA)
        folder = await log_folder(logging)
        await provoke(database.dsn, logging.major, folder)
        async with workbench(database, tmp_path / "fkdash" / "runs") as bench:
            good(await bench.apply("usr_ws", "no-action"))
        with suppress(asyncpg.PostgresError):
            await database.execute("delete from app.ws where id = 1")
        await written(database.dsn, folder)
        report = await run("report", database.dsn, "--errors-since", "1h", state=tmp_path)
        assert report.code == 0, report.err
        assert "## Errors in the server's log" in report.out
        assert "app.usr.usr_ws was changed at" in report.out
        assert "2 before, 1 SINCE." in report.out


async def test_without_a_log_the_report_says_so(database: TestDatabase, tmp_path: Path) -> None:
    report = await run("report", database.dsn, "--errors-since", "1h", state=tmp_path)
    assert "not known: The server keeps no log file of its own" in report.out
    watched = await run("watch", database.dsn, "--once", state=tmp_path)
    assert "transactions rolled back" in watched.err
    assert watched.code != 0
