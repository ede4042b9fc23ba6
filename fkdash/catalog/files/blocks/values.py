"""The values that expressions of blocks have, how they compare, and the functions that make them.

NULL is None. What cannot be told from files raises UnknownValueError; nothing is guessed.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Final, Self

from fkdash.catalog.files.blocks.definitions import foreign_key_definition
from fkdash.catalog.files.blocks.rows import UNKNOWN
from fkdash.catalog.files.identifiers import identifier
from fkdash.catalog.files.reading.tokens import Cursor, NotReadError, cut_name
from fkdash.catalog.files.state import RefusedError, State
from fkdash.catalog.files.types import BUILT_IN
from fkdash.db.literals import literal
from fkdash.sqlstates import INVALID_SCHEMA_NAME, NULL_VALUE_NOT_ALLOWED, UNDEFINED_OBJECT, UNDEFINED_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fkdash.catalog.files.reading.nodes import Name

DATABASE: Final = "\0this database"
"""What current_database() gives, and every catalog column of the information schema."""

_HIDDEN: Final = frozenset({"pg_catalog", "information_schema"})
_FORMAT: Final = re.compile(r"%(?:(\d+)\$)?([%sIL])")
_TEXTS: Final = frozenset({"text", "name", "varchar", "bpchar", "char", "character", "citext", "cstring"})
_NUMBERS: Final = frozenset({"int", "integer", "bigint", "smallint", "int2", "int4", "int8", "oid", "numeric"})
_ANY, _ONE = "any", "one"
_LONGEST: Final = 1_000_000
"""No statement is longer: a text that a block makes longer is not known."""
_TRUE: Final = frozenset({"t", "true", "y", "yes", "on", "1"})


class UnknownValueError(Exception):
    """A value cannot be told from files."""


class Registered(int):
    """A number with a name: `kind` is regclass, regtype or regnamespace."""

    kind: str

    def __new__(cls, number: int, kind: str) -> Self:
        """Make one."""
        made = super().__new__(cls, number)
        made.kind = kind
        return made


def known(value: object) -> object:
    """Give a value; raises UnknownValueError for one that is not known."""
    if value is UNKNOWN:
        raise UnknownValueError
    return value


def cast(state: State, value: object, name: str, *, array: bool = False) -> object:
    """Give a value as another type, of which only the name matters."""
    if value is None:
        return None
    if array:
        return [cast(state, each, name) for each in as_list(value)]
    if name in _TEXTS:
        return _text(state, value)
    if name in {"regclass", "regtype", "regnamespace"}:
        return _registered(state, value, name)
    if name in _NUMBERS and isinstance(value, int | str):
        try:
            return int(value)
        except ValueError:
            raise UnknownValueError from None
    if name in {"bool", "boolean"} and isinstance(value, bool | str):
        return value if isinstance(value, bool) else value.lower() in _TRUE
    raise UnknownValueError


def as_list(value: object) -> list[object]:
    """Give an array, be it written as text."""
    if isinstance(value, list):
        return value
    if isinstance(value, str) and re.fullmatch(r"\{[^{}\"\\]*\}", value):
        return [each.strip() for each in value[1:-1].split(",")] if value != "{}" else []
    raise UnknownValueError


def _text(state: State, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Registered) and value.kind == "regclass":
        relation = state.relations.get(value)
        if relation is not None:
            return _shown(state, relation.schema, relation.name)
    elif isinstance(value, int) and not isinstance(value, Registered):
        return str(value)
    raise UnknownValueError


def _shown(state: State, schema: int, name: str) -> str:
    """Give a relation's name as regclass prints it: with its schema where it would not be found without."""
    found = state.find((name,))
    visible = found is not None and found.schema == schema
    return identifier(name) if visible else f"{identifier(state.schema_name(schema))}.{identifier(name)}"


