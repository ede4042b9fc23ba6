"""Builds a key on every partition first, for partitioned tables that take no NOT VALID key (before PostgreSQL 18).

A partitioned table attaches validated keys of its partitions that equal its own without reading a row, so
that no lock that stops writers is held while rows are read (ALTER TABLE, "ADD table_constraint").
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.fix.plan import ATTACH, REPLACED, Duration, LockMode, Step
from fkdash.fix.statements.definition import add, drop, rename
from fkdash.fix.statements.redeclaring import (
    Way,
    comment_steps,
    leaves,
    levels,
    locks_on,
    numbered,
    short,
    temporary_name,
    validation,
)
from fkdash.fix.statements.took_effect import absent, either, key_is, present

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName


def build_on_partitions(catalog: Catalog, old: ForeignKey, new: ForeignKey) -> Way:
    """Give the way over a second key that is built and proven leaf by leaf."""
    name = temporary_name(old)
    steps: list[Step] = []
    done = key_is(new, old)
    for leaf in leaves(catalog, old.table):
        steps.append(_add(catalog, leaf, name, new, _next(steps), not_valid=True))
        steps.append(validation(catalog, leaf, name, new, _next(steps)))
    for level in levels(catalog, old.table):
        steps.append(_add(catalog, level, name, new, _next(steps), not_valid=False))
    steps = [replace(step, done_when=either(step.done_when, done)) for step in steps]
    last = _next(steps)
    all_wait = locks_on(catalog, (old.table, old.referenced), LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT)
    steps.append(short(REPLACED, drop(old.table, old.name), last, all_wait, done, reserve=old.table))
    steps.append(short("rename", rename(new.table, name, new.name), last, (), done))
    names = {copy.table: copy.name for copy in old.copies if copy.referenced == old.referenced}
    for partition in catalog.with_partitions(old.table)[1:]:
        called = names.get(partition.name, new.name)
        steps.append(
            short("rename", rename(partition.name, name, called), last, (), present(partition.name, called))
        )
    steps += comment_steps(new, last)
    return Way(
        steps=numbered(*steps),
        why="build on the partitions, then swap: before PostgreSQL 18 a partitioned table takes no NOT VALID "
        "foreign key, so the new one is added to each partition, checked there without stopping anybody, "
        "attached to the whole without reading a row, and takes the old one's place. While both stand, a "
        "delete normally sets off the old action",
        abandon=_abandon(catalog, old, name),
    )


def _abandon(catalog: Catalog, old: ForeignKey, name: str) -> tuple[Step, ...]:
    """Give the way back: dropping the root's key takes the attached ones with it."""
    tables = (*reversed(levels(catalog, old.table)), *leaves(catalog, old.table))
    return numbered(
        *(
            short(
                "remove",
                drop(table, name, if_exists=True),
                number,
                locks_on(catalog, (table, old.referenced), LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT),
                absent(table, name),
                reserve=table,
            )
            for number, table in enumerate(tables, start=1)
        )
    )


def _add(
    catalog: Catalog, table: TableName, name: str, key: ForeignKey, transaction: int, *, not_valid: bool
) -> Step:
    return short(
        "build" if not_valid else ATTACH,
        add(table, name, key, not_valid=not_valid),
        transaction,
        locks_on(catalog, (table, key.referenced), LockMode.SHARE_ROW_EXCLUSIVE, Duration.INSTANT),
        present(table, name),
        reserve=table,
        undo=drop(table, name),
    )


def _next(steps: list[Step]) -> int:
    return steps[-1].transaction + 1 if steps else 1
