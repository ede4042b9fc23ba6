"""`fkdash fix resume`: finishes a run that was cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.apply.journal.recovery import remaining
from fkdash.cli.connection import run_async
from fkdash.cli.messages import tell
from fkdash.cli.recovering import add_journal_arguments, carry_on

if TYPE_CHECKING:
    import argparse

    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Session
    from fkdash.fix.plan import Plan

SUMMARY = (
    "Finish a run that was cut off: the steps that have not taken effect, by what is true in the database now."
)
EXAMPLES = """examples:
  fkdash fix resume JOURNAL     fkdash fix history lists the journals
exit codes: as those of fkdash fix apply
"""
configure = add_journal_arguments


def run(arguments: argparse.Namespace) -> int:
    """Resume the run and give the exit code."""
    return run_async(carry_on(arguments, _rest))


async def _rest(session: Session, catalog: Catalog, plan: Plan) -> Plan:
    rest = await remaining(session, catalog, plan)
    if not rest.steps:
        tell("Every step has taken effect; what is left is to verify it.")
    return rest
