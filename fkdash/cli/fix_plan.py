"""`fkdash fix plan`: shows a plan, changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fkdash.cli.connection import add_connection_arguments, looking, run_async, target_of
from fkdash.cli.messages import say
from fkdash.cli.planning import add_plan_arguments, planned
from fkdash.fix.document import plan_document
from fkdash.report.plan import plan_sql, plan_text

if TYPE_CHECKING:
    import argparse

    from fkdash.fix.plan import Plan

SUMMARY = "Show how an option would be carried out: every statement, its locks, the way back. Changes nothing."
EXAMPLES = """examples:
  fkdash fix plan users_workspace_id_fkey --option no-action
  fkdash fix plan public.users.users_workspace_id_fkey --option cascade --format json > plan.json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_plan_arguments(parser)
    parser.add_argument("--format", choices=("text", "sql", "json"), default="text", help="default: %(default)s")
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the plan."""
    made = run_async(_plan(arguments))
    if arguments.format == "json":
        say(json.dumps(plan_document(made), indent=2))
    else:
        say(plan_sql(made) if arguments.format == "sql" else plan_text(made))
    return 0


async def _plan(arguments: argparse.Namespace) -> Plan:
    async with looking(target_of(arguments)) as pool:
        return (await planned(pool, arguments)).plan
