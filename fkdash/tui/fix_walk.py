"""What one walk through the screens of a fix is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.fact import fact

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan


@fact
class FixWalk:
    """A plan on its way from its first look to the end of its run.

    `catalog` is what it was made from, `title` what the operator knows it by, `continues` the journal of the run
    that it finishes or undoes.
    """

    catalog: Catalog
    plan: Plan
    title: str
    continues: Path | None = None
