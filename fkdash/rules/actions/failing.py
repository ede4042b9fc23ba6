"""What becomes of a write that meets obstacles: whether it fails for every row, when, and with which error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.actions.obstacle import Kind
from fkdash.rules.actions.obstacles import obstacles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.model import Catalog
    from fkdash.rules.actions.obstacle import Obstacle
    from fkdash.rules.finding import PredictedError


def failing_writes(catalog: Catalog) -> frozenset[int]:
    """Give the ids of the writes that fail for every row, not only from a second one on."""
    return frozenset(
        id(write)
        for write, met in obstacles(catalog)
        if any(each.certain and each.kind is not Kind.UNIQUE for each in met)
    )


def never_written(catalog: Catalog) -> frozenset[int]:
    """Give the ids of the writes that fail before any row has changed.

    A MATCH FULL key looks only after what the change set off: its trigger is named behind those of the actions.
    """
    early = frozenset(Kind) - {Kind.UNIQUE, Kind.MATCH_FULL}
    return frozenset(
        id(write) for write, met in obstacles(catalog) if any(each.certain and each.kind in early for each in met)
    )


def is_late(met: Iterable[Obstacle]) -> bool:
    """Tell whether a row that meets these obstacles is written and fails at a foreign key's check after it."""
    return all(each.kind in {Kind.UNIQUE, Kind.MATCH_FULL} for each in met if each.certain)


def first_error(met: tuple[Obstacle, ...]) -> PredictedError:
    """Give the error that a row meeting these obstacles raises, be it the first row or the only one."""
    certain = [obstacle for obstacle in met if obstacle.certain]
    every_row = [obstacle for obstacle in certain if obstacle.kind is not Kind.UNIQUE]
    return (*every_row, *certain, *met)[0].error
