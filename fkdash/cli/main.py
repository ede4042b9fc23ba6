"""Finds the command that the arguments name, runs it, and turns what goes wrong into words and an exit code.

The first argument names a command; anything else is where to connect, for the dashboard. Commands are
imported only when they are run, so that `--version` and `check` pay for nothing they do not use.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn

from fkdash import __version__
from fkdash.cli.command_words import command_in
from fkdash.cli.commands import COMMANDS, GROUPS, commands_help
from fkdash.cli.messages import say, say_error, tell
from fkdash.cli.parsers import module_of, options_before, parser_of
from fkdash.errors import FkdashError, StoppedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_NO_READER: Final = 141
"""What a shell gives for a program that SIGPIPE ended; 0 would pass for a clean database."""


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
        if name in GROUPS and name not in COMMANDS:
            if {"-?", "--help"}.intersection(words):
                say(f"usage: fkdash {name} COMMAND ...\n\n{commands_help(name)}")
                return 0
            raise UsageError(f"fkdash {name} needs a command.", next_step=f"One of:\n{commands_help(name)}")
        parser = parser_of(name)
        return module_of(name).run(parser.parse_intermixed_args(words))
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