def _registered(state: State, value: object, kind: str) -> Registered:
    if isinstance(value, int):
        return Registered(value, kind)
    if not isinstance(value, str):
        raise UnknownValueError
    found = _find(state, value, kind)
    if found is None:
        raise RefusedError(
            {"regclass": UNDEFINED_TABLE, "regtype": UNDEFINED_OBJECT}.get(kind, INVALID_SCHEMA_NAME),
            f"there is no {value}",
        )
    return found


def _find(state: State, text: str, kind: str) -> Registered | None:
    name = _parts(text)
    if kind == "regnamespace":
        found = state.schemas.get(name[-1])
        return Registered(found, kind) if found is not None else None
    if len(name) > 1 and name[-2] in _HIDDEN:
        raise UnknownValueError
    if kind == "regclass":
        relation = state.find(name)
        return Registered(relation.oid, kind) if relation is not None else None
    type_fact = state.find_type(name)
    if type_fact is None:
        raise UnknownValueError
    return Registered(type_fact.oid, kind)


def _parts(text: str) -> Name:
    try:
        cursor = Cursor(text)
        name = cursor.qualified()
        cursor.finish()
    except NotReadError:
        raise UnknownValueError from None
    return name


def equal(state: State, one: object, other: object) -> bool | None:
    """Tell whether two values are the same, None where one is NULL."""
    if one is None or other is None:
        return None
    known(one)
    known(other)
    if isinstance(one, str) and not isinstance(other, str):
        one, other = other, one
    if isinstance(other, str) and not isinstance(one, str):
        other = _like_the_other(state, one, other)
    if isinstance(one, str) and isinstance(other, str):
        # A constant that is compared with a name is cut as names are.
        return one == other or (cut_name(one) == cut_name(other))
    if isinstance(one, list) and isinstance(other, list):
        return _alike(state, one, other)
    return one == other


def _like_the_other(state: State, one: object, constant: str) -> object:
    """Give a constant as a value of the kind that it is compared with."""
    if isinstance(one, bool):
        return constant.lower() in _TRUE
    if isinstance(one, Registered):
        return _registered(state, constant, one.kind)
    return as_list(constant) if isinstance(one, list) else cast(state, constant, "int")


def _alike(state: State, one: list[object], other: list[object]) -> bool:
    return len(one) == len(other) and all(equal(state, a, b) for a, b in zip(one, other, strict=True))


