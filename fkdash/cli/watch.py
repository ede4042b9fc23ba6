"""`fkdash watch`: whether there are still errors, and whether the fix stopped them."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fkdash.apply.journal.earlier_changes import fixed_in, keys_before
from fkdash.apply.journal.identity import identity_of
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.cli.connection import add_connection_arguments, looking, run_async, target_of
from fkdash.cli.messages import say, tell
from fkdash.errors import FkdashError, StoppedError, UnreachableError, UsageError
from fkdash.report.watch import summary_document, summary_lines, watch_document, watch_line
from fkdash.watch.classify import Classifier
from fkdash.watch.clock import Clock
from fkdash.watch.counts import Counts
from fkdash.watch.log_files import LogFiles
from fkdash.watch.notes import notes_of
from fkdash.watch.reading import Reading
from fkdash.watch.server_log import ServerLog, Spelling, read_spelling
from fkdash.watch.spans import moment_of, seconds_of
from fkdash.watch.statistics import read_statistics
from fkdash.watch.watching import PATIENCE_SECONDS, Ending, FromFiles, FromServer, FromStream, Source, watch

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.pool import ReadPool
    from fkdash.watch.counts import Counted

SUMMARY = (
    "Count integrity errors in the server's log by constraint and minute, with the finding that explains them: "
    "are there still errors, and did the fix stop them? Without --log the server's own log is read over SQL."
)
EXAMPLES = """examples:
  fkdash watch app --once --since 2h
  fkdash watch app --until-quiet 10m --timeout 1h && echo quiet
  fkdash watch app --log /var/log/postgresql
  kubectl logs -f db-1 | fkdash watch app --log -
exit codes: 0 there was no error, 1 there was one, 2 wrong usage, 3 no access, 4 stopped before anybody knows
"""
_CONNECTING = ("dsn", "host", "port", "username", "dbname", "profile")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--log", metavar="PATH", help="a log file, a folder of them, or - for standard input")
    parser.add_argument("--once", action="store_true", help="read what is there, and end")
    parser.add_argument("--since", metavar="TIME", help="from when on: 2h, 21:40, 2026-07-02T21:40:00Z")
    parser.add_argument("--until-quiet", metavar="TIME", help="end when nothing was seen for so long: 10m")
    parser.add_argument("--timeout", metavar="TIME", help="end after so long in any case: 1h")
    parser.add_argument("--prefix", help="log_line_prefix of the log; default: what the server says, else guessed")
    parser.add_argument("--show-statements", action="store_true", help="also show statements, with their values")
    parser.add_argument("--format", choices=("text", "jsonl"), default="text", help="default: %(default)s")
    add_connection_arguments(parser)


@dataclass
class _Known:
    """What the database tells, nothing where none is asked."""

    catalog: Catalog | None = None
    spelling: Spelling | None = None
    findings: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, datetime] = field(default_factory=dict)
    earlier: tuple[ForeignKey, ...] = ()


def run(arguments: argparse.Namespace) -> int:
    """Watch; 0 when no error was seen, 1 when there was any, 4 where it was stopped (ctrl+c) without one."""
    now = datetime.now().astimezone()
    since = moment_of(arguments.since, now=now, argument="--since") if arguments.since else None
    quiet = seconds_of(arguments.until_quiet, argument="--until-quiet") if arguments.until_quiet else None
    most = seconds_of(arguments.timeout, argument="--timeout") if arguments.timeout else None
    if arguments.once and (quiet is not None or most is not None):
        raise UsageError("--once ends by itself.", next_step="Leave --until-quiet and --timeout out.")
    return run_async(_watch(arguments, Ending(arguments.once, quiet, most), since))


async def _watch(arguments: argparse.Namespace, ending: Ending, since: datetime | None) -> int:
    async with AsyncExitStack() as opened:
        pool: ReadPool | None = None
        known = _Known()
        if arguments.log is None or any(getattr(arguments, name, None) is not None for name in _CONNECTING):
            pool = await opened.enter_async_context(looking(target_of(arguments)))
            known = await _known(pool)
        source = await _source(arguments, pool, since, once=ending.once)
        stopped = False
        spelling = known.spelling
        counts = Counts(
            database=known.catalog.server.database if known.catalog and known.catalog.server else "",
            since=since,
            statements=arguments.show_statements,
            fixed=known.fixed,
        )
        prefix = arguments.prefix if arguments.prefix is not None else spelling.prefix if spelling else None
        clock = Clock(spelling.zone if spelling else "")
        reading = Reading(Classifier(known.catalog, known.earlier), counts, clock, prefix)

        def told(minutes: Iterable[Counted]) -> None:
            for each in minutes:
                if arguments.format == "jsonl":
                    say(json.dumps(watch_document(each, known.findings), ensure_ascii=False))
                else:
                    say(watch_line(each, known.findings))

        try:
            from_now_on = not source.endless and not ending.once and since is None
            await _watched(reading, source, ending, told, from_now_on=from_now_on)
        except asyncio.CancelledError:
            # Whoever watches ends it so: what was counted is the answer.
            stopped = True
        finally:
            notes = [*notes_of(reading, spelling.notes if spelling else ()), *_unread(source)]
            if ending.once and not reading.took_anything:
                notes.append("There was no log to read: that no error was seen says nothing.")
            if arguments.format == "jsonl":
                say(json.dumps(summary_document(counts, notes), ensure_ascii=False))
            else:
                say("\n".join(summary_lines(counts, notes)))
    if counts.total:
        return 1
    return StoppedError.exit_code if stopped else 0


async def _watched(
    reading: Reading,
    source: Source,
    ending: Ending,
    told: Callable[[Iterable[Counted]], None],
    *,
    from_now_on: bool,
) -> None:
    """Watch, and let a polite kill end it as ctrl+c does: what was counted is still told."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - this is one
    # Signals arrive at the main thread alone.
    main = threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if main else ()
    for number in numbers:
        loop.add_signal_handler(number, task.cancel)
    if from_now_on:
        tell("Watching from now on; --since also reads what is there.")
    try:
        await watch(reading, source, ending, told)
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _unread(source: Source) -> Iterable[str]:
    if isinstance(source, FromFiles):
        yield from (f"{path} could not be read: {reason}" for path, reason in source.files.unread.items())


