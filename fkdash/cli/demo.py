"""`fkdash demo`: the incident on a private throwaway server."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from fkdash.cli.messages import say, tell
from fkdash.demo.demonstration import incident_server
from fkdash.shell import command, shell_word

if TYPE_CHECKING:
    import argparse

SUMMARY = (
    "Start a private PostgreSQL, load an incident into it (deletes and logins fail, and nobody knows why), "
    "and open the dashboard on it. Everything is removed when it ends."
)
EXAMPLES = """examples:
  fkdash demo                   look around, find the conflict, fix it, undo it
  fkdash demo --no-dashboard    print the DSN and wait; try psql or fkdash check on it from another terminal
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--no-dashboard", action="store_true", help="print the DSN and wait for ctrl+c")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")


def run(arguments: argparse.Namespace) -> int:
    """Run the demo until its dashboard, or the waiting, ends."""
    if arguments.no_dashboard:
        return _wait()
    from fkdash.cli.dashboard import open_dashboard  # Textual only when it is really opened
    from fkdash.tui.terminal import refuse_unusable_terminal

    refuse_unusable_terminal()
    tell("Starting a throwaway PostgreSQL with the incident in it ...")
    with incident_server() as dsn:
        return open_dashboard(dsn, ascii_only=arguments.ascii, environment="demo")


def _wait() -> int:
    with incident_server() as dsn:
        say(dsn)
        tell(f"Try: psql {shell_word(dsn)}   or: {command('check', dsn)}   ctrl+c ends it and removes everything.")
        return 128 + signal.sigwait({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
