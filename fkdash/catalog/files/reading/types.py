"""Reads a type as it is written: names of several words, modifiers, arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.nodes import TypeSaid
from fkdash.catalog.files.reading.tokens import NUMBER, QUOTED

if TYPE_CHECKING:
    from fkdash.catalog.files.reading.tokens import Cursor

_INTERVAL_FIELDS: Final = ("year", "month", "day", "hour", "minute", "second")
_SEVERAL_WORDS: Final = frozenset(
    {
        "double", "national", "character", "char", "nchar", "varchar", "bit", "timestamp", "time", "interval",
        "float",
    }
)  # fmt: skip
_ONE_WORD: Final = {
    "int": "int4",
    "integer": "int4",
    "smallint": "int2",
    "bigint": "int8",
    "real": "float4",
    "boolean": "bool",
    "decimal": "numeric",
    "dec": "numeric",
}


def type_said(cursor: Cursor) -> TypeSaid:
    """Take a type."""
    quoted = cursor.now.kind == QUOTED
    cursor.take("setof")
    said = TypeSaid(cursor.qualified(), quoted=True) if quoted else _unquoted_type(cursor)
    if cursor.sees("(") and not said.modifier:
        said = replace(said, modifier=_modifier(cursor))
    array = False
    while cursor.sees("["):
        array = True
        cursor.want("[")
        if cursor.now.kind == NUMBER:
            cursor.at += 1
        cursor.want("]")
    if cursor.take("array"):
        array = True
        if cursor.take("["):
            cursor.at += 1
            cursor.want("]")
    return replace(said, array=array)


def _modifier(cursor: Cursor) -> str:
    begin, end = cursor.pass_parentheses()
    return "".join(token.value for token in cursor.tokens[begin:end])


def _unquoted_type(cursor: Cursor) -> TypeSaid:  # noqa: C901, PLR0911, PLR0912 - one line for each spelling of several words
    take = cursor.take
    if cursor.ahead(1).value == ".":
        return TypeSaid(cursor.qualified(), quoted=True)
    if cursor.now.value not in _SEVERAL_WORDS:
        word = cursor.word()
        return TypeSaid((_ONE_WORD.get(word, word),), quoted=word == "bpchar")
    if take("double", "precision"):
        return TypeSaid(("float8",))
    if take("national"):
        if not (take("character") or take("char")):
            raise cursor.stumbled()
        return _character(cursor)
    if take("character") or take("char") or take("nchar"):
        return _character(cursor)
    if take("varchar"):
        return TypeSaid(("varchar",))
    if take("bit"):
        if take("varying"):
            return TypeSaid(("varbit",))
        return TypeSaid(("bit",), _modifier(cursor) if cursor.sees("(") else "1")
    for name in ("timestamp", "time"):
        if take(name):
            modifier = _modifier(cursor) if cursor.sees("(") else ""
            zone = take("with", "time", "zone")
            if not zone:
                take("without", "time", "zone")
            return TypeSaid((f"{name}tz" if zone else name,), modifier)
    if take("interval"):
        return _interval(cursor)
    if take("float"):
        digits = int(_modifier(cursor)) if cursor.sees("(") else 53
        return TypeSaid(("float4" if digits <= 24 else "float8",))  # noqa: PLR2004 - as gram.y
    raise cursor.stumbled()


def _character(cursor: Cursor) -> TypeSaid:
    if cursor.take("varying"):
        return TypeSaid(("varchar",))
    return TypeSaid(("bpchar",), _modifier(cursor) if cursor.sees("(") else "1")


def _interval(cursor: Cursor) -> TypeSaid:
    if cursor.sees("("):
        return TypeSaid(("interval",), f"({_modifier(cursor)})")
    if not cursor.sees_any(_INTERVAL_FIELDS):
        return TypeSaid(("interval",))
    fields = cursor.word()
    if cursor.take("to"):
        fields += f" to {cursor.word()}"
    precision = f"({_modifier(cursor)})" if cursor.sees("(") else ""
    return TypeSaid(("interval",), f" {fields}{precision}")
