"""`fkdash fix rehearse`: a plan's short steps and a probing delete, rolled back and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.apply.change import try_out, wanted
from fkdash.cli.connection import (
    add_connection_arguments,
    looking,
    run_async,
    target_of,
    writable,
)
from fkdash.cli.executing import add_confirmation_arguments, change_of, confirmed
from fkdash.cli.messages import say
from fkdash.cli.planning import add_plan_arguments, planned, settle_words
from fkdash.report.fix.rehearsal import rehearsal_text

if TYPE_CHECKING:
    import argparse

SUMMARY = (
    "Rehearse an option: its short steps and a probing delete in one transaction that gives up after 50 ms "
    "without a lock and is always rolled back; shows what was locked and for how long. What is written into rows "
    "is tried before, for some two seconds, and rolled back too."
)
EXAMPLES = """examples:
  fkdash fix rehearse users_workspace_id_fkey --option no-action
in a production profile it is confirmed like a change: it takes the real locks
exit codes: 0 as promised or not tried, 1 not as promised, 2 wrong usage, 3 no access
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_plan_arguments(parser, carried=True)
    add_confirmation_arguments(parser)
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Rehearse and print what was found."""
    return run_async(_rehearse(arguments))


async def _rehearse(arguments: argparse.Namespace) -> int:
    settle_words(arguments)
    target = target_of(arguments)
    async with looking(await writable(target)) as pool:
        made = await planned(pool, arguments)
        change = change_of(pool, made.catalog, made.plan, arguments)
        asked = wanted(change)
        given = await confirmed(asked, arguments) if asked.database is not None else None
        found = await try_out(change, given)
    say(rehearsal_text(found))
    return 1 if found.ok is False else 0
