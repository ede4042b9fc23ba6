"""Carries a plan out from the command line: the preflight as lines, the names typed, the end as its result."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.apply.change import (
    Change,
    Confirmation,
    carry_out,
    left_halfway,
    look,
    may_start,
    try_out,
    wanted,
)
from fkdash.apply.events import RunEnded, RunOutcome
from fkdash.apply.journal.database_copy import TABLE
from fkdash.apply.run.patience import Wishes
from fkdash.cli.connection import words_to_connect
from fkdash.cli.messages import say_how_it_ended, tell
from fkdash.db.target import refuse_writing
from fkdash.db.text import plain
from fkdash.errors import StoppedError, UsageError
from fkdash.pictures.picture import pen_of
from fkdash.report.fix.plan import plan_text
from fkdash.report.fix.preflight import preflight_text
from fkdash.report.fix.rehearsal import rehearsal_text
from fkdash.report.fix.run import ended_text, event_line, run_document
from fkdash.report.preview.relief import delete_of_freed
from fkdash.shell import command, shell_word

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from fkdash.apply.events import Event
    from fkdash.apply.proof.preflight import PreflightLine
    from fkdash.catalog.model import Catalog
    from fkdash.db.pool import ReadPool
    from fkdash.fix.plan import Plan


def add_confirmation_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how what writes is confirmed."""
    parser.add_argument("--yes", action="store_true", help="do not ask; needs --confirm")
    parser.add_argument("--confirm", metavar="NAME", help="the constraint's name, spelled exactly")
    parser.add_argument("--confirm-database", metavar="NAME", help="the database's name, in a production profile")


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare confirmation, reason and format."""
    add_confirmation_arguments(parser)
    parser.add_argument(
        "--journal-in-database",
        metavar="SCHEMA",
        help=f"keep what matters of the journal in SCHEMA.{TABLE} as well; the default is not to",
    )
    parser.add_argument("--reason", default="", help="a ticket or a word, kept in the journal")
    parser.add_argument("--rehearse", action="store_true", help="first rehearse it in a rolled-back transaction")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")


def change_of(
    pool: ReadPool, catalog: Catalog, plan: Plan, arguments: argparse.Namespace, *, continues: Path | None = None
) -> Change:
    """Give the change that the arguments ask for."""
    return Change(
        pool,
        catalog,
        plan,
        environment=arguments.environment,
        reason=getattr(arguments, "reason", ""),
        continues=continues,
        copy_in=getattr(arguments, "journal_in_database", None),
    )


async def execute(change: Change, arguments: argparse.Namespace) -> int:
    """Confirm and run a change; gives the exit code. Raises StoppedError where nothing was changed."""
    refuse_writing(change.pool.target)
    plan = change.plan
    for run in await left_halfway(change):
        tell(plain(f"note: an earlier run on {plan.key.table} is not finished: {run.message} {run.path}"))
    tell(plan_text(plan))
    await _tell_of_delete(change, "today")
    looked = await look(change)
    _show_looked(looked)
    asked = wanted(change)
    given: Confirmation | None = None
    if arguments.rehearse:
        given = await confirmed(asked, arguments) if asked.database is not None else None
        rehearsal = await try_out(change, given)
        tell(rehearsal_text(rehearsal))
        if rehearsal.ok is False:
            raise StoppedError(
                "The rehearsal did not end as promised; nothing was changed.",
                next_step="Change what it met first, or choose another option.",
            )
    if plan.steps and given is None:
        given = await confirmed(asked, arguments)
    ended = await _carried_out(change, looked, given)
    journal = shell_word(str(ended.journal))
    there = f"{journal} {words_to_connect(arguments)}".rstrip()
    ended = replace(ended, next_step=ended.next_step.replace(journal, there))
    if ended.outcome is RunOutcome.VERIFIED:
        await _tell_of_delete(change, "now")
        tell(f"Are there still errors? {command('watch')} {words_to_connect(arguments)} --until-quiet 10m")
    as_json = arguments.format == "json"
    say_how_it_ended(json.dumps(run_document(ended, plan), indent=2) if as_json else ended_text(ended))
    return ended.exit_code


async def _tell_of_delete(change: Change, when: str) -> None:
    """Say what deleting the rows would do that a plan frees; nothing of other plans."""
    said = await delete_of_freed(change.pool, change.plan, when)
    if said:
        tell(plain(said))


async def _carried_out(change: Change, looked: Sequence[PreflightLine], given: Confirmation | None) -> RunEnded:
    """Run to the end. ctrl+c stops after the present step, once more cancels it; other signals cancel at once.

    Once it has ended, a signal would only make a lie of what is printed: it is ignored from then on.
    """
    wishes = Wishes()
    task = asyncio.ensure_future(carry_out(change, looked, given, _show, wishes))

    def interrupted(number: signal.Signals) -> None:
        if number is signal.SIGINT and not wishes.stop_after_step:
            tell("Stopping after the present step; once more cancels it.")
            wishes.stop_after_step = True
        elif not task.done():
            tell("Cancelling; what took effect is asked for.")
            task.cancel()

    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, interrupted, number)
    ended = None
    try:
        ended = await task
        return ended
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
            if ended is not None:
                signal.signal(number, signal.SIG_IGN)


def _show_looked(lines: Sequence[PreflightLine]) -> None:
    for line in lines:
        tell(preflight_text(line, pen_of(sys.stderr)))
    if not may_start(lines):
        raise StoppedError("The preflight stops it; nothing was changed.", next_step="See the lines above.")


async def confirmed(asked: Confirmation, arguments: argparse.Namespace) -> Confirmation:
    """Give what was typed, or said with --yes; raises UsageError and StoppedError where it is something else."""
    if arguments.yes:
        if arguments.confirm != asked.constraint:
            raise UsageError(
                "--yes needs --confirm with the constraint's name, spelled exactly.",
                next_step=f"--confirm {shell_word(asked.constraint)}",
            )
        if asked.database is not None and arguments.confirm_database != asked.database:
            raise UsageError(
                "This profile is production: the database's name must be given as well.",
                next_step=f"--confirm-database {shell_word(asked.database)}",
            )
        return asked
    if not sys.stdin.isatty():
        raise UsageError(
            "There is nobody to confirm it: input is not a terminal.", next_step="Use --yes with --confirm NAME."
        )
    await _typed("the constraint's name", asked.constraint)
    if asked.database is not None:
        await _typed("the database's name", asked.database)
    return asked


async def _typed(what: str, wanted: str) -> None:
    shown = f" ({plain(wanted)})" if plain(wanted) != wanted else ""
    sys.stderr.write(f"Type {what}{shown} to go on, anything else stops: ")
    sys.stderr.flush()
    # A name with a line break can only be typed as it is shown.
    if (await _line()).rstrip("\n") not in {wanted, plain(wanted)}:
        raise StoppedError(f"That is not {what}; nothing was changed.", next_step="Type it as it is shown.")


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
