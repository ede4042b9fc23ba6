"""What the settings say: every value with the place it comes from, and every mistake; never a secret."""

from __future__ import annotations

import json
import os
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fkdash.checking.configuration_file import load_baseline, load_configuration, read_team_file
from fkdash.checking.team_file import team_file
from fkdash.db.text import plain
from fkdash.db.where.conninfo import is_connection_string, without_password
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import FkdashError, UsageError
from fkdash.fact import fact
from fkdash.lint.tools import tool_named
from fkdash.masking import masked
from fkdash.profiles import load_settings, read_operator_file, settings_file
from fkdash.reading.source import MistakesError, Source
from fkdash.reading.typed import dotted
from fkdash.settings_files import OperatorFile, TeamFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.reading.lines import Path as Keys

_DEFAULT = "default"


@fact
class Held:
    """A setting as it holds: its dotted key, its value as JSON spells it, and where that comes from."""

    key: str
    value: str
    origin: str


@fact
class Checked:
    """A file and what is wrong in it; `mistakes` keep it from being used, `warnings` do not."""

    path: str
    there: bool
    mistakes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def held_settings(named: Path | None = None) -> Iterator[Held]:
    """Give every setting of both files; `named` is the team's file instead of the nearest.

    Raises UsageError for a file that cannot be used.
    """
    operators = settings_file()
    try:
        read, source, _ = read_operator_file(operators)
    except FileNotFoundError:
        read, source = OperatorFile(), Source(f"{operators} (there is none)")
    yield from _held(read, source, ())
    place = team_file(named)
    if place is None:
        yield from _held(TeamFile(), Source("fkdash.toml (there is none)"), ())
        return
    team, source, within = read_team_file(place)
    yield from _held(team, source, within)


def connection_held() -> Held:
    """Give where fkdash connects without arguments, and what decided that."""
    try:
        target = resolve(ConnectionArguments(), os.environ)
    except FkdashError as error:
        return Held("connection", json.dumps(f"none: {error.what}"), "environment")
    return Held("connection", json.dumps(target.describe()), target.source or _DEFAULT)


def checked_settings(named: Path | None = None) -> tuple[Checked, ...]:
    """Give both files with every mistake and every warning in them; `named` as in `held_settings`."""
    place = team_file(named)
    team = Checked("fkdash.toml", there=False) if place is None else _checked_team(place)
    return _checked_operators(settings_file()), team


def _checked_operators(path: Path) -> Checked:
    if not os.path.lexists(path):
        return Checked(str(path), there=False)
    try:
        settings = load_settings(path)
    except UsageError as error:
        return _unusable(path, error)
    mistakes = []
    for name, profile in settings.profiles.items():
        try:
            resolve(ConnectionArguments(dsn=profile.dsn, origin=f"profile {name}"), os.environ)
        except UsageError as error:
            mistakes.append(plain(f"profiles.{name}: {error.what}"))
    return Checked(str(path), there=True, mistakes=tuple(mistakes), warnings=settings.warnings)


def _checked_team(path: Path) -> Checked:
    try:
        configuration = load_configuration(path)
    except UsageError as error:
        return _unusable(path, error)
    mistakes: list[str] = []
    if configuration.baseline is not None:
        try:
            load_baseline(path.parent / configuration.baseline)
        except UsageError as error:
            mistakes += _mistakes(error)
    if configuration.lint_tool is not None:
        try:
            tool_named(configuration.lint_tool)
        except UsageError as error:
            mistakes.append(plain(f"lint.tool: {error.what} {error.next_step}"))
    absent = [each for each in configuration.lint_paths if not os.path.lexists(path.parent / each)]
    warnings = [plain(f"{path}: lint.paths: there is no {path.parent / each}") for each in absent]
    return Checked(str(path), there=True, mistakes=tuple(mistakes), warnings=(*configuration.warnings, *warnings))


def _unusable(path: Path, error: UsageError) -> Checked:
    unused = error.unused if isinstance(error, MistakesError) else ()
    return Checked(str(path), there=True, mistakes=_mistakes(error), warnings=unused)


def _mistakes(error: UsageError) -> tuple[str, ...]:
    return error.mistakes if isinstance(error, MistakesError) else (error.what,)


def _held(table: Any, source: Source, within: Keys, path: Keys = ()) -> Iterator[Held]:  # noqa: ANN401 - any dataclass
    for each in fields(table):
        yield from _held_value(getattr(table, each.name), source, within, (*path, each.name))


def _held_value(value: object, source: Source, within: Keys, path: Keys) -> Iterator[Held]:
    if is_dataclass(value):
        yield from _held(value, source, within, path)
    elif isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _held_value(each, source, within, (*path, key))
    elif isinstance(value, list) and value and is_dataclass(value[0]):
        for number, each in enumerate(value):
            yield from _held_value(each, source, within, (*path, number))
    elif value is not None:
        yield Held(plain(dotted(path)), _spelled(value), _origin(source, (*within, *path)))


def _origin(source: Source, path: Keys) -> str:
    """Give file and line of a value, `default` where the file does not say it itself."""
    try:
        source.part(path)
    except LookupError:
        return _DEFAULT
    return plain(f"{source.origin}:{source.line_of(path) or 1}")


def _spelled(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(_without_secrets(value))
    return json.dumps(value.isoformat() if isinstance(value, date) else value)


def _without_secrets(text: str) -> str:
    """Give a text without the passwords in it, also where it is a connection string that cannot be read."""
    try:
        return masked(without_password(text)) if is_connection_string(text) else masked(text)
    except UsageError:
        return "*** (it cannot be read as a connection string)"
