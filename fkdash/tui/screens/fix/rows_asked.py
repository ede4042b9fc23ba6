"""Which rows an option is about: those to be freed and where to, or one that others are made like; then its plan.

Rows are typed as a key or found by words, as for a preview. Nothing is written here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fkdash.catalog.postgres.equality import own_equality
from fkdash.catalog.postgres.planted import refuse_planted_of
from fkdash.catalog.spelling import as_text, compared_type, parameter, source
from fkdash.catalog.table_name import listed, quoted
from fkdash.errors import UsageError
from fkdash.fix.planner import plan
from fkdash.tui.fix_walk import FixWalk
from fkdash.tui.screens.fix.plan import FixPlanScreen
from fkdash.tui.screens.preview.ask import PreviewAskScreen
from fkdash.tui.words import shown_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from textual.app import App

    from fkdash.fix.option import Option
    from fkdash.fix.remedy import Picks
    from fkdash.preview.model import DeleteTarget
    from fkdash.rules.finding import Finding
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge

_SECONDS: Final = 5.0
_PICKING_SECONDS: Final = 30.0


@dataclass
class RowsAsked:
    """The questions of one option; `of` are the rows to be freed, as the command line names them."""

    app: App[Any]
    database: Database
    knowledge: Knowledge
    finding: Finding
    option: Option
    of: tuple[str, ...] = ()

    def ask(self) -> None:
        """Ask which rows are to be freed, or which one those that are made again are to be like."""
        if self.option.fills:
            table = shown_name(self.finding.key.referenced)
            alone = "enter alone: they get their key, and the defaults of their columns"
            self._ask(
                f"Which row of {table} are those made again to be like?",
                self._like,
                without=(alone, partial(self._plan, ())),
            )
            return
        self._ask(f"Which rows of {shown_name(self.finding.key.referenced)} are to be freed?", self._freed)

    def _ask(
        self,
        question: str,
        take: Callable[[DeleteTarget], Awaitable[None]],
        *,
        by_query: bool = False,
        without: tuple[str, Callable[[], None]] | None = None,
    ) -> None:
        table = self.finding.key.referenced

        def chosen(target: DeleteTarget, _: str) -> None:
            look(partial(take, target), "Looking for the row")

        def look(ask: Callable[[], Awaitable[None]], doing: str) -> None:
            screen = self.app.screen
            if isinstance(screen, PreviewAskScreen):
                screen.run_cancellable(ask, doing=doing, group="search")

        def query(sql: str) -> None:
            look(partial(self._picked, sql), "Asking the query for each row")

        self.app.push_screen(
            PreviewAskScreen(
                self.database,
                self.knowledge,
                table,
                chosen,
                question=question,
                query=query if by_query else None,
                without=without,
            )
        )

    async def _freed(self, target: DeleteTarget) -> None:
        self.of = await self._words(target)
        key = self.finding.key
        if self.option.asks:
            own, theirs = shown_name(key.table), shown_name(key.referenced)
            self._ask(f"To which row of {theirs} are the rows of {own} to go?", self._moved_to, by_query=True)
        else:
            self._plan(())

    async def _moved_to(self, target: DeleteTarget) -> None:
        key = self.finding.key
        values = await self._rows(target)
        if len(values) != 1:
            raise UsageError("They go to one row.", next_step="Type its key, or words that find it.")
        self._plan(values[0] if len(key.columns) == 1 else _named(key.columns, values[0]))

    async def _like(self, target: DeleteTarget) -> None:
        """Plan with the values of a row that is there."""
        from fkdash.fix.template_row import template_words  # loaded when it is wanted

        key = self.finding.key
        rows = await self._rows(target)
        if len(rows) != 1:
            raise UsageError("They are made like one row.", next_step="Type its key, or words that find it.")
        like = _named(key.referenced_columns, rows[0])
        pool = await self.database.connection.pool()
        self._plan(await template_words(pool, self.knowledge.catalog, key, like, seconds=_PICKING_SECONDS))

    async def _picked(self, sql: str) -> None:
        """Show what a query picks for each row, and then the plan."""
        from fkdash.fix.blocker_relief import chosen_rows  # loaded when it is wanted
        from fkdash.fix.value_from import pick
        from fkdash.tui.screens.fix.picked import FixPickedScreen

        key = self.finding.key
        found = await pick(
            await self.database.connection.pool(),
            self.knowledge.catalog,
            key,
            chosen_rows(key, self.of),
            sql,
            seconds=_PICKING_SECONDS,
            labels=self.database.options.label_columns,
        )
        self.app.push_screen(FixPickedScreen(key, found, lambda: self._plan((), found.picks)))

    def _plan(self, words: Sequence[str], picks: Picks | None = None) -> None:
        catalog = self.knowledge.catalog
        made = plan(catalog, self.finding, self.option.id, words=words, of=self.of, picks=picks)
        self.app.push_screen(FixPlanScreen(self.database, FixWalk(catalog, made, self.option.title)))

    async def _words(self, target: DeleteTarget) -> tuple[str, ...]:
        """Give rows as `--of` names them."""
        columns = self.finding.key.referenced_columns
        found = await self._rows(target)
        return tuple(
            row[0] if len(columns) == 1 else json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)
            for row in found
        )

    async def _rows(self, target: DeleteTarget) -> list[tuple[str, ...]]:
        """Give the referenced columns of rows; raises UsageError without any, and the session's errors."""
        key, catalog = self.finding.key, self.knowledge.catalog
        if target.keys is None:
            raise UsageError("Rows are named by their keys.", next_step="Type a key, or words that find the row.")
        columns = catalog.tables[key.referenced].columns_by_name
        wanted = as_text((f"p.{quoted(name)}", columns[name].plain_type) for name in key.referenced_columns)
        found: list[tuple[str, ...]] = []
        pool = await self.database.connection.pool()
        async with pool.session(_SECONDS) as session:
            table = catalog.tables[key.referenced]
            await refuse_planted_of(session, (table,))
            operators = await own_equality(session, table, list(target.keys[0]) if target.keys else ())
            for each in target.keys:
                given = (parameter(number, compared_type(columns[name])) for number, name in enumerate(each, 1))
                same = " and ".join(
                    f"p.{quoted(name)} operator({operators[name]}) {value}"
                    for name, value in zip(each, given, strict=True)
                )
                rows = await session.rows(
                    f"select {wanted} from {source(catalog, key.referenced)} p where {same}",
                    *(str(value) for value in each.values()),
                )
                found += [tuple(row[number] for number in range(len(key.referenced_columns))) for row in rows]
        if any(value is None for row in found for value in row):
            raise UsageError(
                f"That row of {key.referenced} has no {listed(key.referenced_columns)}; nothing refers to it.",
                next_step="Type another's key, or words that find it.",
            )
        if not found:
            raise UsageError(
                f"{key.referenced} has no such row.", next_step="Type its key, or words that find it."
            )
        return found


def _named(columns: Sequence[str], values: Sequence[str]) -> list[str]:
    return [f"{name}={value}" for name, value in zip(columns, values, strict=True)]
