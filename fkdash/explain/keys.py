"""Finds the foreign keys that an error can be about: by name, by structure, by the statement that they ran."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action
from fkdash.catalog.table_name import TableName
from fkdash.explain.clues import Clues, Kind
from fkdash.explain.statements import Doing
from fkdash.rules.actions.cascades import node
from fkdash.rules.actions.ways import ways_from
from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.explain.statements import OwnStatement

_ON_DELETE: Final = {
    Doing.DELETE: Action.CASCADE,
    Doing.SET_NULL: Action.SET_NULL,
    Doing.SET_DEFAULT: Action.SET_DEFAULT,
}
_ON_UPDATE: Final = {
    Doing.UPDATE: Action.CASCADE,
    Doing.SET_NULL: Action.SET_NULL,
    Doing.SET_DEFAULT: Action.SET_DEFAULT,
}


@once_per_catalog
def _keys_by_name(catalog: Catalog) -> Mapping[str, tuple[ForeignKey, ...]]:
    found: dict[str, list[ForeignKey]] = {}
    for key in catalog.foreign_keys:
        for name in dict.fromkeys((key.name, *(copy.name for copy in key.copies))):
            found.setdefault(name, []).append(key)
    return {name: tuple(keys) for name, keys in found.items()}


@once_per_catalog
def _keys_by_referencing(catalog: Catalog) -> Mapping[str, tuple[ForeignKey, ...]]:
    found: dict[str, list[ForeignKey]] = {}
    for key in catalog.foreign_keys:
        for name in referencing_names(catalog, key):
            found.setdefault(name, []).append(key)
    return {name: tuple(keys) for name, keys in found.items()}


def referencing_names(catalog: Catalog, key: ForeignKey) -> frozenset[str]:
    """Give what a message may call the referencing table: itself or a partition."""
    return _names(catalog, key.table) | {copy.table.name for copy in key.copies}


def referenced_names(catalog: Catalog, key: ForeignKey) -> frozenset[str]:
    """Give what a message may call the referenced table: itself or a partition."""
    return _names(catalog, key.referenced) | {copy.referenced.name for copy in key.copies}


def _names(catalog: Catalog, name: TableName) -> frozenset[str]:
    if name not in catalog.tables:
        return frozenset({name.name})
    return frozenset(table.name.name for table in catalog.with_partitions(name))


def named(catalog: Catalog, clues: Clues) -> tuple[ForeignKey, ...]:
    """Give the foreign keys that are called what the error says and are declared where it says."""
    candidates = [
        key
        for key in _keys_by_name(catalog).get(clues.constraint, ())
        if (not clues.table or clues.table in referencing_names(catalog, key))
        and (not clues.referenced or clues.referenced in referenced_names(catalog, key))
    ]
    return narrowed(catalog, candidates, clues)


def by_structure(catalog: Catalog, clues: Clues) -> tuple[ForeignKey, ...]:
    """Give the foreign keys between the tables and over the columns that the error tells of, of any name."""
    if not clues.table or not (clues.referenced or clues.columns):
        return ()
    between = [
        key
        for key in _keys_by_referencing(catalog).get(clues.table, ())
        if not clues.referenced or clues.referenced in referenced_names(catalog, key)
    ]
    said = set(clues.columns)
    theirs = [key for key in between if not said or said == set(key.referenced_columns)]
    mine = [key for key in between if not said or said == set(key.columns)]
    # Where it is not said which way a key is violated, nor whose columns are told, its own are likelier.
    found = theirs if clues.kind is Kind.HELD else mine or (theirs if clues.kind is Kind.KEY else [])
    return narrowed(catalog, found, clues)


def by_columns(catalog: Catalog, clues: Clues) -> tuple[ForeignKey, ...]:
    """Give the foreign keys over the columns that the error tells of, and to the table if it tells of one."""
    columns = set(clues.columns)
    found = [
        key
        for key in catalog.foreign_keys
        if set(key.columns) == columns
        and (not clues.referenced or clues.referenced in referenced_names(catalog, key))
    ]
    return narrowed(catalog, found, clues)


def narrowed(catalog: Catalog, keys: Iterable[ForeignKey], clues: Clues) -> tuple[ForeignKey, ...]:
    """Leave out what the rest of the error speaks against, as long as something is left."""
    left = tuple(dict.fromkeys(keys))
    said = set(clues.names)
    spoken = {statement.table for statement in clues.own}
    schemas = {schema for schema, _ in spoken}
    start = statement_table(catalog, clues)
    parts = clues.statement[1] if clues.statement else ()

    @cache
    def below() -> Collection[TableName]:
        return ways_from(catalog, start) if start is not None else ()

    def columns_of(key: ForeignKey) -> bool:
        held = set(clues.columns) == set(key.referenced_columns)
        missing = set(clues.columns) == set(key.columns)
        return {Kind.HELD: held, Kind.DETACHED: missing, Kind.MISSING: missing}.get(clues.kind, held or missing)

    tests: tuple[tuple[bool, Callable[[ForeignKey], bool]], ...] = (
        (bool(said), lambda key: {key.table.name, key.referenced.name} <= said),
        (bool(said), lambda key: key.table.name in said or not said.isdisjoint(referencing_names(catalog, key))),
        (bool(clues.schema), lambda key: clues.schema == key.table.schema),
        (bool(said), lambda key: key.table.schema in said),
        (bool(spoken), lambda key: tuple(key.referenced) in spoken or tuple(key.table) in spoken),
        (bool(schemas), lambda key: key.table.schema in schemas),
        (bool(clues.columns), columns_of),
        (len(parts) > 1, lambda key: parts[0] in {key.referenced.schema, key.table.schema}),
        (start is not None, lambda key: node(catalog, key.referenced) in below()),
    )
    for applies, test in tests:
        if applies and len(left) > 1:
            left = tuple(filter(test, left)) or left
    return left


def ran(catalog: Catalog, statement: OwnStatement) -> tuple[ForeignKey, ...]:
    """Give the foreign keys that run this statement as they are declared now."""
    return tuple(key for key in over(catalog, statement) if _does(key, statement))


def over(catalog: Catalog, statement: OwnStatement) -> tuple[ForeignKey, ...]:
    """Give the foreign keys over the table and columns of a statement, whatever their actions are now."""
    name = TableName(*statement.table)
    table = catalog.tables.get(name)
    if table is not None and not set(statement.columns) <= set(table.columns_by_name):
        # A name that was cut off or that its quotation marks do not delimit says nothing.
        statement = replace(statement, columns=())
    if statement.doing is Doing.FIND_REFERENCED:
        return tuple(
            key
            for key in catalog.foreign_keys
            if node(catalog, key.referenced) == node(catalog, name)
            and (not statement.columns or set(statement.columns) == set(key.referenced_columns))
        )
    return tuple(
        key
        for key in catalog.foreign_keys
        if (key.table == name or node(catalog, key.table) == node(catalog, name))
        and (not statement.columns or set(statement.columns) == set(key.columns))
        and (statement.other is None or tuple(key.referenced) == statement.other)
    )


def _does(key: ForeignKey, statement: OwnStatement) -> bool:
    if statement.doing in {Doing.FIND_REFERENCED, Doing.VALIDATE}:
        return True
    if statement.doing is Doing.FIND_REFERENCING:
        return not {key.on_delete, key.on_update}.isdisjoint(
            {Action.NO_ACTION, Action.RESTRICT, Action.SET_DEFAULT}
        )
    on_delete = key.on_delete == _ON_DELETE.get(statement.doing)
    return on_delete or key.on_update == _ON_UPDATE.get(statement.doing)


def by_update(key: ForeignKey, statement: OwnStatement) -> bool:
    """Tell whether a key runs this statement because a referenced key changed, and for nothing else."""
    return key.on_update == _ON_UPDATE.get(statement.doing) and key.on_delete != _ON_DELETE.get(statement.doing)


def statement_table(catalog: Catalog, clues: Clues) -> TableName | None:
    """Give the table of the operator's own DELETE or UPDATE; None where it has none or is not known."""
    if clues.statement is None or clues.statement[0] == "INSERT":
        return None
    return table_called(catalog, clues.statement[1], schema=clues.own[0].table[0] if clues.own else "public")


def table_called(catalog: Catalog, parts: tuple[str, ...], *, schema: str = "public") -> TableName | None:
    """Give the table that a statement calls this, the one in `schema` where several are; a model's name too.

    None where several are and none is there: search_path decides, which is not known.
    """
    found = [name for name in catalog.tables if name[-len(parts) :] == parts]
    if not found:
        folded = tuple(part.lower() for part in parts)
        found = [name for name in catalog.tables if tuple(part.lower() for part in name[-len(parts) :]) == folded]
    chosen = [name for name in found if name.schema == schema]
    return next(iter(chosen), found[0] if len(found) == 1 else None)


def written_table(catalog: Catalog, clues: Clues) -> TableName | None:
    """Give the table that the operator's own INSERT or UPDATE wrote; there it needs no action to fail.

    None beside a foreign key's own statement, which tells which key it was.
    """
    if clues.statement is None or clues.statement[0] not in {"INSERT", "UPDATE", "MERGE"} or clues.own:
        return None
    parts = clues.statement[1]
    found = [name for name in catalog.tables if name[-len(parts) :] == parts]
    return found[0] if len(found) == 1 else None
