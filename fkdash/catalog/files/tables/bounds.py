"""Bounds of partitions: their order, in which PostgreSQL goes through them (partbounds.c), and which are free."""

from __future__ import annotations

import re
from math import gcd
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.reserved import is_name
from fkdash.catalog.files.state import RefusedError
from fkdash.catalog.files.types import takes_number
from fkdash.sqlstates import (
    DATATYPE_MISMATCH,
    INVALID_OBJECT_DEFINITION,
    INVALID_PARAMETER_VALUE,
    INVALID_TABLE_DEFINITION,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.reading.nodes import Partitioning
    from fkdash.catalog.files.state import State

_VALUE: Final = re.compile(r"'(?:[^'])*'|\"[^\"]*\"|[a-z_][a-z_0-9]*|-?\s*[\d.]+")
_QUOTES: Final = ("'", '"')
_BEGINS: Final = {"list": "in ", "range": "from ", "hash": "with "}
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_NESTED: Final = re.compile(r"\([^()]*\)")
_MODULUS: Final = re.compile(r"modulus (\d+) , remainder (\d+)")
_RANGE: Final = re.compile(r"from \( ([^,()]+) \) to \( ([^,()]+) \)")
_DIGIT: Final = re.compile(r"\d")
_MOMENT: Final = re.compile(r"0000-00-00T?(?:00:00(?::00(?:\.0+)?)?)?")
_COMPUTED: Final = re.compile(r"[^\s(),]")
"""What is left of a list without its values where some of them are computed."""
_WORD: Final = re.compile(r"[a-z_][a-z_0-9]*")
_PLAIN_WORDS: Final = frozenset({"null", "true", "false"})
_FROM: Final = re.compile(r"from \((.*?)\) to \(")
_LESS, _PLAIN, _MORE, _LAST = range(4)
Key = tuple[tuple[int, float, str], ...]


def partitions_of(state: State, table: int) -> list[Relation]:
    """Give the partitions of a table, or what inherits from it, in the order of their bounds."""
    return sorted(state.children(table), key=lambda each: (_order(each.bound), each.oid))


def _order(bound: str) -> Key:
    if bound == "default":
        return ((_LAST, 0, ""),)
    lower = _FROM.match(bound)
    if lower is not None:
        return tuple(_rank(each) for each in _VALUE.findall(lower.group(1)))
    values = [_rank(each) for each in _VALUE.findall(bound.partition("(")[2])]
    if bound.startswith("with"):
        return tuple(each for each in values if not each[2])
    return (min(values, default=(_LESS, 0, "")),)


def _rank(value: str) -> tuple[int, float, str]:
    if value == "minvalue":
        return (_LESS, 0, "")
    if value in {"maxvalue", "null"}:
        return (_MORE, 0, "")
    plain = value.strip("'\"").replace(" ", "")
    try:
        return (_PLAIN, float(plain), "")
    except ValueError:
        return (_PLAIN, 0, plain)


def want_free_bound(state: State, parent: Relation, bound: str) -> None:
    """Raise RefusedError for a bound that meets another partition's (check_new_partition_bound).

    Lists and remainders are compared as they are; ranges of one column by number, or by text where both ends are
    written alike, as days are. Of other ranges only the same words are seen to meet. Nor may a bound have a number
    for a column that takes none.
    """
    _want_form(parent, bound)
    _want_values(state, parent, bound)
    for each in state.children(parent.oid):
        if each.bound == bound or _meet(each.bound, bound):
            raise RefusedError(INVALID_OBJECT_DEFINITION, f"the bound meets that of {each.name}")


def want_strategy(said: Partitioning) -> None:
    """Raise RefusedError for a way of partitioning that there is none of, or a list of several columns."""
    if said.strategy not in {"list", "range", "hash"}:
        raise RefusedError(INVALID_PARAMETER_VALUE, f"a table cannot be partitioned by {said.strategy}")
    if said.strategy == "list" and len(said.columns) > 1:
        raise RefusedError(INVALID_OBJECT_DEFINITION, "a list is of one column")


def want_key(said: Partitioning, table: Relation) -> None:
    """Raise RefusedError for a partition key that is constant, or that reads a generated column."""
    generated = {column.name for column in table.columns if column.generated}
    for each in said.expressions:
        words = {token.value for token in each.tokens if is_name(token)}
        if words & generated:
            raise RefusedError(INVALID_OBJECT_DEFINITION, "a generated column is no part of a partition key")
        if not words:
            raise RefusedError(INVALID_OBJECT_DEFINITION, "a partition key is not constant")
    if not generated.isdisjoint(name for name in said.columns if name is not None):
        raise RefusedError(INVALID_OBJECT_DEFINITION, "a generated column is no part of a partition key")


def _want_form(parent: Relation, bound: str) -> None:
    """Raise RefusedError for a bound of another way of partitioning, or with another number of values."""
    if bound == "default":
        if parent.strategy == "hash":
            raise RefusedError(
                INVALID_TABLE_DEFINITION, f"{parent.name} is hashed, which has no DEFAULT partition"
            )
        return
    if not bound.startswith(_BEGINS[parent.strategy]):
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{parent.name} is not partitioned so")
    for end in _QUOTED.sub("0", bound).split(" to ( ") if parent.strategy == "range" else ():
        values = _NESTED.sub("0", end.removeprefix("from ( ").removesuffix(" )")).split(",")
        if len(values) != len(parent.key):
            raise RefusedError(INVALID_TABLE_DEFINITION, f"a bound of {parent.name} has {len(parent.key)} values")
        if any(value.strip() == "null" for value in values):
            raise RefusedError(INVALID_OBJECT_DEFINITION, "no range begins or ends with NULL")


def _want_values(state: State, parent: Relation, bound: str) -> None:
    """Raise RefusedError where a number stands for a column whose type no number becomes by itself."""
    columns = {column.number: column for column in parent.columns}
    key = [columns.get(number) for number in parent.key]
    lists = [bound] if bound.startswith("in ") else bound.split(" to ") if bound.startswith("from ") else []
    for each in lists:
        for at, value in enumerate(_VALUE.findall(each.partition("(")[2])):
            column = (
                key[0 if bound.startswith("in ") else at] if bound.startswith("in ") or at < len(key) else None
            )
            number = value.lstrip("-").strip()[:1].isdigit()
            if column is not None and number and not takes_number(state, column.type):
                raise RefusedError(DATATYPE_MISMATCH, f"{value} is no value for {column.name}")


def _meet(one: str, other: str) -> bool:
    if one == "default" or other == "default" or _is_computed(one) or _is_computed(other):
        return False
    if one.startswith("in ") and other.startswith("in "):
        return _lists_meet(_VALUE.findall(one.partition("(")[2]), _VALUE.findall(other.partition("(")[2]))
    if one.startswith("with ") and other.startswith("with "):
        first, second = _modulus(one), _modulus(other)
        if first is None or second is None:
            return False
        common = gcd(first[0], second[0])
        return common > 0 and first[1] % common == second[1] % common
    first_range, second_range = _range(one), _range(other)
    if first_range is None or second_range is None or not _alike(*first_range, *second_range):
        return False
    return max(first_range[0], second_range[0]) < min(first_range[1], second_range[1])


def _is_computed(bound: str) -> bool:
    """Tell whether values of a list are the result of something, which is not worked out here."""
    return bound.startswith("in ") and _COMPUTED.search(_VALUE.sub("", bound)) is not None


def _lists_meet(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether two lists have a value in common; a number in quotes is one beside those without."""
    if any(_WORD.fullmatch(each) and each not in _PLAIN_WORDS for each in (*one, *other)):
        return False  # the name of a type, a function's: what the values are is not known
    if not set(one).isdisjoint(other):
        return True
    return any(
        first[:1] not in _QUOTES or second[:1] not in _QUOTES
        for first in one
        for second in other
        if _rank(first)[:2] == _rank(second)[:2] and not _rank(first)[2] and not _rank(second)[2]
    )


def _modulus(bound: str) -> tuple[int, int] | None:
    found = _MODULUS.search(bound)
    return (int(found.group(1)), int(found.group(2))) if found is not None else None


def _range(bound: str) -> tuple[tuple[int, float, str], tuple[int, float, str]] | None:
    """Give both ends of a range of one column, None for another, and for numbers in quotes."""
    found = _RANGE.fullmatch(bound)
    if found is not None and any(each[0] in _QUOTES and not _rank(each)[2] for each in found.groups()):
        return None
    return (_rank(found.group(1)), _rank(found.group(2))) if found is not None else None


def _alike(*ends: tuple[int, float, str]) -> bool:
    """Tell whether ends can be compared: numbers, or moments that are written alike, without a time zone."""
    plain = [each for each in ends if each[0] == _PLAIN]
    shapes = {_DIGIT.sub("0", each[2]) for each in plain}
    return len(shapes) <= 1 and all(not each or _MOMENT.fullmatch(each) for each in shapes)
