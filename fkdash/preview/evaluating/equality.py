"""Equality of keys as the foreign key's operators see it, without asking the server where text decides it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.postgres.node_tree import FIRST_OF_USERS
from fkdash.catalog.spelling import is_value
from fkdash.catalog.table_name import quoted

if TYPE_CHECKING:
    from fkdash.preview.declared.facts import ColumnFact, IndexFact, KeyFact, Operator
    from fkdash.preview.declared.reached import Facts

Values = tuple[str | None, ...]

_BLANK_PADDED: Final = "blank padded"
_GROUPS: Final = {
    **dict.fromkeys((20, 21, 23, 1700), "exact"),
    **dict.fromkeys((25, 1043), "text"),
    1042: _BLANK_PADDED,
    700: "float 700",
    701: "float 701",
}
# Equal values print alike: bool, bytea, "char", name, oid, cidr, money, macaddr8, macaddr, inet, date,
# time, timestamp, timestamptz, timetz, bit, varbit, uuid; the ranges but numrange; arrays of integers,
# text and uuid.
_BY_TEXT: Final = frozenset(
    {16, 17, 18, 19, 26, 650, 774, 790, 829, 869, 1082, 1083, 1114, 1184, 1266, 1560, 1562, 2950}
    | {3904, 3908, 3910, 3912, 3926}
    | {1005, 1007, 1009, 1015, 1016, 2951}
)
_STRINGS: Final = frozenset({25, 1042, 1043})
_STRING_EQUALITY: Final = {98: "text", 1054: _BLANK_PADDED}
# Each type's own function that applies the length, and what the type modifier has beside the length.
_LENGTH_CHECKED: Final = {1043: ('"varchar"', 4), 1042: ('"bpchar"', 4), 1560: ('"bit"', 0), 1562: ('"varbit"', 0)}
_LENGTH: Final = re.compile(r"\((\d+)\)$")


def family(facts: Facts, type_oid: int, *, deterministic: bool) -> str | None:
    """Give the name of the group within which `normal` text decides equality, None where it does not."""
    if not deterministic:
        return None
    base = facts.base_type(type_oid)
    known = facts.types.get(base)
    if base in _BY_TEXT or (known is not None and known.kind == "e"):
        return str(base)
    return _GROUPS.get(base)


def normal(group: str, value: str) -> str:
    """Give the one spelling that all values equal to `value` share within a group."""
    if group == "exact" and "." in value:
        return value.rstrip("0").rstrip(".")
    if group == _BLANK_PADDED:
        return value.rstrip(" ")
    if group.startswith("float") and value == "-0":
        return "0"
    return value


class Comparison:
    """How one foreign key's two sides (or one index's keys with each other) are compared.

    `groups` is None when only the server can tell.
    """

    __slots__ = ("groups",)

    def __init__(self, groups: tuple[str, ...] | None) -> None:
        self.groups = groups

    def normalised(self, values: Values) -> Values | None:
        """Give the values in their common spelling; None when one is NULL or the server must decide."""
        if self.groups is None:
            return None
        result: list[str | None] = []
        for group, value in zip(self.groups, values, strict=True):
            if value is None:
                return None
            result.append(normal(group, value))
        return tuple(result)


def key_comparison(facts: Facts, key: KeyFact) -> Comparison:
    """Give how referencing and referenced values of a foreign key compare."""
    groups: list[str] = []
    sides = zip(*key_columns(facts, key), key.pf_operators, strict=True)
    for own, other, operator in sides:
        group = _common_family(facts, own, other, operator)
        if group is None or operator >= FIRST_OF_USERS:
            return Comparison(None)
        groups.append(group)
    return Comparison(tuple(groups))


def _common_family(facts: Facts, own: ColumnFact, other: ColumnFact, operator: int) -> str | None:
    """Give the group of both sides; of strings, the operator says whether trailing blanks count."""
    if {facts.base_type(own.type_oid), facts.base_type(other.type_oid)} <= _STRINGS:
        if not (own.deterministic and other.deterministic):
            return None
        return _STRING_EQUALITY.get(operator)
    group = family(facts, own.type_oid, deterministic=own.deterministic)
    return group if group == family(facts, other.type_oid, deterministic=other.deterministic) else None


def index_comparison(facts: Facts, index: IndexFact) -> Comparison:
    """Give how the keys of a unique index compare; an exclusion constraint has operators of its own."""
    groups = [family(facts, key.type_oid, deterministic=key.deterministic) for key in index.keys]
    known = tuple(group for group in groups if group is not None)
    if (
        index.exclusion
        or len(known) < len(groups)
        or any((key.operator or 0) >= FIRST_OF_USERS for key in index.keys)
    ):
        return Comparison(None)
    return Comparison(known)


def key_columns(facts: Facts, key: KeyFact) -> tuple[tuple[ColumnFact, ...], tuple[ColumnFact, ...]]:
    """Give the referencing and the referenced columns of a foreign key, in key order."""
    own, other = facts.tables[key.relation].columns_by_name, facts.tables[key.referenced_oid].columns_by_name
    return tuple(own[name] for name in key.columns), tuple(other[name] for name in key.referenced_columns)


def refers(facts: Facts, key: KeyFact) -> str:
    """Say that a row `c` refers to a row at all: no column of its key is NULL."""
    own, _ = key_columns(facts, key)
    return " AND ".join(is_value(f"c.{quoted(column.name)}", plain_type(facts, column)) for column in own)


def decisive_collation(own: ColumnFact, other: ColumnFact) -> str | None:
    """Give the collation that makes a match differ from plain equality; the referenced side's comes first."""
    if not other.deterministic:
        return other.ordering
    return own.ordering if not own.deterministic else None


def plain_type(facts: Facts, column: ColumnFact) -> str:
    """Give the type to cast text to for a comparison or an expression: a domain's own checks are left out."""
    chain = facts.domain_chain(column.type_oid)
    return chain[-1].type if chain else column.type


def alias_beside(table: str, alias: str) -> str:
    """Give a quoted alias that may stand in one FROM clause with a table called by its own name."""
    return quoted(alias if alias != table else f"{alias}2")


def assigned(facts: Facts, column: ColumnFact, expression: str) -> str:
    """Give an expression as an assignment to the column converts it: a text or bit string too long is an error.

    An explicit cast would cut it off (manual, "Value Storage").
    """
    wanted = plain_type(facts, column)
    checked = _LENGTH_CHECKED.get(facts.base_type(column.type_oid))
    length = _LENGTH.search(wanted)
    if checked is None or length is None:
        return f"({expression})::{wanted}"
    function, header = checked
    return f"pg_catalog.{function}(({expression})::pg_catalog.{function}, {int(length[1]) + header}, false)"


def operand(sql: str, cast: str | None) -> str:
    """Give an operand as the operator wants it."""
    return f"({sql})::{cast}" if cast else sql


def clause(left: str, operator: Operator, right: str, collation: str | None = None) -> str:
    """Give `left operator right` with the operator's own casts and a collation where that matters."""
    suffix = f" COLLATE {collation}" if collation else ""
    return f"{operand(left, operator.left_type)} {operator.spelling} {operand(right, operator.right_type)}{suffix}"
