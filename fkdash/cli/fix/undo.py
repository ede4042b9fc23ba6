"""`fkdash fix undo`: leads back from a run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fkdash.apply.journal.recovery import in_the_way_words, rows_in_the_way, rows_in_the_way_listed, undo_plan
from fkdash.cli.connection import run_async
from fkdash.cli.recovering import add_journal_arguments, carry_on
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
  fkdash fix undo --last        the newest run in this database that is not undone
  fkdash fix undo JOURNAL       fkdash fix history lists the journals
exit codes: as those of fkdash fix apply
"""
configure = partial(add_journal_arguments, last=True)


def run(arguments: argparse.Namespace) -> int:
    """Undo the run and give the exit code."""
    return run_async(carry_on(arguments, _way_back))


async def _way_back(session: Session, catalog: Catalog, plan: Plan) -> Plan:
    way_back = undo_plan(catalog, plan)
    await _require_a_way(session, catalog, plan)
    return way_back


async def _require_a_way(session: Session, catalog: Catalog, plan: Plan) -> None:
    in_the_way = await rows_in_the_way(session, catalog, plan)
    if in_the_way:
        counts = in_the_way_words(in_the_way)
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
