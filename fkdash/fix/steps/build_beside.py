"""Builds the new key beside the old one and swaps them when it is proven.

Both stand for a while, and which action a delete then sets off is the older one's, normally; the old key
stays validated until the swap, and an orphan nobody saw is met before anything visible changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.fix.plan import REPLACED, Duration, LockMode, Step
from fkdash.fix.statements.definition import add, drop, rename
from fkdash.fix.statements.redeclaring import (
    Way,
    comment_steps,
    locks_on,
    locks_to_declare,
    numbered,
    short,
    temporary_name,
    validation,
)
from fkdash.fix.statements.took_effect import absent, either, key_is, present

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey


def build_beside(catalog: Catalog, old: ForeignKey, new: ForeignKey, because: str) -> Way:
    """Give the way over a second key under a temporary name."""
    name = temporary_name(old)
    all_wait = locks_on(catalog, (old.table, old.referenced), LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT)
    over = key_is(new, old)
    proven = either(present(new.table, name, validated=True), over)
    steps = numbered(
        short(
            "build",
            add(new.table, name, new, not_valid=True),
            1,
            locks_to_declare(catalog, old),
            either(present(new.table, name), over),
            reserve=old.table,
            undo=drop(new.table, name),
        ),
        validation(catalog, new.table, name, new, 2, done_when=proven),
        short(REPLACED, drop(old.table, old.name), 3, all_wait, over, reserve=old.table),
        short("rename", rename(new.table, name, new.name), 3, (), over),
        *comment_steps(new, 3),
        *_partition_renames(catalog, old, name),
    )
    remove = short(
        "remove",
        drop(new.table, name, if_exists=True),
        1,
        all_wait,
        absent(new.table, name),
        reserve=old.table,
    )
    return Way(
        steps=steps,
        why=f"build beside, then swap: {because}; the new key is added under another name, checked without "
        "stopping anybody, and takes the old one's place in a third transaction. While both stand, a delete "
        "normally sets off the old action",
        abandon=numbered(remove),
    )


def _partition_renames(catalog: Catalog, old: ForeignKey, now: str) -> tuple[Step, ...]:
    copies = [copy for copy in old.copies if copy.table != old.table and copy.referenced == old.referenced]
    return tuple(
        short(
            "name",
            rename(copy.table, now, copy.name),
            3,
            locks_on(catalog, (copy.table,), LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT),
            present(copy.table, copy.name),
        )
        for copy in copies
    )
