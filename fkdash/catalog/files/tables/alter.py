"""ALTER TABLE: the actions of a statement, sorted into PostgreSQL's passes (ATPrepCmd), and what each does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from fkdash.catalog.files import identities
from fkdash.catalog.files.possible import want_expression
from fkdash.catalog.files.reading.nodes import Act
from fkdash.catalog.files.state import EVERY_CONSTRAINT, DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables import (
    alter_columns,
    alter_constraints,
    alter_names,
    partitions,
    properties,
    typed,
)
from fkdash.catalog.files.tables.checks import add_check
from fkdash.catalog.files.tables.columns import column_of
from fkdash.catalog.files.tables.descent import want_reaching
from fkdash.catalog.files.tables.dropped_columns import drop_column
from fkdash.catalog.files.tables.foreign_keys import add_foreign_key
from fkdash.catalog.files.tables.keys import add_key
from fkdash.catalog.files.tables.merged_keys import merged_keys
from fkdash.catalog.files.tables.not_nulls import drop_not_null, not_null_of, set_not_null
from fkdash.catalog.files.tables.sayable import want_sayable
from fkdash.catalog.files.types import is_whole_number, type_of
from fkdash.sqlstates import (
    DUPLICATE_OBJECT,
    FEATURE_NOT_SUPPORTED,
    INVALID_PARAMETER_VALUE,
    INVALID_TABLE_DEFINITION,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    SYNTAX_ERROR,
    UNDEFINED_OBJECT,
    WRONG_OBJECT_TYPE,
)
from fkdash.versions import KEY_TRIGGERS_ON_PARTITIONED, NOT_NULL_CONSTRAINTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from fkdash.catalog.files.facts import Attribute, Relation
    from fkdash.catalog.files.reading.nodes import AlterTable, ConstraintSaid

(
    _DROPS, _TYPES, _COLUMNS, _PROPERTIES, _ADDED_NULLS, _CONSTRAINT_NULLS, _ADDED_KEYS, _KEYS, _OTHERS,
    _ADDED_OTHERS, _CONSTRAINTS, _REST,
) = range(12)  # fmt: skip
"""What PostgreSQL does first of several actions (AT_PASS_…); what columns bring comes before what is added."""
_PASSES: Final = {
    "drop column": _DROPS,
    "drop constraint": _DROPS,
    "drop not null": _DROPS,
    "drop identity": _DROPS,
    "drop expression": _DROPS,
    "alter type": _TYPES,
    "add column": _COLUMNS,
    "set expression": _COLUMNS,
    "set not null": _PROPERTIES,
    "add identity": _OTHERS,
}
_OF_TABLES_ALONE: Final = frozenset(
    {
        "add column",
        "drop column",
        "alter type",
        "set not null",
        "drop not null",
        "add constraint",
        "drop constraint",
    }
)
_KINDS: Final = {
    "table": "rpfvmSiI",
    "view": "vrpf",
    "materialized view": "m",
    "foreign table": "f",
}


def alter_table(state: State, said: AlterTable) -> None:
    """Carry out ALTER TABLE, and ALTER VIEW and the like as far as it matters."""
    relation = state.find(said.name)
    if relation is None and said.if_exists:
        return
    relation = state.relation(said.name, _KINDS.get(said.kind, "rpfvm"))
    if relation.kind in "vmSiI":
        for act in said.acts:
            _alter_other_kind(state, relation, act)
        return
    typed.want_not_typed(relation, said.acts)
    _want_types_once(state, relation, said.acts)
    steps: list[tuple[int, Callable[[], None]]] = []
    for act in said.acts:
        _plan(state, relation.oid, act, steps, only=said.only)
    for _, step in sorted(steps, key=lambda step: step[0]):
        step()


def alter_with_type(state: State, table: Relation, act: Act) -> None:
    """Carry out on a typed table what is done to its type."""
    steps: list[tuple[int, Callable[[], None]]] = []
    _plan(state, table.oid, act, steps, only=False)
    for _, step in sorted(steps, key=lambda step: step[0]):
        step()


def _want_types_once(state: State, table: Relation, acts: Sequence[Act]) -> None:
    """Raise RefusedError where a column gets another type, and then one more, or one that no identity has."""
    seen: dict[str, Act] = {}
    for act in acts:
        if act.what != "alter type":
            continue
        before, column = seen.get(act.name), table.column(act.name)
        identity = column is not None and bool(column.identity)
        # The sequence is looked at before anything is done, be it that the identity is dropped.
        if identity and act.type is not None and not is_whole_number(type_of(state, act.type)):
            raise RefusedError(INVALID_PARAMETER_VALUE, f"{act.name} cannot be an identity column of this type")
        said = before.type if before is not None else None
        if said is not None and column is not None and type_of(state, said) != column.type:
            raise RefusedError(FEATURE_NOT_SUPPORTED, f"the type of {act.name} is altered twice")
        seen[act.name] = act


def _alter_other_kind(state: State, relation: Relation, act: Act) -> None:
    if act.what in {"rename", "set schema"}:
        _one(state, relation.oid, act, only=False)
    elif relation.kind in "vm" and act.what in _OF_TABLES_ALONE:
        raise RefusedError(WRONG_OBJECT_TYPE, f"{relation.name} is a view, of which nothing can {act.what}")
    elif act.what == "rename column" or relation.kind in "vm":
        return
    else:
        raise DoubtfulError(f"{act.what} of {relation.name} is not followed")


def _plan(state: State, table: int, act: Act, steps: list[tuple[int, Callable[[], None]]], *, only: bool) -> None:
    if act.what == "add column":
        _plan_column(state, table, act, steps, only=only)
    elif act.what == "add constraint":
        assert act.constraint is not None  # noqa: S101 - ADD CONSTRAINT has one
        want_sayable(state, act.constraint)
        if act.constraint.kind == "p" and not only:
            columns = act.constraint.columns
            known = [each.name for each in state.relations[table].columns if each.not_null]
            steps.append((_CONSTRAINT_NULLS, lambda: _forbid_nulls_in_key(state, table, columns, known)))
        steps.append(_constraint_step(state, table, act.constraint, act.constraint.columns, only=only))
    else:
        number = _PASSES.get(act.what, _REST)
        if act.what == "set default":
            number = _OTHERS if act.expression is not None else _DROPS
        steps.append((number, lambda: _one(state, table, act, only=only)))


def _plan_column(
    state: State, table: int, act: Act, steps: list[tuple[int, Callable[[], None]]], *, only: bool
) -> None:
    said = act.column
    assert said is not None  # noqa: S101 - ADD COLUMN has one
    if act.if_exists and state.relations[table].is_partition:
        raise RefusedError(WRONG_OBJECT_TYPE, "columns of a partition come from its table")
    for each in said.constraints:
        want_sayable(state, each)
    made: list[bool] = []

    def add() -> None:
        # The same statement may have added it before, or dropped it.
        if not (act.if_exists and state.relations[table].column(said.name) is not None):
            alter_columns.add_column(state, table, said, only=only)
            made.append(True)

    def if_made(step: Callable[[], None]) -> Callable[[], None]:
        return lambda: step() if made else None

    steps.append((_COLUMNS, add))
    steps.append((_ADDED_NULLS, if_made(lambda: alter_columns.forbid_null_in_added(state, table, said))))
    if any(each.not_valid and each.kind == "f" for each in said.constraints):
        raise DoubtfulError("NOT VALID on a column that is added is not followed")
    keys = sorted((each for each in said.constraints if each.kind in "pu"), key=lambda each: each.kind != "p")
    merged = [each for each, _ in merged_keys((each, (said.name,)) for each in keys)]
    for each in (*merged, *(each for each in said.constraints if each.kind in "cf")):
        _, step = _constraint_step(state, table, each, (said.name,), only=only)
        steps.append((_ADDED_KEYS if each.kind in "pu" else _ADDED_OTHERS, if_made(step)))


def _constraint_step(
    state: State, table: int, said: ConstraintSaid, columns: tuple[str, ...], *, only: bool
) -> tuple[int, Callable[[], None]]:
    number = {"n": _CONSTRAINT_NULLS, "p": _KEYS, "u": _KEYS, "x": _KEYS}.get(said.kind, _CONSTRAINTS)
    return number, lambda: _add_constraint(state, state.relations[table], said, columns, only=only)


def _forbid_nulls_in_key(state: State, table: int, columns: tuple[str, ...], known: Collection[str]) -> None:
    """Forbid NULL in the columns of a primary key that is added: it is asked for before the key is.

    From PostgreSQL 18 on what forbade it before the statement, `known`, has to be there still.
    """
    for name in columns:
        column = state.relations[table].column(name)
        forbids = not_null_of(state, table, column.number) if column is not None else None
        if forbids is not None and (forbids.no_inherit or not forbids.validated):
            raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{forbids.name} does not fit a primary key")
        if column is not None and not column.not_null:
            if name in known and state.version >= NOT_NULL_CONSTRAINTS:
                raise RefusedError(INVALID_TABLE_DEFINITION, f"{name} of the primary key is not NOT NULL any more")
            set_not_null(state, table, column.number, added=True)


def _add_constraint(
    state: State, table: Relation, said: ConstraintSaid, columns: tuple[str, ...], *, only: bool
) -> None:
    if said.kind == "c" and said.expression is not None:
        want_expression(state, said.expression, table)
    want_reaching(state, table, said, columns, only=only)
    if said.kind == "f":
        if only and table.kind == "p" and state.children(table.oid):
            raise RefusedError(WRONG_OBJECT_TYPE, "ONLY is not for a foreign key of a partitioned table")
        add_foreign_key(state, table, said, columns, checked=False)
    elif said.kind == "c":
        named = state.constraint(table, said.name or "", EVERY_CONSTRAINT)
        if named is not None and not named.inherited:
            raise RefusedError(DUPLICATE_OBJECT, f"there is a constraint {said.name} already")
        add_check(state, table, said, may_be_unchecked=True)
    elif said.kind == "n":
        if state.version < NOT_NULL_CONSTRAINTS:
            raise RefusedError(SYNTAX_ERROR, "NOT NULL constraints by name are known from PostgreSQL 18 on")
        column = column_of(table, columns[0])
        set_not_null(
            state,
            table.oid,
            column.number,
            said.name,
            validated=not said.not_valid,
            no_inherit=said.no_inherit,
            added=True,
        )
    else:
        add_key(state, table, said, columns, only=only and table.kind == "p")


def _one(state: State, table: int, act: Act, *, only: bool) -> None:
    relation = state.relations[table]
    handler = _HANDLERS.get(act.what)
    if handler is None:
        raise DoubtfulError(f"{act.what} is not followed")
    handler(state, relation, act, only=only)


def _set_not_null(state: State, table: Relation, act: Act, *, only: bool) -> None:
    column = column_of(table, act.name)
    children = state.children(table.oid) if only else []
    if children and table.kind == "p" and _lacks_not_null(state, column, children):
        raise RefusedError(INVALID_TABLE_DEFINITION, "the constraint must be added to the tables that inherit too")
    there = not_null_of(state, table.oid, column.number)
    if there is not None and there.no_inherit and not only:
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{there.name} of {table.name} is not inherited")
    alone = bool(children) and state.version >= NOT_NULL_CONSTRAINTS and not column.not_null
    set_not_null(state, table.oid, column.number, recurse=not only, no_inherit=alone)


def _lacks_not_null(state: State, column: Attribute, partitions: list[Relation]) -> bool:
    """Tell whether NOT NULL of a partitioned table alone would be missing below it."""
    if state.version >= NOT_NULL_CONSTRAINTS:
        return not column.not_null
    return any(not (each.column(column.name) or column).not_null for each in partitions)


def _drop_not_null(state: State, table: Relation, act: Act, *, only: bool) -> None:
    column = column_of(table, act.name)
    if only and state.version < NOT_NULL_CONSTRAINTS and table.kind == "p" and state.children(table.oid):
        raise RefusedError(INVALID_TABLE_DEFINITION, "the constraint must be dropped from the partitions too")
    drop_not_null(state, table.oid, column.number, recurse=not only)


def _enable_trigger(state: State, table: Relation, act: Act, *, only: bool) -> None:
    everything = act.name in {"all", "user"}
    if not everything and act.name not in {each.name for each in table.triggers}:
        raise RefusedError(UNDEFINED_OBJECT, f"there is no trigger {act.name} on {table.name}")
    triggers = tuple(
        replace(each, enabled=act.other, made=state.statement) if everything or each.name == act.name else each
        for each in table.triggers
    )
    deferred = any(each.deferrable for each in state.constraints_on(table.oid, "pu"))
    if act.name == "all" and deferred and table.kind == "p" and state.version < KEY_TRIGGERS_ON_PARTITIONED:
        raise DoubtfulError("the triggers of deferrable keys of a partitioned table are not followed")
    changed = state.change(table, triggers=triggers)
    if act.name == "all":
        keys = [
            *(each.oid for each in state.constraints_on(table.oid, "f")),
            *state.referencing.get(table.oid, ()),
        ]
        _silence(state, changed, keys, act.other)
    chosen = [each for each in table.triggers if each.row and (everything or each.name == act.name)]
    for child in state.children(table.oid) if table.kind == "p" else ():
        if state.version < KEY_TRIGGERS_ON_PARTITIONED:
            # One by one, and by name, whatever it is called there.
            for each in chosen:
                _enable_trigger(state, state.relations[child.oid], replace(act, name=each.name), only=only)
        else:
            roots = {each.root for each in chosen}
            for each in [each for each in child.triggers if each.parent and each.root in roots]:
                _enable_trigger(state, state.relations[child.oid], replace(act, name=each.name), only=only)


def _silence(state: State, table: Relation, keys: Sequence[int], enabled: str) -> None:
    """Say how the triggers of foreign keys on a table fire, and those that partitions have of them."""
    chosen = [oid for oid in dict.fromkeys(keys) if state.constraints[oid].enforced]
    others = {oid: each for oid, each in table.silenced if oid not in chosen}
    now = {} if enabled == "O" else dict.fromkeys(chosen, enabled)
    state.change(state.relations[table.oid], silenced=tuple({**others, **now}.items()))
    for child in state.children(table.oid) if table.kind == "p" else ():
        below = [
            *(each.oid for each in state.constraints_on(child.oid, "f")),
            *state.referencing.get(child.oid, ()),
        ]
        of_these = [oid for oid in below if state.constraints[oid].parent in chosen]
        if of_these and state.version >= KEY_TRIGGERS_ON_PARTITIONED:
            _silence(state, child, of_these, enabled)


def _enable_rule(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001
    if all(each.name != act.name for each in table.rules):
        raise RefusedError(UNDEFINED_OBJECT, f"there is no rule {act.name} on {table.name}")
    rules = tuple(
        replace(each, enabled=act.other, made=state.statement) if each.name == act.name else each
        for each in table.rules
    )
    state.change(table, rules=rules)


def _attach(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001 - one signature for all
    partitions.attach_partition(state, table, act.table, act.other)


def _detach(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001
    if act.other:
        raise DoubtfulError("DETACH CONCURRENTLY leaves a check like the bound, which is not followed")
    partitions.detach_partition(state, table, act.table)


def _inherit(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001
    partitions.inherit(state, table, act.table)


def _disinherit(state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001
    partitions.disinherit(state, table, act.table)


def _name_column(_state: State, table: Relation, act: Act, *, only: bool) -> None:  # noqa: ARG001
    """SET STATISTICS, STORAGE and the like change nothing that is followed."""
    column = column_of(table, act.name)
    if act.other == "statistics" and column.generated == "v":
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{act.name} is virtual and has no statistics")


class _Handler(Protocol):
    def __call__(self, state: State, table: Relation, act: Act, /, *, only: bool) -> None: ...


_HANDLERS: Final[dict[str, _Handler]] = {
    "drop column": drop_column,
    "of type": typed.make_typed,
    "not of type": typed.make_untyped,
    "name column": _name_column,
    "set default": alter_columns.set_default,
    "alter type": alter_columns.alter_type,
    "add identity": identities.add_identity,
    "drop identity": identities.drop_identity,
    "set generated": identities.set_generated,
    "drop expression": alter_columns.drop_expression,
    "set expression": alter_columns.set_expression,
    "set not null": _set_not_null,
    "drop not null": _drop_not_null,
    "drop constraint": alter_constraints.drop_constraint,
    "validate constraint": alter_constraints.validate,
    "alter constraint": alter_constraints.alter_constraint,
    "rename constraint": alter_constraints.rename_constraint,
    "rename": alter_names.rename,
    "rename column": alter_names.rename_column,
    "set schema": alter_names.set_schema,
    "row security": properties.row_security,
    "force row security": properties.row_security,
    "replica identity": properties.replica_identity,
    "set logged": properties.set_logged,
    "enable trigger": _enable_trigger,
    "enable rule": _enable_rule,
    "attach partition": _attach,
    "detach partition": _detach,
    "inherit": _inherit,
    "no inherit": _disinherit,
}