_ORDER: Final[dict[str, Callable[[int, int], bool]]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def compare(state: State, sign: str, one: object, other: object) -> object:
    """Give what a binary operator gives."""
    if sign in {"=", "<>", "!="}:
        same = equal(state, one, other)
        return same if sign == "=" or same is None else not same
    if one is None or other is None:
        return None
    known(one)
    known(other)
    if sign == "||" and (isinstance(one, str) or isinstance(other, str)):
        return _not_too_long(_text(state, one), _text(state, other))
    if sign in _ORDER and isinstance(one, int) and isinstance(other, int):
        return _ORDER[sign](one, other)
    if sign in {"@>", "<@"}:
        outer, inner = (one, other) if sign == "@>" else (other, one)
        return all(any(equal(state, a, b) for a in as_list(outer)) for b in as_list(inner))
    raise UnknownValueError


def _not_too_long(*texts: str) -> str:
    if sum(len(each) for each in texts) > _LONGEST:
        raise UnknownValueError
    return "".join(texts)


def like(value: object, pattern: object, *, folding: bool) -> bool | None:
    """Tell whether text is LIKE a pattern."""
    if value is None or pattern is None:
        return None
    if not isinstance(known(value), str) or not isinstance(known(pattern), str):
        raise UnknownValueError
    text, said = (str(each).lower() if folding else str(each) for each in (value, pattern))
    wanted: list[str] = []
    escaped = False
    for character in said:
        if escaped or character not in "%_\\":
            wanted.append(character)
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            wanted.append(_ANY if character == "%" else _ONE)
    return _matches(text, wanted)


def _matches(text: str, wanted: Sequence[str]) -> bool:
    """Tell whether a text is as wanted; goes back to the last % only, so that no pattern takes long."""
    at = place = 0
    resumed, begun = -1, 0
    while at < len(text):
        if place < len(wanted) and wanted[place] == _ANY:
            resumed, begun = place, at
            place += 1
        elif place < len(wanted) and wanted[place] in {_ONE, text[at]}:
            at, place = at + 1, place + 1
        elif resumed >= 0:
            begun += 1
            at, place = begun, resumed + 1
        else:
            return False
    return all(each == _ANY for each in wanted[place:])


def call(state: State, name: str, values: Sequence[object]) -> object:
    """Give what a function of PostgreSQL's gives."""
    function = _FUNCTIONS.get(name)
    if function is None:
        raise UnknownValueError
    if name not in {"coalesce", "format", "concat"} and any(each is None for each in values):
        return None
    try:
        return function(state, *[known(each) for each in values])
    except (TypeError, AttributeError, IndexError):
        raise UnknownValueError from None


def _to_regclass(state: State, text: object) -> Registered | None:
    return _find(state, str(text), "regclass")


def _to_regtype(state: State, text: object) -> Registered | None:
    name = _parts(str(text))
    found = state.find_type(name)
    if found is None and (name[-1] in BUILT_IN or state.find(name) is not None):
        raise UnknownValueError
    return Registered(found.oid, "regtype") if found is not None else None


def _current_schema(state: State) -> str | None:
    return next((name for name in state.path if name in state.schemas), None)


def _format(state: State, text: object, *values: object) -> str:
    taken = iter(values)

    def one(match: re.Match[str]) -> str:
        if match[2] == "%":
            return "%"
        value = values[int(match[1]) - 1] if match[1] else next(taken, None)
        if match[2] == "s":
            return "" if value is None else _text(state, value)
        if value is None:
            if match[2] == "I":
                raise RefusedError(NULL_VALUE_NOT_ALLOWED, "a name is NULL")
            return "NULL"
        said = _text(state, value)
        return identifier(said) if match[2] == "I" else literal(said)

    if not isinstance(text, str) or _FORMAT.sub("", text).count("%"):
        raise UnknownValueError
    return _not_too_long(_FORMAT.sub(one, text))


def _constraint_definition(state: State, oid: object, *_: object) -> str:
    constraint = state.constraints.get(int(str(oid)))
    if constraint is None or constraint.kind != "f":
        raise UnknownValueError
    referenced = state.relations[constraint.referenced]
    return foreign_key_definition(state, constraint, _shown(state, referenced.schema, referenced.name))


def _comment_on(state: State, oid: object, catalog: object) -> str | None:
    constraint = state.constraints.get(int(str(oid)))
    if catalog != "pg_constraint" or constraint is None:
        raise UnknownValueError
    return constraint.comment


_FUNCTIONS: Final[dict[str, Callable[..., object]]] = {
    "to_regclass": _to_regclass,
    "to_regtype": _to_regtype,
    "to_regnamespace": lambda state, text: _find(state, str(text), "regnamespace"),
    "lower": lambda _, text: text.lower(),
    "upper": lambda _, text: text.upper(),
    "coalesce": lambda _, *values: next((each for each in values if each is not None), None),
    "concat": lambda state, *values: _not_too_long(*(_text(state, each) for each in values if each is not None)),
    "quote_ident": lambda _, text: identifier(text),
    "quote_literal": lambda _, text: literal(text),
    "format": _format,
    "current_schema": _current_schema,
    "current_database": lambda _: DATABASE,
    "array_length": lambda _, values, dimension: (len(values) or None) if dimension == 1 else None,
    "cardinality": lambda _, values: len(values),
    "pg_get_constraintdef": _constraint_definition,
    "obj_description": _comment_on,
}
