"""What pictures are drawn of, taken from findings and held rows: the same in dashboard and report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Statement
from fkdash.pictures.bars import Bar
from fkdash.pictures.path import Hop
from fkdash.pictures.relations import Reference
from fkdash.report.names import shown_columns, shown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.preview.rows.blocked import BlockedRow
    from fkdash.rules.finding import Finding


def way_to_error(finding: Finding) -> tuple[str, tuple[Hop, ...], str] | None:
    """Give what `path` draws: from the deleted row to the error; None for what makes no delete fail."""
    if finding.error is None or Statement.DELETE not in finding.statements:
        return None
    way = finding.path or (finding.key,)
    hops = tuple(
        Hop(key.on_delete.value, shown_columns(key) if key is way[-1] else shown_name(key.table)) for key in way
    )
    return shown_name(way[0].referenced), hops, finding.error.sqlstate


def map_around(
    catalog: Catalog, table: TableName, conflicting: Callable[[ForeignKey], bool], here: ForeignKey | None = None
) -> tuple[str, tuple[Reference, ...], tuple[Reference, ...]]:
    """Give what `relation_map` draws: a table's references above and below, those that conflict marked, `here`."""

    def reference(key: ForeignKey, other: TableName) -> Reference:
        columns = ", ".join(key.columns)
        is_here = here is not None and key.qualified == here.qualified
        return Reference(shown_name(other), columns, key.on_delete.value, conflicts=conflicting(key), here=is_here)

    above = tuple(reference(key, key.referenced) for key in catalog.declared_on.get(table, ()))
    below = tuple(reference(key, key.table) for key in catalog.referencing.get(table, ()))
    return shown_name(table), above, below


def held_rows(rows: Iterable[BlockedRow]) -> tuple[Bar, ...]:
    """Give rows that cannot be deleted by their most telling label, with the number of rows that hold each."""
    return tuple(
        Bar(next((label for label in row.row.labels if label), ", ".join(row.row.key)), row.blocking_rows)
        for row in rows
    )
