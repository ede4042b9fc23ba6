"""Makes foreign keys and what PostgreSQL keeps of them for partitions (ATAddForeignKeyConstraint)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.files.facts import Constraint
from fkdash.catalog.files.object_names import joined
from fkdash.catalog.files.state import EVERY_CONSTRAINT, DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables.bounds import partitions_of
from fkdash.catalog.files.tables.columns import column_of
from fkdash.catalog.files.tables.descent import with_heirs
from fkdash.catalog.files.tables.keys import numbers_in
from fkdash.catalog.files.types import equality
from fkdash.sqlstates import (
    DUPLICATE_OBJECT,
    FEATURE_NOT_SUPPORTED,
    INVALID_FOREIGN_KEY,
    INVALID_OBJECT_DEFINITION,
    INVALID_TABLE_DEFINITION,
    OBJECT_IN_USE,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    SYNTAX_ERROR,
    UNDEFINED_COLUMN,
    UNDEFINED_OBJECT,
    WRONG_OBJECT_TYPE,
)
from fkdash.versions import COPIES_HAVE_SUFFIXES, NOT_VALID_ON_PARTITIONED, SET_NULL_COLUMN_LISTS, TEMPORAL_KEYS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from fkdash.catalog.files.facts import Attribute, Relation
    from fkdash.catalog.files.reading.nodes import ConstraintSaid, References


def add_foreign_key(
    state: State, table: Relation, said: ConstraintSaid, columns: Sequence[str], *, checked: bool
) -> None:
    """Add a foreign key; `checked` says that the statement makes the table, so that NOT VALID means nothing."""
    references = said.references
    assert references is not None  # noqa: S101 - a foreign key has one
    if table.kind not in "rp":
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{table.name} cannot have a foreign key")
    if said.name and state.constraint(table, said.name, EVERY_CONSTRAINT) is not None:
        raise RefusedError(DUPLICATE_OBJECT, f"there is a constraint {said.name} already")
    referenced = state.relation(references.table, "rp")
    if table.temporary is not referenced.temporary:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{table.name} and {referenced.name} are not both temporary")
    if referenced.unlogged and not table.unlogged:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{referenced.name} is unlogged and {table.name} is not")
    if table.kind == "p" and referenced in with_heirs(state, table)[1:]:
        raise RefusedError(OBJECT_IN_USE, f"{table.name} cannot refer to its own partition {referenced.name}")
    if references.match == "PARTIAL":
        raise RefusedError(FEATURE_NOT_SUPPORTED, "MATCH PARTIAL is not there")
    own = [column_of(table, name) for name in columns]
    _want_period(state, said, references)
    theirs, index = _target(state, referenced, references.columns, period=said.period)
    if len(own) != len(theirs):
        raise RefusedError(INVALID_FOREIGN_KEY, "the foreign key has not as many columns as the key it refers to")
    if references.delete_columns and state.version < SET_NULL_COLUMN_LISTS:
        raise RefusedError(SYNTAX_ERROR, "a column list of SET NULL is known from PostgreSQL 15 on")
    unvalidated = said.not_valid and not checked
    if unvalidated and table.kind == "p" and state.version < NOT_VALID_ON_PARTITIONED:
        raise RefusedError(WRONG_OBJECT_TYPE, "a partitioned table cannot have a NOT VALID foreign key")
    listed = tuple(column_of(table, name).number for name in references.delete_columns)
    if not set(listed) <= {column.number for column in own}:
        raise RefusedError(UNDEFINED_COLUMN, "a column of the list is not in the foreign key")
    _want_writable(own, references.on_delete, references.on_update)
    addition = joined([column.name for column in own])
    made = Constraint(
        state.new_oid(),
        table.schema,
        said.name or state.constraint_name(table.schema, table.name, addition, "fkey"),
        "f",
        table.oid,
        tuple(column.number for column in own),
        index=index.oid,
        referenced=referenced.oid,
        referenced_columns=tuple(column.number for column in theirs),
        on_delete=references.on_delete,
        on_update=references.on_update,
        delete_columns=tuple(dict.fromkeys(listed)),
        match=references.match,
        deferrable=bool(said.deferrable),
        initially_deferred=said.initially_deferred,
        validated=said.enforced and not unvalidated,
        enforced=said.enforced,
        period=said.period,
        operators=_operators(state, own, theirs, period=said.period),
        made=state.statement,
    )
    store_key(state, made)


def store_key(state: State, key: Constraint) -> None:
    """Add a foreign key, and what is kept of it for partitions on either side."""
    state.add_constraint(key)
    copy_to_referenced(state, key, state.relations[key.referenced])
    for partition in partitions_of(state, key.table) if state.relations[key.table].kind == "p" else ():
        copy_to_partition(state, key, partition)


def made_anew(state: State, key: Constraint) -> Constraint:
    """Give a key as it is when its definition is run again, on what its columns and indexes are by then."""
    table, referenced = state.relations[key.table], state.relations[key.referenced]
    own = [column_of(table, table.names[number]) for number in key.columns]
    named = [referenced.names[number] for number in key.referenced_columns]
    theirs, index = _target(state, referenced, named, period=key.period)
    operators = _operators(state, own, theirs, period=key.period)
    return replace(key, oid=state.new_oid(), index=index.oid, operators=operators)


def _want_period(state: State, said: ConstraintSaid, references: References) -> None:
    """Raise RefusedError where PERIOD stands on one side only, or with an action, which none is there for."""
    if not said.period and not references.period:
        return
    if state.version < TEMPORAL_KEYS:
        raise RefusedError(SYNTAX_ERROR, "PERIOD is known from PostgreSQL 18 on")
    if references.columns and said.period is not references.period:
        raise RefusedError(INVALID_FOREIGN_KEY, "the foreign key uses PERIOD on one side only")
    if (references.on_delete, references.on_update) != ("NO ACTION", "NO ACTION"):
        raise RefusedError(FEATURE_NOT_SUPPORTED, "a foreign key with PERIOD can have no action")


def _want_writable(columns: Sequence[Attribute], on_delete: str, on_update: str) -> None:
    for column in columns:
        if not column.generated:
            continue
        if on_update in {"SET NULL", "SET DEFAULT", "CASCADE"} or on_delete in {"SET NULL", "SET DEFAULT"}:
            raise RefusedError(SYNTAX_ERROR, f"{column.name} is generated and cannot be written by an action")
        if column.generated == "v":
            raise RefusedError(FEATURE_NOT_SUPPORTED, f"{column.name} is a virtual column")


def _operators(
    state: State, own: Sequence[Attribute], theirs: Sequence[Attribute], *, period: bool
) -> tuple[str, ...]:
    found = [equality(state, one.type, other.type) for one, other in zip(own, theirs, strict=True)]
    if period:
        found[-1] = "pg_catalog.&&"
    return tuple(found)


def _target(
    state: State, referenced: Relation, named: Sequence[str], *, period: bool
) -> tuple[list[Attribute], Relation]:
    """Give the columns referred to and the index that makes them unique (transformFkeyCheckAttrs)."""
    indexes = [each for each in state.indexes_on(referenced.oid) if each.index is not None]
    by_number = {column.number: column for column in referenced.columns}
    if not named:
        primary = next((each for each in indexes if each.index and each.index.primary), None)
        if primary is None or primary.index is None:
            raise RefusedError(UNDEFINED_OBJECT, f"{referenced.name} has no primary key")
        if primary.index.deferrable:
            raise RefusedError(
                OBJECT_NOT_IN_PREREQUISITE_STATE, f"the primary key of {referenced.name} is deferrable"
            )
        if primary.index.overlaps is not period:
            raise RefusedError(INVALID_FOREIGN_KEY, f"PERIOD does not fit the primary key of {referenced.name}")
        return [by_number[number] for number in primary.index.columns], primary
    columns = [column_of(referenced, name) for name in named]
    numbers = [column.number for column in columns]
    if len(set(numbers)) < len(numbers):
        raise RefusedError(INVALID_FOREIGN_KEY, "a column is referred to twice")
    for index in indexes:
        fact = index.index
        assert fact is not None  # noqa: S101 - it is an index
        fits = sorted(fact.columns) == sorted(numbers) and not fact.predicate and not fact.expressions
        if fits and fact.unique and fact.valid and not fact.deferrable and (fact.overlaps or not period):
            if fact.overlaps is not period:
                raise RefusedError(INVALID_FOREIGN_KEY, f"{index.name} is WITHOUT OVERLAPS: PERIOD is missing")
            return columns, index
    raise RefusedError(INVALID_FOREIGN_KEY, f"nothing makes ({', '.join(named)}) of {referenced.name} unique")


def copy_to_referenced(state: State, key: Constraint, referenced: Relation, base: str = "") -> None:
    """Keep a foreign key for every partition of the table it refers to (addFkRecurseReferenced)."""
    if referenced.kind != "p":
        return
    for partition in partitions_of(state, referenced.oid):
        copy_for_referenced_partition(state, key, partition, base)


def copy_for_referenced_partition(
    state: State, key: Constraint, partition: Relation, base: str = ""
) -> Constraint:
    """Keep a foreign key for one partition of the table it refers to, and for those below.

    All of one statement are named after the key that it began with (`base`), whatever lies between.
    """
    base = base or key.name
    table = state.relations[key.table]
    numbers = numbers_in(state, key.referenced, partition)
    index = next(
        (each.oid for each in state.indexes_on(partition.oid) if each.index and each.index.parent == key.index), 0
    )
    if state.version >= COPIES_HAVE_SUFFIXES:
        name = _suffixed(state, table, base)
    else:
        columns = joined([table.names[number] for number in key.columns])
        name = state.constraint_name(table.schema, table.name, columns, "fkey")
    made = replace(
        key,
        oid=state.new_oid(),
        name=name,
        referenced=partition.oid,
        referenced_columns=tuple(numbers[number] for number in key.referenced_columns),
        index=index,
        parent=key.oid,
        local=False,
        inherited=1,
        comment=None,
    )
    state.add_constraint(made)
    copy_to_referenced(state, made, partition, base)
    return made


def mark_validated(state: State, key: Constraint) -> None:
    """Mark a key and what is kept of it for partitions as validated."""
    state.change_constraint(key, validated=True)
    for copy in copies_of(state, key):
        mark_validated(state, copy)


def _suffixed(state: State, table: Relation, name: str) -> str:
    return state.constraint_name(table.schema, name, "", "") if state.constraint(table, name) else name


def copy_to_partition(
    state: State, key: Constraint, partition: Relation, own: Collection[int] | None = None
) -> None:
    """Give a partition its part of its table's foreign key, or adopt one that it has already.

    `own` are the keys that it had before the statement, where it takes part in several.
    """
    if partition.kind == "f":
        raise RefusedError(WRONG_OBJECT_TYPE, f"{partition.name} is a foreign table and cannot have a foreign key")
    numbers = numbers_in(state, key.table, partition)
    wanted = _over(key, numbers)
    for other in state.constraints_on(partition.oid, "f"):
        if own is not None and other.oid not in own:
            continue
        # This is asked of one that belongs to another key of the table as well.
        if _same_columns(other, wanted) and other.enforced is not wanted.enforced:
            raise RefusedError(INVALID_OBJECT_DEFINITION, f"{other.name} and {key.name} are not enforced alike")
        if not other.parent and _same_key(other, wanted):
            if other.validated < key.validated:
                raise DoubtfulError(f"{other.name} of {partition.name} would have to be validated")
            state.change_constraint(other, parent=key.oid, local=False, inherited=1)
            _adopt_copies(state, key, other)
            return
    if state.constraint(partition, key.name) is not None:
        columns = joined([partition.names[number] for number in wanted.columns])
        name = state.constraint_name(partition.schema, partition.name, columns, "fkey")
    else:
        name = key.name
    made = replace(
        wanted,
        oid=state.new_oid(),
        schema=partition.schema,
        name=name,
        table=partition.oid,
        parent=key.oid,
        local=False,
        inherited=1,
        comment=None,
    )
    state.add_constraint(made)
    for below in partitions_of(state, partition.oid) if partition.kind == "p" else ():
        copy_to_partition(state, made, below)


def _adopt_copies(state: State, key: Constraint, other: Constraint) -> None:
    """Let go of what an adopted key kept for partitions of the table it refers to: its parent keeps that."""
    for copy in [each for each in state.constraints_on(other.table, "f") if each.parent == other.oid]:
        remove_with_copies(state, copy)
    del key


def _over(key: Constraint, numbers: Mapping[int, int]) -> Constraint:
    """Give a key over a partition's columns; PostgreSQL leaves the list of SET NULL with the table's numbers."""
    return replace(key, columns=tuple(numbers[number] for number in key.columns))


def _same_columns(one: Constraint, other: Constraint) -> bool:
    return (one.columns, one.referenced, one.referenced_columns, one.operators) == (
        other.columns, other.referenced, other.referenced_columns, other.operators,
    )  # fmt: skip


def _same_key(one: Constraint, other: Constraint) -> bool:
    def essence(key: Constraint) -> tuple[object, ...]:
        return (
            key.columns, key.referenced, key.referenced_columns, key.on_delete, key.on_update,
            key.match, key.deferrable, key.initially_deferred, key.period, key.enforced,
        )  # fmt: skip

    return essence(one) == essence(other)


def copies_of(state: State, key: Constraint) -> list[Constraint]:
    """Give what is kept directly of a foreign key for partitions, on either side."""
    tables = {key.table, *state.children_of.get(key.table, ())}
    return [each for table in tables for each in state.constraints_on(table, "f") if each.parent == key.oid]


def remove_with_copies(state: State, key: Constraint) -> None:
    """Remove a foreign key and what is kept of it for partitions."""
    for copy in copies_of(state, key):
        remove_with_copies(state, copy)
    state.remove_constraint(state.constraints[key.oid])
