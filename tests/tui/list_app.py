"""An application with one screen: a long list of foreign keys, and the pane that tells of the one chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from fkdash.tui import keys
from fkdash.tui.plain import UNICODE, Glyphs
from fkdash.tui.safe_app import SafeApp
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import ListBar, Place
from fkdash.tui.widgets.columns import ListColumn, Order
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.text_pane import TextPane


@dataclass(frozen=True, slots=True)
class Key:
    number: int
    name: str
    table: str
    action: str = "SET NULL"
    state: str = ""
    severity: str = "info"


ACTIONS = ("SET NULL", "CASCADE", "NO ACTION")


def some_keys(count: int) -> list[Key]:
    return [
        Key(
            n, f"orders_{n}.workspace_id", f"table_{n % 97}", ACTIONS[n % 3], "BITES" if n % 50 == 0 else "",
            "error" if n % 50 == 0 else "info",
        )
        for n in range(count)
    ]  # fmt: skip


def key_list() -> RowList[Key]:
    return RowList(
        [
            ListColumn("", lambda row: "!" if row.severity == "error" else "", 1, tone=lambda _row: "error"),
            ListColumn("constraint", lambda row: row.name, 14),
            ListColumn("references", lambda row: row.table, 8, priority=1),
            ListColumn("on delete", lambda row: row.action, 9, priority=2),
            ListColumn("state", lambda row: row.state, 8),
        ],
        key=lambda row: row.number,
        orders=[Order("as declared"), Order("name", lambda row: row.name), Order("table", lambda row: row.table)],
        fields={
            "severity": lambda row: row.severity,
            "table": lambda row: row.table,
            "action": lambda row: row.action,
        },
    )


class ListScreen(BaseScreen):
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.OPEN, keys.BLOCKED, keys.REFRESH, keys.key("test.crash", "x", "crash", "crash"),
        keys.key("test.late", "X", "crash_later", "crash later"),
    ]  # fmt: skip

    def __init__(self, rows: list[Key]) -> None:
        super().__init__()
        self.list = key_list()
        self.bar = ListBar(self.list)
        self.pane = TextPane()
        self._rows = rows
        self.opened: list[str] = []

    def body(self) -> Iterable[Widget]:
        return (Vertical(self.bar, self.list, id="left"), Vertical(self.pane, id="right"))

    def on_mount(self) -> None:
        self.consequence.tell("Deleting any of 412 workspaces fails: 3,911 users point there.")
        self.list.show_rows(self._rows)
        self.list.focus()

    def on_row_list_moved(self) -> None:
        row = self.list.row
        if row is not None:
            self.pane.show([
                f"FK101 set-null-on-not-null  {row.name}",
                f"Deleting any of {row.number} fails: users have workspace_id pointing there, and cannot be NULL.",
                '  ERROR 23502: null value in column "workspace_id" of relation "users" violates',
            ])  # fmt: skip

    def action_open(self) -> None:
        row = self.list.row
        self.opened.append(row.name if row else "")

    def action_refresh(self) -> None:
        self.list.show_rows(list(self.list.rows))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return None if action == "blocked" else True

    def why_not(self, action: str) -> str:
        return "nothing blocks a delete here" if action == "blocked" else ""

    def action_crash(self) -> None:
        password = "hunter2"
        raise ZeroDivisionError(f"on purpose {len(password)}")

    def action_crash_later(self) -> None:
        self.run_cancellable(self._fail, doing="Failing")

    async def _fail(self) -> None:
        raise ZeroDivisionError("on purpose")


class ListApp(SafeApp):
    place = Place("db-eu-1", "app", "18.4", "primary", "dba", "production", production=True)

    def __init__(self, count: int, glyphs: Glyphs = UNICODE) -> None:
        super().__init__(glyphs=glyphs)
        self.first = ListScreen(some_keys(count))

    def on_mount(self) -> None:
        self.push_screen(self.first)
