"""Which keys of one statement are one index."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.files.reading.nodes import ConstraintSaid, OwnConstraint

_OF_AN_INDEX: Final = (
    "include",
    "nulls_not_distinct",
    "initially_deferred",
    "parts",
    "predicate",
    "method",
    "using_index",
    "without_overlaps",
)


def merged_keys(keys: Iterable[OwnConstraint]) -> list[OwnConstraint]:
    """Give the keys of one statement, those once that are one index; the name of any of them is its name."""
    kept: list[OwnConstraint] = []
    for constraint, columns in keys:
        places = (at for at, (one, its) in enumerate(kept) if its == columns and _are_one_index(one, constraint))
        same = next(places, None)
        if same is None:
            kept.append((constraint, columns))
        elif kept[same][0].name is None and constraint.name is not None:
            kept[same] = (replace(kept[same][0], name=constraint.name), columns)
    return kept


def _are_one_index(one: ConstraintSaid, other: ConstraintSaid) -> bool:
    """Tell whether two keys of the same columns in one statement are one index (transformIndexConstraints)."""
    alike = all(getattr(one, name) == getattr(other, name) for name in _OF_AN_INDEX)
    return alike and bool(one.deferrable) == bool(other.deferrable)
