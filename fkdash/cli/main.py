"""Finds the command that the arguments name, runs it, and turns what goes wrong into words and an exit code.

The first argument names a command; anything else is where to connect, for the dashboard. Commands are
imported only when they are run, so that `--version` and `check` pay for nothing they do not use.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Final, NoReturn, Protocol, cast

from fkdash import __version__
from fkdash.cli.command_words import command_in
from fkdash.cli.messages import say, say_error, tell
from fkdash.db.text import plain
from fkdash.errors import FkdashError, StoppedError, UsageError
from fkdash.masking import masked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

COMMANDS: Final = {
    "demo": "the incident on a private throwaway server, to look and try",
    "check": "what is wrong with the foreign keys, for people and for CI",
    "lint": "the same of files: migrations, dumps, schema files; no server",
    "snapshot": "what is declared as one file, for check, list and fix plan --from",
    "explain": "which foreign key is behind an error, and on which way",
    "list": "every foreign key in one line",
    "guard": "the query and code with which an application asks before it deletes",
    "preview": "what a DELETE would do, without doing it",
    "report": "the diagnosis as Markdown",
    "rules": "the rules, and what each is about",
    "schema": "the JSON Schema of a document",
    "completion": "what makes a shell complete all of this",
    "grants": "the SQL that gives a role what it lacks to look, or to change foreign keys",
    "config check": "mistakes in the settings",
    "config show": "what is set, and where each value comes from",
    "watch": "integrity errors in the server's log, by constraint and minute",
    "orphans scan": "count the rows that refer to rows that do not exist",
    "fix plan": "how a fix would be carried out: steps, locks, the way back",
    "fix export": "the same as a script for psql, or as a migration of the team's own tool",
    "fix rehearse": "try a fix in a rolled-back transaction, and measure it",
    "fix apply": "carry a fix out, after a typed confirmation",
    "fix history": "the runs there are journals of",
    "fix show": "what one journal says",
    "fix undo": "lead back from a run",
    "fix resume": "finish a run that was cut off",
}
_GROUPS: Final = frozenset(name.split()[0] for name in COMMANDS if " " in name)
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


def entry_point() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    _open_what_is_closed()
    sys.excepthook = _say_fault
    try:
        code = main(sys.argv[1:])
    except SystemExit as ended:
        # So ends whoever asked for help, or wrote arguments that do not exist.
        code = ended.code if isinstance(ended.code, int) else UsageError.exit_code
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    # A large catalog is half a million objects, which Python would give back one by one.
    os._exit(code)


def _open_what_is_closed() -> None:
    """Put something in the place of closed standard streams (`>&-`): a connection would get their numbers.

    A result cannot be written there, as little as before; what is only told goes nowhere.
    """
    for name, mode, flags in (
        ("stdin", "r", os.O_RDONLY),
        ("stdout", "w", os.O_RDONLY),
        ("stderr", "w", os.O_WRONLY),
    ):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), mode, encoding="utf-8"))


def main(argv: Sequence[str]) -> int:
    """Run one command and give its exit code.

    0 clean or done, 1 findings or a blocked delete, 2 wrong usage, 3 no access, 4 stopped and nothing changed,
    5 stopped halfway.
    """
    try:
        if argv and argv[0] in {"-V", "--version", "--spec", "--complete"}:
            return _about_itself(argv)
        name, words = command_in(argv, COMMANDS, options_before)
        if name in _GROUPS and name not in COMMANDS:
            if {"-?", "--help"}.intersection(words):
                say(f"usage: fkdash {name} COMMAND ...\n\n{commands_help(name)}")
                return 0
            raise UsageError(f"fkdash {name} needs a command.", next_step=f"One of:\n{commands_help(name)}")
        parser = parser_of(name)
        return _module(name).run(parser.parse_intermixed_args(words))
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
    from fkdash.faults import CRASHED, account_of  # only a fault pays for it

    tell(account_of(fault))
    os._exit(CRASHED)


def commands_help(group: str = "") -> str:
    """Give one line for each command, or for those of one group."""
    chosen = {name: summary for name, summary in COMMANDS.items() if name.startswith(group)}
    width = max(len(name) for name in chosen)
    return "\n".join(f"  fkdash {name:<{width}}  {summary}" for name, summary in chosen.items())


class _Parser(argparse.ArgumentParser):
    """A parser whose errors repeat no password that was typed in the wrong place."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments and end with 2."""
        super().error(plain(masked(message)))


def _module(name: str) -> Command:
    return cast("Command", import_module(f"fkdash.cli.{name.replace(' ', '.') or 'dashboard'}"))


def _parser(program: str, summary: str = "", examples: str = "") -> _Parser:
    parser = _Parser(
        prog=program,
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    # -h is the host, as in psql; help is -? there.
    parser.add_argument("-?", "--help", action="help", help="show this and end")
    return parser


def options_before() -> list[argparse.Action]:
    """Give the options that may stand before a command, which are those of every one."""
    from fkdash.cli.connection import add_connection_arguments  # only where one stands there

    parser = _parser("fkdash")
    add_connection_arguments(parser, several=True)
    return parser._actions  # noqa: SLF001 - argparse gives them in no other way


def parser_of(name: str) -> argparse.ArgumentParser:
    """Give the parser of a command, "" for the dashboard."""
    command = _module(name)
    parser = _parser(f"fkdash {name}".rstrip(), command.SUMMARY, command.EXAMPLES)
    command.configure(parser)
    return parser


def _about_itself(argv: Sequence[str]) -> int:
    """Answer who asks for the version, scripts that ask what there is, and shells that ask what can be typed."""
    if argv[0] == "--complete":
        from fkdash.cli.complete import complete  # only where a shell asks

        return complete(argv[1:])
    if argv[0] != "--spec":
        say(f"fkdash {__version__}")
        return 0
    import json  # not before the first frame

    from fkdash.cli.spec import spec_document  # only where a script asks

    say(json.dumps(spec_document(), indent=2))
    return 0
