"""`fkdash fix show`: what one journal says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.apply.journal.recovery import recorded_run
from fkdash.cli.messages import say
from fkdash.db.text import plain
from fkdash.report.fix.plan import plan_text

if TYPE_CHECKING:
    import argparse

SUMMARY = (
    "Show what a journal says of its run: the plan, the steps that were done, how it ended. Needs no database."
)
EXAMPLES = """examples:
  fkdash fix show ~/.local/state/fkdash/runs/20261123T030405.678901Z-public.users.users_workspace_id_fkey.jsonl
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("journal", metavar="JOURNAL", type=Path, help="the journal's path")


def run(arguments: argparse.Namespace) -> int:
    """Print the run."""
    recorded = recorded_run(arguments.journal)
    done = ", ".join(str(number) for number in recorded.steps_done) or "none"
    who = f"{recorded.database} as {recorded.role}, by {recorded.operator}"
    lines = [
        f"{recorded.started}  {who}",
        *([f"reason: {recorded.reason}"] if recorded.reason else []),
        f"outcome: {recorded.standing}; steps done: {done}",
        recorded.message,
    ]
    say("\n".join(plain(line) for line in lines) + "\n\n" + plan_text(recorded.plan))
    return 0
