"""What becomes of a table that is made, attached or detached as a partition, or that begins or ends to inherit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.files.facts import Constraint
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables.bounds import partitions_of, want_free_bound
from fkdash.catalog.files.tables.checks import inherit_check, want_to_merge
from fkdash.catalog.files.tables.descent import want_no_circle, want_shallow, with_heirs
from fkdash.catalog.files.tables.foreign_keys import (
    copy_for_referenced_partition,
    copy_to_partition,
    mark_validated,
    remove_with_copies,
)
from fkdash.catalog.files.tables.keys import (
    adopt_index,
    constraint_of,
    index_on_partition,
    moved_index,
    same_index,
)
from fkdash.catalog.files.tables.not_nulls import not_null_of
from fkdash.sqlstates import (
    DATATYPE_MISMATCH,
    DUPLICATE_OBJECT,
    DUPLICATE_TABLE,
    FEATURE_NOT_SUPPORTED,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    UNDEFINED_TABLE,
    WRONG_OBJECT_TYPE,
)
from fkdash.versions import (
    CHILDS_OWN_GENERATION,
    DETACHED_KEYS_KEEP_THEIR_TREE,
    IDENTITY_IN_PARTITIONS,
    NOT_VALID_ON_PARTITIONED,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.files.facts import Relation, TriggerFact
    from fkdash.catalog.files.reading.nodes import Name


def clone_to_partition(state: State, parent: Relation, partition: Relation) -> None:
    """Give a partition its table's indexes, keys, row triggers and foreign keys."""
    for index in state.indexes_on(parent.oid):
        index_on_partition(state, index, state.relations[partition.oid])
    _clone_triggers(state, parent, partition)
    own = {key.oid for key in state.constraints_on(partition.oid, "f")}
    for key in sorted(state.constraints_on(parent.oid, "f"), key=lambda key: key.name.encode()):
        if not _is_copy_for_referenced(state, key):
            copy_to_partition(state, key, state.relations[partition.oid], own)
    referring = state.referencing.get(parent.oid, ())
    for oid in referring:
        # What partitions have of a foreign key to their own table is not kept again for each of them.
        if state.constraints[oid].parent not in referring:
            key = state.constraints[oid]
            made = copy_for_referenced_partition(state, key, state.relations[partition.oid])
            if state.version < NOT_VALID_ON_PARTITIONED:
                mark_validated(state, made)


def _is_copy_for_referenced(state: State, key: Constraint) -> bool:
    """Tell a foreign key that is kept for a partition of the table referred to: partitions have none of it."""
    return bool(key.parent) and state.constraints[key.parent].table == key.table


def _clone_triggers(state: State, parent: Relation, partition: Relation) -> None:
    now = state.relations[partition.oid]
    above = state.relations[parent.oid]
    names, own = above.names, {column.name: column.number for column in now.columns}
    theirs = {number: own[name] for number, name in names.items() if name in own}
    cloned = [
        replace(
            each,
            parent=True,
            columns=tuple(theirs[number] for number in each.columns),
            asked=frozenset(theirs[number] for number in each.asked),
        )
        for each in above.triggers
        if each.row
    ]
    if any(mine.name == each.name for mine in now.triggers for each in cloned):
        raise RefusedError(DUPLICATE_OBJECT, f"{partition.name} has a trigger of that name already")
    if cloned:
        cloned = [_with_constraint(state, now, each) for each in cloned]
        state.change(now, triggers=(*now.triggers, *cloned))
        for below in state.children(partition.oid):
            _clone_triggers(state, now, below)


def _with_constraint(state: State, partition: Relation, trigger: TriggerFact) -> TriggerFact:
    """Give a trigger that a partition has of its table with a constraint of its own, if it is one's."""
    if not trigger.constraint:
        return trigger
    own = Constraint(state.new_oid(), partition.schema, trigger.name, "t", partition.oid, made=state.statement)
    state.add_constraint(own)
    return replace(trigger, constraint=own.oid)


