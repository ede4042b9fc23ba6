"""NOT NULL: a mark of the column, from PostgreSQL 18 on a constraint with a name as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.facts import Constraint
from fkdash.catalog.files.state import EVERY_CONSTRAINT, RefusedError, State
from fkdash.sqlstates import (
    DATATYPE_MISMATCH,
    FEATURE_NOT_SUPPORTED,
    INVALID_TABLE_DEFINITION,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    SYNTAX_ERROR,
)
from fkdash.versions import NOT_NULL_CONSTRAINTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.reading.nodes import ConstraintSaid


def not_null_of(state: State, table: int, number: int) -> Constraint | None:
    """Give a column's NOT NULL constraint (PostgreSQL 18 and later)."""
    return next((each for each in state.constraints_on(table, "n") if each.columns == (number,)), None)


def set_not_null(
    state: State,
    table: int,
    number: int,
    name: str | None = None,
    *,
    local: bool = True,
    inherited: int = 0,
    validated: bool = True,
    no_inherit: bool = False,
    recurse: bool = True,
    added: bool = False,
) -> None:
    """Forbid NULL in a column, and in those that inherit from it; `added` wants no NOT VALID one to be there."""
    relation = state.relations[table]
    column = next(each for each in relation.columns if each.number == number)
    found = not_null_of(state, table, number)
    if state.version >= NOT_NULL_CONSTRAINTS:
        if found is None:
            _name_it(state, relation, number, name, (local, inherited, validated, no_inherit))
        elif added and no_inherit != found.no_inherit:
            said = "is" if found.no_inherit else "is not"
            raise RefusedError(
                OBJECT_NOT_IN_PREREQUISITE_STATE, f"{found.name} of {relation.name} {said} NO INHERIT"
            )
        elif added and validated and not found.validated:
            raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{found.name} of {relation.name} is NOT VALID")
        elif name is not None and local and found.name != name:
            raise RefusedError(
                OBJECT_NOT_IN_PREREQUISITE_STATE,
                f"{relation.name}.{column.name} has a NOT NULL constraint {found.name}",
            )
        else:
            state.change_constraint(
                found,
                local=found.local or local,
                inherited=found.inherited + inherited,
                validated=found.validated or validated,
            )
    if not column.not_null:
        state.change_column(table, number, not_null=True, null_set=state.statement)
    if not recurse or no_inherit:
        return
    for child in state.children(table):
        theirs = child.column(column.name)
        if theirs is not None and not (found is not None and theirs.not_null):
            made = not_null_of(state, table, number)
            set_not_null(
                state,
                child.oid,
                theirs.number,
                made.name if made is not None and not_null_of(state, child.oid, theirs.number) is None else None,
                local=False,
                inherited=1,
                validated=validated,
                added=added,
            )


def forbid_null_in_key(
    state: State, table: int, number: int, *, recurse: bool = True, of_index: bool = False
) -> None:
    """Forbid NULL in a column of a primary key; a NOT NULL that is there stays inherited, unless made `of_index`.

    Before PostgreSQL 18 one that is added in the same statement has said so itself.
    """
    column = next(each for each in state.relations[table].columns if each.number == number)
    said = state.version < NOT_NULL_CONSTRAINTS and column.made == state.statement
    new = not_null_of(state, table, number) is None
    set_not_null(state, table, number, local=new or of_index, recurse=recurse and not said, added=True)


def said_again(
    before: tuple[str | None, bool] | None, said: ConstraintSaid, column: str, *, partitioned: bool = False
) -> tuple[str | None, bool]:
    """Give name and NO INHERIT of a NOT NULL that a new table says, maybe once more: it is one constraint then.

    A primary key says it too.
    """
    name = said.name if said.kind == "n" else None
    if said.no_inherit and partitioned:
        raise RefusedError(FEATURE_NOT_SUPPORTED, "NOT NULL of a partitioned table is inherited")
    if before is None:
        return name, said.no_inherit
    if before[1] != said.no_inherit:
        raise RefusedError(SYNTAX_ERROR, f"NOT NULL of {column} is both inherited and not")
    if before[0] is not None and name not in {None, before[0]}:
        raise RefusedError(SYNTAX_ERROR, f"NOT NULL of {column} has two names")
    return before[0] or name, said.no_inherit


