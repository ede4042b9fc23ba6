"""What the command line takes, as data: from the very parsers that read it."""

from __future__ import annotations

import argparse
from typing import Any, Final

from fkdash import __version__
from fkdash.cli.commands import COMMANDS
from fkdash.cli.parsers import parser_of

EXIT_CODES: Final = {
    "0": "clean or done",
    "1": "findings at or above --fail-on, a blocked delete, or a fix that did not verify",
    "2": "wrong usage or configuration",
    "3": "cannot connect, not permitted, or the result cannot be written",
    "4": "stopped or incomplete, nothing changed",
    "5": "stopped halfway: the message names the journal and how to go on",
    "70": "a fault of fkdash itself",
    "141": "nobody read the result",
}


def spec_document() -> dict[str, Any]:
    """Give commands, their options and the exit codes as the versioned document that scripts read."""
    return {
        "fkdash": 1,
        "kind": "spec",
        "version": __version__,
        "exit_codes": EXIT_CODES,
        "commands": [
            {"name": name, "summary": summary, "arguments": [_argument(each) for each in arguments_of(name)]}
            for name, summary in {"": "the dashboard", **COMMANDS}.items()
        ],
    }


def arguments_of(command: str) -> list[argparse.Action]:
    """Give the options and arguments of a command, "" for the dashboard."""
    return parser_of(command)._actions  # noqa: SLF001 - argparse gives them in no other way


def takes_value(action: argparse.Action) -> bool:
    """Tell whether an option or argument stands for a value, not for itself."""
    return action.nargs != 0


def _argument(action: argparse.Action) -> dict[str, Any]:
    value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    found: dict[str, Any] = {
        "names": list(action.option_strings),
        "value": value if takes_value(action) else None,
        "help": (action.help or "") % {**vars(action), "prog": "fkdash"} if action.help else "",
        "repeats": action.nargs in {"*", "+"} or type(action).__name__ == "_AppendAction",
        "required": action.required,
    }
    return found | ({"choices": [str(each) for each in action.choices]} if action.choices else {})
