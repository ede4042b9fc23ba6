"""`fkdash fix apply`: carries a plan out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fkdash.apply.change import refuse_what_is_so
from fkdash.cli.connection import (
    add_connection_arguments,
    looking,
    run_async,
    target_of,
    writable,
)
from fkdash.cli.executing import add_run_arguments, change_of, execute
from fkdash.cli.messages import say, tell
from fkdash.cli.planning import add_plan_arguments, planned, settle_words
from fkdash.db.text import plain
from fkdash.errors import AlreadySoError
from fkdash.report.fix.picked import picked_text
from fkdash.report.fix.run import already_document

if TYPE_CHECKING:
    import argparse

SUMMARY = (
    "Carry an option out: preflight, a typed confirmation, the steps in short lock tries, verification. "
    "The way back is on the disk before the first statement."
)
EXAMPLES = """examples:
  fkdash fix apply users_workspace_id_fkey --option no-action
  fkdash fix apply users_workspace_id_fkey --option no-action --reason INC-42 \\
      --yes --confirm users_workspace_id_fkey
  fkdash fix apply users_workspace_id_fkey --option reparent-orphans --value 17 --journal-in-database ops
  fkdash fix apply --plan plan.json --profile prod    refused where the objects differ in what matters
exit codes: 0 verified, or so already, 1 done and not as promised, 2 wrong usage, 3 no access, 4 nothing changed,
5 stopped halfway
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_plan_arguments(parser, carried=True)
    add_run_arguments(parser)
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Apply the plan and give the exit code.

    0 verified or so already, 1 not as promised, 3 not permitted, 4 nothing changed, 5 halfway.
    """
    return run_async(_apply(arguments))


async def _apply(arguments: argparse.Namespace) -> int:
    settle_words(arguments)
    target = target_of(arguments)
    async with looking(await writable(target)) as pool:
        try:
            made = await planned(pool, arguments)
            if made.picked is not None:
                tell(picked_text(made.picked, made.plan.key))
            change = change_of(pool, made.catalog, made.plan, arguments)
            await refuse_what_is_so(change)
        except AlreadySoError as already:
            as_json = arguments.format == "json"
            so = f"{plain(already.what)}\n{already.next_step}"
            say(json.dumps(already_document(already), indent=2) if as_json else so)
            return already.exit_code
        return await execute(change, arguments)
