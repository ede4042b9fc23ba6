"""Which references may have orphans, and counting them all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import TableKind
from fkdash.orphans.scan import OrphanCount, count_orphans
from fkdash.rules.registry import RULES, findings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Sessions

_DOUBTFUL_RULES: Final = frozenset({"FK201", "FK202", "FK203"})
_UNDECLARED_RULE: Final = "FK207"
_EQUALS: Final = "pg_catalog.="


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to scan: a declared foreign key, or one that only names, types or joins speak for."""

    key: ForeignKey
    declared: bool


@dataclass(frozen=True, slots=True)
class ScannedReference:
    """A reference and its orphans."""

    reference: Reference
    orphans: OrphanCount


def doubtful(catalog: Catalog) -> tuple[Reference, ...]:
    """Give the references that may have orphans: NOT VALID, NOT ENFORCED, triggers off, or not declared at all."""
    declared = {
        finding.key.qualified: finding.key
        for finding in findings(catalog, [rule for rule in RULES if rule.id in _DOUBTFUL_RULES])
    }
    return (*(Reference(key, declared=True) for _, key in sorted(declared.items())), *undeclared(catalog))


def every(catalog: Catalog) -> tuple[Reference, ...]:
    """Give every declared foreign key, and the references that are not declared."""
    keys = sorted(catalog.foreign_keys, key=lambda key: key.qualified)
    return (*(Reference(key, declared=True) for key in keys), *undeclared(catalog))


def undeclared(catalog: Catalog) -> tuple[Reference, ...]:
    """Give the references that the rules take for such without a foreign key; compared by the types' `=`."""
    found = findings(catalog, [rule for rule in RULES if rule.id == _UNDECLARED_RULE])
    return tuple(
        Reference(replace(finding.key, operators=(_EQUALS,) * len(finding.key.columns)), declared=False)
        for finding in found
    )


async def scan(
    sessions: Sessions, catalog: Catalog, references: Sequence[Reference], *, seconds: float
) -> tuple[ScannedReference, ...]:
    """Count the orphans of each reference, each within `seconds`, as many at a time as there are sessions."""

    async def one(reference: Reference) -> ScannedReference:
        tables = (catalog.tables[reference.key.table], catalog.tables[reference.key.referenced])
        if any(table.kind is TableKind.FOREIGN for table in tables):
            return ScannedReference(reference, OrphanCount(None, "unknown", "a foreign table is not read"))
        return ScannedReference(reference, await count_orphans(sessions, catalog, reference.key, seconds=seconds))

    return tuple(await asyncio.gather(*(one(reference) for reference in references)))
