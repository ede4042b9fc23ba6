"""Which columns a finding's fixes are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.actions.refusal import Refusal, refusals

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding


def refused_columns(catalog: Catalog, finding: Finding) -> tuple[Refusal, ...]:
    """Give the columns that refuse the NULL which the finding's action writes."""
    return refusals(catalog, finding.key, finding.columns)


def nullable_columns(catalog: Catalog, finding: Finding) -> tuple[str, ...]:
    """Give the referencing columns that accept NULL, in key order."""
    refusing = {refusal.column.name for refusal in refusals(catalog, finding.key, finding.key.columns)}
    return tuple(name for name in finding.key.columns if name not in refusing)
