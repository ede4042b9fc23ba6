"""What LIKE … INCLUDING copies once the new table is there: checks and indexes (expandTableLikeClause)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.files.state import RefusedError, State
from fkdash.catalog.files.tables.keys import (
    add_key_constraint,
    constraint_of,
    free_name,
    moved_index,
    numbers_in,
    store_index,
    want_exclusion,
    want_partition_key,
)
from fkdash.catalog.files.tables.not_nulls import set_not_null
from fkdash.sqlstates import INVALID_TABLE_DEFINITION

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.reading.nodes import LikeSaid


def copy_afterwards(state: State, table: Relation, said: LikeSaid, origin: Relation, *, has_primary: bool) -> None:
    """Copy the checks and indexes that are included; `has_primary` says that the table states a key of its own."""
    if "constraints" in said.including:
        _copy_checks(state, table, origin)
    for index in state.indexes_on(origin.oid) if "indexes" in said.including else ():
        _copy_index(state, state.relations[table.oid], index, has_primary=has_primary)


def _copy_checks(state: State, table: Relation, origin: Relation) -> None:
    numbers = numbers_in(state, origin.oid, table)
    for check in state.constraints_on(origin.oid, "c"):
        assert check.expression is not None  # noqa: S101 - a check has one
        moved = check.expression.moved(numbers)
        inherited = state.constraint(table, check.name)
        if inherited is not None and inherited.inherited and inherited.expression == moved:
            state.change_constraint(inherited, local=True)
            continue
        state.add_constraint(
            replace(
                check,
                oid=state.new_oid(),
                schema=table.schema,
                table=table.oid,
                columns=moved.columns,
                expression=moved,
                validated=check.enforced,
                local=True,
                inherited=0,
                comment=None,
                made=state.statement,
            )
        )


def _copy_index(state: State, table: Relation, index: Relation, *, has_primary: bool) -> None:
    assert index.index is not None  # noqa: S101 - it is an index
    carried = constraint_of(state, index)
    fact = replace(moved_index(state, index.index, table), valid=True)
    if table.kind == "p" and carried is not None and carried.kind == "x":
        want_exclusion(state)
    if table.kind == "p" and (fact.unique or fact.exclusion):
        want_partition_key(table, fact)
    if fact.primary and has_primary:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{table.name} has more than one primary key")
    kind = carried.kind if carried is not None else ""
    # A copied key WITHOUT OVERLAPS is named as what excludes, which it is underneath.
    name = free_name(state, table, fact, "x" if fact.overlaps and kind == "u" else kind)
    if carried is not None and carried.kind == "p":
        for number in fact.columns:
            set_not_null(state, table.oid, number)
    made = store_index(state, state.relations[table.oid], fact, name)
    if carried is not None:
        add_key_constraint(state, made, carried.kind, deferred=carried.initially_deferred)
