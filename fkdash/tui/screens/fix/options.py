"""How should deletes behave: the fixes side by side. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.catalog.labels import label_columns
from fkdash.counted import counted
from fkdash.fact import fact
from fkdash.fix.declare import is_new
from fkdash.fix.fix_for import anything_about, subject_among, subject_of
from fkdash.fix.option import Option
from fkdash.fix.options import options
from fkdash.fix.plan import Duration
from fkdash.fix.planner import plan
from fkdash.fix.suggestion import Suggestion, suggestion
from fkdash.pictures.fates import fates
from fkdash.report.fix.plan import locks_in_words, plan_sql
from fkdash.tui import keys
from fkdash.tui.fix_walk import FixWalk
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.fix.plan import FixPlanScreen
from fkdash.tui.screens.fix.value import FixValueScreen
from fkdash.tui.widgets.bars import ListBar, RuleLine
from fkdash.tui.widgets.columns import ListColumn
from fkdash.tui.widgets.drawing import Drawing
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.painting import Line, Part, line
from fkdash.tui.widgets.row_list import RowList
from fkdash.tui.widgets.suggestion_lines import SuggestionLines
from fkdash.tui.widgets.text_pane import TextPane
from fkdash.tui.words import shown_columns, shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.fix.plan import Plan
    from fkdash.pictures.fates import Outcome
    from fkdash.preview.model import DeleteTarget
    from fkdash.preview.rows.blocked import Impact
    from fkdash.rules.finding import Finding
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge

_WHAT_IF_SECONDS, _PROMISE_SECONDS = 10.0, 3.0


@fact
class OptionRow:
    """An option with its number and its plan, which is None where the option is refused or asks for a value first.

    `finding` is what it is planned for; `answers` is False for what can be done all the same.
    """

    number: str
    option: Option
    plan: Plan | None
    blocked: str
    finding: Finding
    answers: bool = True
    supposed: str = ""
    counted: str = ""


class FixOptionsScreen(BaseScreen):
    """The options in a list, and what the one under the cursor means."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.PLAN, keys.WHAT_IF, keys.EXPORT, keys.COPY, *keys.CHOOSING]

    def __init__(self, database: Database, knowledge: Knowledge, key: ForeignKey) -> None:
        super().__init__()
        self.database, self.knowledge = database, knowledge
        self.finding = subject(knowledge, key)
        self.list = RowList[OptionRow](_columns(), key=lambda row: row.number, id="options")
        self.pane = TextPane(id="detail")
        self._title = RuleLine()
        self._bar = ListBar(self.list)
        self._suggestion = SuggestionLines()
        self._suggested: Suggestion | None = None
        self._outcomes: list[Outcome] = []
        self._supposed_of = ""
        self._told = ""

    @property
    def table_here(self) -> TableName | None:
        """The referencing table."""
        return self.finding.key.table

    @property
    def reference_here(self) -> ForeignKey | None:
        """The foreign key under the cursor."""
        return self.finding.key

    def body(self) -> Iterable[Widget]:
        """Give the options and their meaning, one below the other."""
        yield Frame(self._bar, self._suggestion, self.list, id="left", over=True)
        yield Frame(self._title, self.pane, id="right", under=True, classes="-tall")

    def on_mount(self) -> None:
        """Show the options; they need no further reading."""
        key = self.finding.key
        self.consequence.tell(
            f"How should deletes of {shown_name(key.referenced)} behave? Nothing is chosen or written here."
        )
        self._bar.tell_title(f"{shown_columns(key)} to {shown_name(key.referenced)}")
        rows = option_rows(self.knowledge, self.finding)
        self.list.show_rows(rows)
        impact = self.knowledge.impacts.get(key.qualified)
        scanned = self.knowledge.orphans_by_key.get((key.qualified, key.columns))
        self._suggested = suggestion(
            self.knowledge.catalog,
            self.finding,
            [row.option for row in rows if row.answers],
            holding=impact.blocking_rows if impact is not None else None,
            orphaned=scanned is not None and bool(scanned.orphans.rows),
        )
        number = next((row.number for row in rows if self._suggested and row.option is self._suggested.option), "")
        self._suggestion.tell(self._suggested, number, otherwise="" if self.finding.rule else self.finding.message)
        self.on_row_list_moved()

    def on_screen_resume(self) -> None:
        """Ask what is not answered yet of "what if"."""
        impact = self.knowledge.impacts.get(self.finding.key.qualified)
        open_questions = any(row.plan is not None and row.answers and not row.supposed for row in self.list.rows)
        if impact is not None and impact.referenced_rows and open_questions:
            self.run_cancellable(self._suppose, doing="What if: the same delete under each fix", group="what-if")

    def on_screen_suspend(self) -> None:
        """Stop asking: the locks of our own reading would stand in the way of a change."""
        self.workers.cancel_group(self, "what-if")

    async def _suppose(self) -> None:
        """Ask what deleting the row that most rows hold would do today and under each option."""
        from fkdash.preview.model import Limits, one_row
        from fkdash.preview.rows.blocked import blocked_rows  # loaded when it is wanted
        from fkdash.report.preview.promises import promises
        from fkdash.report.preview.what_if import in_words, outcome, what_if

        catalog, key = self.knowledge.catalog, self.finding.key
        labels = label_columns(catalog.tables[key.referenced], self.database.options.label_columns)
        pool = await self.database.connection.pool()
        async with pool.session(_WHAT_IF_SECONDS) as session:
            page = await blocked_rows(session, catalog, key, labels, limit=1)
        if not page.items:
            return
        largest = page.items[0].row
        target = one_row(key.referenced, key.referenced_columns, largest.key)
        plans = [row.plan for row in self.list.rows if row.plan is not None and row.answers]
        limits = Limits(seconds=_WHAT_IF_SECONDS, allow_scan=False)
        name = next((label for label in largest.labels if label), ", ".join(largest.key))
        self._supposed_of = f'deleting {shown_name(key.referenced)} "{name}", today and with each option'
        self._outcomes = []
        async for each in what_if(pool, catalog, target, plans, limits):
            self._outcomes.append(outcome(each, titles_of(self.list.rows)))
            words = f'deleting "{name}": {in_words(each)}'
            self.list.show_rows(
                [
                    replace(row, supposed=words) if row.plan is each.plan and each.plan else row
                    for row in self.list.rows
                ]
            )
        async for promise in promises(pool, catalog, plans, seconds=_PROMISE_SECONDS):
            self.list.show_rows(
                [
                    replace(row, counted=promise.words) if row.plan is promise.plan else row
                    for row in self.list.rows
                ]
            )
            if self.list.row is not None and self.list.row.plan is promise.plan:
                self.on_row_list_moved()

    def on_row_list_moved(self) -> None:
        """Tell what the option under the cursor means."""
        row = self.list.row
        if row is not None:
            self._title.tell(f"{row.number}  {row.option.title}")
            suggested = self._suggested if self._suggested and row.option is self._suggested.option else None
            told: list[Line | str | Drawing] = [*_meaning(row, suggested)]
            if self._outcomes:
                told += ["", line(Part(self._supposed_of, "strong")), Drawing(fates, (tuple(self._outcomes),))]
            # What comes in meanwhile about the same option leaves what is being read where it is.
            self.pane.show(told, stay=self._told == row.number)
            self._told = row.number
        self.refresh_bindings()

    def on_row_list_opened(self) -> None:
        """Open the option clicked."""
        self.action_plan()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what a refused option does not offer."""
        return None if self.why_not(action) else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        row = self.list.row
        if action not in {"plan", "export", "copy"} or row is None or row.plan is not None:
            return super().why_not(action)
        if row.option.refused or action == "plan":
            return row.option.refused
        return "it asks for rows first: enter" if row.option.of_rows else "it asks for a value first: enter"

    def action_choose(self, number: int) -> None:
        """Go to the option of this number; enter shows its plan."""
        self.list.go_to(str(number))

    def action_plan(self) -> None:
        """Show the plan of the option under the cursor."""
        row = self.list.row
        if row is None or row.option.refused:
            return
        if row.plan is not None and not row.option.fills:
            walk = FixWalk(self.knowledge.catalog, row.plan, row.option.title)
            self.app.push_screen(FixPlanScreen(self.database, walk))
        elif row.option.of_rows or row.option.fills:
            from fkdash.tui.screens.fix.rows_asked import RowsAsked  # loaded when it is wanted

            RowsAsked(self.app, self.database, self.knowledge, row.finding, row.option).ask()
        else:
            catalog = self.knowledge.catalog
            self.app.push_screen(FixValueScreen(self.database, catalog, row.finding, row.option))

    def action_what_if(self) -> None:
        """Ask for rows, and what deleting them would do under each option."""
        from fkdash.tui.screens.preview.ask import PreviewAskScreen  # loaded when it is wanted
        from fkdash.tui.screens.preview.what_if import WhatIfScreen

        key = self.finding.key
        plans = [row.plan for row in self.list.rows if row.plan is not None and row.answers]
        titles = titles_of(self.list.rows)

        def show(target: DeleteTarget, named: str) -> None:
            screen = WhatIfScreen(self.database, self.knowledge, key, plans, target, named=named, titles=titles)
            self.app.push_screen(screen)

        self.app.push_screen(PreviewAskScreen(self.database, self.knowledge, key.referenced, show))

    def action_export(self) -> None:
        """Write the plan as a script into a file."""
        row = self.list.row
        if row is not None and row.plan is not None:
            self.export(f"{row.plan.key.name}-{row.option.id}", ".sql", plan_sql(row.plan))

    def action_copy(self) -> None:
        """Copy the plan as a script."""
        row = self.list.row
        if row is not None and row.plan is not None:
            self.copy(plan_sql(row.plan))


def option_rows(knowledge: Knowledge, finding: Finding) -> list[OptionRow]:
    """Give the options in the order they are offered: those that change least for existing rows first.

    Those that do not answer the finding, but are possible, come last.
    """
    impact = knowledge.impacts.get(finding.key.qualified)
    offered = options(knowledge.catalog, finding)
    known = {option.id for option in offered}
    anything = anything_about(finding.key)
    others = [
        option for option in options(knowledge.catalog, anything) if not option.refused and option.id not in known
    ]
    chosen = [(option, finding, True) for option in offered] + [(option, anything, False) for option in others]
    return [
        OptionRow(
            number=str(place + 1),
            option=option,
            plan=plan(knowledge.catalog, about, option.id) if option.ready else None,
            blocked=_blocked(option, impact),
            finding=about,
            answers=answers,
        )
        for place, (option, about, answers) in enumerate(chosen)
    ]


def subject(knowledge: Knowledge, key: ForeignKey) -> Finding:
    """Give what fixes of a key are about: the worst finding that has any, else its ON DELETE action."""
    known = knowledge.findings_of(key)
    for finding in known:
        if finding.statements and finding.fixes:
            return finding
    if is_new(knowledge.catalog, key):
        # What is not declared has not been judged with the others.
        return subject_of(knowledge.catalog, key)
    return subject_among(knowledge.catalog, key, known)


def _blocked(option: Option, impact: Impact | None) -> str:
    if option.refused:
        return "-"
    if not option.frees:
        leaves_them = option.becomes is None or option.blocked.endswith("stay so")
        return "stay blocked" if leaves_them else "-"
    if impact is None or impact.referenced_rows is None:
        return "freed"
    return f"freed: {'' if impact.exact else 'at least '}{impact.referenced_rows:,}"


def _columns() -> list[ListColumn[OptionRow]]:
    return [
        ListColumn("", lambda row: row.number, 1, tone=lambda _: "key"),
        ListColumn(
            "option",
            lambda row: row.option.title,
            19,
            tone=lambda row: "muted" if row.option.refused else "strong" if row.answers else "plain",
        ),
        ListColumn("blocked now", lambda row: row.blocked, 12),
        ListColumn("undo", _undo, 12, patient=True),
        ListColumn("stops writers", _stops, 13, priority=1),
    ]


def _undo(row: OptionRow) -> str:
    return "not possible here" if row.option.refused else row.option.undo


def _stops(row: OptionRow) -> str:
    """Say of how many tables the writers wait, and for how long."""
    if row.plan is None:
        return "" if row.option.refused else _asks(row.option)
    locks = [lock for step in row.plan.steps for lock in step.locks if "writers" in lock.mode.stops]
    if not locks:
        return "nobody"
    tables = counted(len({lock.table for lock in locks}), "tables")
    return f"{tables}, {'while read' if any(lock.duration is Duration.SCAN for lock in locks) else 'ms'}"


def _asks(option: Option) -> str:
    return "asks for rows" if option.of_rows else "asks a value"


def _locks(row: OptionRow) -> str:
    if (row.option.of_rows or row.option.asks) and not row.option.refused:
        return _asks(row.option)
    return "" if row.plan is None else locks_in_words(lock for step in row.plan.steps for lock in step.locks)


def titles_of(rows: Iterable[OptionRow]) -> dict[str, str]:
    """Give what options are called here, by what the command line calls them."""
    return {row.option.id: row.option.title for row in rows}


def _meaning(row: OptionRow, suggested: Suggestion | None) -> list[Line]:
    """Give what an option means."""
    option = row.option
    if option.refused:
        return [line(Part("Not possible here: ", "warning"), option.refused)]
    told = {
        "What if": row.supposed,
        "Then": option.then,
        "Undo": option.undo,
        "Suggested": "; ".join(suggested.reasons) if suggested is not None else "",
        "Tomorrow": suggested.tomorrow if suggested is not None else "",
        "Application": option.application,
        "Blocked now": option.blocked,
        "Rows": row.counted,
        "Locks": _locks(row),
        "Asks for": _asking(option),
        "Procedure": row.plan.procedure if row.plan is not None else "",
        "Answers": "" if row.answers else "nothing that was found wrong; it can be done all the same",
    }
    # Two cells set the longest label apart: that far further lines are indented.
    return [line(Part(f"{name:<13}", "strong"), words) for name, words in told.items() if words]


def _asking(option: Option) -> str:
    if option.fills:
        return "a row that those made again are to be like; none need be named"
    if option.of_rows:
        return "the rows that are to be freed" + (", and the row to move to" if option.asks else "")
    return f"{', '.join(option.asks)} of the row, on the next screen" if option.asks else ""
