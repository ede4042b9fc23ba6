"""`fkdash fix undo`: leads back from a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.apply.recovery import (
    recorded_run,
    rows_in_the_way,
    rows_in_the_way_listed,
    undo_plan,
    what_is_true,
)
from fkdash.catalog.postgres import read_catalog
from fkdash.cli.connection import add_connection_arguments, looking, refuse_read_only, run_async, target_of
from fkdash.cli.executing import add_run_arguments, execute
from fkdash.cli.messages import tell
from fkdash.db.text import plain
from fkdash.errors import StoppedError

if TYPE_CHECKING:
    import argparse

    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Session
    from fkdash.fix.plan import Plan

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
    if recorded.going_on:
        raise StoppedError(f"The run of {recorded.path} is going on in another process.")
    target = target_of(arguments)
    refuse_read_only(arguments)
    async with looking(target) as pool:
        async with pool.session() as session:
            catalog = await read_catalog(session)
            tell(plain(await what_is_true(session, catalog, recorded.plan)))
            way_back = undo_plan(catalog, recorded.plan)
            await _require_a_way(session, catalog, recorded.plan)
        return await execute(pool, catalog, way_back, arguments, continues=recorded.path.resolve())


async def _require_a_way(session: Session, catalog: Catalog, plan: Plan) -> None:
    in_the_way = await rows_in_the_way(session, catalog, plan)
    if in_the_way:
        counts = ", ".join(f"{rows:,} rows have NULL in {column}" for column, rows in in_the_way.items())
        listed = await rows_in_the_way_listed(session, catalog, plan)
        raise StoppedError(
            f"The undo cannot succeed any more: {counts}.",
            next_step="\n".join(
                (
                    *(f"{each.table}.{each.column} is NULL in {', '.join(each.identity)}" for each in listed),
                    "Give these rows a value first; until then the column stays nullable.",
                )
            ),
        )