def attach_partition(state: State, parent: Relation, name: Name, bound: str) -> None:
    """ALTER TABLE … ATTACH PARTITION."""
    child = state.relation(name, "rpf")
    if parent.kind != "p":
        raise RefusedError(WRONG_OBJECT_TYPE, f"{parent.name} is not partitioned")
    if child.parents or child.is_partition:
        raise RefusedError(WRONG_OBJECT_TYPE, f"{child.name} is a partition already, or inherits")
    if child.kind == "r" and state.children(child.oid):
        raise RefusedError(WRONG_OBJECT_TYPE, f"other tables inherit from {child.name}")
    if parent.temporary is not child.temporary:
        raise RefusedError(WRONG_OBJECT_TYPE, f"one of {parent.name} and {child.name} is temporary")
    want_no_circle(state, parent, child)
    want_free_bound(state, parent, bound)
    if {column.name for column in child.columns} != {column.name for column in parent.columns}:
        raise RefusedError(DATATYPE_MISMATCH, f"{child.name} has other columns than {parent.name}")
    _want_no_reference(state, parent, child)
    child = state.change(child, is_partition=True, bound=bound)
    _take_parent(state, parent, child, partition=True)
    clone_to_partition(state, parent, state.relations[child.oid])


def _want_no_reference(state: State, parent: Relation, child: Relation) -> None:
    """Raise where a key of the table refers to what is to become its partition."""
    for oid in state.referencing.get(child.oid, ()):
        if state.constraints[oid].table == parent.oid:
            raise RefusedError(FEATURE_NOT_SUPPORTED, f"{child.name} is referred to by a key of {parent.name}")


def inherit(state: State, child: Relation, name: Name) -> None:
    """ALTER TABLE … INHERIT."""
    parent = state.relation(name, "rpf")
    if child.is_partition or parent.kind == "p" or child.kind == "p":
        raise RefusedError(WRONG_OBJECT_TYPE, "partitions and partitioned tables do not inherit otherwise")
    if parent.is_partition:
        raise RefusedError(WRONG_OBJECT_TYPE, f"{parent.name} is a partition")
    if parent.oid in child.parents:
        raise RefusedError(DUPLICATE_TABLE, f"{child.name} inherits from {parent.name} already")
    want_no_circle(state, parent, child)
    _take_parent(state, parent, child, partition=False)


def _take_parent(state: State, parent: Relation, child: Relation, *, partition: bool) -> None:
    want_shallow(state, (parent.oid,), child)
    columns = list(child.columns)
    for theirs in parent.columns:
        at = next((number for number, each in enumerate(columns) if each.name == theirs.name), None)
        if at is None:
            raise RefusedError(DATATYPE_MISMATCH, f"{child.name} has no column {theirs.name}")
        if columns[at].type != theirs.type or columns[at].collation != theirs.collation:
            raise RefusedError(DATATYPE_MISMATCH, f"{theirs.name} of {child.name} has another type")
        forbids = not_null_of(state, parent.oid, theirs.number)
        if theirs.not_null and not columns[at].not_null and not (forbids is not None and forbids.no_inherit):
            raise RefusedError(DATATYPE_MISMATCH, f"{theirs.name} of {child.name} must be NOT NULL")
        generated = columns[at].generated
        differs = theirs.generated != generated and (theirs.generated or state.version >= CHILDS_OWN_GENERATION)
        if differs:
            raise RefusedError(DATATYPE_MISMATCH, f"{theirs.name} of {child.name} is not generated alike")
        identity = columns[at].identity
        if partition:
            if identity and state.version >= IDENTITY_IN_PARTITIONS:
                raise RefusedError(
                    OBJECT_NOT_IN_PREREQUISITE_STATE, f"{theirs.name} of {child.name} is an identity column"
                )
            identity = theirs.identity if state.version >= IDENTITY_IN_PARTITIONS else identity
        columns[at] = replace(
            columns[at],
            inherited=columns[at].inherited + 1,
            local=columns[at].local and not partition,
            identity=identity,
        )
        _take_not_null(state, parent, child, theirs.number, columns[at].number, partition=partition)
    child = state.change(child, columns=tuple(columns), parents=(*child.parents, parent.oid))
    for check in state.constraints_on(parent.oid, "c"):
        if check.no_inherit:
            continue
        if state.constraint(child, check.name) is None:
            raise RefusedError(DATATYPE_MISMATCH, f"{child.name} has no check {check.name}")
        inherit_check(state, check, child, count=1)


