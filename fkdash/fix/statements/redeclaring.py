"""The parts that every way of declaring a foreign key anew is made of."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.model import TableKind
from fkdash.fact import fact
from fkdash.fix.plan import BACKSTOP_MS, CHECK_ROWS, PATIENT_LOCK_MS, SHORT_LOCK_MS, Duration, Lock, LockMode, Step
from fkdash.fix.statements.definition import comment, rename, validate
from fkdash.fix.statements.took_effect import commented, present
from fkdash.versions import HEIRS_ARE_LOCKED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName


@fact
class Way:
    """Steps, why these were chosen, and the steps that lead back from halfway."""

    steps: tuple[Step, ...]
    why: str
    abandon: tuple[Step, ...] = ()


def temporary_name(key: ForeignKey) -> str:
    """Give the name under which a new key stands beside the old one; the same for every try."""
    return f"fkdash_{hashlib.sha256(key.qualified.encode()).hexdigest()[:12]}"


def numbered(*steps: Step) -> tuple[Step, ...]:
    """Give steps numbered from 1 on."""
    return tuple(replace(step, number=number) for number, step in enumerate(steps, start=1))


def locks_on(catalog: Catalog, roots: Iterable[TableName], mode: LockMode, duration: Duration) -> tuple[Lock, ...]:
    """Give one lock for each table and each of its partitions."""
    names = dict.fromkeys(
        table.name
        for root in dict.fromkeys(roots)
        for table in (catalog.with_partitions(root) if root in catalog.tables else ())
    )
    return tuple(Lock(name, mode, duration) for name in names)


def locks_to_declare(catalog: Catalog, key: ForeignKey) -> tuple[Lock, ...]:
    """Give the locks of ADD CONSTRAINT for a key where its name is free (ALTER TABLE, "ADD table_constraint")."""
    mode = LockMode.SHARE_ROW_EXCLUSIVE
    both = locks_on(catalog, (key.table, key.referenced), mode, Duration.INSTANT)
    return (*both, *locks_on_heirs(catalog, key.table, mode))


def locks_on_heirs(catalog: Catalog, table: TableName, mode: LockMode) -> tuple[Lock, ...]:
    """Give the locks that declaring a key takes on the tables that inherit from its own, from PostgreSQL 18 on."""
    if catalog.server is None or catalog.server.major < HEIRS_ARE_LOCKED:
        return ()
    return tuple(Lock(heir, mode, Duration.INSTANT) for heir in catalog.inheriting(table))


def validation(
    catalog: Catalog,
    table: TableName,
    name: str,
    key: ForeignKey,
    transaction: int,
    *,
    done_when: str | None = None,
) -> Step:
    """Give the step that checks the existing rows of `table` without stopping anybody."""
    own = locks_on(catalog, (table,), LockMode.SHARE_UPDATE_EXCLUSIVE, Duration.SCAN)
    other = Lock(key.referenced, LockMode.ROW_SHARE, Duration.SCAN)
    return Step(
        number=0,
        title=CHECK_ROWS,
        sql=validate(table, name),
        transaction=transaction,
        locks=own if table == key.referenced else (*own, other),
        lock_timeout_ms=PATIENT_LOCK_MS,
        statement_timeout_ms=0,
        done_when=done_when or present(table, name, validated=True),
        reserve=table,
    )


def short(
    title: str,
    sql: str,
    transaction: int,
    locks: tuple[Lock, ...],
    done_when: str,
    *,
    reserve: TableName | None = None,
    undo: str | None = None,
) -> Step:
    """Give a step that takes milliseconds once its locks are had."""
    return Step(
        number=0,
        title=title,
        sql=sql,
        transaction=transaction,
        locks=locks,
        lock_timeout_ms=SHORT_LOCK_MS,
        statement_timeout_ms=BACKSTOP_MS,
        done_when=done_when,
        undo=undo,
        reserve=reserve,
    )


def comment_steps(key: ForeignKey, transaction: int) -> tuple[Step, ...]:
    """Give the step that puts the comment back, which re-creating a constraint loses; none without a comment."""
    if key.comment is None:
        return ()
    done_when = commented(key.table, key.name, key.comment)
    return (short("comment", comment(key), transaction, (), done_when),)


def partition_names(catalog: Catalog, key: ForeignKey, now: str, transaction: int) -> tuple[Step, ...]:
    """Give the steps that put back the names of the copies on partitions, where they are called `now`.

    A copy of another name, whose table has a constraint called `now` already, got a name of the server's choice.
    """
    steps = []
    for copy in key.copies:
        if copy.table == key.table or copy.referenced != key.referenced or copy.name == now:
            continue
        taken = {each.name for each in catalog.declared_on.get(copy.table, ())}
        taken |= {check.name for check in catalog.tables[copy.table].checks}
        taken |= {index.name for index in catalog.tables[copy.table].indexes}
        if now in taken:
            continue
        lock = (Lock(copy.table, LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT),)
        sql = rename(copy.table, now, copy.name)
        steps.append(short("name", sql, transaction, lock, present(copy.table, copy.name)))
    return tuple(steps)


def leaves(catalog: Catalog, root: TableName) -> tuple[TableName, ...]:
    """Give the partitions that hold rows."""
    return tuple(table.name for table in catalog.with_partitions(root) if table.kind is not TableKind.PARTITIONED)


def levels(catalog: Catalog, root: TableName) -> tuple[TableName, ...]:
    """Give the partitioned tables, the deepest first and the root last."""
    below = [table.name for table in catalog.with_partitions(root)[1:] if table.kind is TableKind.PARTITIONED]
    return (*reversed(below), root)


def one_after_the_other(first: tuple[Step, ...], then: tuple[Step, ...]) -> tuple[Step, ...]:
    """Give steps one after the other, each part with transactions of its own."""
    offset = first[-1].transaction if first else 0
    return numbered(*first, *(replace(step, transaction=step.transaction + offset) for step in then))
