"""What stands in the way of another type for a column: expressions and keys that are not possible with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.types import FROM_NUMBER, TEXTS, base_of, default_class, same_kind
from fkdash.sqlstates import DATATYPE_MISMATCH, UNDEFINED_OBJECT

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Attribute, IndexFact, Relation

_NAME: Final = r"""(?:"(?:[^"]|"")*"|[\w$]+)"""
_FROM_TEXT: Final = TEXTS | {"char", "regclass"}
_NUMBER: Final = re.compile(r"[-+]?\s*\d+(?:\.\d*)?")
_NUMBERS: Final = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
_CASTS: Final = {
    "uuid": frozenset({"uuid"}),
    "date": frozenset({"date", "timestamp", "timestamptz"}),
    "timestamp": frozenset({"date", "timestamp", "timestamptz", "time"}),
    "timestamptz": frozenset({"date", "timestamp", "timestamptz", "time", "timetz"}),
    "json": frozenset({"json", "jsonb"}),
    "jsonb": frozenset({"json", "jsonb"}),
}
"""What else than text values of a type become by themselves when they are assigned."""
_OF_ANY_TYPE: Final = re.compile(
    rf"(?:[()\s]|{_NAME}\s+is\s+(?:not\s+)?null|or|and|num_n(?:on)?nulls\s*\(\s*{_NAME}(?:\s*,\s*{_NAME})*\s*\)(?:\s*>\s*\d+)?)*",
    re.IGNORECASE,
)
"""Expressions that say nothing of their columns but whether they are NULL."""


def want_default_cast(state: State, column: Attribute, wanted: Attribute) -> None:
    """Raise RefusedError where a default of text, or a number, would have to become something else than it can.

    What a number became by itself, as text in a column of text, it is again.
    """
    if column.generated or column.type.array or (column.default is None and not column.sequence):
        return
    base = base_of(state, wanted.type)
    said = column.default.text({}).strip("( )") if column.default is not None else "0"
    if said.lower() in {"true", "false"} and not (base.builtin in TEXTS | {"bool"} and not base.array):
        raise RefusedError(DATATYPE_MISMATCH, f"the default of {column.name} cannot be cast to the new type")
    null = said.lower().startswith("null")
    numeric = _NUMBER.fullmatch(said) is not None or (null and base_of(state, column.type).builtin in _NUMBERS)
    if not numeric and base_of(state, column.type).builtin not in TEXTS:
        _want_cast(state, column, wanted)
        return
    if not base.array and base.builtin in (FROM_NUMBER if numeric else _FROM_TEXT):
        return
    if null and not numeric and column.type_set > column.default_set:
        raise DoubtfulError(f"whether the default NULL of {column.name} was a number's is not known")
    if not numeric and not null and not said.startswith("'"):
        raise DoubtfulError(f"whether the default of {column.name} can be cast to the new type is not known")
    raise RefusedError(DATATYPE_MISMATCH, f"the default of {column.name} cannot be cast to the new type")


def _want_cast(state: State, column: Attribute, wanted: Attribute) -> None:
    """Raise where a default of a type that is neither text nor number cannot be what the column becomes."""
    own, base = base_of(state, column.type).builtin, base_of(state, wanted.type)
    casts = _CASTS.get(own)
    if casts is None or (base.builtin in casts | TEXTS and not base.array):
        return
    if base.oid and not base.array and state.types[base.oid].kind not in "ecrm":
        raise DoubtfulError(f"whether the default of {column.name} can be cast to the new type is not known")
    if own == "date" and base.builtin in {"time", "timetz"}:
        raise DoubtfulError(f"whether the default of {column.name} has a time is not known")
    raise RefusedError(DATATYPE_MISMATCH, f"the default of {column.name} cannot be cast to the new type")


def want_same_meaning(state: State, table: Relation, column: Attribute, wanted: Attribute) -> None:
    """Raise DoubtfulError where an expression may be impossible with the new type, as `lower` of a number is."""
    if same_kind(state, column.type, wanted.type):
        return
    facts = [each.index for each in state.indexes_on(table.oid) if each.index is not None]
    expressions = [part for fact in facts for part in (*fact.expressions, fact.predicate)]
    expressions += [each.expression for each in state.constraints_on(table.oid, "c")]
    for each in expressions:
        if each is None or column.number not in each.columns:
            continue
        said = each.text(table.names)
        if not _OF_ANY_TYPE.fullmatch(said):
            raise DoubtfulError(f"whether {said} is possible with the new type of {column.name} is not known")


def want_overlaps(state: State, fact: IndexFact, wanted: Attribute) -> None:
    """Raise where a key WITHOUT OVERLAPS has no operators for the new type of a column, or none to overlap."""
    if not fact.overlaps or wanted.number not in fact.columns:
        return
    base = base_of(state, wanted.type)
    if wanted.number == fact.columns[-1] and not (base.builtin.endswith("range") and not base.array):
        raise RefusedError(DATATYPE_MISMATCH, f"{wanted.name} of a key WITHOUT OVERLAPS must be a range")
    if not default_class(state, wanted.type, fact.method):
        if state.extensions or base.oid:
            raise DoubtfulError(f"whether {wanted.name} can be in a key WITHOUT OVERLAPS is not known")
        raise RefusedError(UNDEFINED_OBJECT, f"the type of {wanted.name} has no operator class for {fact.method}")
