"""What a fix of a foreign key is about: what is wrong with it, or, if nothing is, its ON DELETE action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.finding import Finding, Severity, Statement
from fkdash.rules.registry import findings

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey


def subject_of(catalog: Catalog, key: ForeignKey) -> Finding:
    """Give the worst finding about a key that has a fix; else a stand-in of no rule, so that it can be changed."""
    for finding in findings(catalog):
        if finding.key.qualified == key.qualified and finding.statements and finding.fixes:
            return finding
    return Finding(
        rule="",
        name="",
        severity=Severity.INFO,
        key=key,
        columns=key.columns,
        message=f"Nothing is wrong with {key.qualified}.",
        statements=(Statement.DELETE,),
    )
