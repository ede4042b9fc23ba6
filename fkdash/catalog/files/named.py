"""What a statement only names has to be there: PostgreSQL refuses an INSERT, a GRANT or a COMMENT without it.

What extensions and migration tools bring no file tells, so that a name which may be theirs is not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.expressions import template, want_columns, without_queries
from fkdash.catalog.files.known_extensions import may_bring_relations
from fkdash.catalog.files.reading.nodes import TypeSaid
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.types import type_of
from fkdash.catalog.files.views import want_there
from fkdash.sqlstates import (
    DUPLICATE_COLUMN,
    FEATURE_NOT_SUPPORTED,
    GENERATED_ALWAYS,
    INVALID_COLUMN_REFERENCE,
    INVALID_SCHEMA_NAME,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    SYNTAX_ERROR,
    UNDEFINED_COLUMN,
    UNDEFINED_OBJECT,
    UNDEFINED_TABLE,
    WRONG_OBJECT_TYPE,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.reading.named_nodes import Named, Names
    from fkdash.catalog.files.reading.nodes import Name

_OF_POSTGRES: Final = frozenset({"pg_catalog", "information_schema", "pg_toast"})
_OF_TOOLS: Final = (
    "migration", "schema_version", "schema_history", "schema_revisions", "db_version", "alembic_version",
    "sequelizemeta", "databasechangelog", "phinxlog",
)  # fmt: skip
"""Parts of the names of tables in which tools keep what they have run: they make them by themselves."""
_SYSTEM: Final = {"ctid": -1, "xmin": -2, "cmin": -3, "xmax": -4, "cmax": -5, "tableoid": -6}
_KINDS: Final = {"S": "sequence", "v": "view", "m": "materialized view", "iI": "index", "f": "foreign table"}


def want_named(state: State, node: Names) -> None:
    """Raise where a statement names what is not there; DoubtfulError where something before was not understood."""
    want_all(state, node.named)


def want_all(state: State, named: Iterable[Named]) -> None:
    """Raise where one of what is named is not there, as `want_named`."""
    for each in named:
        _WANTED[each.kind](state, each)


def _missing(state: State, sqlstate: str, what: str) -> Exception:
    if state.doubted:
        return DoubtfulError(f"whether there is {what} is not known: something before it was not understood")
    return RefusedError(sqlstate, f"there is no {what.removeprefix('a ').removeprefix('an ')}")


def _may_be_anothers(state: State, name: Name) -> bool:
    """Tell whether a relation may be PostgreSQL's own, an extension's, or a migration tool's."""
    if name[-1].startswith("pg_") or (len(name) > 1 and name[-2] in _OF_POSTGRES):
        return True
    if may_bring_relations(state.extensions):
        return True
    return any(part in name[-1].lower() for part in _OF_TOOLS)


def _relation(state: State, named: Named) -> None:
    name = named.name
    found = state.find(name)
    if found is None:
        if not name or _may_be_anothers(state, name):
            return
        if len(name) > 1 and name[-2] not in state.schemas and not named.in_query:
            raise _missing(state, INVALID_SCHEMA_NAME, f"a schema {name[-2]}")
        raise _missing(state, UNDEFINED_TABLE, f"a {_KINDS.get(named.kinds, 'table')} {'.'.join(name)}")
    want_there(state, found)
    if found.kind not in named.kinds:
        wanted = _KINDS.get(named.kinds, "table")
        raise RefusedError(WRONG_OBJECT_TYPE, f"{'.'.join(name)} is no {wanted}")
    _columns(found, named)


def _columns(found: Relation, named: Named) -> None:
    if found.unknown or found.partial or found.kind in "vmS":
        return  # what columns a view has is not followed
    for at, column in enumerate(named.columns):
        if found.column(column) is None:
            raise RefusedError(UNDEFINED_COLUMN, f"there is no column {column} in {found.name}")
        if named.written and column in named.columns[:at]:
            raise RefusedError(DUPLICATE_COLUMN, f"the column {column} stands there twice")


def _row(state: State, named: Named) -> None:
    """Raise where VALUES has another number of values than the columns that are written."""
    found = state.find(named.name)
    if found is None or found.unknown or found.partial or (found.kind == "v" and not named.columns):
        return
    columns = len(named.columns) or len(found.columns)
    if named.values > columns or (named.columns and named.values < columns):
        raise RefusedError(SYNTAX_ERROR, f"there are {named.values} values for {columns} columns of {found.name}")


def _given(state: State, named: Named) -> None:
    """Raise RefusedError where a value is given for a column that makes its own; `partial` says OVERRIDING."""
    found = state.find(named.name)
    if found is None or found.unknown or found.kind not in "rpf":
        return
    names = named.columns or [column.name for column in found.columns[: named.values]]
    for column in found.columns:
        if column.name in names and (column.generated or (column.identity == "a" and not named.partial)):
            raise RefusedError(GENERATED_ALWAYS, f"{column.name} of {found.name} makes its values itself")


