"""Carries a plan out from the command line: preflight, confirmation, the run with its events as lines."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fkdash.apply.database_copy import TABLE, DatabaseCopy
from fkdash.apply.events import RunEnded
from fkdash.apply.identity import Identity, identity_of
from fkdash.apply.journal import Journal
from fkdash.apply.preflight import may_start, preflight
from fkdash.apply.recovery import unfinished
from fkdash.apply.rehearsal import rehearse
from fkdash.apply.run import Run, Wishes
from fkdash.cli.connection import words_to_connect
from fkdash.cli.messages import say_how_it_ended, tell
from fkdash.db.text import plain
from fkdash.db.writing import open_writer
from fkdash.errors import HalfDoneError, StoppedError, UsageError
from fkdash.report.plan import plan_text
from fkdash.report.rehearsal import rehearsal_text
from fkdash.report.run import ended_text, event_line, run_document
from fkdash.shell import shell_word

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from fkdash.apply.events import Event
    from fkdash.catalog.model import Catalog
    from fkdash.db.pool import ReadPool
    from fkdash.db.writing import Writer
    from fkdash.fix.plan import Plan

_LOOKING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the operator has to type: the constraint's name, in production the database's name as well."""

    constraint: str
    database: str | None


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare confirmation, reason and format."""
    parser.add_argument("--yes", action="store_true", help="do not ask; needs --confirm")
    parser.add_argument("--confirm", metavar="NAME", help="the constraint's name, spelled exactly")
    parser.add_argument("--confirm-database", metavar="NAME", help="the database's name, in a production profile")
    parser.add_argument(
        "--journal-in-database",
        metavar="SCHEMA",
        help=f"keep what matters of the journal in SCHEMA.{TABLE} as well; the default is not to",
    )
    parser.add_argument("--reason", default="", help="a ticket or a word, kept in the journal")
    parser.add_argument("--rehearse", action="store_true", help="first rehearse it in a rolled-back transaction")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")


async def execute(
    pool: ReadPool, catalog: Catalog, plan: Plan, arguments: argparse.Namespace, *, continues: Path | None = None
) -> int:
    """Confirm and run a plan; gives the exit code. Raises StoppedError where nothing was changed."""
    async with pool.session() as session:
        _tell_unfinished(await identity_of(session), plan, continues)
    async with open_writer(pool.target) as writer:
        tell(plan_text(plan))
        await _look(pool, writer, catalog, plan)
        if arguments.rehearse:
            await _rehearse(writer, catalog, plan)
    database = catalog.server.database if catalog.server else ""
    production = arguments.environment.casefold() == "production"
    if plan.steps:
        await _confirm(Confirmation(plan.key.name, database if production else None), arguments)
    # Anew: while somebody thinks it over, a server may end a session that does nothing.
    async with open_writer(pool.target) as writer:
        wishes = Wishes()
        schema: str | None = arguments.journal_in_database
        with Journal.create(plan.key.qualified) as journal:
            tell(f"journal: {journal.path}")
            run = Run(
                writer,
                pool,
                catalog,
                plan,
                journal,
                _show,
                wishes=wishes,
                reason=arguments.reason,
                continues=continues,
                copy=DatabaseCopy(schema, journal.path.stem) if schema else None,
            )
            there = f"{journal.path} {words_to_connect(arguments)}".rstrip()
            ended = await _carried_out(run, there)
    ended = replace(ended, next_step=ended.next_step.replace(str(journal.path), there))
    as_json = arguments.format == "json"
    say_how_it_ended(json.dumps(run_document(ended, plan), indent=2) if as_json else ended_text(ended))
    return ended.exit_code


async def _carried_out(run: Run, there: str) -> RunEnded:
    """Run to the end; the first interrupt stops after the present step, the second cancels it.

    `there` is what a command needs to go on from it or to go back.
    """
    task = asyncio.ensure_future(run.carry_out())

    def interrupted() -> None:
        if run.wishes.stop_after_step:
            tell("Cancelling the present step.")
            task.cancel()
        else:
            tell("Stopping after the present step; once more cancels it.")
            run.wishes.stop_after_step = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted)
    try:
        return await task
    except asyncio.CancelledError:
        if run.steps_done:
            raise HalfDoneError(
                f"Cancelled after step {run.steps_done[-1]}.",
                next_step=f"Finish it with `fkdash fix resume {there}`, or go back with "
                f"`fkdash fix undo {there}`.",
            ) from None
        raise StoppedError(
            "Cancelled; the step under way was rolled back.", next_step="Nothing was changed."
        ) from None
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _look(pool: ReadPool, writer: Writer, catalog: Catalog, plan: Plan) -> None:
    lines = await preflight(pool, writer, catalog, plan, seconds=_LOOKING_SECONDS)
    for line in lines:
        tell(plain(f"{line.standing:<7} {line.what}" + (f" - {line.next_step}" if line.next_step else "")))
    if not may_start(lines):
        raise StoppedError("The preflight stops it; nothing was changed.", next_step="See the lines above.")


async def _rehearse(writer: Writer, catalog: Catalog, plan: Plan) -> None:
    rehearsal = await rehearse(writer, catalog, plan)
    tell(rehearsal_text(rehearsal))
    if rehearsal.ok is False:
        raise StoppedError("The rehearsal did not end as promised; nothing was changed.")


def _tell_unfinished(here: Identity, plan: Plan, continues: Path | None) -> None:
    for run in unfinished():
        same = run.plan.key.table == plan.key.table and run.identity.is_same(here)
        if same and run.path != continues:
            tell(plain(f"note: an earlier run on {run.plan.key.table} is not finished: {run.message} {run.path}"))


async def _confirm(wanted: Confirmation, arguments: argparse.Namespace) -> None:
    if arguments.yes:
        if arguments.confirm != wanted.constraint:
            raise UsageError(
                "--yes needs --confirm with the constraint's name, spelled exactly.",
                next_step=f"--confirm {shell_word(wanted.constraint)}",
            )
        if wanted.database is not None and arguments.confirm_database != wanted.database:
            raise UsageError("This profile is production: --confirm-database must give the database's name.")
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "There is nobody to confirm it: input is not a terminal.", next_step="Use --yes with --confirm NAME."
        )
    await _typed("the constraint's name", wanted.constraint)
    if wanted.database is not None:
        await _typed("the database's name", wanted.database)


async def _typed(what: str, wanted: str) -> None:
    shown = f" ({plain(wanted)})" if plain(wanted) != wanted else ""
    sys.stderr.write(f"Type {what}{shown} to go on, anything else stops: ")
    sys.stderr.flush()
    # A name with a line break can only be typed as it is shown.
    if (await _line()).rstrip("\n") not in {wanted, plain(wanted)}:
        raise StoppedError(f"That is not {what}; nothing was changed.")


async def _line() -> str:
    """Read a line of the terminal; ctrl+c ends the waiting, which a read that blocks would sit out."""
    loop = asyncio.get_running_loop()
    there = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), there.set)
    try:
        await there.wait()
    except asyncio.CancelledError:
        tell("")
        raise StoppedError("Stopped before the confirmation; nothing was changed.") from None
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return sys.stdin.readline()


def _show(event: Event) -> None:
    """Show every event but the end, which is the command's result."""
    if not isinstance(event, RunEnded):
        tell(event_line(event))
