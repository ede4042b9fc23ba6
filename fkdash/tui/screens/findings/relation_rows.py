"""The references of a table as a tree: who refers to it, and what it refers to. Pure functions of a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from fkdash.counted import counted
from fkdash.fact import fact
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.words import ACTION_TONES, shown_columns, shown_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName

Direction = Literal["in", "out"]
_DEEPEST = 3
_ARROWS: dict[Direction, str] = {"in": "<-", "out": "->"}


@fact
class Relation:
    """A foreign key on the way from the tree's table; `table` is the one at its other end.

    `again` says that this table stands further up already, so that its own references are not repeated.
    """

    way: tuple[ForeignKey, ...]
    direction: Direction
    table: TableName
    again: bool = False

    @property
    def key(self) -> ForeignKey:
        """The foreign key itself."""
        return self.way[-1]

    @property
    def depth(self) -> int:
        """1 for the references of the tree's own table."""
        return len(self.way)


def relations(catalog: Catalog, table: TableName) -> tuple[Relation, ...]:
    """Give first what refers to a table, then what it refers to, each at most three references away."""
    return (*_grown(catalog, table, "in", (), {table}), *_grown(catalog, table, "out", (), {table}))


def _grown(
    catalog: Catalog, table: TableName, direction: Direction, way: tuple[ForeignKey, ...], seen: set[TableName]
) -> Iterator[Relation]:
    keys = (catalog.referencing if direction == "in" else catalog.declared_on).get(table, ())
    for key in sorted(keys, key=lambda key: (key.table, key.referenced, key.name)):
        other = key.table if direction == "in" else key.referenced
        further = (*way, key)
        yield Relation(further, direction, other, again=other in seen)
        if other not in seen and len(further) < _DEEPEST:
            seen.add(other)
            yield from _grown(catalog, other, direction, further, seen)


def relations_in_words(catalog: Catalog, table: TableName) -> str:
    """Give the number of references in both directions."""
    incoming, outgoing = catalog.referencing.get(table, ()), catalog.declared_on.get(table, ())
    there = (
        counted(len(incoming), "foreign keys refer", "foreign key refers") if incoming else "No foreign key refers"
    )
    own = f"{len(outgoing):,}" if outgoing else "none"
    return f"{there} to {shown_name(table)}; it has {own} of its own."


def relation_columns() -> list[ListColumn[Relation]]:
    """Give the list's columns."""
    return [
        ListColumn("table", _branch, 20),
        ListColumn("foreign key", lambda row: shown_columns(row.key), 16, priority=2),
        ListColumn(
            "on delete", lambda row: row.key.on_delete.value, 11, tone=lambda row: ACTION_TONES[row.key.on_delete]
        ),
        ListColumn("on update", lambda row: row.key.on_update.value, 11, priority=1),
    ]


def _branch(row: Relation) -> str:
    again = " (above)" if row.again else ""
    return f"{'  ' * (row.depth - 1)}{_ARROWS[row.direction]} {shown_name(row.table)}{again}"
