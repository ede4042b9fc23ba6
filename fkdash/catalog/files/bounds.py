"""Bounds of partitions: their order, in which PostgreSQL goes through them (partbounds.c), and which are free."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.state import RefusedError
from fkdash.sqlstates import INVALID_OBJECT_DEFINITION

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.state import State

_VALUE: Final = re.compile(r"'(?:[^'])*'|\"[^\"]*\"|-?\s*[\d.]+|[a-z_]+")
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
    """Raise RefusedError for a bound that another partition has in the same words."""
    if any(each.bound == bound for each in state.children(parent.oid)):
        raise RefusedError(INVALID_OBJECT_DEFINITION, f"a partition of {parent.name} has the same bound")
