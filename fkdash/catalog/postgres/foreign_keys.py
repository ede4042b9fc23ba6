"""Makes foreign keys of rows that hold many alike, with names for OIDs and attribute numbers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from fkdash.catalog.action import ACTION_BY_LETTER, Match
from fkdash.catalog.model import Copy, ForeignKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fkdash.catalog.model import Column
    from fkdash.catalog.postgres.columns import ColumnsByTable
    from fkdash.catalog.table_name import TableName
    from fkdash.db.session import Row


def used_columns(rows: Iterable[Row]) -> Mapping[int, set[int]]:
    """Give the attribute numbers of the referencing columns by their table's OID."""
    used: defaultdict[int, set[int]] = defaultdict(set)
    for row in rows:
        for table in row["tables"]:
            used[table].update(row["columns"])
    return used


def with_heirs(
    used: Mapping[int, set[int]], tables: Iterable[Row], columns: ColumnsByTable
) -> Mapping[int, set[int]]:
    """Give the same with the columns of inheriting tables that are called alike: no key reaches there."""
    found = dict(used)
    for row in tables:
        above = () if row["is_partition"] else row["parents"] or ()
        names = {columns[oid][number].name for oid in above for number in used.get(oid, ()) if oid in columns}
        if names:
            own = {number for number, column in columns.get(row["oid"], {}).items() if column.name in names}
            found[row["oid"]] = found.get(row["oid"], set()) | own
    return found


def foreign_keys_of(
    rows: Sequence[Row],
    names: Mapping[int, TableName],
    columns: ColumnsByTable,
    operators: Mapping[int, str],
) -> tuple[ForeignKey, ...]:
    """Give the foreign keys between the tables of `names`, in the order they were made in."""
    copies = _copies([row for row in rows if row["parent"]], names)
    found = [key for row in rows if not row["parent"] for key in _alike(row, names, columns, operators, copies)]
    return tuple(sorted(found, key=attrgetter("oid")))


def every_key_of(
    rows: Sequence[Row],
    names: Mapping[int, TableName],
    columns: ColumnsByTable,
    operators: Mapping[int, str],
) -> tuple[ForeignKey, ...]:
    """Give the foreign keys and, each by itself, the copies of them that are kept for partitions."""
    at = {oid: (row, table) for row in rows for oid, table in zip(row["oids"], row["tables"], strict=True)}
    found = []
    for row in rows:
        for key in _alike(row, names, columns, operators, {}):
            listed = _listed_at_the_top(row, at, columns) if row["parent"] and row["delete_columns"] else None
            found.append(key if listed is None else replace(key, delete_columns=listed))
    return tuple(found)


def _listed_at_the_top(
    row: Row, at: Mapping[int, tuple[Row, int]], columns: ColumnsByTable
) -> tuple[str, ...] | None:
    """Give the column list of the key that a partition's copy is of: the copy has that table's numbers."""
    top: tuple[Row, int] | None = None
    while row["parent"] in at:
        top = at[row["parent"]]
        row = top[0]
    return None if top is None else _names(columns[top[1]], top[0]["delete_columns"])


def _alike(
    row: Row,
    names: Mapping[int, TableName],
    columns: ColumnsByTable,
    operators: Mapping[int, str],
    copies: Mapping[int, tuple[Copy, ...]],
) -> Iterator[ForeignKey]:
    """Give the foreign keys that one row holds."""
    on_delete, on_update = ACTION_BY_LETTER[row["on_delete"]], ACTION_BY_LETTER[row["on_update"]]
    match = Match.FULL if row["match"] == "f" else Match.SIMPLE
    own, theirs, deleted = row["columns"], row["referenced_columns"], row["delete_columns"] or ()
    same = (row["deferrable"], row["initially_deferred"], row["validated"], row["enforced"], row["period"])
    compared = tuple(operators[oid] for oid in row["operators"] or ())
    for oid, name, table, referenced, index in zip(
        row["oids"], row["names"], row["tables"], row["referenced"], row["indexes"], strict=True
    ):
        if table not in names or referenced not in names:
            continue
        # By position: it is twice as fast, and there are very many.
        yield ForeignKey(
            name,
            names[table],
            _names(columns[table], own),
            names[referenced],
            _names(columns[referenced], theirs),
            on_delete,
            on_update,
            # A copy for a partition has the numbers of the table above, which may be none of its own columns.
            _names(columns[table], [each for each in deleted if each in columns[table]]) if deleted else (),
            match,
            *same,
            row["comment"],
            index or None,
            compared,
            copies.get(oid, ()),
            oid,
        )


def _names(columns: Mapping[int, Column], numbers: Sequence[int]) -> tuple[str, ...]:
    if not numbers:
        return ()
    if len(numbers) == 1:
        return (columns[numbers[0]].name,)
    return tuple([columns[number].name for number in numbers])


def _copies(rows: Iterable[Row], names: Mapping[int, TableName]) -> Mapping[int, tuple[Copy, ...]]:
    """Give what is kept for partitions by the OID of the foreign key at the top, in the order made in."""
    parent_of: dict[int, int] = {}
    found: list[Copy] = []
    for row in rows:
        for oid, name, table, referenced in zip(
            row["oids"], row["names"], row["tables"], row["referenced"], strict=True
        ):
            if table in names and referenced in names:
                parent_of[oid] = row["parent"]
                found.append(Copy(name, names[table], names[referenced], validated=row["validated"], oid=oid))
    copies: defaultdict[int, list[Copy]] = defaultdict(list)
    for copy in sorted(found, key=attrgetter("oid")):
        root = parent_of[copy.oid]
        while root in parent_of:
            root = parent_of[root]
        copies[root].append(copy)
    return {root: tuple(each) for root, each in copies.items()}
