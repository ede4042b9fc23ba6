"""The parser of each command, made from what its module declares; a module is imported only for its own."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import NoReturn, Protocol, cast

from fkdash.db.text import plain
from fkdash.masking import masked


class Command(Protocol):
    """What a command's module offers."""

    SUMMARY: str
    EXAMPLES: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Carry the command out and give its exit code; raises FkdashError."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors repeat no password that was typed in the wrong place."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments and end with 2."""
        super().error(plain(masked(message)))


def module_of(name: str) -> Command:
    """Give what a command's module offers, "" for the dashboard."""
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
    command = module_of(name)
    parser = _parser(f"fkdash {name}".rstrip(), command.SUMMARY, command.EXAMPLES)
    command.configure(parser)
    return parser
