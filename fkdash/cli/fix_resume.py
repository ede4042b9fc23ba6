"""`fkdash fix resume`: finishes a run that was cut off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.apply.recovery import recorded_run, remaining, what_is_true
from fkdash.catalog.postgres import read_catalog
from fkdash.cli.connection import add_connection_arguments, looking, refuse_read_only, run_async, target_of
from fkdash.cli.executing import add_run_arguments, execute
from fkdash.cli.messages import tell
from fkdash.db.text import plain
from fkdash.errors import StoppedError

if TYPE_CHECKING:
    import argparse

SUMMARY = (
    "Finish a run that was cut off: the steps that have not taken effect, by what is true in the database now."
)
EXAMPLES = """examples:
  fkdash fix resume JOURNAL     fkdash fix history lists the journals
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("journal", metavar="JOURNAL", type=Path, help="the journal's path")
    add_run_arguments(parser)
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Resume the run and give the exit code."""
    return run_async(_resume(arguments))


async def _resume(arguments: argparse.Namespace) -> int:
    recorded = recorded_run(arguments.journal)
    if recorded.going_on:
        raise StoppedError(f"The run of {recorded.path} is going on in another process.")
    target = target_of(arguments)
    refuse_read_only(arguments)
    async with looking(target) as pool:
        async with pool.session() as session:
            catalog = await read_catalog(session)
            rest = await remaining(session, catalog, recorded.plan)
            tell(plain(await what_is_true(session, catalog, recorded.plan)))
        if not rest.steps:
            tell(f"Every step of {recorded.path} has taken effect; what is left is to verify it.")
        return await execute(pool, catalog, rest, arguments, continues=recorded.path.resolve())
