"""Words for a foreign key that is not there: it could not be added, or the error is of another database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import listed, quoted, visible
from fkdash.explain.clues import Clues, Kind
from fkdash.explain.keys import table_called

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, Table
    from fkdash.catalog.table_name import TableName


def could_not_be_added(catalog: Catalog, clues: Clues) -> tuple[str, str] | None:
    """Give a headline and the way to the rows that keep a foreign key from being added, else None."""
    if clues.kind is not Kind.MISSING or not clues.columns:
        return None
    added = clues.added
    schema = added.table[0] if added is not None and len(added.table) > 1 else clues.schema or "public"
    table = table_called(catalog, (clues.table,), schema=schema)
    other = added.referenced[-1] if added is not None else clues.referenced
    if not other:
        return None
    of = added.referenced[0] if added is not None and len(added.referenced) > 1 else schema
    referenced = table_called(catalog, (other,), schema=of)
    if table is None or referenced is None or not set(clues.columns) <= set(catalog.tables[table].columns_by_name):
        return None
    columns = added.columns if added is not None and set(added.columns) == set(clues.columns) else clues.columns
    theirs = added.referenced_columns if added is not None else ()
    if not theirs:
        theirs = catalog.tables[referenced].primary_key if added is not None else ()
        theirs = theirs or _referred_to(catalog.tables[referenced], columns)
    if len(theirs) != len(columns) or not set(theirs) <= set(catalog.tables[referenced].columns_by_name):
        return None
    because = (
        "it could not be added, because"
        if added is not None
        else "if it was to be added (a migration, pg_restore), it could not be, because"
    )
    headline = (
        f"There is no {clues.constraint} here: {because} rows of {table.shown} have a "
        f"{_one_or_all(columns)} that is not in "
        f"{referenced.shown} ({listed(theirs)})."
    )
    query = _query(
        _alone(catalog, table),
        columns,
        _alone(catalog, referenced),
        theirs,
        period=_overlaps(catalog, referenced, theirs),
    )
    return headline, f"These rows: {query}"


def _referred_to(table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Give a key's columns, as many as refer to it and in their order; () where none is known.

    The primary key is likelier than others, and columns of one name belong together, as in tenants' keys.
    """
    keys = [
        index for index in table.indexes if index.unique and index.predicate is None and 0 not in index.columns
    ]
    for index in sorted(keys, key=lambda each: not each.primary):
        names = [table.columns_by_number[number].name for number in index.columns]
        if len(names) == len(columns):
            rest = iter([name for name in names if name not in columns])
            return tuple(name if name in names else next(rest) for name in columns)
    return ()


def _overlaps(catalog: Catalog, referenced: TableName, theirs: tuple[str, ...]) -> bool:
    """Tell whether what is referred to is a key WITHOUT OVERLAPS, the only unique kind that GiST carries."""
    table = catalog.tables[referenced]
    return any(
        index.unique
        and index.method == "gist"
        and [table.columns_by_number[number].name for number in index.columns if number] == list(theirs)
        for index in table.indexes
    )


def _one_or_all(columns: tuple[str, ...]) -> str:
    return visible(columns[0]) if len(columns) == 1 else f"({listed(columns)})"


def _alone(catalog: Catalog, name: TableName) -> str:
    """Spell a table so that rows of inheriting tables, which no foreign key sees, are left out."""
    return f"ONLY {name.sql}" if name in catalog.heirs else name.sql


def _query(table: str, columns: tuple[str, ...], referenced: str, theirs: tuple[str, ...], *, period: bool) -> str:
    pairs = [f"r.{quoted(b)} = c.{quoted(a)}" for a, b in zip(columns, theirs, strict=True)]
    there = " AND ".join(pairs)
    if period:
        at, during = f"c.{quoted(columns[-1])}", f"r.{quoted(theirs[-1])}"
        # A period is referred to where rows together cover all of it.
        there = " AND ".join([*pairs[:-1], f"{during} && {at} HAVING {at} <@ range_agg({during})"])
    filled = " AND ".join(f"c.{quoted(name)} IS NOT NULL" for name in columns)
    return (
        f"SELECT * FROM {table} c WHERE {filled} AND NOT EXISTS (SELECT FROM {referenced} r "
        f"WHERE {there}) LIMIT 100;"
    )
