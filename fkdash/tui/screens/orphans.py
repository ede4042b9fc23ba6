"""Which rows are already broken: every reference that does not guarantee its rows, counted one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.catalog.confirmed_references import spelled_reference
from fkdash.catalog.table_name import visible
from fkdash.counted import counted
from fkdash.tui import keys
from fkdash.tui.knowledge import knowing_confirmed
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.row_list import LOOKING, RowList
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_columns, shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.errors import NotRun
    from fkdash.orphans.scan import ScannedReference
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.widgets.painting import Tone

_SECONDS = 30.0
_SAMPLES = 20


class OrphansScreen(BaseScreen):
    """References with their orphans, the most first, as they are counted; f leads to what repairs them."""

    FEW_ROWS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.OPEN,
        keys.FIX,
        keys.PREVIEW,
        keys.EVERY_KEY,
        keys.COPY,
        keys.EXPORT,
        keys.REFRESH,
    ]

    def __init__(self, database: Database, knowledge: Knowledge) -> None:
        super().__init__()
        self.database, self.knowledge = database, knowledge
        self._catalog: Catalog = knowledge.catalog
        self._every = False
        self._found: list[ScannedReference] = []
        self._total = 0
        self.list = RowList["ScannedReference"](
            [
                ListColumn("orphans", _number, 10, right=True, tone=_tone),
                ListColumn("reference", lambda each: shown_columns(each.reference.key), 24),
                ListColumn("to", lambda each: shown_name(each.reference.key.referenced), 14, priority=1),
                ListColumn(
                    "foreign key",
                    lambda each: visible(each.reference.key.name) if each.reference.key.name else "not declared",
                    16,
                    priority=2,
                    patient=True,
                ),
            ],
            key=lambda each: (
                each.reference.key.qualified,
                each.reference.key.columns,
                each.reference.key.referenced,
            ),
            empty=LOOKING,
            id="orphans",
        )
        self._title, self.pane = RuleLine(), TextPane(id="detail")

    @property
    def not_run(self) -> tuple[NotRun, ...]:
        """What counting did not run."""
        return tuple(dict.fromkeys(refused for each in self._found for refused in each.orphans.not_run))

    @property
    def table_here(self) -> TableName | None:
        """The referencing table under the cursor."""
        return self.list.row.reference.key.table if self.list.row is not None else None

    @property
    def reference_here(self) -> ForeignKey | None:
        """The foreign key under the cursor."""
        return self.list.row.reference.key if self.list.row is not None else None

    def body(self) -> Iterable[Widget]:
        """Give the references, and what is known of the orphans of one."""
        yield Frame(ListBar(self.list, "references"), self.list, id="left", over=True)
        yield Frame(self._title, self.pane, id="right", under=True)

    def on_mount(self) -> None:
        """Look."""
        self.action_refresh()

    def action_refresh(self) -> None:
        """Count again."""
        self._found = []
        self.list.empty = LOOKING
        self.list.show_rows([])
        self._tell()
        self.run_cancellable(self._read, doing="Counting rows that refer to nothing", group="orphans")

    def action_read_all(self) -> None:
        """Count for every foreign key, also those that guarantee their rows; and back."""
        self._every = not self._every
        self.action_refresh()

    async def _read(self) -> None:
        from fkdash.orphans.references import doubtful, every  # loaded when it is wanted
        from fkdash.orphans.scan import scan

        self._catalog, wrong = knowing_confirmed(self.knowledge.catalog)
        if wrong:
            self.say(wrong)
        references = every(self._catalog) if self._every else doubtful(self._catalog)
        self._total = len(references)
        pool = await self.database.connection.pool()
        await scan(
            pool,
            self._catalog,
            references,
            seconds=_SECONDS,
            labels=self.database.options.label_columns,
            samples=_SAMPLES,
            jobs=2,
            heard=self._heard,
        )
        self.list.empty = "No reference looks as if it could have orphans; A looks at every foreign key."
        self.list.show_rows(self._in_order())
        self._tell(over=True)
        self.refresh_bindings()

    def _heard(self, each: ScannedReference) -> None:
        self._found.append(each)
        self.list.show_rows(self._in_order())
        self._tell()

    def _in_order(self) -> list[ScannedReference]:
        """Put the most orphans first, then what is not known, then what is clean."""
        return sorted(self._found, key=lambda each: (each.orphans.rows == 0, -(each.orphans.rows or 0)))

    def _tell(self, *, over: bool = False) -> None:
        rows = sum(each.orphans.rows or 0 for each in self._found)
        broken = sum(1 for each in self._found if each.orphans.rows)
        unknown = sum(1 for each in self._found if each.orphans.status != "complete")
        said = f"{counted(rows, 'rows refer', 'row refers')} to a row that does not exist"
        said += f", in {counted(broken, 'references')}." if broken else "."
        if unknown:
            said += f" Of {counted(unknown, 'references')} it is not known in full."
        if not over:
            said = f"{len(self._found):,} of {self._total:,} references counted: {said} ctrl+c cancels."
        self.consequence.tell(said, "error" if rows else "warning" if unknown else "plain")

    def unanswered(self) -> None:
        """Say that not everything was looked at."""
        left = self._total - len(self._found)
        self.list.empty = "Nothing was counted; r counts again."
        self._tell(over=not left)

    def on_row_list_moved(self) -> None:
        """Show what is known of the orphans of the reference under the cursor."""
        from fkdash.report.orphans import arrow, count_words, details, standing, why

        each = self.list.row
        if each is None:
            self._title.tell("")
            self.pane.show([])
            return
        self._title.tell(standing(each.reference))
        self.pane.show(
            [
                arrow(each.reference.key),
                count_words(each.orphans),
                *why(each.reference),
                *details(each, self._catalog),
            ]
        )
        self.refresh_bindings()

    def on_row_list_opened(self) -> None:
        """Lead to what repairs the orphans of the reference clicked."""
        self.action_fix()

    def action_open(self) -> None:
        """Go to the options, as f does."""
        self.action_fix()

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"open", "fix", "preview", "copy"} and self.list.row is None:
            return "there is no reference"
        if action in {"open", "fix"} and self.list.row is not None and not _known(self.list.row):
            entry = f"[references] {spelled_reference(self._key)}"
            return f"no constraint declares it; is it one? In fkdash.toml {entry} confirms it"
        if action == "export" and not self._found:
            return "nothing has been counted yet"
        return super().why_not(action)

    def action_preview(self) -> None:
        """Ask what deleting referenced rows would do."""
        if self.list.row is not None:
            self.database.open_preview(self.knowledge, self.list.row.reference.key.referenced)

    def action_fix(self) -> None:
        """Go to the options for the key under the cursor, also for what a confirmed reference would become."""
        row = self.list.row
        if row is None or self.why_not("fix"):
            return
        if row.reference.declared:
            self.database.open_fix(self.knowledge, row.reference.key)
        else:
            self.run_cancellable(self._declare, doing="Looking how the two sides compare", group="declare")

    async def _declare(self) -> None:
        from fkdash.catalog.postgres.equality import compared  # loaded when it is wanted
        from fkdash.fix.declare import to_declare

        pool = await self.database.connection.pool()
        async with pool.session() as session:
            key = await compared(session, self._catalog, to_declare(self._catalog, self._key))
        self.database.open_fix(self.knowledge, key)

    @property
    def _key(self) -> ForeignKey:
        """The reference under the cursor."""
        assert self.list.row is not None  # noqa: S101 - asked where there is one
        return self.list.row.reference.key

    def action_copy(self) -> None:
        """Copy what is known of the reference under the cursor."""
        if self.list.row is not None:
            self.copy(self.pane.text)

    def action_export(self) -> None:
        """Write what was counted so far as the document that scripts read."""
        import json  # loaded when it is wanted

        from fkdash.report.orphans import orphans_document

        self.export(
            "orphans", ".json", json.dumps(orphans_document(self._in_order(), self._catalog), indent=2) + "\n"
        )


def _number(each: ScannedReference) -> str:
    if each.orphans.rows is None:
        return "?"
    return f"{each.orphans.rows:,}" + ("" if each.orphans.status == "complete" else "+")


def _known(each: ScannedReference) -> bool:
    return each.reference.declared or each.reference.confirmed


def _tone(each: ScannedReference) -> Tone:
    if each.orphans.rows:
        return "error"
    return "plain" if each.orphans.rows == 0 else "warning"
