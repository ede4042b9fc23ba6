"""What is counted is what happened: on a real server, in every format of its log, however odd what stands in it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.security.faces import ended
from tests.support.patience import LONG_ENOUGH
from tests.support.servers import TestDatabase, TestServer, fresh_database
from tests.watch.provoking import SCHEMA, Expected, provoke
from tests.watch.servers import log_folder


async def counted(*arguments: str) -> tuple[Counter[Expected], dict[str, object], int]:
    """Give what `fkdash watch` counted, its summary and its exit code."""
    run = await ended("watch", "--format", "jsonl", *arguments)
    documents = [json.loads(line) for line in run.out.splitlines()]
    assert documents, run.err
    *lines, summary = documents
    return of(lines), summary, run.code


def of(lines: Iterable[dict[str, object]]) -> Counter[Expected]:
    found: Counter[Expected] = Counter()
    for each in lines:
        assert (each["fkdash"], each["kind"]) == (1, "watch")
        constraint = str(each["constraint"]) if each["constraint"] is not None else None
        where = ("", "") if constraint else (each["table"], each["column"])
        found[Expected(constraint, str(each["sqlstate"]), *map(str, where))] += int(str(each["count"]))
    return found


@dataclass
class Provoked:
    """A database in which errors have been provoked; `log` gives what stands since then, as a file of its own."""

    database: TestDatabase
    expected: Counter[Expected]
    folder: Path
    sizes: dict[str, int]
    copies: Path

    def log(self, ending: str) -> str:
        [log] = self.folder.glob(f"*{ending}")
        copy = self.copies / f"copy{ending}"
        copy.write_bytes(log.read_bytes()[self.sizes.get(log.name, 0) :])
        return str(copy)

    def from_now(self) -> None:
        self.sizes = {each.name: each.stat().st_size for each in self.folder.iterdir()}


@pytest.fixture
async def provoked(logging: TestServer, tmp_path: Path) -> AsyncIterator[Provoked]:
    async with fresh_database(logging) as database:
        made = Provoked(database, Counter(), await log_folder(logging), {}, tmp_path)
        await database.execute(SCHEMA)
        await _setting(database, log_line_prefix="%m [%p] %q%u@%d %a %e ", log_error_verbosity="default")
        made.from_now()
        made.expected = await provoke(database.dsn, logging.major, made.folder, times=2)
        yield made


@pytest.mark.parametrize("ending", [".csv", ".json", ".log"])
async def test_every_format_counts_just_what_was_provoked(provoked: Provoked, ending: str) -> None:
    found, _, code = await counted(provoked.database.dsn, "--once", "--log", provoked.log(ending))
    assert (found, code) == (provoked.expected, 1)


async def test_over_sql_it_is_the_same_and_a_role_that_may_not_is_told_what_it_needs(provoked: Provoked) -> None:
    found, _, code = await counted(provoked.database.dsn, "--once")
    assert (found, code) == (provoked.expected, 1)
    await provoked.database.execute("create role watching login")
    refused = await ended("watch", "--once", provoked.database.dsn.replace("//postgres@", "//watching@"))
    assert refused.code == 3
    assert "pg_monitor" in refused.err


async def test_what_came_before_is_left_out_and_another_databases_errors_are_said(provoked: Provoked) -> None:
    database = provoked.database
    other = database.dsn.replace(f"/{database.name}?", "/postgres?")
    found, summary, code = await counted(other, "--once")
    assert (found, code) == (Counter(), 0)
    assert summary["other_databases"]
    found, _, code = await counted(database.dsn, "--once", "--since", "2099-01-01T00:00:00Z")
    assert (found, code) == (Counter(), 0)


@pytest.mark.parametrize(
    "prefix",
    ["%m [%p] ", "%t:%r:%u@%d:[%p]:", "%n %p %e ", "%m [%5p] %q%-12u %h:%b:%i <%e> %l %c %s %v %x %Q %%", "%d%e%m", "%m %a ", "%e %P "],
)  # fmt: skip
@pytest.mark.parametrize("verbosity", ["default", "verbose"])
async def test_with_any_prefix_the_plain_log_counts_the_same(
    provoked: Provoked, prefix: str, verbosity: str
) -> None:
    database, told = provoked.database, "%e" in prefix or verbosity == "verbose"
    await _setting(database, log_line_prefix=prefix, log_error_verbosity=verbosity)
    provoked.from_now()
    expected = await provoke(database.dsn, database.version, provoked.folder)
    found, summary, _ = await counted(database.dsn, "--once", "--log", provoked.log(".log"))
    await _setting(database, log_line_prefix=None, log_error_verbosity=None)
    if not told:
        # An error in words of a trigger's own.
        del expected[Expected("app.slow.slow_ws", "55000")]
    assert found == expected
    # Without a SQLSTATE nothing tells what the other errors are.
    assert (summary["unclassified"] == 0) == told


async def test_without_a_database_it_names_what_the_messages_name(provoked: Provoked) -> None:
    found, _, code = await counted("--once", "--log", provoked.log(".csv"))
    assert code == 1
    assert found.total() == provoked.expected.total()
    assert found[Expected("task.task_ws", "23503")] == provoked.expected[Expected("app.task.task_ws", "23503")]
    assert found[Expected("task_code", "23505")] == 2


async def test_terse_logs_tell_less_and_it_is_said(provoked: Provoked) -> None:
    database = provoked.database
    await _setting(database, log_error_verbosity="terse", log_min_error_statement="panic")
    provoked.from_now()
    await provoke(database.dsn, database.version, provoked.folder)
    found, summary, _ = await counted(database.dsn, "--once", "--log", provoked.log(".log"))
    await _setting(database, log_error_verbosity=None, log_min_error_statement=None)
    # Whether a key set this NULL, nothing tells; and of the errors inside a key's statement nothing does.
    assert found[Expected(None, "23502", "usr", "ws_id")] == 3, [
        each for each in found.items() if each[0].sqlstate == "23502"
    ]
    assert "no CONTEXT" in str(summary["notes"])


async def _setting(database: TestDatabase, **settings: str | None) -> None:
    """Change settings of the server's log, and wait until a new session has them."""
    for name, value in settings.items():
        given = "default" if value is None else "'" + value.replace("'", "''") + "'"
        await database.execute(f"alter system set {name} = {given}")
    await database.execute("select pg_reload_conf()")
    for name, value in settings.items():
        async with asyncio.timeout(LONG_ENOUGH):
            while value is not None and await database.value("select current_setting($1)", name) != value:
                await database.execute("select 1")
