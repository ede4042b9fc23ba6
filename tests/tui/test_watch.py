"""The watch as a screen: errors as they come, whether the fix stopped them, and what there is without a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from fkdash.tui.screens.findings.finding import FindingScreen
from fkdash.tui.screens.watch import WatchScreen
from tests.support.changes import good, workbench
from tests.support.servers import TestDatabase, TestServer, fresh_database, versions_under_test
from tests.tui.test_dashboard import dashboard
from tests.tui.walk import PLAIN
from tests.watch.servers import logging_server

pytestmark = [pytest.mark.newest_version, pytest.mark.usefixtures("state")]

_TABLES = """
create table spaces (id int primary key);
create table users (id int primary key, space_id int not null constraint users_space references spaces on delete set null);
insert into spaces select generate_series(1, 5);
insert into users select g, g from generate_series(1, 5) g;
"""


@pytest.fixture(scope="module")
def logging() -> Iterator[TestServer]:
    with logging_server(versions_under_test()[-1]) as server:
        yield server


async def failing(database: TestDatabase, *spaces: int) -> None:
    for space in spaces:
        with suppress(asyncpg.PostgresError):
            await database.execute(f"delete from spaces where id = {space}")


async def test_errors_are_counted_as_they_come_and_a_fix_is_seen_to_stop_them(
    logging: TestServer, state: Path
) -> None:
    async with fresh_database(logging) as database:
        await database.execute(_TABLES)
        await failing(database, 1, 2, 3)
        async with dashboard(database.dsn, options=PLAIN) as session:
            await session.until_shown("users_space")
            await session.press("W")
            await session.until_shown("3 integrity errors", "public.users.users_space", "FK101")
            screen = session.app.screen
            assert isinstance(screen, WatchScreen)
            assert screen.list.rows[0].line.endswith(("█", "▁")) or "█" in screen.list.rows[0].line
            await failing(database, 4)
            await session.until_shown("4 integrity errors")
            await session.until(lambda: "Rows that refer to nothing: no orphans." in screen.pane.text)
            assert "transactions rolled back" in screen.pane.text
            await session.press("enter")
            await session.until(lambda: isinstance(session.app.screen, FindingScreen))
        async with workbench(database, state / "fkdash" / "runs") as bench:
            good(await bench.apply("users_space", "no-action"))
        async with dashboard(database.dsn, options=PLAIN) as session:
            await session.until_shown("users_space")
            await session.press("W")
            await session.until_shown("4 integrity errors", "4 before, none since")
            after = session.app.screen
            assert isinstance(after, WatchScreen)
            assert "|" in after.list.rows[0].line
            await failing(database, 5)
            await session.until(lambda: any(row.since for row in after.list.rows))
            await session.press("m")
            await session.press("enter")
            await session.press("E")
            await session.until_shown("Written to")
        report = max((state / "fkdash").rglob("report*.md")).read_text()
        assert "4 before, 1 since" in report


async def test_without_a_log_the_statistics_are_shown_and_it_is_said(database: TestDatabase) -> None:
    await database.execute(_TABLES)
    async with dashboard(database.dsn, options=PLAIN) as session:
        await session.until_shown("users_space")
        await session.press("W")
        await session.until_shown("Whether there are errors is not known", "pg_stat_database")
        screen = session.app.screen
        assert isinstance(screen, WatchScreen)
        assert "logging_collector is off" in screen.pane.text
