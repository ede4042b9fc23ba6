"""Makes indexes and the keys built on them, on partitions as well (DefineIndex, index_create)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.casts import without_idle_cast
from fkdash.catalog.files.expressions import template
from fkdash.catalog.files.facts import Constraint, IndexFact, Relation
from fkdash.catalog.files.object_names import joined
from fkdash.catalog.files.possible import want_condition, want_expression
from fkdash.catalog.files.state import EVERY_CONSTRAINT, DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables.bounds import partitions_of
from fkdash.catalog.files.tables.columns import column_of
from fkdash.catalog.files.tables.index_labels import called, label_of
from fkdash.catalog.files.tables.methods import class_of, want_method
from fkdash.catalog.files.tables.not_nulls import forbid_null_in_key
from fkdash.sqlstates import (
    DUPLICATE_COLUMN,
    FEATURE_NOT_SUPPORTED,
    INVALID_TABLE_DEFINITION,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    SYNTAX_ERROR,
    TOO_MANY_COLUMNS,
    UNDEFINED_OBJECT,
    UNIQUE_VIOLATION,
    WRONG_OBJECT_TYPE,
)
from fkdash.versions import (
    EXCLUSION_OF_PARTITIONED,
    NULLS_NOT_DISTINCT,
    PRIMARY_KEYS_ARE_DISTINCT,
    TEMPORAL_KEYS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.catalog.files.facts import Template
    from fkdash.catalog.files.reading.nodes import (
        ConstraintSaid,
        CreateIndex,
        ExpressionSaid,
        IndexPart,
    )

_MOST_IN_INDEX: Final = 32


def create_index(state: State, said: CreateIndex) -> None:
    """CREATE INDEX."""
    table = state.relation(said.table, "rpm")
    if said.nulls_not_distinct and state.version < NULLS_NOT_DISTINCT:
        raise RefusedError(SYNTAX_ERROR, "NULLS NOT DISTINCT is known from PostgreSQL 15 on")
    want_method(state, said)
    taken = said.name is not None and (table.schema, said.name) in state.relation_names
    if table.kind == "m":
        if not (taken and said.if_not_exists):
            _name_only(state, table, said)
        return
    fact = _fact_of(state, table, said.parts, said.include, method=said.method, predicate=said.predicate)
    fact = replace(fact, unique=said.unique, nulls_not_distinct=said.nulls_not_distinct)
    if table.kind == "p" and said.unique:
        want_partition_key(table, fact)
    if taken and said.if_not_exists:
        return  # whatever it is, but what is asked for had to be possible
    name = said.name or free_name(state, table, fact, "")
    index = store_index(state, table, fact, name)
    if table.kind == "p":
        _on_partitions(state, index, only=said.only)


def _name_only(state: State, view: Relation, said: CreateIndex) -> None:
    """Keep the name of an index on a materialized view, whose columns are not known."""
    labels: list[str] = []
    for part in said.parts:
        name = called(part.expression) if part.expression is not None else part.column or ""
        labels.append(label_of(labels, name))
    fact = IndexFact(view.oid, (), tuple(labels), ())
    store_index(state, view, fact, said.name or free_name(state, view, fact, ""))


def _fact_of(
    state: State,
    table: Relation,
    parts: Sequence[IndexPart],
    include: Sequence[str],
    *,
    method: str,
    predicate: ExpressionSaid | None,
) -> IndexFact:
    columns: list[int] = []
    labels: list[str] = []
    classes: list[str] = []
    expressions: list[Template] = []
    numbers = {column.name: column.number for column in table.columns}
    for part in parts:
        column = column_of(table, part.column) if part.column is not None else None
        if column is not None:
            columns.append(column.number)
            labels.append(label_of(labels, column.name))
            classes.append(class_of(state, part.opclass, column, method))
        else:
            assert part.expression is not None  # noqa: S101 - a part is one or the other
            want_expression(state, part.expression, table, steady=True)
            said = template(without_idle_cast(state, part.expression, table), numbers, table.name)
            plain = len(said.parts) == 1 and isinstance(said.parts[0], int)
            columns.append(said.columns[0] if plain else 0)
            labels.append(label_of(labels, called(part.expression)))
            only = next((each for each in table.columns if plain and each.number == said.columns[0]), None)
            classes.append(class_of(state, part.opclass, only, method))
            if not plain:
                expressions.append(said)
    included: list[int] = []
    for name in include:
        column = column_of(table, name)
        included.append(column.number)
        labels.append(label_of(labels, name))
    if len(columns) + len(included) > _MOST_IN_INDEX:
        raise RefusedError(TOO_MANY_COLUMNS, f"an index has {_MOST_IN_INDEX} columns at most")
    if predicate is not None:
        want_expression(state, predicate, table, steady=True)
        want_condition(state, predicate, table)
    stored = template(predicate, numbers, table.name) if predicate is not None else None
    _want_stored(
        table, (*columns, *included, *(each for said in (*expressions, stored) if said for each in said.columns))
    )
    return IndexFact(
        table.oid,
        tuple(columns),
        tuple(labels),
        tuple(classes),
        method=method,
        expressions=tuple(expressions),
        predicate=stored,
        include=tuple(included),
    )


def _want_stored(table: Relation, numbers: Sequence[int]) -> None:
    """Raise RefusedError where an index would need a column that is generated when it is read."""
    virtual = [each.name for each in table.columns if each.generated == "v" and each.number in numbers]
    if virtual:
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{virtual[0]} is a virtual column, on which no index can be")


def add_key(
    state: State, table: Relation, said: ConstraintSaid, columns: Sequence[str], *, only: bool = False
) -> None:
    """Add a PRIMARY KEY, UNIQUE or EXCLUDE constraint; `only` leaves partitions without one, as a dump does."""
    if table.kind == "f":
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{table.name} is a foreign table, which has no keys")
    if said.using_index is not None:
        _use_index(state, table, said)
        return
    if said.nulls_not_distinct and state.version < NULLS_NOT_DISTINCT:
        raise RefusedError(SYNTAX_ERROR, "NULLS NOT DISTINCT is known from PostgreSQL 15 on")
    if said.without_overlaps and state.version < TEMPORAL_KEYS:
        raise RefusedError(SYNTAX_ERROR, "WITHOUT OVERLAPS is known from PostgreSQL 18 on")
    if said.kind == "x" and table.kind == "p":
        want_exclusion(state)
    from fkdash.catalog.files.reading.nodes import IndexPart

    parts = said.parts or tuple(IndexPart(name) for name in columns)
    method = "gist" if said.without_overlaps else said.method
    fact = _fact_of(state, table, parts, said.include, method=method, predicate=said.predicate)
    if len(set(columns)) < len(columns):
        raise RefusedError(DUPLICATE_COLUMN, "a column appears twice in the key")
    # Whether the columns are there is asked first (DefineIndex).
    _want_no_primary(state, table, said)
    fact = replace(
        fact,
        unique=said.kind != "x",
        primary=said.kind == "p",
        nulls_not_distinct=said.nulls_not_distinct,
        deferrable=bool(said.deferrable),
        exclusion=tuple(part.operator for part in said.parts) or (("=",) if said.without_overlaps else ()),
        overlaps=said.without_overlaps,
    )
    if table.kind == "p":
        want_partition_key(table, fact)
    if said.kind == "p":
        for number in fact.columns:
            forbid_null_in_key(state, table.oid, number, recurse=not only)
        table = state.relations[table.oid]
    index = store_index(state, table, fact, said.name or free_name(state, table, fact, said.kind))
    add_key_constraint(state, index, said.kind, deferred=said.initially_deferred)
    if table.kind == "p":
        _on_partitions(state, index, only=only)


def _want_no_primary(state: State, table: Relation, said: ConstraintSaid) -> None:
    if said.kind == "p" and state.constraints_on(table.oid, "p"):
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{table.name} has a primary key already")


def free_name(state: State, table: Relation, fact: IndexFact, kind: str) -> str:
    """Give the name of an index without one; `kind` is its constraint's, "" without one (ChooseIndexName)."""
    if kind == "p":
        return state.relation_name(table.schema, table.name, "", "pkey", constraint=True)
    label = {"": "idx", "x": "excl"}.get(kind, "key")
    return state.relation_name(table.schema, table.name, joined(fact.labels), label, constraint=bool(kind))


