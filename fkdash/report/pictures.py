"""What pictures are drawn of, taken from findings and held rows: the same in dashboard and report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.pictures.bars import Bar
from fkdash.pictures.path import Hop
from fkdash.report.names import shown_columns, shown_name
from fkdash.rules.finding import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def held_rows(rows: Iterable[BlockedRow]) -> tuple[Bar, ...]:
    """Give rows that cannot be deleted by their most telling label, with the number of rows that hold each."""
    return tuple(
        Bar(next((label for label in row.row.labels if label), ", ".join(row.row.key)), row.blocking_rows)
        for row in rows
    )
