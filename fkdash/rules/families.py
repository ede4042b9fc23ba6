"""What values can be compared as: families of types, for what is told from names and types alone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fkdash.catalog.model import Column

_NAMES_KEPT: Final = 100_000
_INTEGERS: Final = frozenset({"smallint", "integer", "bigint"})
_NO_KEYS: Final = frozenset({"boolean", "date", "jsonb", "json", "bytea", "double precision", "real"})
_TEXTS: Final = frozenset({"text", "character varying", "character", "citext"})


def family(column: Column) -> str:
    """Give what a column's values can be compared as: `integer`, `text`, `uuid`, else its type."""
    return _family(column.type)


@lru_cache(maxsize=_NAMES_KEPT)
def _family(spelled: str) -> str:
    bare = spelled.partition("(")[0]
    return "integer" if bare in _INTEGERS else "text" if bare in _TEXTS else bare


def same_family(one: Column, other: Column) -> bool:
    """Tell whether a value of one column can be a value of the other."""
    return family(one) == family(other)


def comparable_at_all(column: Column) -> bool:
    """Tell whether a column's values are of a kind that keys are of."""
    return _is_comparable(column.type)


@lru_cache(maxsize=_NAMES_KEPT)
def _is_comparable(spelled: str) -> bool:
    kind = _family(spelled)
    return kind not in _NO_KEYS and not kind.startswith("time") and not spelled.endswith("[]")