def inherit_not_nulls(
    state: State,
    table: Relation,
    parent: Relation,
    said: Mapping[str, tuple[str | None, bool]],
) -> None:
    """Forbid NULL in a new table where its parent does; `said` is what it says itself."""
    for theirs in parent.columns:
        mine = table.column(theirs.name)
        if not theirs.not_null or mine is None:
            continue
        above = not_null_of(state, parent.oid, theirs.number)
        if above is not None and above.no_inherit:
            continue
        given = said.get(theirs.name)
        if above is not None and given is not None and given[1]:
            raise RefusedError(DATATYPE_MISMATCH, f"NOT NULL of {theirs.name} is inherited from {parent.name}")
        free = above is not None and state.constraint(table, above.name, EVERY_CONSTRAINT) is None
        name = above.name if above is not None and given is None and free else None
        set_not_null(state, table.oid, mine.number, name, local=False, inherited=1)


def _name_it(
    state: State, relation: Relation, number: int, name: str | None, facts: tuple[bool, int, bool, bool]
) -> None:
    column = next(each for each in relation.columns if each.number == number)
    local, inherited, validated, no_inherit = facts
    state.add_constraint(
        Constraint(
            state.new_oid(),
            relation.schema,
            name or state.constraint_name(relation.schema, relation.name, column.name, "not_null"),
            "n",
            relation.oid,
            (number,),
            validated=validated,
            no_inherit=no_inherit,
            local=local,
            inherited=inherited,
            made=state.statement,
        )
    )


def drop_not_null(state: State, table: int, number: int, *, recurse: bool = True) -> None:
    """Allow NULL in a column again; raises RefusedError where a key or an identity needs it not to be.

    Before PostgreSQL 18 each table that inherits is asked, whatever those above say of NULL.
    """
    relation = state.relations[table]
    column = next(each for each in relation.columns if each.number == number)
    named = state.version >= NOT_NULL_CONSTRAINTS
    if named and not column.not_null:
        return
    if column.identity:
        raise RefusedError(SYNTAX_ERROR, f"{column.name} is an identity column")
    if any(number in key.columns for key in state.constraints_on(table, "p")):
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{column.name} is in a primary key")
    if any(
        each.index and each.index.replica_identity and number in each.index.columns
        for each in state.indexes_on(table)
    ):
        raise RefusedError(
            INVALID_TABLE_DEFINITION, f"{column.name} is in the index that identifies rows for replicas"
        )
    for parent in relation.parents:
        theirs = state.relations[parent].column(column.name)
        if theirs is not None and theirs.not_null and relation.is_partition:
            raise RefusedError(INVALID_TABLE_DEFINITION, f"{column.name} is marked NOT NULL in the parent table")
    constraint = not_null_of(state, table, number)
    if constraint is not None:
        if constraint.inherited:
            raise RefusedError(INVALID_TABLE_DEFINITION, f"{constraint.name} is inherited")
        state.remove_constraint(constraint)
    if column.not_null:
        state.change_column(table, number, not_null=False, null_set=state.statement)
    # What inherits the column of one that is not inherited has the mark alone, and keeps it.
    for child in state.children(table) if constraint is None or not constraint.no_inherit else ():
        inherited = child.column(column.name)
        if inherited is not None and (inherited.not_null or not named):
            _uninherit(state, child.oid, inherited.number, keep=not recurse)


def _uninherit(state: State, table: int, number: int, *, keep: bool) -> None:
    """Take away what a table inherits of NOT NULL; `keep` makes it the table's own."""
    constraint = not_null_of(state, table, number)
    if constraint is None:
        if not keep:
            drop_not_null(state, table, number)
        return
    left = state.change_constraint(
        constraint, inherited=max(constraint.inherited - 1, 0), local=constraint.local or keep
    )
    if not left.inherited and not left.local:
        drop_not_null(state, table, number)
