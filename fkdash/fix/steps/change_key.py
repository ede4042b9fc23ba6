"""Changes a foreign key by replacing it, the only way PostgreSQL has, and chooses how.

Measured on 14 to 18: one ALTER TABLE that drops the old and adds the new key NOT VALID holds ACCESS
EXCLUSIVE for milliseconds, and VALIDATE in a later transaction stops nobody; the new key checks every
new row from its commit on, so there is no moment in which a bad row can slip in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import TableKind
from fkdash.counted import counted
from fkdash.fix.durations import scan_seconds
from fkdash.fix.plan import BACKSTOP_MS, SHORT_LOCK_MS, SWAP_AND_CHECK, Duration, LockMode, Step
from fkdash.fix.statements.definition import swap
from fkdash.fix.statements.redeclaring import (
    Way,
    comment_steps,
    locks_on,
    locks_on_heirs,
    numbered,
    partition_names,
    validation,
)
from fkdash.fix.statements.took_effect import key_is
from fkdash.fix.steps.build_beside import build_beside
from fkdash.fix.steps.build_on_partitions import build_on_partitions
from fkdash.rules.sizes import rows_of
from fkdash.versions import NOT_VALID_ON_PARTITIONED

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.plan import Lock

_SHORT_SCAN_SECONDS: Final = 0.02


def change(catalog: Catalog, old: ForeignKey, new: ForeignKey, *, keep_validated: bool = False) -> Way:
    """Give the way from one definition of a foreign key to another of the same name.

    `keep_validated` asks for a validated key at every moment, also where an orphan turns up.
    """
    if not takes_not_valid(catalog, old):
        return _partitioned_before_18(catalog, old, new)
    if not new.enforced:
        return Way(
            steps=numbered(_swap(catalog, old, new, not_valid=False), *_rest(catalog, old, new)),
            why="one ALTER TABLE that drops and adds the key; a NOT ENFORCED key checks nothing, so nothing "
            "is read",
        )
    if not new.validated:
        return Way(
            steps=numbered(_swap(catalog, old, new, not_valid=True), *_rest(catalog, old, new)),
            why="one ALTER TABLE that drops and adds the key NOT VALID; existing rows stay unchecked",
        )
    unseen = unreadable(catalog, old)
    if old.validated and old.enforced and (keep_validated or unseen):
        return build_beside(catalog, old, new, unseen or "a validated key at every moment was asked for")
    return Way(
        steps=numbered(
            _swap(catalog, old, new, not_valid=True),
            *_rest(catalog, old, new),
            validation(catalog, new.table, new.name, new, 2, done_when=key_is(new, old, validated=True)),
        ),
        why="swap, then validate: one ALTER TABLE replaces the key (NOT VALID, enforced for every new row at "
        "once), and a second transaction checks the existing rows without stopping anybody",
    )


def unreadable(catalog: Catalog, key: ForeignKey) -> str:
    """Say why this role cannot look for orphans before; empty where it can."""
    bypasses = catalog.server is not None and catalog.server.bypasses_row_security
    for name in dict.fromkeys((key.table, key.referenced)):
        table = catalog.tables[name]
        if table.privileges is None:
            continue
        if not table.privileges.select:
            return f"orphans cannot be looked for before: no SELECT on {name}"
        if table.row_security and not bypasses and (table.force_row_security or not table.privileges.own):
            return f"orphans cannot be looked for before: row security hides rows of {name}"
    return ""


def _partitioned_before_18(catalog: Catalog, old: ForeignKey, new: ForeignKey) -> Way:
    rows = rows_of(catalog, old.table)
    if rows is not None and scan_seconds(rows) <= _SHORT_SCAN_SECONDS:
        return Way(
            steps=numbered(_swap(catalog, old, new, not_valid=False), *_rest(catalog, old, new)),
            why="one ALTER TABLE that drops and adds the key validated: before PostgreSQL 18 a partitioned table "
            f"takes no NOT VALID foreign key, and reading about {counted(rows, 'rows')} under "
            "the lock takes milliseconds",
        )
    return build_on_partitions(catalog, old, new)


def takes_not_valid(catalog: Catalog, key: ForeignKey) -> bool:
    """Tell whether a NOT VALID key can be added: not to a partitioned table before PostgreSQL 18."""
    if catalog.tables[key.table].kind is not TableKind.PARTITIONED:
        return True
    return catalog.server is not None and catalog.server.major >= NOT_VALID_ON_PARTITIONED


def _rest(catalog: Catalog, old: ForeignKey, new: ForeignKey) -> tuple[Step, ...]:
    return (*comment_steps(new, 1), *partition_names(catalog, old, new.name, 1))


def _swap(catalog: Catalog, old: ForeignKey, new: ForeignKey, *, not_valid: bool) -> Step:
    return Step(
        number=0,
        title="swap" if not_valid or not new.enforced else SWAP_AND_CHECK,
        sql=swap(old, new, not_valid=not_valid),
        transaction=1,
        locks=_swap_locks(catalog, old),
        lock_timeout_ms=SHORT_LOCK_MS,
        statement_timeout_ms=BACKSTOP_MS,
        undo=swap(new, replace(old, comment=None), not_valid=old.validated and not_valid),
        done_when=key_is(new, old),
        reserve=old.table,
    )


def _swap_locks(catalog: Catalog, old: ForeignKey) -> tuple[Lock, ...]:
    """Give the locks of dropping a key and adding it; partitions that are referred to as what they lose needs."""
    locks = locks_on(catalog, (old.table, old.referenced), LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT)
    if not old.enforced:
        # It has no triggers there that would go.
        lose_nothing = {table.name for table in catalog.with_partitions(old.referenced)[1:]}
        lose_nothing -= {table.name for table in catalog.with_partitions(old.table)}
        locks = tuple(
            replace(lock, mode=LockMode.SHARE_ROW_EXCLUSIVE) if lock.table in lose_nothing else lock
            for lock in locks
        )
    return (*locks, *locks_on_heirs(catalog, old.table, LockMode.ACCESS_EXCLUSIVE))
