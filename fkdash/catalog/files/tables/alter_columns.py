"""What ALTER TABLE does to columns, and with them to everything that hangs on a column."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.files.dropped_relations import want_no_view
from fkdash.catalog.files.expressions import template
from fkdash.catalog.files.object_names import joined, object_name
from fkdash.catalog.files.possible import want_expression
from fkdash.catalog.files.rules import want_no_rule
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables.changed_types import want_default_cast, want_overlaps, want_same_meaning
from fkdash.catalog.files.tables.columns import column_of, default_of, generation_of, make_column, sequence_in
from fkdash.catalog.files.tables.descent import want_from_here_alone, with_heirs
from fkdash.catalog.files.tables.index_labels import labels_now
from fkdash.catalog.files.tables.keys import constraint_of, numbers_in
from fkdash.catalog.files.tables.not_nulls import set_not_null
from fkdash.catalog.files.tables.renewed_keys import renew_keys, want_no_key_to_partition
from fkdash.catalog.files.types import (
    base_of,
    default_class,
    is_whole_number,
    type_of,
    want_collatable,
    want_no_member,
)
from fkdash.sqlstates import (
    DATATYPE_MISMATCH,
    DEPENDENT_OBJECTS_STILL_EXIST,
    DUPLICATE_COLUMN,
    FEATURE_NOT_SUPPORTED,
    INVALID_COLUMN_DEFINITION,
    INVALID_PARAMETER_VALUE,
    INVALID_TABLE_DEFINITION,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    SYNTAX_ERROR,
    WRONG_OBJECT_TYPE,
)
from fkdash.versions import IDENTITY_IN_PARTITIONS, NOT_NULL_CONSTRAINTS

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Attribute, Relation
    from fkdash.catalog.files.reading.nodes import Act, ColumnSaid


def add_column(state: State, table: int, said: ColumnSaid, *, only: bool) -> None:
    """ADD COLUMN without its checks and keys, which come later in the statement."""
    relation = state.relations[table]
    if relation.column(said.name) is not None:
        raise RefusedError(DUPLICATE_COLUMN, f"there is a column {said.name} in {relation.name} already")
    if relation.is_partition:
        raise RefusedError(WRONG_OBJECT_TYPE, f"{relation.name} is a partition: columns come from its table")
    children = state.children(table)
    if only and children:
        raise RefusedError(INVALID_TABLE_DEFINITION, "the column must be added to the tables that inherit too")
    column, sequences = make_column(state, relation.schema, relation.name, said, relation.next_number)
    want_no_member(state, column.type, relation)
    relation = state.change(relation, columns=(*relation.columns, column), next_number=relation.next_number + 1)
    generation = generation_of(state, said, relation)
    if generation is not None:
        state.change_column(table, column.number, default=generation)
    for sequence in sequences:
        state.change(state.relations[sequence], owned_by=(table, column.number))
    _inherit_column(state, table, column.number)


def forbid_null_in_added(state: State, table: int, said: ColumnSaid) -> None:
    """Do what ADD COLUMN says of NULL: a constraint of its own, behind those of columns that were there."""
    column = column_of(state.relations[table], said.name)
    forbids = next((each for each in said.constraints if each.kind == "n"), None)
    serial = state.relations.get(column.sequence)
    implied = column.identity or (serial is not None and serial.owned_by == (table, column.number))
    if forbids is not None and forbids.no_inherit and state.relations[table].kind == "p":
        raise RefusedError(FEATURE_NOT_SUPPORTED, "NOT NULL of a partitioned table is inherited")
    # Without constraints for it a column that is there already stays as it is.
    anew = state.version < NOT_NULL_CONSTRAINTS
    if forbids is not None or implied or any(each.kind == "p" for each in said.constraints):
        set_not_null(
            state,
            table,
            column.number,
            forbids.name if forbids is not None else None,
            no_inherit=forbids.no_inherit if forbids is not None else False,
            recurse=not anew,
        )
        if anew or (forbids is not None and forbids.no_inherit):
            _mark_below(state, table, said.name)


def _mark_below(state: State, table: int, name: str) -> None:
    """Mark a column as NOT NULL in what inherits it, without a constraint: PostgreSQL copies that much of it."""
    for child in state.children(table):
        theirs = child.column(name)
        if theirs is not None and theirs.made == state.statement:
            state.change_column(child.oid, theirs.number, not_null=True, null_set=state.statement)
            _mark_below(state, child.oid, name)


def _inherit_column(state: State, table: int, number: int) -> None:
    column = next(each for each in state.relations[table].columns if each.number == number)
    for child in state.children(table):
        before = child.column(column.name)
        if before is not None:
            if before.type != column.type:
                raise RefusedError(DATATYPE_MISMATCH, f"{child.name} has a column {column.name} of another type")
            state.change_column(child.oid, before.number, inherited=before.inherited + 1)
            continue
        copied = replace(
            column,
            number=child.next_number,
            local=False,
            inherited=1,
            not_null=False,
            default=column.default.moved(numbers_in(state, table, child)) if column.default is not None else None,
            identity=column.identity if child.is_partition and state.version >= IDENTITY_IN_PARTITIONS else "",
        )
        state.change(child, columns=(*child.columns, copied), next_number=child.next_number + 1)
        _inherit_column(state, child.oid, copied.number)


def set_default(state: State, table: Relation, act: Act, *, only: bool) -> None:
    """SET DEFAULT and DROP DEFAULT, on what inherits too."""
    column = column_of(table, act.name)
    if column.identity:
        raise RefusedError(SYNTAX_ERROR, f"{act.name} is an identity column")
    if column.generated:
        raise RefusedError(SYNTAX_ERROR, f"{act.name} is a generated column")
    default = default_of(state, act.expression, column.type) if act.expression is not None else None
    sequence = sequence_in(state, act.expression) if act.expression is not None else 0
    state.change_column(
        table.oid,
        column.number,
        default=default if not sequence else None,
        default_type=0,
        sequence=sequence,
        default_set=state.statement,
    )
    for child in () if only else state.children(table.oid):
        set_default(state, child, act, only=only)


def alter_type(state: State, table: Relation, act: Act, *, only: bool) -> None:
    """ALTER COLUMN TYPE: indexes and foreign keys are made anew."""
    column = column_of(table, act.name)
    if column.inherited:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{act.name} of {table.name} is inherited")
    if only and state.children(table.oid):
        raise RefusedError(INVALID_TABLE_DEFINITION, "the type must be changed in the tables that inherit too")
    want_from_here_alone(state, table, act.name)
    assert act.type is not None  # noqa: S101 - ALTER TYPE has one
    type_ref = type_of(state, act.type)
    if column.identity and not is_whole_number(type_ref):
        raise RefusedError(INVALID_PARAMETER_VALUE, f"{act.name} cannot be an identity column of this type")
    if column.generated and act.other:
        raise RefusedError(INVALID_COLUMN_DEFINITION, f"{act.name} is generated, for which USING has no meaning")
    if act.table:
        want_collatable(type_ref)
    want_no_member(state, type_ref, table)
    wanted = replace(column, type=type_ref, collation=act.table[-1] if act.table else None)
    _change_type(state, table, column, wanted)
    want_no_key_to_partition(state, table, column.number)
    renew_keys(state, [(each.oid, _number(each, act.name)) for each in with_heirs(state, table)])


def _number(table: Relation, name: str) -> int:
    """Give a column's number, 0 where the table has none of that name."""
    column = table.column(name)
    return column.number if column is not None else 0


