"""From a journal to a plan that is carried out: what undo and resume have in common."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.apply.journal.database_copy import fetched
from fkdash.apply.journal.identity import identity_of
from fkdash.apply.journal.records import everything, undone
from fkdash.apply.journal.recovery import RecordedRun, recorded_run, what_is_true
from fkdash.catalog.postgres.read import read_catalog
from fkdash.cli.connection import add_connection_arguments, looking, target_of, writable
from fkdash.cli.executing import add_run_arguments, change_of, execute
from fkdash.cli.messages import tell
from fkdash.db.text import plain
from fkdash.errors import StoppedError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable

    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Session
    from fkdash.fix.plan import Plan


def add_journal_arguments(parser: argparse.ArgumentParser, *, last: bool = False) -> None:
    """Declare the journal and everything a run needs; with `last`, `--last` may stand in the journal's place."""
    parser.set_defaults(last=False)
    if last:
        parser.add_argument(
            "--last",
            action="store_true",
            help="the newest run in this database that is not undone, without JOURNAL",
        )
    parser.add_argument(
        "journal",
        metavar="JOURNAL",
        nargs="?" if last else None,
        help="the journal's path, or with --journal-in-database the run's name",
    )
    parser.add_argument(
        "--another-database",
        action="store_true",
        help="this database has taken the place of the one the run was made in",
    )
    add_run_arguments(parser)
    add_connection_arguments(parser)


def _recorded_here(arguments: argparse.Namespace) -> RecordedRun | None:
    """Give the run of the journal; None where only its copy in the database can be meant."""
    if arguments.journal_in_database is not None and not os.path.exists(arguments.journal):  # noqa: PTH110 - which raises for a name too long
        return None
    recorded = recorded_run(arguments.journal)
    if recorded.going_on:
        raise StoppedError(
            f"The run of {recorded.path} is going on in another process.", next_step="Wait until it has ended."
        )
    return recorded


def _require_one_run(arguments: argparse.Namespace) -> None:
    """Take the only argument beside --last for the database; raises UsageError where no run is named, or two."""
    if arguments.last and arguments.journal is not None:
        if arguments.dsn is not None:
            raise UsageError("--last and a journal name two runs.", next_step="Leave one of them out.")
        arguments.dsn, arguments.journal = arguments.journal, None
    if not arguments.last and arguments.journal is None:
        raise UsageError(
            "No run is named.", next_step="Give its JOURNAL, or --last; fkdash fix history lists them."
        )
    # Not before: as a path a URI would lose one of its slashes.
    arguments.journal = None if arguments.journal is None else Path(arguments.journal)


async def _last_run(session: Session) -> RecordedRun:
    """Give the newest run that changed something in this database and is not undone; raises StoppedError."""
    here = await identity_of(session)
    runs, _ = everything()
    back = undone(runs)
    for run in runs:
        is_here = run.changed and not run.going_on and run.identity.is_same(here)
        if is_here and run.plan.option != "undo" and run.path.resolve() not in back:
            return run
    raise StoppedError(
        "No run of this user and machine has changed this database and is not undone.",
        next_step="fkdash fix history lists all runs; one made elsewhere is undone by its journal.",
    )


def _name(arguments: argparse.Namespace) -> str:
    name: str = arguments.journal.name
    return name.removesuffix(".jsonl")


async def _require_its_database(session: Session, recorded: RecordedRun, arguments: argparse.Namespace) -> None:
    here = await identity_of(session)
    if not recorded.identity.is_same(here) and not arguments.another_database:
        where = f" ({recorded.where})" if recorded.where else ""
        raise StoppedError(
            f"The run was made in another database than the one connected to: {recorded.database}{where}.",
            next_step="Connect to that one. If this one has taken its place (restored, upgraded), say so with "
            "--another-database.",
        )


async def carry_on(
    arguments: argparse.Namespace, next_plan: Callable[[Session, Catalog, Plan], Awaitable[Plan]]
) -> int:
    """Say what is true now, make the plan that follows, and carry it out; gives the exit code."""
    _require_one_run(arguments)
    recorded = None if arguments.last else _recorded_here(arguments)
    target = target_of(arguments)
    async with looking(await writable(target)) as pool:
        async with pool.session() as session:
            if arguments.last:
                recorded = await _last_run(session)
            if recorded is None:
                recorded = recorded_run(await fetched(session, arguments.journal_in_database, _name(arguments)))
            catalog = await read_catalog(session)
            await _require_its_database(session, recorded, arguments)
            journaled = recorded.steps_done
            tell(plain(await what_is_true(session, catalog, recorded.plan, journaled=journaled)))
            following = await next_plan(session, catalog, recorded.plan)
        change = change_of(pool, catalog, following, arguments, continues=recorded.path.resolve())
        return await execute(change, arguments)
