"""Whom the conflict holds up: the referenced rows that cannot be deleted, and the rows that hold each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.widget import Widget

from fkdash.catalog.labels import label_columns
from fkdash.catalog.spelling import identity_of
from fkdash.db.text import plain
from fkdash.pictures.picture import bar, pen_for
from fkdash.preview.rows.blocked import BlockedRow, Impact, RowIdentity, blocked_rows, blocking_rows, impact
from fkdash.tui import keys
from fkdash.tui.knowledge import IMPACT_SECONDS
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import ListBar
from fkdash.tui.widgets.columns import ListColumn, RowT
from fkdash.tui.widgets.frame import BROAD, Frame
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.words import rows_of, shown_name

if TYPE_CHECKING:
    from textual.timer import Timer

    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge

PAGE_ROWS = 100
_KEY_CELLS, _LABEL_CELLS, _BAR_CELLS, _LEAST_BAR_CELLS = 8, 12, 14, 6
_MOST_HEADING_CELLS = 30
"""Numbers stand at the right end of their heading: a long one would push them out of sight."""
_REST_SECONDS = 0.15
"""How long the cursor must rest on a row before its blocking rows are asked for."""


class BlockedScreen(BaseScreen):
    """Two lists, each read page by page as the cursor reaches its end."""

    # Beside each other, both lists would have too few cells for keys, names and bars before that.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (BROAD, "-wide")]  # noqa: RUF012 - declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.OPEN_ROWS,
        keys.PREVIEW,
        keys.FIX,
        keys.COPY,
        keys.EXPORT,
        keys.REFRESH,
    ]

    def __init__(self, database: Database, knowledge: Knowledge, key: ForeignKey) -> None:
        super().__init__()
        self.database, self.knowledge, self.key = database, knowledge, key
        tables, chosen = knowledge.catalog.tables, database.options.label_columns
        self._referenced, self._referencing = tables[key.referenced], tables[key.table]
        self._referenced_labels = label_columns(self._referenced, chosen)
        self._referencing_labels = label_columns(self._referencing, chosen)
        self._referencing_key = self._referencing.primary_key or tuple(
            name.removeprefix("c.") for name, _ in identity_of(self._referencing)
        )
        self.blocked = RowList[BlockedRow](
            self._blocked_columns(), key=lambda row: row.row.key, empty="No row has been read yet.", id="blocked"
        )
        self.blocking = RowList[RowIdentity](
            self._blocking_columns(), key=lambda row: row.key, empty="No row has been read yet.", id="blocking"
        )
        self._blocked_bar = ListBar(self.blocked, f"{shown_name(key.referenced)} that cannot be deleted")
        self._blocking_bar = ListBar(self.blocking)
        self._impact = knowledge.impacts.get(key.qualified)
        self._more_blocked = self._more_blocking = False
        self._largest = 0
        self._rest: Timer | None = None

    @property
    def table_here(self) -> TableName | None:
        """The table whose rows are held back."""
        return self.key.referenced

    @property
    def subject(self) -> str:
        """The foreign key."""
        return self.key.qualified

    @property
    def reference_here(self) -> ForeignKey | None:
        """The foreign key under the cursor."""
        return self.key

    def body(self) -> Iterable[Widget]:
        """Give the two lists, one below the other."""
        yield Frame(self._blocked_bar, self.blocked, id="upper", over=True)
        yield Frame(self._blocking_bar, self.blocking, id="lower", under=True, beside=BROAD)

    def on_mount(self) -> None:
        """Read the first page."""
        self._tell_consequence()
        self.read()

    def read(self) -> None:
        """Read from the beginning."""
        self.run_cancellable(
            partial(self._read_blocked, after=None), doing="Reading whom it holds up", group="blocked"
        )

    async def _read_blocked(self, after: BlockedRow | None) -> None:
        pool = await self.database.connection.pool()
        async with pool.session() as session:
            page = await blocked_rows(
                session, self.knowledge.catalog, self.key, self._referenced_labels, after=after, limit=PAGE_ROWS
            )
        self._more_blocked = page.more
        if after is None and page.items:
            self._largest = page.items[0].blocking_rows
        self.blocked.empty = f"No row of {shown_name(self.key.referenced)} is held back."
        self.blocked.show_rows([*(self.blocked.rows if after else ()), *page.items])
        self._tell_counts()
        self.call_later(self._read_on, self.blocked)
        if after is None:
            self._impact = await impact(pool, self.knowledge.catalog, self.key, seconds=IMPACT_SECONDS)
            self._tell_consequence()
            self._tell_counts()

    async def _read_blocking(self, of: BlockedRow, after: RowIdentity | None) -> None:
        pool = await self.database.connection.pool()
        async with pool.session() as session:
            page = await blocking_rows(
                session,
                self.knowledge.catalog,
                self.key,
                of.row,
                self._referencing_labels,
                after=after,
                limit=PAGE_ROWS,
            )
        self._more_blocking = page.more
        self.blocking.empty = "None any more: r reads again."
        self.blocking.show_rows([*(self.blocking.rows if after else ()), *page.items])
        self._tell_counts()
        self.call_later(self._read_on, self.blocking)

    # What is said

    def _tell_consequence(self) -> None:
        referenced, table = self.key.referenced, self.key.table
        found: Impact | None = self._impact
        if found is None:
            self.consequence.tell(
                f"Which rows of {shown_name(referenced)} cannot be deleted, and which rows hold them."
            )
        elif found.referenced_rows is None or found.blocking_rows is None:
            self.consequence.tell(f"How many rows are held back is not known: {found.reason}.")
        elif not found.referenced_rows:
            self.consequence.tell(f"No row of {shown_name(referenced)} is held back: none is referred to.")
        else:
            whole = "" if found.all_rows is None else f" of {found.all_rows:,}"
            number = f"{'' if found.exact else 'at least '}{found.referenced_rows:,}"
            if found.every:
                cannot = f"{number}{whole} {shown_name(referenced)} cannot be deleted"
                self.consequence.tell(f"{cannot}, referred to by {shown_name(table)} or not.")
                return
            hold = "holds" if found.blocking_rows == 1 else "hold"
            blocking = rows_of(found.blocking_rows, table, exact=found.exact)
            them = "it" if found.referenced_rows == 1 else "them"
            self.consequence.tell(
                f"{number}{whole} {shown_name(referenced)} cannot be deleted; {blocking} {hold} {them}."
            )

    def _tell_counts(self) -> None:
        total = self._impact.referenced_rows if self._impact and self._impact.exact else None
        self._blocked_bar.tell_beyond(_beyond(total, more=self._more_blocked))
        row = self.blocked.row
        self._blocking_bar.tell_beyond(_beyond(row.blocking_rows if row else None, more=self._more_blocking))

    # What the cursor does

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        """Ask for the rows that hold the row under the cursor once it rests there."""
        if event.row_list is self.blocked:
            if self._rest is not None:
                self._rest.stop()
            row = self.blocked.row
            self._blocking_bar.tell_title(
                f"{shown_name(self.key.table)} that hold {named(row.row)}" if row else ""
            )
            self._rest = self.set_timer(_REST_SECONDS, self._read_blocking_of_row)

    def on_row_list_arranged(self, event: RowList.Arranged) -> None:
        """Read on when the cursor stands at the end of what has been read."""
        self._read_on(event.row_list)

    def _read_blocking_of_row(self) -> None:
        row = self.blocked.row
        if row is None:
            self.blocking.show_rows([])
        else:
            self.run_cancellable(
                partial(self._read_blocking, row, after=None),
                doing="Reading the rows that hold it",
                group="blocking",
            )

    def _read_on(self, row_list: RowList[BlockedRow] | RowList[RowIdentity]) -> None:
        place, count = row_list.position
        if place != count or not count:
            return
        if row_list is self.blocked and self._more_blocked:
            self._more_blocked = False
            self.run_cancellable(
                partial(self._read_blocked, after=self.blocked.rows[-1]), doing="Reading on", group="blocked"
            )
        elif row_list is self.blocking and self._more_blocking and self.blocked.row is not None:
            self._more_blocking = False
            self.run_cancellable(
                partial(self._read_blocking, self.blocked.row, after=self.blocking.rows[-1]),
                doing="Reading on",
                group="blocking",
            )

    # Actions

    def action_open_rows(self) -> None:
        """Go to the rows that hold the one under the cursor, and back."""
        (self.blocking if self.blocked.has_focus else self.blocked).focus()

    def action_preview(self) -> None:
        """Show everything that deleting the row under the cursor would do."""
        from fkdash.preview.model import DeleteTarget  # loaded when it is wanted

        row = self.blocked.row
        if row is not None:
            key = dict(zip(self.key.referenced_columns, row.row.key, strict=True))
            target = DeleteTarget(self.key.referenced, keys=(key,))
            name = f"{shown_name(self.key.referenced)} {named(row.row)}"
            self.database.open_preview(self.knowledge, target, named=name)

    def action_fix(self) -> None:
        """Show what can be changed."""
        self.database.open_fix(self.knowledge, self.key)

    def action_refresh(self) -> None:
        """Read again from the beginning."""
        self.read()

    def action_copy(self) -> None:
        """Copy the keys of the rows that the list with the focus holds, one row a line."""
        if self.blocking.has_focus:
            rows: Sequence[tuple[str, ...]] = [row.key for row in self.blocking.shown_rows]
        else:
            rows = [row.row.key for row in self.blocked.shown_rows]
        self.copy("".join("\t".join(row) + "\n" for row in rows))

    def action_export(self) -> None:
        """Write the rows of the list with the focus into a file, tab-separated under their columns' names."""
        names, rows = self._focused_table()
        lines = [names, *rows]
        self.export(f"{self.key.name}-rows", ".tsv", "".join("\t".join(map(plain, row)) + "\n" for row in lines))

    def _focused_table(self) -> tuple[Sequence[str], list[Sequence[str]]]:
        if self.blocking.has_focus:
            names = [*self._referencing_key, *self._referencing_labels]
            return names, [values_of(row) for row in self.blocking.shown_rows]
        names = [*self.key.referenced_columns, *self._referenced_labels, "blocking_rows"]
        return names, [[*values_of(row.row), str(row.blocking_rows)] for row in self.blocked.shown_rows]

    # Columns

    def _blocked_columns(self) -> list[ListColumn[BlockedRow]]:
        title = f"{shown_name(self.key.table)} holding it"
        if cell_len(plain(title)) > _MOST_HEADING_CELLS:
            title = "rows holding it"  # whose they are stands above the other list
        return [
            *identity_columns(self.key.referenced_columns, self._referenced_labels, lambda row: row.row),
            ListColumn(title, lambda row: f"{row.blocking_rows:,}", len(title), right=True),
            ListColumn(
                "",
                lambda row: self._bar(row, _BAR_CELLS),
                _LEAST_BAR_CELLS,
                priority=9,
                tone=lambda _: "bar",
                drawn=self._bar,
            ),
        ]

    def _bar(self, row: BlockedRow, cells: int) -> str:
        """Draw how many rows hold it, to the scale of the one that most hold; that one comes first."""
        largest = max(self._largest, row.blocking_rows)
        return bar(row.blocking_rows, largest, cells, pen_for(ascii_only=self.blocked.glyphs.ascii_only))

    def _blocking_columns(self) -> list[ListColumn[RowIdentity]]:
        return identity_columns(self._referencing_key, self._referencing_labels, lambda row: row)