def _change_type(state: State, table: Relation, column: Attribute, wanted: Attribute) -> None:
    number = column.number
    if table.is_partitioned_by(number):
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{column.name} is in the partition key of {table.name}")
    if any(each.generated and each.default and number in each.default.columns for each in table.columns):
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"a generated column is computed from {column.name}")
    if any(number in each.used for each in table.triggers):
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"a trigger of {table.name} uses {column.name}")
    if any(number in each.asked for each in table.rules):
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"a rule of {table.name} uses {column.name}")
    want_no_rule(state, table, column.name)
    want_no_view(state, table, column.name, cascade=False, refused=FEATURE_NOT_SUPPORTED)
    want_same_meaning(state, table, column, wanted)
    want_default_cast(state, column, wanted)
    state.change_column(
        table.oid,
        number,
        type=wanted.type,
        collation=None if wanted.collation == "default" else wanted.collation,
        type_set=state.statement,
        default_type=0 if column.default is None else column.default_type or base_of(state, column.type).oid,
    )
    _renew(state, table, column, wanted)
    for child in state.children(table.oid):
        inherited = child.column(column.name)
        if inherited is not None:
            _change_type(state, child, inherited, replace(wanted, number=inherited.number))


def _renew(state: State, table: Relation, column: Attribute, wanted: Attribute) -> None:
    """Make the indexes and checks anew that use a column, which is written anew as `wanted`.

    Constraints are made anew before indexes, in the order in which they became constraints.
    """
    number = column.number
    carried = {each.oid: constraint_of(state, each) for each in state.indexes_on(table.oid)}
    made = {oid: (False, each.oid) if each is not None else (True, 0) for oid, each in carried.items()}
    for index in sorted(state.indexes_on(table.oid), key=lambda each: made[each.oid]):
        fact = index.index
        assert fact is not None  # noqa: S101 - it is an index
        if number in fact.used:
            if not fact.valid and state.children(table.oid):
                raise DoubtfulError(f"the index {index.name}, which not every partition has, is made anew")
            _want_no_key_left(state, index, number)
            _want_usual_names(state, index)
            want_overlaps(state, fact, wanted)
            classes = tuple(
                _class_after(state, fact.method, said, column, wanted) if each == number else said
                for each, said in zip(fact.columns, fact.opclasses, strict=True)
            )
            state.change(index, index=replace(fact, opclasses=classes, labels=labels_now(table, fact)))
            state.renew_index(index.oid)
    for check in state.constraints_on(table.oid, "c"):
        if number in check.columns and not check.validated:
            _leave_unchecked(state, table, check.name)


