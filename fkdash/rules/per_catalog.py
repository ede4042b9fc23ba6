"""Facts that several rules derive from one catalog, worked out once for each catalog."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.model import Catalog

_T = TypeVar("_T")


def once_per_catalog(derive: Callable[[Catalog], _T]) -> Callable[[Catalog], _T]:
    """Remember what a pure function of a catalog gave, for as long as that catalog lives.

    Kept in the catalog's own dictionary as `derived` does: a catalog cannot be hashed.
    """
    slot = f"{derive.__module__}.{derive.__qualname__}"

    @wraps(derive)
    def remembered(catalog: Catalog) -> _T:
        kept: dict[str, _T] = catalog.__dict__
        try:
            return kept[slot]
        except KeyError:
            found = kept[slot] = derive(catalog)
            return found

    return remembered
