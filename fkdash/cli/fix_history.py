"""`fkdash fix history`: the runs there are journals of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.apply.journal import runs_folder
from fkdash.apply.recovery import history
from fkdash.cli.messages import say, tell
from fkdash.db.text import plain

if TYPE_CHECKING:
    import argparse

SUMMARY = "List the runs there are journals of, the newest first. Needs no database."
EXAMPLES = """examples:
  fkdash fix history
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: there is only one folder of journals."""


def run(_: argparse.Namespace) -> int:
    """Print one line for each run."""
    runs = history()
    if not runs:
        tell(f"No runs in {runs_folder()}.")
    for each in runs:
        what = f"{each.plan.option:<16}  {each.plan.key.qualified}  ({each.database})"
        say(f"{each.started[:19]}  {each.standing:<11}  {plain(what)}\n  {each.path}")
    return 0