def _leave_unchecked(state: State, table: Relation, name: str) -> None:
    """Mark what inherits a check NOT VALID, as which it is made anew."""
    for child in state.children(table.oid):
        inherited = state.constraint(child, name)
        if inherited is not None and inherited.inherited:
            state.change_constraint(inherited, validated=False)
            _leave_unchecked(state, child, name)


def _want_no_key_left(state: State, index: Relation, number: int) -> None:
    """Raise RefusedError where a foreign key that is not made anew itself depends on an index that is."""
    table = index.index.table if index.index is not None else 0
    keys = [state.constraints[oid] for oid in state.referencing.get(table, ())]
    if any(key.index == index.oid and number not in key.referenced_columns for key in keys):
        raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"a foreign key depends on the index {index.name}")


def _want_usual_names(state: State, index: Relation) -> None:
    """Raise DoubtfulError where partitions' indexes would be made anew under other names than they have."""
    for part in [each for each in state.relations.values() if each.index and each.index.parent == index.oid]:
        assert part.index is not None  # noqa: S101 - it is an index
        table = state.relations[part.index.table]
        carried = constraint_of(state, part)
        label = {"p": "pkey", "x": "excl"}.get(carried.kind, "key") if carried is not None else "idx"
        usual = object_name(table.name, "" if label == "pkey" else joined(part.index.labels), label)
        if part.name != usual:
            raise DoubtfulError(f"the index {part.name} of a partition is made anew and may get another name")


def _class_after(state: State, method: str, said: str, before: Attribute, after: Attribute) -> str:
    """Give an operator class after a change of type: a default one follows it."""
    return default_class(state, after.type, method) if said == default_class(state, before.type, method) else said


def drop_expression(state: State, table: Relation, act: Act, *, only: bool, below: bool = False) -> None:
    """DROP EXPRESSION: the column keeps its values and is computed no more; `below` tells of one that inherits."""
    column = column_of(table, act.name)
    children = state.children(table.oid)
    # PostgreSQL looks at each table below by itself, as with ONLY: nothing may inherit from one of those.
    if (only and children) or any(state.children(child.oid) for child in children):
        raise RefusedError(FEATURE_NOT_SUPPORTED, "the expression must go from the tables that inherit too")
    if not column.generated:
        if act.if_exists:
            return
        raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{act.name} is no generated column")
    if column.generated == "v":
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{act.name} is a virtual column")
    if column.inherited and not below:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{act.name} of {table.name} is inherited")
    state.change_column(table.oid, column.number, generated="", default=None, default_set=state.statement)
    for child in () if only else state.children(table.oid):
        drop_expression(state, child, act, only=only, below=True)


def set_expression(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001 - one signature for all actions
    """SET EXPRESSION (PostgreSQL 17 and later)."""
    column = column_of(table, act.name)
    if not column.generated or act.expression is None:
        raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{act.name} is no generated column")
    if column.generated == "v" and state.constraints_on(table.oid, "c"):
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{act.name} is virtual and {table.name} has checks")
    if state.children(table.oid):
        raise DoubtfulError("a new expression in tables that inherit is not followed")
    numbers = {each.name: each.number for each in table.columns}
    want_expression(state, act.expression, table, steady=True)
    state.change_column(
        table.oid,
        column.number,
        default=template(act.expression, numbers, table.name),
        default_set=state.statement,
    )
    if column.generated == "s":
        _renew(state, table, column, column)
        renew_keys(state, [(table.oid, column.number)])
