"""Finds the line on which a value stands, by its path of keys: parsers give values without their places."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Path = tuple[str | int, ...]
"""The keys that lead to a value, and the numbers of list entries from 0."""

_HEADER: Final = re.compile(r"\s*(\[\[?)(.*?)\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'|\s*\.\s*)+?)\s*=""")
_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def toml_line(text: str) -> Callable[[Path], int | None]:
    """Give what finds the line (from 1) of a path in a TOML text: its own, else that of the table it is in.

    Lines inside a multi-line value may be taken for keys of their own; then a line is off, never a mistake lost.
    """
    places: dict[Path, int] = {}
    for path, number in _toml_places(text):
        places.setdefault(path, number)
    return lambda path: _nearest_above(places, path)


def json_line(text: str) -> Callable[[Path], int | None]:
    """Give what finds the line (from 1) of a path in a JSON text: its own, else that of what it is in."""
    places: dict[Path, int] | None = None

    def find(path: Path) -> int | None:
        nonlocal places
        if places is None:
            places = dict(_json_places(text))
        return _nearest_above(places, path)

    return find


def _nearest_above(places: dict[Path, int], path: Path) -> int | None:
    for length in range(len(path), 0, -1):
        if path[:length] in places:
            return places[path[:length]]
    return None


def _toml_places(text: str) -> Iterator[tuple[Path, int]]:
    table: Path = ()
    entries: dict[Path, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header is not None:
            table = _with_entries(_keys(f"[{header[2]}]"), entries)
            if header[1] == "[[":
                entries[table] = entries.get(table, -1) + 1
                table = (*table, entries[table])
            yield from ((table[:length], number) for length in range(1, len(table) + 1))
        elif key is not None:
            path = (*table, *_keys(f"{key[1]} = 0"))
            yield from ((path[:length], number) for length in range(len(table) + 1, len(path) + 1))


def _with_entries(keys: Path, entries: dict[Path, int]) -> Path:
    """Put the number of the last entry behind each list of tables but the last key."""
    path: Path = ()
    for key in keys:
        if path in entries:
            path = (*path, entries[path])
        path = (*path, key)
    return path


def _keys(line: str) -> Path:
    try:
        found: Any = tomllib.loads(line)
    except (tomllib.TOMLDecodeError, RecursionError):
        return ()
    keys: list[str | int] = []
    while isinstance(found, dict) and found:
        key = next(iter(found))
        keys.append(key)
        found = found[key]
    return tuple(keys)


def _json_places(text: str) -> Iterator[tuple[Path, int]]:
    """Give path and line of every value; the text is JSON, so that only its nesting needs to be followed."""
    path: list[str | int] = []
    expects_key = False
    key = ""
    line, position = 1, 0
    for token in _JSON_TOKEN.finditer(text):
        line += text.count("\n", position, token.start())
        position = token.start()
        word = token[0]
        if word in "}]":
            path.pop()
            expects_key = False
        elif word == ",":
            if isinstance(path[-1], int):
                path[-1] += 1
            expects_key = isinstance(path[-1], str)
        elif word == ":":
            path[-1], expects_key = key, False
        elif expects_key:
            key = json.loads(word, strict=False)
        else:
            yield tuple(path), line
            if word in "{[":
                path.append("" if word == "{" else 0)
                expects_key = word == "{"
