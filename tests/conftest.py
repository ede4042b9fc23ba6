"""Fixtures of every room: a server of each version under test, and databases on it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from fkdash.demo import incident
from fkdash.errors import FkdashError
from tests.support import as_time_allows
from tests.support.long_ones_first import long_ones_first
from tests.support.servers import (
    TestDatabase,
    TestServer,
    fresh_database,
    is_whole_run,
    running_server,
    template_under_construction,
    versions_under_test,
)

_TESTS = Path(__file__).parent
_ROOMS_OF_BOTH_ENDS = frozenset(
    {"apply", "catalog", "fix", "orphans", "preview", "rules", "security", "test_journey.py"}
)
"""What a version may change is tested on the oldest and the newest of a whole run, the rest on the newest: what the
commands and screens do with the answers. What compares answers with PostgreSQL's own at large is marked to run on
every one, and a test that a version between decides names it."""

_MARKERS = (
    "minimum_version(major): run only on PostgreSQL `major` and later",
    "maximum_version(major): run only on PostgreSQL `major` and earlier",
    "every_version: run on every PostgreSQL under test",
    "newest_version: run only on the newest PostgreSQL under test",
    "long: takes a quarter of a minute or more; several processes begin with those",
    "tools: runs real migration tools, which it installs; not in the default run",
)


# What is random is the same in every run, so that a change is judged by what it changes; FKDASH_TEST_RANDOM asks for
# other cases, which is how new faults are found.
# How long an example takes says something about the machine only: a busy one stands still for half a second.
_UNTIMED: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("untimed", _UNTIMED)
settings.register_profile("repeatable", _UNTIMED, derandomize=True)
settings.load_profile("untimed" if os.environ.get("FKDASH_TEST_RANDOM") else "repeatable")


if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN or "FKDASH_TEST_HANGUP_IGNORED" in os.environ:
    # Under nohup what a test starts would ignore it too; a handler is not inherited, and ignores it for this process.
    os.environ["FKDASH_TEST_HANGUP_IGNORED"] = "yes"
    signal.signal(signal.SIGHUP, lambda *_: None)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So it is in a shell's background, and would be for what a test interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Have `-n auto` take two workers more than there are cores: tests wait for servers and screens half of the time.

    What somebody asks for in the environment is left to xdist.
    """
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + 2


def pytest_configure(config: pytest.Config) -> None:
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if as_time_allows.is_bounded() and not hasattr(config, "workerinput"):
        as_time_allows.begin()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    if as_time_allows.is_bounded():
        items[:] = as_time_allows.in_order(items, versions_under_test()[-1], processes)
    elif processes > 1:
        items[:] = long_ones_first(items, processes, lambda item: item.get_closest_marker("long") is not None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    as_time_allows.leave_out_when_it_is_over()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ended = terminalreporter.stats
    every = sum(len(ended.get(how, ())) for how in ("passed", "failed", "error", "skipped", "xfailed", "xpassed"))
    left_out = as_time_allows.told(ended.get("skipped", ()), every)
    if left_out:
        terminalreporter.write_line(left_out)


class _FailuresAtOnce:
    """Name what failed when it fails: a run that is cut off later has said it."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            said = str(crash.message).partition("\n")[0] if crash else ""
            self._terminal.write_line(f"\n{report.when} of {report.nodeid} failed: {said[:200]}")


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    terminal = session.config.pluginmanager.getplugin("terminalreporter")
    if terminal is not None and not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_FailuresAtOnce(terminal), "failures-at-once")


def pytest_report_header() -> list[str]:
    """Start each PostgreSQL once and have it answer: an installation that is not sound is told before any test."""
    told = []
    for major in versions_under_test():
        try:
            with running_server(major) as server:
                told.append(f"PostgreSQL {major}: {asyncio.run(_version(server))} answers")
        except (FkdashError, OSError) as error:
            raise pytest.UsageError(f"PostgreSQL {major} does not start: {error}") from error
    return told


async def _version(server: TestServer) -> str:
    connection = await asyncpg.connect(server.dsn)
    try:
        return str(await connection.fetchval("show server_version"))
    finally:
        await connection.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that needs a server, directly or through another fixture, once per version."""
    if "server" in metafunc.fixturenames:
        versions = _versions_for(metafunc.definition)
        metafunc.parametrize(
            "server", versions, indirect=True, scope="session", ids=[f"pg{version}" for version in versions]
        )


def _versions_for(test: pytest.Item) -> list[int]:
    versions = versions_under_test()
    for marker in test.iter_markers("minimum_version"):
        versions = [version for version in versions if version >= marker.args[0]]
    for marker in test.iter_markers("maximum_version"):
        versions = [version for version in versions if version <= marker.args[0]]
    if test.get_closest_marker("newest_version") is not None:
        return versions[-1:]
    if test.get_closest_marker("every_version") is not None:
        return versions
    if is_whole_run() and _ROOMS_OF_BOTH_ENDS.intersection(test.path.relative_to(_TESTS).parts):
        return sorted({*versions[:1], *versions[-1:]})
    return versions[-1:]


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[int], TestServer]]:
    """Give the server of a major version, started when it is first asked for."""
    running: dict[int, TestServer] = {}
    with ExitStack() as stack:

        def get(major: int) -> TestServer:
            if major not in running:
                running[major] = stack.enter_context(running_server(major))
            return running[major]

        yield get


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, server_of: Callable[[int], TestServer]) -> TestServer:
    """A running server; the test runs once for each version under test."""
    return server_of(request.param)


@pytest.fixture
async def database(server: TestServer) -> AsyncIterator[TestDatabase]:
    """An empty database."""
    async with fresh_database(server) as made:
        yield made


@pytest.fixture
async def incident_database(server: TestServer) -> AsyncIterator[TestDatabase]:
    """A database with the demo's incident in it."""
    async with template_under_construction(server, "incident") as template:
        if template is not None:
            await incident.load(template.dsn)
    async with fresh_database(server, template="incident") as made:
        yield made


@pytest.fixture
async def still_database(incident_database: TestDatabase) -> AsyncIterator[TestDatabase]:
    """The incident on a server on which nothing writes by itself."""
    await incident_database.execute("alter system set autovacuum = off")
    await incident_database.execute("select pg_reload_conf()")
    yield incident_database
    await incident_database.execute("alter system reset autovacuum")
    await incident_database.execute("select pg_reload_conf()")