def _take_not_null(
    state: State, parent: Relation, child: Relation, theirs: int, mine: int, *, partition: bool
) -> None:
    above, below = not_null_of(state, parent.oid, theirs), not_null_of(state, child.oid, mine)
    if above is None or above.no_inherit:
        return
    if below is None:
        raise RefusedError(DATATYPE_MISMATCH, f"{child.name} has no NOT NULL constraint like {above.name}")
    want_to_merge(above, below, child)
    state.change_constraint(below, inherited=below.inherited + 1, local=below.local and not partition)


def detach_partition(state: State, parent: Relation, name: Name) -> None:
    """ALTER TABLE … DETACH PARTITION."""
    child = state.relation(name, "rpf")
    if parent.oid not in child.parents or not child.is_partition:
        raise RefusedError(UNDEFINED_TABLE, f"{child.name} is no partition of {parent.name}")
    kept = [key for key in state.constraints_on(child.oid, "f") if _is_part_of(state, key, parent)]
    if state.version < DETACHED_KEYS_KEEP_THEIR_TREE:
        _want_no_reference_to_own_tree(state, child, kept)
        _want_no_copies(state, child)
    # What the keys refer to is found without the table that goes, wherever it stood below that.
    _leave_parent(state, parent, child, partition=True)
    child = state.relations[child.oid]
    for key in kept:
        state.change_constraint(key, parent=0, local=True, inherited=0)
        referenced = state.relations[key.referenced]
        if referenced.kind == "p":
            for partition in partitions_of(state, referenced.oid):
                copy_for_referenced_partition(state, state.constraints[key.oid], partition)
    for oid in state.referencing.get(child.oid, ()):
        key = state.constraints[oid]
        if key.parent and state.constraints[key.parent].referenced == parent.oid:
            remove_with_copies(state, key)
    for index in state.indexes_on(child.oid):
        assert index.index is not None  # noqa: S101 - it is an index
        if index.index.parent:
            state.change(index, index=replace(index.index, parent=0))
            carried = constraint_of(state, index)
            if carried is not None:
                state.change_constraint(carried, parent=0, local=True, inherited=0)
    _drop_cloned_triggers(state, child, {each.root for each in child.triggers if each.parent})


def _is_part_of(state: State, key: Constraint, parent: Relation) -> bool:
    """Tell a partition's part of a key of its table."""
    above = state.constraints.get(key.parent)
    return above is not None and above.table == parent.oid


def _want_no_reference_to_own_tree(state: State, child: Relation, keys: Sequence[Constraint]) -> None:
    """Raise where the table that goes has a key to the tables that it belongs to."""
    for key in keys:
        above = state.constraints[key.parent]
        if child.oid in {each.oid for each in with_heirs(state, state.relations[above.referenced])}:
            raise DoubtfulError(
                f"{above.name} refers to the table's own partitions, which are not followed when one goes"
            )


def _want_no_copies(state: State, child: Relation) -> None:
    """Raise where a key of the table that goes is kept for partitions: they become keys that cannot be dropped."""
    for key in state.constraints_on(child.oid, "f"):
        if key.parent and _is_copy_for_referenced(state, key):
            above = state.constraints[key.parent]
            raise DoubtfulError(
                f"what is kept of {above.name} for partitions is not followed when {child.name} goes"
            )


def _drop_cloned_triggers(state: State, child: Relation, roots: set[int]) -> None:
    """Drop the triggers of these roots from a table, and from those below it."""
    now = state.relations[child.oid]
    gone = {each.root for each in now.triggers} & roots
    for each in now.triggers:
        if each.root in gone and each.constraint:
            state.remove_constraint(state.constraints[each.constraint])
    state.change(now, triggers=tuple(each for each in now.triggers if each.root not in gone))
    for below in state.children(child.oid) if gone else ():
        _drop_cloned_triggers(state, below, gone)


def disinherit(state: State, child: Relation, name: Name) -> None:
    """ALTER TABLE … NO INHERIT."""
    parent = state.relation(name, "rpf")
    if parent.oid not in child.parents or child.is_partition:
        raise RefusedError(UNDEFINED_TABLE, f"{child.name} does not inherit from {parent.name}")
    _leave_parent(state, parent, child, partition=False)


