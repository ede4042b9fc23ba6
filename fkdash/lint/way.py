"""FK6xx: not what the schema becomes but how a migration gets there: locks, and moments without protection."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.files.script import Script
    from fkdash.catalog.model import Catalog
    from fkdash.lint.places import Spot
    from fkdash.rules.finding import Finding


def way_findings(_script: Script, _catalog: Catalog) -> Iterator[tuple[Finding, Spot | None, Spot | None]]:
    """Give what is found about the way."""
    yield from ()