def _use_index(state: State, table: Relation, said: ConstraintSaid) -> None:
    """Make a constraint of an index that is there; the index takes the constraint's name."""
    index = next((each for each in state.indexes_on(table.oid) if each.name == said.using_index), None)
    if index is None or index.index is None:
        raise RefusedError(UNDEFINED_OBJECT, f"there is no index {said.using_index} on {table.name}")
    fact = index.index
    if constraint_of(state, index) is not None:
        raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{index.name} belongs to a constraint already")
    if not fact.unique or fact.predicate or fact.expressions or fact.method != "btree":
        raise RefusedError(WRONG_OBJECT_TYPE, f"{index.name} is not a plain unique index")
    if table.kind == "p":
        raise RefusedError(FEATURE_NOT_SUPPORTED, "a partitioned table's key cannot be made of an index")
    _want_no_primary(state, table, said)
    if said.kind == "p" and fact.nulls_not_distinct and state.version >= PRIMARY_KEYS_ARE_DISTINCT:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{index.name} is NULLS NOT DISTINCT, as no primary key is")
    if said.kind == "p":
        for number in fact.columns:
            forbid_null_in_key(state, table.oid, number, of_index=True)
    fact = replace(fact, primary=said.kind == "p", deferrable=bool(said.deferrable))
    index = state.change(index, index=fact, name=said.name or index.name)
    if state.constraint(table, index.name, EVERY_CONSTRAINT) is not None:
        # PostgreSQL does not look: the unique index of pg_constraint refuses it.
        raise RefusedError(UNIQUE_VIOLATION, f"there is a constraint {index.name} already")
    add_key_constraint(state, index, said.kind, deferred=said.initially_deferred)


