"""Keeps the garbage collector out of the way while very many objects are made that stay."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_MANY_OBJECTS: Final = 100_000


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Pause the collector: it would walk hundreds of thousands of new objects again and again for nothing.

    Facts and findings hold no cycles, so what is let go is freed all the same. After very many, everything is
    put out of the collector's reach for good (gc.freeze): its next walk would stop a screen for a second.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if gc.get_count()[0] > _MANY_OBJECTS:
                gc.freeze()
            gc.enable()
