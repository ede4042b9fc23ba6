"""Which keys of one statement are one index."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.files.reading.nodes import OwnConstraint


def merged_keys(keys: Iterable[OwnConstraint]) -> list[OwnConstraint]:
    """Give the keys of one statement, those once that are one index; the name of any of them is its name."""
    kept: list[OwnConstraint] = []
    for constraint, columns in keys:
        same = next(
            (at for at, each in enumerate(kept) if each[1] == columns and each[0].makes_index_of(constraint)), None
        )
        if same is None:
            kept.append((constraint, columns))
        elif kept[same][0].name is None and constraint.name is not None:
            kept[same] = (replace(kept[same][0], name=constraint.name), columns)
    return kept