def add_key_constraint(state: State, index: Relation, kind: str, *, deferred: bool, parent: int = 0) -> Constraint:
    """Add the constraint that an index carries."""
    fact = index.index
    assert fact is not None  # noqa: S101 - the caller made the index
    made = Constraint(
        state.new_oid(),
        index.schema,
        index.name,
        kind,
        fact.table,
        fact.columns,
        index=index.oid,
        deferrable=fact.deferrable,
        initially_deferred=deferred,
        parent=parent,
        period=fact.overlaps,
        local=not parent,
        inherited=int(bool(parent)),
        made=state.statement,
    )
    state.add_constraint(made)
    return made


def constraint_of(state: State, index: Relation) -> Constraint | None:
    """Give the constraint that an index carries, if it does."""
    table = index.index.table if index.index is not None else 0
    return next((each for each in state.constraints_on(table, "pux") if each.index == index.oid), None)


def store_index(state: State, table: Relation, fact: IndexFact, name: str) -> Relation:
    """Add an index to a table."""
    kind = "I" if table.kind == "p" else "i"
    index = Relation(state.new_oid(), table.schema, name, kind, index=fact, made=state.statement)
    state.add_relation(index)
    return index


def want_exclusion(state: State) -> None:
    """Raise RefusedError where a partitioned table cannot exclude."""
    if state.version < EXCLUSION_OF_PARTITIONED:
        raise RefusedError(FEATURE_NOT_SUPPORTED, "a partitioned table can exclude from PostgreSQL 17 on")


def want_partition_key(table: Relation, fact: IndexFact) -> None:
    """Raise RefusedError for a unique index that could not keep a partitioned table unique."""
    if not set(table.key) <= set(fact.columns) or 0 in table.key:
        raise RefusedError(
            FEATURE_NOT_SUPPORTED, "a key of a partitioned table must have all of its partition key's columns"
        )
    compared = zip(fact.columns, fact.exclusion, strict=False) if not fact.overlaps else ()
    if any(number in table.key and operator != "=" for number, operator in compared):
        raise RefusedError(FEATURE_NOT_SUPPORTED, "a partition key's columns must exclude by equality")


