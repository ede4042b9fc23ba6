"""`fkdash fix export`: a plan as a script, changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.cli import fix_plan
from fkdash.cli.connection import add_connection_arguments
from fkdash.cli.planning import add_plan_arguments
from fkdash.errors import UsageError

if TYPE_CHECKING:
    import argparse

SUMMARY = "Print a plan as a script for psql, each transaction with its limits. Changes nothing."
EXAMPLES = """examples:
  fkdash fix export users_workspace_id_fkey --option no-action > fix.sql
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_plan_arguments(parser)
    parser.add_argument("--format", choices=("sql", "json"), default="sql", help="default: %(default)s")
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    if arguments.option is None:
        raise UsageError("Which fix? --option says it.", next_step="fkdash fix plan CONSTRAINT shows them.")
    return fix_plan.run(arguments)
