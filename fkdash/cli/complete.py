"""What can stand where somebody presses tab: silent about anything that fails, and soon done."""

from __future__ import annotations

import argparse
import asyncio
import io
from contextlib import redirect_stderr, suppress
from typing import TYPE_CHECKING, Final

from fkdash.catalog.names import typed
from fkdash.catalog.table_name import TableName
from fkdash.cli.command_words import command_in
from fkdash.cli.commands import COMMANDS
from fkdash.cli.messages import say
from fkdash.cli.parsers import options_before, parser_of
from fkdash.cli.spec import arguments_of, takes_value
from fkdash.cli.typed_line import TypedLine, typed_line
from fkdash.db.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fkdash.db.session import Row

_SECONDS: Final = 1.5
_MOST: Final = 500
_CONSTRAINTS: Final = frozenset({"constraint"})
_TABLES: Final = frozenset({"table"})
_SCHEMAS: Final = frozenset({"schema"})


def complete(words: Sequence[str]) -> int:
    """Print what can stand in the place of the last word.

    The first one names the shell. bash gives the line up to the cursor, because it takes `=` and `:` for the ends
    of words; the others the words, of which fish has the last one as it was typed.
    """
    shell, *given = words or ["bash"]
    line = TypedLine(given[:-1], given[-1] if given else "")
    if shell == "bash":
        line = typed_line(" ".join(given))
        del line.before[:1]
    elif shell == "fish":
        line.now = typed_line(line.now).now
    found: list[str] = []
    # Nothing that goes wrong belongs between the words of a command line.
    with suppress(Exception, SystemExit), redirect_stderr(io.StringIO()):
        found = [each for each in dict.fromkeys(_with_option(line.before, line.now)) if each.startswith(line.now)]
    if shell == "fish":
        # It quotes by itself, and what cannot be seen it would show.
        found = [each for each in found if plain(each) == each]
    else:
        found = [each for each in map(line.completion, found) if each is not None]
    if found:
        say("\n".join(found[:_MOST]))
    return 0


def _with_option(before: Sequence[str], now: str) -> Iterable[str]:
    """Give the candidates, those for a value behind `--option=` together with the option."""
    option, equals, value = now.partition("=")
    if equals and option.startswith("--"):
        return [f"{option}={each}" for each in _candidates([*before, option], value)]
    return _candidates(before, now)


def _candidates(before: Sequence[str], now: str) -> Iterable[str]:
    name, rest = command_in(before, COMMANDS, options_before)
    if name and name not in COMMANDS:
        return [each.partition(" ")[2] for each in COMMANDS if each.startswith(f"{name} ")]
    actions = arguments_of(name)
    last = rest[-1] if rest else ""
    for action in actions:
        if last in action.option_strings and takes_value(action):
            return _values(action, name, rest[:-1])
    if now.startswith("-"):
        return [option for action in actions for option in action.option_strings]
    found = [] if name else [each.partition(" ")[0] for each in COMMANDS]
    place = len(_free(rest, actions))
    positional = [action for action in actions if not action.option_strings]
    if place < len(positional):
        found += _values(positional[place], name, rest)
    return found


def _free(words: Sequence[str], actions: Sequence[argparse.Action]) -> list[str]:
    """Give the words that belong to no option."""
    takes = {option for action in actions if takes_value(action) for option in action.option_strings}
    return [
        word
        for place, word in enumerate(words)
        if not word.startswith("-") and (place == 0 or words[place - 1] not in takes)
    ]


def _values(action: argparse.Action, command: str, words: Sequence[str]) -> Iterable[str]:
    if action.choices:
        return [str(each) for each in action.choices]
    if action.dest == "rule":
        from fkdash.rules.registry import RULES  # only where rules are asked for

        return [*(each.id for each in RULES), *(each.name for each in RULES)]
    if action.dest in {"profile", "profiles"}:
        from fkdash.profiles import load_settings  # only where profiles are asked for

        return list(load_settings().profiles)
    if action.dest in _CONSTRAINTS | _TABLES | _SCHEMAS:
        return _names(action.dest, _names_of(command, words))
    return []


def _names(dest: str, rows: Sequence[Row]) -> Iterable[str]:
    tables = [
        TableName(*names)
        for row in rows
        for names in ((row["schema"], row["table"]), (row["referenced_schema"], row["referenced_table"]))
    ]
    if dest in _SCHEMAS:
        return [each.schema for each in tables]
    if dest in _TABLES:
        return [*(typed(each) for each in tables), *(typed(each).partition(".")[2] for each in tables)]
    constraints = [(TableName(row["schema"], row["table"]), row["constraint"]) for row in rows]
    return [*(name for _, name in constraints), *(f"{table}.{name}" for table, name in constraints)]


def _names_of(command: str, words: Sequence[str]) -> Sequence[Row]:
    """Ask the database that the words lead to for the names in it; never asks for a password."""
    from fkdash.cli.connection import target_of  # only where a database is asked

    parser = parser_of(command)
    for action in parser._actions:  # noqa: SLF001 - what is still to be typed is not missing yet
        action.required = False
    arguments, _ = parser.parse_known_args([*words, "--no-password"])
    arguments.profile = arguments.profile[0] if isinstance(arguments.profile, list) else arguments.profile
    if not hasattr(arguments, "dsn"):
        arguments.dsn = next(iter(getattr(arguments, "dsns", ())), None)
    target = target_of(arguments)

    async def ask() -> Sequence[Row]:
        from fkdash.db.lent import lent
        from fkdash.db.pool import Limits, ReadPool  # the driver takes a while to load
        from fkdash.db.queries import query

        async with asyncio.timeout(_SECONDS):
            limits = Limits(statement_seconds=_SECONDS, connections=1)
            async with (
                lent(await ReadPool.open(target, limits=limits)) as pool,
                pool.session(_SECONDS) as session,
            ):
                return await session.rows(query("fkdash.catalog.postgres", "names"))

    return asyncio.run(ask())
