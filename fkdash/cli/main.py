"""Finds the command that the arguments name, runs it, and turns what goes wrong into words and an exit code.

The first argument names a command; anything else is where to connect, for the dashboard. Commands are
imported only when they are run, so that `--version` and `check` pay for nothing they do not use.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

from fkdash import __version__
from fkdash.cli.messages import say, say_error, tell
from fkdash.errors import FkdashError, StoppedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_COMMANDS: Final = {
    "demo": "the incident on a private throwaway server, to look and try",
    "check": "what is wrong with the foreign keys, for people and for CI",
    "lint": "the same of files: migrations, dumps, schema files; no server",
    "snapshot": "what is declared as one file, for check, list and fix plan --from",
    "explain": "which foreign key is behind an error, and on which way",
    "list": "every foreign key in one line",
    "preview": "what a DELETE would do, without doing it",
    "report": "the diagnosis as Markdown",
    "rules": "the rules, and what each is about",
    "grants": "the SQL that gives a role what it lacks to look, or to change foreign keys",
    "orphans scan": "count the rows that refer to rows that do not exist",
    "fix plan": "how a fix would be carried out: steps, locks, the way back",
    "fix export": "the same as a script for psql",
    "fix rehearse": "try a fix in a rolled-back transaction, and measure it",
    "fix apply": "carry a fix out, after a typed confirmation",
    "fix history": "the runs there are journals of",
    "fix show": "what one journal says",
    "fix undo": "lead back from a run",
    "fix resume": "finish a run that was cut off",
}
_GROUPS: Final = frozenset(name.split()[0] for name in _COMMANDS if " " in name)
_NO_READER: Final = 141
"""What a shell gives for a program that SIGPIPE ended; 0 would pass for a clean database."""


class Command(Protocol):
    """What a command's module offers."""

    SUMMARY: str
    EXAMPLES: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Carry the command out and give its exit code; raises FkdashError."""


def entry_point() -> None:
    """Run the command line and end the process with its exit code."""
    sys.excepthook = _say_fault
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command and give its exit code.

    0 clean or done, 1 findings or a blocked delete, 2 wrong usage, 3 no access, 4 stopped and nothing changed,
    5 stopped halfway.
    """
    try:
        if argv and argv[0] in {"-V", "--version"}:
            say(f"fkdash {__version__}")
            return 0
        for words in (2, 1):
            name = " ".join(argv[:words])
            if name in _COMMANDS:
                return _run(_module(name.replace(" ", "_")), f"fkdash {name}", argv[words:])
        if argv and argv[0] in _GROUPS:
            raise UsageError(f"fkdash {argv[0]} needs a command.", next_step=f"One of:\n{commands_help(argv[0])}")
        return _run(_module("dashboard"), "fkdash", argv)
    except FkdashError as error:
        say_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        say_error(StoppedError("Interrupted.", next_step="Nothing was changed."))
        return StoppedError.exit_code
    except BrokenPipeError:
        return _NO_READER


def _say_fault(_kind: type[BaseException], fault: BaseException, _trace: TracebackType | None) -> None:
    """Keep Python's traceback from the operator; the process then ends with EX_SOFTWARE."""
    from fkdash.faults import CRASHED, account_of  # noqa: PLC0415 - only a fault pays for it

    tell(account_of(fault))
    os._exit(CRASHED)


def commands_help(group: str = "") -> str:
    """Give one line for each command, or for those of one group."""
    chosen = {name: summary for name, summary in _COMMANDS.items() if name.startswith(group)}
    width = max(len(name) for name in chosen)
    return "\n".join(f"  fkdash {name:<{width}}  {summary}" for name, summary in chosen.items())


def _module(name: str) -> Command:
    return cast("Command", import_module(f"fkdash.cli.{name}"))


def _run(command: Command, program: str, argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog=program,
        description=command.SUMMARY,
        epilog=command.EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    # -h is the host, as in psql; help is -? there.
    parser.add_argument("-?", "--help", action="help", help="show this and end")
    command.configure(parser)
    return command.run(parser.parse_intermixed_args(argv))