def identity_columns(
    key_names: Sequence[str], label_names: Sequence[str], identity: Callable[[RowT], RowIdentity]
) -> list[ListColumn[RowT]]:
    """Give the columns that identify a row, then those by which a person recognises it."""

    def key_text(number: int) -> Callable[[RowT], str]:
        return lambda row: identity(row).key[number]

    def label_text(number: int) -> Callable[[RowT], str]:
        return lambda row: _shown_value(identity(row).labels[number])

    keys_shown = [
        ListColumn(name, key_text(number), _KEY_CELLS, patient=True) for number, name in enumerate(key_names)
    ]
    labels_shown = [
        ListColumn(name, label_text(number), _LABEL_CELLS, priority=number)
        for number, name in enumerate(label_names)
    ]
    return [*keys_shown, *labels_shown]


def values_of(row: RowIdentity) -> Sequence[str]:
    """Give a row's key and labels as text."""
    return [*row.key, *(value or "" for value in row.labels)]


def _shown_value(value: str | None) -> str:
    return "NULL" if value is None else value


def named(row: RowIdentity) -> str:
    """Give a row by its most telling label and its key."""
    told = next((f'"{label}" ' for label in row.labels if label), "")
    return f"{told}{', '.join(row.key)}"


def _beyond(total: int | None, *, more: bool) -> str:
    if not more:
        return ""
    return f" read of {total:,}" if total is not None else "+"
