"""What the dashboard knows of a database: what is declared, what is wrong with it, what it does to rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from fkdash.tui.words import fails_here

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Sessions
    from fkdash.preview.blocked import Impact
    from fkdash.rules.finding import Finding

IMPACT_SECONDS = 5.0
"""How long counting the rows of one foreign key may take."""


@dataclass(frozen=True)
class Knowledge:
    """One reading of the catalog with its findings; `impacts` by a key's qualified name, as far as counted."""

    catalog: Catalog
    findings: tuple[Finding, ...]
    impacts: Mapping[str, Impact] = field(default_factory=dict)

    @cached_property
    def findings_by_key(self) -> Mapping[str, tuple[Finding, ...]]:
        """The findings of each foreign key by its qualified name, the worst first."""
        found: dict[str, list[Finding]] = {}
        for finding in self.findings:
            found.setdefault(finding.key.qualified, []).append(finding)
        return {name: tuple(findings) for name, findings in found.items()}

    def findings_of(self, key: ForeignKey) -> tuple[Finding, ...]:
        """Give the findings of a foreign key, the worst first."""
        return self.findings_by_key.get(key.qualified, ())

    def with_impact(self, key: ForeignKey, impact: Impact) -> Knowledge:
        """Give the same with the rows of one more foreign key counted."""
        return replace(self, impacts={**self.impacts, key.qualified: impact})


async def read_knowledge(sessions: Sessions) -> Knowledge:
    """Read the catalog in one session and judge it; raises the session's errors."""
    from fkdash.catalog.postgres import read_catalog  # noqa: PLC0415 - not before the first frame

    async with sessions.session() as session:
        catalog = await read_catalog(session)
    return Knowledge(catalog, await asyncio.to_thread(_judge, catalog))


def _judge(catalog: Catalog) -> tuple[Finding, ...]:
    """Judge in a thread: the rules load a SQL parser, and many foreign keys take a while."""
    from fkdash.rules.registry import findings  # noqa: PLC0415 - not before the first frame

    return findings(catalog)


async def count_impacts(sessions: Sessions, knowledge: Knowledge) -> AsyncIterator[tuple[ForeignKey, Impact]]:
    """Count, one after the other, the rows of each foreign key that makes deletes fail.

    Raises ConnectionLostError; what may not or cannot be counted is an unknown impact.
    """
    from fkdash.preview.blocked import impact  # noqa: PLC0415 - not before the first frame

    counted: set[str] = set()
    for finding in knowledge.findings:
        key = finding.key
        if fails_here(finding) and key.qualified not in counted:
            counted.add(key.qualified)
            yield key, await impact(sessions, knowledge.catalog, key, seconds=IMPACT_SECONDS)
