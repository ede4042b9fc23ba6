"""Foreign keys over the same columns that act before another one does.

A row's actions run in the byte order of their triggers' names, which end in the
OID: 100002 comes before 99997. The first one to delete or rewrite the row leaves
nothing for those after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import REFUSING, WRITING, Action, Statement
from fkdash.rules.actions.enforcement import action_runs, running
from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName


def action_of(key: ForeignKey, statement: Statement) -> Action:
    """Give the action that a statement on the referenced table sets off."""
    return key.on_delete if statement is Statement.DELETE else key.on_update


@once_per_catalog
def same_reference(catalog: Catalog) -> Mapping[tuple[object, ...], tuple[ForeignKey, ...]]:
    """Give the foreign keys that make the same columns refer to the same columns, in groups of two or more."""
    groups: dict[tuple[object, ...], list[ForeignKey]] = {}
    for keys in catalog.declared_on.values():
        columns = [name for key in keys for name in key.columns]
        # Where no column is in two foreign keys, no two of them say the same.
        for key in keys if len(set(columns)) < len(columns) else ():
            groups.setdefault(reference(key), []).append(key)
    return {what: tuple(keys) for what, keys in groups.items() if len(keys) > 1}


def reference(key: ForeignKey) -> tuple[object, ...]:
    """Give what a foreign key says, whatever it is called and does."""
    return (key.table, key.referenced, frozenset(zip(key.columns, key.referenced_columns, strict=True)))


def acts_before(catalog: Catalog, first: ForeignKey, second: ForeignKey) -> bool:
    """Tell whether the first key's action runs before the second's; False where that is not known."""
    if first.oid is None or second.oid is None or not _renamed(catalog).isdisjoint({first.oid, second.oid}):
        return False
    return str(first.oid) < str(second.oid)


@once_per_catalog
def _renamed(catalog: Catalog) -> frozenset[int]:
    """Give the OIDs of the constraints with a trigger that somebody renamed, and so moved in the order.

    Of those that are enabled as usual no others are listed.
    """
    return frozenset(
        trigger.constraint
        for table in catalog.tables.values()
        for trigger in table.triggers or ()
        if trigger.constraint is not None and trigger.enabled == "O"
    )


def same_rows(catalog: Catalog, key: ForeignKey) -> Iterator[ForeignKey]:
    """Give the other keys that rows of the key's table may be subject to as well: of the whole partition tree."""
    for name in (*_above(catalog, key.table), *(table.name for table in catalog.with_partitions(key.table))):
        yield from (other for other in catalog.declared_on.get(name, ()) if other is not key)


@once_per_catalog
def _rewriting(catalog: Catalog) -> Mapping[TableName, Sequence[ForeignKey]]:
    """Give for each table the keys, of the whole partition tree, whose ON DELETE writes columns of its rows."""
    found: dict[TableName, list[ForeignKey]] = {}
    for key in running(catalog, catalog.foreign_keys, Statement.DELETE):
        if key.on_delete in WRITING:
            below = (table.name for table in catalog.with_partitions(key.table))
            for name in (*_above(catalog, key.table), *below):
                found.setdefault(name, []).append(key)
    return found


def rewriters(catalog: Catalog, key: ForeignKey) -> Sequence[ForeignKey]:
    """Give the other keys whose ON DELETE writes columns of a key into rows that are subject to both."""
    known = _known_rewriters(catalog)
    if id(key) not in known:
        others = [
            other
            for other in _rewriting(catalog).get(key.table, ())
            if other is not key and not set(key.columns).isdisjoint(other.set_columns)
        ]
        known[id(key)] = (key, others)
    return known[id(key)][1]


@once_per_catalog
def _known_rewriters(_catalog: Catalog) -> dict[int, tuple[ForeignKey, Sequence[ForeignKey]]]:
    """Give where the rewriters of keys are kept that somebody asked for, by the key's id and with the key."""
    return {}


def same_referenced(catalog: Catalog, key: ForeignKey, other: ForeignKey) -> bool:
    """Tell whether two keys may refer to one and the same row: of one table, or of it and a partition of it."""
    one, two = key.referenced, other.referenced
    return one == two or one in _above(catalog, two) or two in _above(catalog, one)


def same_columns(key: ForeignKey, other: ForeignKey) -> bool:
    """Tell whether two keys make the same columns refer to columns of the same names."""
    mine, theirs = (set(zip(each.columns, each.referenced_columns, strict=True)) for each in (key, other))
    return mine == theirs


def _above(catalog: Catalog, name: TableName) -> tuple[TableName, ...]:
    """Give the partitioned tables that a table is a part of, the nearest first."""
    found: list[TableName] = []
    while (above := catalog.tables[name].partition_of) is not None and above in catalog.tables:
        found.append(above)
        name = above
    return tuple(found)


def _does(key: ForeignKey, statement: Statement) -> tuple[Action, frozenset[str]]:
    """Give what the action does to a row: an exact duplicate does the same and rescues nothing."""
    columns = key.set_columns if statement is Statement.DELETE else key.columns
    return action_of(key, statement), frozenset(columns)


def overtaken(catalog: Catalog, key: ForeignKey, statement: Statement) -> tuple[ForeignKey, ...]:
    """Give the keys over the same columns that may have moved or deleted the row before this one acts."""
    with_rivals = tables_with_rivals(catalog)
    if key.table not in with_rivals and key.referenced not in with_rivals:
        return ()
    alone = same_reference(catalog).get(reference(key), ())
    return tuple(
        other
        for other in (same_rows(catalog, key) if _is_part(catalog, key) else alone)
        if other is not key
        and same_columns(other, key)
        and same_referenced(catalog, other, key)
        and _does(other, statement) != _does(key, statement)
        and action_of(other, statement) not in REFUSING
        and action_runs(catalog, other, statement)
        and not acts_before(catalog, key, other)
    )


@once_per_catalog
def tables_with_rivals(catalog: Catalog) -> frozenset[TableName]:
    """Give the tables of which several keys say the same, and those that are partitioned or partitions."""
    partitioned = {name for root, parts in catalog.partitions.items() for name in (root, *parts)}
    return frozenset(key.table for keys in same_reference(catalog).values() for key in keys) | partitioned


def _is_part(catalog: Catalog, key: ForeignKey) -> bool:
    return any(
        catalog.tables[name].partition_of is not None or len(catalog.with_partitions(name)) > 1
        for name in (key.table, key.referenced)
    )