def _leave_parent(state: State, parent: Relation, child: Relation, *, partition: bool) -> None:
    inherited = {column.name for column in parent.columns}
    columns = tuple(
        replace(
            column,
            inherited=max(column.inherited - 1, 0),
            local=column.local or column.inherited <= 1,
            identity="" if partition and state.version >= IDENTITY_IN_PARTITIONS else column.identity,
        )
        if column.name in inherited
        else column
        for column in child.columns
    )
    parents = tuple(oid for oid in child.parents if oid != parent.oid)
    changes: dict[str, object] = {"columns": columns, "parents": parents}
    if partition:
        changes |= {"is_partition": False, "bound": ""}
    state.change(child, **changes)
    if partition and state.version >= IDENTITY_IN_PARTITIONS:
        for partition_below in state.children(child.oid):
            _lose_identity(state, partition_below, inherited)
    names = {check.name for check in state.constraints_on(parent.oid, "c") if not check.no_inherit}
    for check in state.constraints_on(child.oid, "c"):
        if check.name in names and check.inherited:
            state.change_constraint(
                check, inherited=check.inherited - 1, local=check.local or check.inherited <= 1
            )
    for column in parent.columns:
        mine = child.column(column.name)
        below = not_null_of(state, child.oid, mine.number) if mine is not None else None
        if not_null_of(state, parent.oid, column.number) is not None and below is not None and below.inherited:
            state.change_constraint(
                below, inherited=below.inherited - 1, local=below.local or below.inherited <= 1
            )


def _lose_identity(state: State, partition: Relation, names: set[str]) -> None:
    columns = tuple(replace(each, identity="") if each.name in names else each for each in partition.columns)
    state.change(partition, columns=columns)
    for below in state.children(partition.oid):
        _lose_identity(state, below, names)


def attach_index(state: State, name: Name, child_name: Name) -> None:
    """ALTER INDEX … ATTACH PARTITION; the table's index becomes valid with the last partition's."""
    index, other = state.relation(name, "I"), state.relation(child_name, "iI")
    assert index.index is not None  # noqa: S101 - it is an index
    assert other.index is not None  # noqa: S101 - it is an index
    if other.index.parent == index.oid:
        return
    if other.index.parent:
        raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{other.name} is attached to another index")
    partitions = state.children_of.get(index.index.table, ())
    if other.index.table not in partitions:
        raise RefusedError(
            OBJECT_NOT_IN_PREREQUISITE_STATE, f"{other.name} is not on a partition of the index's table"
        )
    if any(each.index and each.index.parent == index.oid for each in state.indexes_on(other.index.table)):
        raise RefusedError(
            OBJECT_NOT_IN_PREREQUISITE_STATE, f"another index is attached to {index.name} for that partition"
        )
    theirs = moved_index(state, index.index, state.relations[other.index.table])
    if not same_index(theirs, other.index):
        if index.index.expressions or index.index.predicate:
            raise DoubtfulError(f"whether {other.name} is the same index as {index.name} is not known")
        raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{other.name} is not the same index as {index.name}")
    if constraint_of(state, index) is not None and constraint_of(state, other) is None:
        raise RefusedError(
            OBJECT_NOT_IN_PREREQUISITE_STATE, f"{other.name} carries no constraint, as {index.name} does"
        )
    adopt_index(state, index, other)
    validate_index(state, state.relations[index.oid])


def validate_index(state: State, index: Relation) -> None:
    """Mark a partitioned table's index valid once every partition has its part, and so on upwards."""
    fact = index.index
    assert fact is not None  # noqa: S101 - it is an index
    if fact.valid:
        return
    parts = [
        each for partition in state.children(fact.table) for each in state.indexes_on(partition.oid)
        if each.index is not None and each.index.parent == index.oid and each.index.valid
    ]  # fmt: skip
    if len(parts) < len(state.children(fact.table)):
        return
    state.change(index, index=replace(fact, valid=True))
    if fact.parent:
        validate_index(state, state.relations[fact.parent])
