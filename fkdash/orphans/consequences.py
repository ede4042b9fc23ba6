"""What the orphans of a reference make fail, from the catalog alone: in words, with the error that comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import listed
from fkdash.rules.actions.enforcement import check_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, Table
    from fkdash.orphans.references import Reference


def consequences(catalog: Catalog, reference: Reference) -> tuple[str, ...]:
    """Say what fails, or goes wrong without an error, while there are orphans."""
    return tuple(_consequences(catalog, reference))


def _consequences(catalog: Catalog, reference: Reference) -> Iterator[str]:
    key = reference.key
    table = catalog.tables[key.table]
    own, its = key.table.shown, key.referenced.shown
    yield from _proving(reference)
    if reference.declared and check_runs(catalog, key):
        written = listed(key.columns, " or ")
        yield f"writing another value that {its} lacks into {written} of such a row of {own} fails with 23503"
    for name, columns in _unique_places(table, key.columns):
        yield (
            f"each holds its place in {name}: once the row of {its} is there again, an INSERT of the same "
            f"({listed(columns)}) fails with 23505"
        )
    yield f"an inner join of {own} with {its} loses these rows without an error"
    holding = sorted(
        {f"{each.table.shown}.{each.shown}" for each in catalog.referencing.get(key.table, ()) if each.name}
    )
    if holding:
        yield f"rows hang on them by {', '.join(holding)}"


def _proving(reference: Reference) -> Iterator[str]:
    key = reference.key
    restored = "restoring a dump of this database fails at it with 23503"
    if not reference.declared:
        yield f"ALTER TABLE {key.table} ADD FOREIGN KEY ({listed(key.columns)}) fails with 23503"
    elif not key.enforced:
        yield f"enforcing {key.shown} fails with 23503"
    elif key.validated:
        yield f"VALIDATE CONSTRAINT {key.shown} returns without looking, as it is marked valid; {restored}"
    else:
        yield f"VALIDATE CONSTRAINT {key.shown} fails with 23503"


def _unique_places(table: Table, columns: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the unique indexes that hold a referencing column, with their columns."""
    numbers = {table.columns_by_name[name].number for name in columns}
    for index in table.indexes:
        if index.unique and 0 not in index.columns and numbers.intersection(index.columns):
            yield index.shown, tuple(table.columns_by_number[number].name for number in index.columns)