async def _known(pool: ReadPool) -> _Known:
    catalog = await read_whole_catalog(pool)
    async with pool.session() as session:
        here = await identity_of(session)
    findings = await asyncio.to_thread(_findings, catalog)
    return _Known(catalog, await read_spelling(pool), findings, fixed_in(here), keys_before(here))


def _findings(catalog: Catalog) -> dict[str, str]:
    """Give the worst finding of each foreign key by the key's name."""
    from fkdash.rules.registry import findings  # loads the SQL parser

    found: dict[str, str] = {}
    for each in findings(catalog):
        found.setdefault(each.key.qualified, each.rule)
    return found


async def _source(
    arguments: argparse.Namespace, pool: ReadPool | None, since: datetime | None, *, once: bool
) -> Source:
    from_end = not once and since is None
    source: Source
    if arguments.log == "-":
        return FromStream(lambda: sys.stdin.buffer)
    if arguments.log is not None and _is_stream(Path(arguments.log)):
        # As a shell gives what another program writes: --log <(kubectl logs -f db-1).
        return FromStream(partial(_opened, Path(arguments.log)))
    if arguments.log is not None:
        source = FromFiles(LogFiles(Path(arguments.log), since=since, from_end=from_end))
    else:
        assert pool is not None  # noqa: S101 - without a log there is a server
        log = ServerLog(pool, since=since, from_end=from_end)
        try:
            await log.open()
        except UnreachableError:
            raise
        except FkdashError:
            counters = await read_statistics(pool)
            tell(
                f"Without a log, statistics count: {counters.rolled_back:,} transactions rolled back, "
                f"{counters.committed:,} committed (pg_stat_database)."
            )
            raise
        source = FromServer(log, tell, patience_seconds=0 if once else PATIENCE_SECONDS)
    return source


def _is_stream(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")
