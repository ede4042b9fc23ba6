"""Which rows one branch of a delete's way is about: by key and label, page by page in the order of the key."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.catalog.labels import label_columns
from fkdash.db.text import plain
from fkdash.preview.rows.blocked import RowIdentity
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.preview.blocked import PAGE_ROWS, identity_columns, named, values_of
from fkdash.tui.widgets.bars import ListBar
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.preview.model import DeleteTarget
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge


class PreviewRowsScreen(BaseScreen):
    """One list; `said` is the sentence above it, `total` the number of rows where it is known exactly."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.PREVIEW, keys.COPY, keys.EXPORT, keys.REFRESH]

    def __init__(
        self,
        database: Database,
        knowledge: Knowledge,
        target: DeleteTarget,
        key: ForeignKey,
        *,
        blocking: bool,
        said: str,
        total: int | None,
    ) -> None:
        super().__init__()
        self.database, self.knowledge, self.target, self.key = database, knowledge, target, key
        self._blocking, self._said, self._total = blocking, said, total
        self._table = knowledge.catalog.tables[key.table]
        self._labels = label_columns(self._table, database.options.label_columns)
        self._names = self._table.primary_key or ("tableoid", "ctid")
        self.list = RowList[RowIdentity](
            identity_columns(self._names, self._labels, lambda row: row),
            key=lambda row: row.key,
            empty="No row has been read yet.",
            id="rows-of-branch",
        )
        what = "in the way" if blocking else "on this way"
        self._bar = ListBar(self.list, f"{shown_name(key.table)} {what}")
        self._more = False

    @property
    def table_here(self) -> TableName | None:
        """The table whose rows are listed."""
        return self.key.table

    @property
    def reference_here(self) -> ForeignKey | None:
        """The foreign key under the cursor."""
        return self.key

    def body(self) -> Iterable[Widget]:
        """Give the list."""
        yield Frame(self._bar, self.list, id="left")

    def on_mount(self) -> None:
        """Read the first page."""
        self.consequence.tell(self._said)
        self.action_refresh()

    def action_refresh(self) -> None:
        """Read again from the beginning."""
        self.run_cancellable(partial(self._read, after=None), doing="Reading the rows", group="rows")

    async def _read(self, after: RowIdentity | None) -> None:
        from fkdash.preview.rows.branch import branch_rows  # loaded when it is wanted

        pool = await self.database.connection.pool()
        async with pool.session() as session:
            page = await branch_rows(
                session,
                self.knowledge.catalog,
                self.target,
                self.key,
                self._labels,
                blocking=self._blocking,
                after=after,
                limit=PAGE_ROWS,
            )
        self._more = page.more
        self.list.empty = "None any more: r reads again."
        self.list.show_rows([*(self.list.rows if after else ()), *page.items])
        whole = f" read of {self._total:,}" if self._total is not None else "+"
        self._bar.tell_beyond(whole if page.more else "")
        self.refresh_bindings()
        self.call_later(self._read_on)

    def on_row_list_arranged(self, event: RowList.Arranged) -> None:
        """Read on when the cursor stands at the end of what has been read."""
        super().on_row_list_arranged(event)
        self._read_on()

    def _read_on(self) -> None:
        place, count = self.list.position
        if self._more and count and place == count:
            self._more = False
            self.run_cancellable(partial(self._read, after=self.list.rows[-1]), doing="Reading on", group="rows")

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"preview", "copy", "export"} and self.list.row is None:
            return "no row has been read"
        if action == "preview" and not self._table.primary_key:
            return f"{shown_name(self.key.table)} has no primary key to name a row by"
        return super().why_not(action)

    def action_preview(self) -> None:
        """Show what deleting the row under the cursor would do."""
        from fkdash.preview.model import one_row  # loaded when it is wanted

        row = self.list.row
        if row is not None and not self.why_not("preview"):
            target = one_row(self.key.table, self._names, row.key)
            self.database.open_preview(self.knowledge, target, named=f"{shown_name(self.key.table)} {named(row)}")

    def action_copy(self) -> None:
        """Copy the keys that the list holds, one row a line."""
        self.copy("".join("\t".join(row.key) + "\n" for row in self.list.shown_rows))

    def action_export(self) -> None:
        """Write the rows that the list holds as CSV."""
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(map(plain, (*self._names, *self._labels)))
        writer.writerows([plain(value) for value in values_of(row)] for row in self.list.shown_rows)
        self.export(f"{self.key.name}-rows", ".csv", written.getvalue())