def _conflict(state: State, named: Named) -> None:
    """Raise where no unique index is over just the columns that ON CONFLICT has, with its condition."""
    found = state.find(named.name)
    if found is None or found.unknown or found.partial or found.kind not in "rp":
        return
    _columns(found, named)
    columns = {column.name: column.number for column in found.columns}
    numbers = {columns[name] for name in named.columns}
    facts = [each.index for each in state.indexes_on(found.oid) if each.index is not None]
    # That an index is deferrable makes only a row fail.
    facts = [each for each in facts if each.unique and not (each.overlaps or (each.deferrable and named.values))]
    facts = [each for each in facts if set(each.columns) == numbers and not each.expressions]
    if any(each.predicate is None for each in facts):
        return
    said = template(named.asked, columns, found.name) if named.asked is not None else None
    if said is not None and any(each.predicate and each.predicate.parts == said.parts for each in facts):
        return
    if facts and said is not None:
        raise DoubtfulError("whether the condition of ON CONFLICT is that of the unique index is not known")
    raise RefusedError(
        INVALID_COLUMN_REFERENCE, f"no unique index of {found.name} is over just ({', '.join(named.columns)})"
    )


def _unruled(state: State, named: Named) -> None:
    """Raise RefusedError for ON CONFLICT where a rule rewrites what is written."""
    found = state.find(named.name)
    rules = found.rules if found is not None else ()
    adding = [each for each in rules if each.event == "INSERT" and each.enabled in "OA" and not each.nothing]
    if found is not None and (adding or any(each.event == "UPDATE" for each in rules)):
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{found.name} has rules, with which there is no ON CONFLICT")


def _constraint(state: State, named: Named) -> None:
    """Raise RefusedError where ON CONFLICT cannot be told by a constraint; `written` says DO UPDATE."""
    found = state.find(named.name)
    if found is None or found.unknown or found.kind not in "rp":
        return
    [name] = named.columns
    constraint = state.constraint(found, name)
    if constraint is None:
        raise RefusedError(UNDEFINED_OBJECT, f"there is no constraint {name} on {found.name}")
    index = state.relations[constraint.index].index if constraint.kind in "pux" and constraint.index else None
    if index is None:
        raise RefusedError(WRONG_OBJECT_TYPE, f"no index goes with the constraint {name}")
    if named.values and (index.deferrable or constraint.deferrable):
        raise RefusedError(OBJECT_NOT_IN_PREREQUISITE_STATE, f"{name} is deferrable and tells no conflict")
    if named.written and (constraint.kind == "x" or index.overlaps):
        raise RefusedError(WRONG_OBJECT_TYPE, f"{name} excludes, so that DO UPDATE cannot be told by it")


def _asked(state: State, named: Named) -> None:
    """Raise where a condition or a value asks for a column that the table does not have."""
    found = state.find(named.name)
    if found is None or found.unknown or found.partial or found.kind not in "rpf" or named.asked is None:
        return
    [alias] = named.columns
    columns = {column.name: column.number for column in found.columns}
    want_columns(without_queries(named.asked), {**columns, **_SYSTEM}, alias)


def _emptied(state: State, named: Named) -> None:
    """Raise RefusedError where a table to be truncated is referred to by one that is not."""
    found = [relation for name in named.tables if (relation := state.find(name)) is not None]
    together = {each.oid for each in found}
    below = list(found)
    while below:
        children = [each for each in state.children(below.pop().oid) if each.oid not in together]
        together.update(each.oid for each in children)
        below += children
    for oid in together:
        for number in state.referencing.get(oid, ()):
            key = state.constraints[number]
            if key.table not in together and key.enforced:
                table, other = state.relations[oid].name, state.relations[key.table].name
                raise RefusedError(FEATURE_NOT_SUPPORTED, f"{key.name} of {other} refers to {table}")


def _schema(state: State, named: Named) -> None:
    [name] = named.name
    if name not in state.schemas and name not in _OF_POSTGRES and not may_bring_relations(state.extensions):
        raise _missing(state, INVALID_SCHEMA_NAME, f"a schema {name}")


def _extension(state: State, named: Named) -> None:
    if named.name[-1] not in state.extensions and named.name[-1] != "plpgsql":
        raise _missing(state, UNDEFINED_OBJECT, f"an extension {named.name[-1]}")


def _type(state: State, named: Named) -> None:
    if len(named.name) > 1 and named.name[-2] in _OF_POSTGRES:
        return
    try:
        type_of(state, TypeSaid(named.name))
    except RefusedError as error:
        raise _missing(state, error.sqlstate, f"a type {'.'.join(named.name)}") from error


def _on_table(state: State, named: Named) -> None:
    """Raise where a trigger, a policy or a rule of a table is not there."""
    table = state.find(named.name)
    if table is None:
        if _may_be_anothers(state, named.name):
            return
        raise _missing(state, UNDEFINED_TABLE, f"a table {'.'.join(named.name)}")
    [name] = named.columns
    if named.kind == "policy":
        where = ("policy", table.oid, f"{name}()")
        known = where in state.hanging or where in state.left
    elif named.kind == "trigger":
        known = any(each.name == name for each in table.triggers)
    else:
        known = table.kind in "vm" or any(each.name == name for each in table.rules)
    if not known and not table.unknown:
        raise _missing(state, UNDEFINED_OBJECT, f"a {named.kind} {name} of {table.name}")


_WANTED: Final[dict[str, Callable[[State, Named], None]]] = {
    "relation": _relation,
    "row": _row,
    "given": _given,
    "emptied": _emptied,
    "unruled": _unruled,
    "conflict": _conflict,
    "constraint": _constraint,
    "asked": _asked,
    "schema": _schema,
    "extension": _extension,
    "type": _type,
    "trigger": _on_table,
    "policy": _on_table,
    "rule": _on_table,
}
"""What is wanted of each kind of thing that a statement names."""
