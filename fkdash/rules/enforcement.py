"""Whether a foreign key's machinery runs at all in an ordinary session.

Enforcement lives in pg_trigger: a NOT ENFORCED key has no triggers, and one
whose triggers are disabled or replica-only does nothing, whatever
convalidated says (ALTER TABLE, "DISABLE/ENABLE TRIGGER").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.rules.finding import Statement

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey

_SUFFIX: Final = {Statement.DELETE: "_del", Statement.UPDATE: "_upd"}
_SILENT: Final = frozenset("DR")


def action_runs(catalog: Catalog, key: ForeignKey, statement: Statement) -> bool:
    """Tell whether deleting or updating a referenced row sets the key's action off.

    For a partitioned referenced table it is True as soon as one partition's action runs.
    """
    if not key.enforced:
        return False
    oids = {key.oid, *(copy.oid for copy in key.copies)}
    return not all(
        any(
            trigger.constraint in oids
            and trigger.enabled in _SILENT
            and trigger.function.endswith(_SUFFIX[statement])
            for trigger in table.triggers or ()
        )
        for table in catalog.with_partitions(key.referenced)
    )


def check_runs(catalog: Catalog, key: ForeignKey) -> bool:
    """Tell whether writing a referencing row is checked against the referenced table."""
    return key.enforced and not any(
        trigger.constraint == key.oid and trigger.enabled in _SILENT and trigger.function.endswith("check_upd")
        for trigger in catalog.tables[key.table].triggers or ()
        if trigger.constraint is not None
    )
