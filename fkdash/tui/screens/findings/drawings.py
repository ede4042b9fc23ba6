"""What is shown rather than said of a foreign key: the way to the error, who holds most, what is around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.counted import counted
from fkdash.errors import FkdashError, UnreachableError
from fkdash.pictures.bars import Bar, bars
from fkdash.pictures.path import path
from fkdash.pictures.picture import Span
from fkdash.pictures.relations import relation_map
from fkdash.report import drawn_from
from fkdash.tui.widgets.drawing import Drawing
from fkdash.tui.words import fails_deletes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.db.session import Sessions
    from fkdash.pictures.picture import Pen, Picture
    from fkdash.preview.rows.blocked import BlockedRow, Impact
    from fkdash.rules.finding import Finding
    from fkdash.tui.knowledge import Knowledge

LARGEST = 3
"""How many of the rows that are held by most are shown."""
_HELD_SECONDS = 2.0


async def largest_held_rows(
    sessions: Sessions, catalog: Catalog, key: ForeignKey, chosen: Mapping[str, tuple[str, ...]]
) -> Sequence[BlockedRow]:
    """Give the referenced rows that most others hold; none where they may not be read or it takes long."""
    from fkdash.catalog.labels import label_columns  # not before the first frame
    from fkdash.preview.rows.blocked import blocked_rows

    labels = label_columns(catalog.tables[key.referenced], chosen)
    try:
        async with sessions.session(_HELD_SECONDS) as session:
            return (await blocked_rows(session, catalog, key, labels, limit=LARGEST)).items
    except UnreachableError:
        raise
    except FkdashError:
        return ()


def way_to_error(finding: Finding) -> Drawing | None:
    """Give the way from the deleted row to the error, None for what is no failing delete."""
    way = drawn_from.way_to_error(finding)
    return Drawing(path, way) if way is not None else None


def largest_held(rows: Sequence[BlockedRow], impact: Impact) -> Drawing | None:
    """Give the rows that most others hold, as bars, and how many more are held."""
    if not rows:
        return None
    items = drawn_from.held_rows(rows[:LARGEST])
    more = (impact.referenced_rows or 0) - len(items)
    beyond = f"{'' if impact.exact else 'at least '}{counted(more, 'more', 'more')}: b" if more > 0 else ""
    return Drawing(_bars_with_rest, (items, beyond))


def _bars_with_rest(items: tuple[Bar, ...], beyond: str, width: int, pen: Pen) -> Picture:
    return tuple((Span("  "), *row) for row in bars(items, width - 2, pen, beyond=beyond))


def map_of(knowledge: Knowledge, table: TableName, here: ForeignKey | None = None) -> Drawing:
    """Give the references of a table as a map, those that make deletes fail marked, and `here`."""

    def conflicts(key: ForeignKey) -> bool:
        return any(map(fails_deletes, knowledge.findings_of(key)))

    return Drawing(relation_map, drawn_from.map_around(knowledge.catalog, table, conflicts, here))