def _on_partitions(state: State, index: Relation, *, only: bool) -> None:
    """Make an index on every partition, or adopt one that is there (DefineIndex)."""
    fact = index.index
    assert fact is not None  # noqa: S101 - it is an index
    partitions = partitions_of(state, fact.table)
    if only:
        if partitions:
            state.change(index, index=replace(fact, valid=False))
        return
    for partition in partitions:
        index_on_partition(state, index, partition)


def index_on_partition(state: State, index: Relation, partition: Relation) -> None:
    """See that a partition has an index like its table's."""
    fact = index.index
    assert fact is not None  # noqa: S101 - it is an index
    if partition.kind == "f":
        if fact.unique:
            raise RefusedError(WRONG_OBJECT_TYPE, f"{partition.name} is a foreign table, on which no index can be")
        return
    wanted = moved_index(state, fact, partition)
    if partition.kind == "p" and fact.unique:
        want_partition_key(partition, wanted)
    own = constraint_of(state, index)
    for other in state.indexes_on(partition.oid):
        if other.index is not None and not other.index.parent and same_index(other.index, wanted):
            carried = constraint_of(state, other)
            if own is None or (carried is not None and carried.kind == own.kind):
                adopt_index(state, index, other)
                return
    kind = own.kind if own is not None else ""
    if kind == "p" and state.constraints_on(partition.oid, "p"):
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{partition.name} has a primary key already")
    name = free_name(state, partition, wanted, kind)
    made = store_index(state, partition, replace(wanted, parent=index.oid, valid=True), name)
    if own is not None:
        add_key_constraint(state, made, own.kind, deferred=own.initially_deferred, parent=own.oid)
    if partition.kind == "p":
        for below in partitions_of(state, partition.oid):
            index_on_partition(state, made, below)


def adopt_index(state: State, index: Relation, other: Relation) -> None:
    """Attach a partition's index to its table's."""
    assert other.index is not None  # noqa: S101 - it is an index
    state.change(other, index=replace(other.index, parent=index.oid))
    own, carried = constraint_of(state, index), constraint_of(state, other)
    if own is not None and carried is not None:
        state.change_constraint(carried, parent=own.oid, local=False, inherited=1)


def moved_index(state: State, fact: IndexFact, table: Relation) -> IndexFact:
    """Give an index as it is over another table with columns of the same names."""
    numbers = numbers_in(state, fact.table, table)
    return replace(
        fact,
        table=table.oid,
        columns=tuple(numbers.get(number, number) for number in fact.columns),
        include=tuple(numbers.get(number, number) for number in fact.include),
        expressions=tuple(each.moved(numbers) for each in fact.expressions),
        predicate=fact.predicate.moved(numbers) if fact.predicate is not None else None,
        parent=0,
        replica_identity=False,
    )


def numbers_in(state: State, table: int, other: Relation) -> Mapping[int, int]:
    """Give for a table's column numbers those of another table with the same names."""
    theirs = {column.name: column.number for column in other.columns}
    return {
        column.number: theirs[column.name] for column in state.relations[table].columns if column.name in theirs
    }


def same_index(one: IndexFact, other: IndexFact) -> bool:
    """Tell whether two indexes of one table are alike enough to be attached (CompareIndexInfo)."""

    def essence(fact: IndexFact) -> tuple[object, ...]:
        texts = tuple(each.parts for each in fact.expressions)
        predicate = fact.predicate.parts if fact.predicate is not None else None
        return (
            fact.columns, fact.include, fact.unique, fact.method, fact.opclasses, fact.nulls_not_distinct,
            texts, predicate,
        )  # fmt: skip

    if one.exclusion or other.exclusion:
        return False
    if (one.expressions or one.predicate) and essence(one) != essence(other):
        plain_one = replace(one, expressions=(), predicate=None)
        plain_other = replace(other, expressions=(), predicate=None)
        if essence(plain_one) == essence(plain_other) and len(one.expressions) == len(other.expressions):
            if (one.predicate is None) != (other.predicate is None):
                return False
            raise DoubtfulError("whether two indexes have the same expressions cannot be told")
    return essence(one) == essence(other)
