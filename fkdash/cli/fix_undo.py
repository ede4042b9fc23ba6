"""`fkdash fix undo`: leads back from a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.apply.recovery import recorded_run, rows_in_the_way, undo_plan
from fkdash.catalog.postgres import read_catalog
from fkdash.cli.connection import add_connection_arguments, looking, refuse_read_only, run_async, target_of
from fkdash.cli.executing import add_run_arguments, execute
from fkdash.errors import StoppedError

if TYPE_CHECKING:
    import argparse

SUMMARY = (
    "Lead back from a run, by its journal. Says so, with the number of rows, where that is no longer possible."
)
EXAMPLES = """examples:
  fkdash fix undo JOURNAL       fkdash fix history lists the journals
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("journal", metavar="JOURNAL", type=Path, help="the journal's path")
    add_run_arguments(parser)
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Undo the run and give the exit code."""
    return run_async(_undo(arguments))


async def _undo(arguments: argparse.Namespace) -> int:
    recorded = recorded_run(arguments.journal)
    target = target_of(arguments)
    refuse_read_only(arguments)
    async with looking(target) as pool:
        async with pool.session() as session:
            catalog = await read_catalog(session)
            in_the_way = await rows_in_the_way(session, catalog, recorded.plan)
        if in_the_way:
            counts = ", ".join(f"{rows:,} rows have NULL in {column}" for column, rows in in_the_way.items())
            raise StoppedError(
                f"The undo cannot succeed any more: {counts}.",
                next_step="Give these rows a value first; until then the column stays nullable.",
            )
        return await execute(pool, catalog, undo_plan(catalog, recorded.plan), arguments)
