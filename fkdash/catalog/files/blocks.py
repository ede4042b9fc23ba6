"""DO blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.state import DoubtfulError, State

if TYPE_CHECKING:
    from fkdash.catalog.files.nodes import Do

_CHANGES: Final = re.compile(r"\b(?:create|alter|drop|execute|rename|import)\b", re.IGNORECASE)


def run_block(state: State, node: Do) -> None:
    """Carry out a DO block."""
    del state
    if _CHANGES.search(node.body):
        raise DoubtfulError("what this block does is not followed")
