"""The plan of a fix: exact statements, locks, the way back, and whether it may start. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.errors import FkdashError
from fkdash.report.fix.plan import plan_sql
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.fix.plan_lines import plan_lines
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from fkdash.apply.change import Change, Confirmation
    from fkdash.apply.proof.preflight import PreflightLine
    from fkdash.apply.proof.rehearsal import Rehearsal
    from fkdash.fix.plan import Plan
    from fkdash.tui.database import Database
    from fkdash.tui.fix_walk import FixWalk


class FixPlanScreen(BaseScreen):
    """Shows the plan at once and the preflight as soon as it has been made.

    `plan` is the one as edited; `objections` say why that is no longer what was planned.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        keys.APPLY,
        keys.AS_MIGRATION,
        keys.REHEARSE,
        keys.EDIT_SQL,
        keys.EXPORT,
        keys.COPY,
        keys.REFRESH,
    ]

    def __init__(self, database: Database, walk: FixWalk) -> None:
        super().__init__()
        self.database, self.walk = database, walk
        self._planned, self._text = walk.plan, ""
        self.preflight: tuple[PreflightLine, ...] | None = None
        self.rehearsal: Rehearsal | None = None
        self.objections: tuple[str, ...] = ()
        self.pane = TextPane(id="plan")
        self._title = RuleLine()

    @property
    def plan(self) -> Plan:
        """The plan as it would be carried out, edited or not."""
        return self.walk.plan

    def body(self) -> Iterable[Widget]:
        """Give the plan."""
        yield Frame(self._title, self.pane, id="left")

    def on_mount(self) -> None:
        """Show the plan and begin with the preflight."""
        self._tell()
        self.action_refresh()

    def _tell(self) -> None:
        self._title.tell(self.plan.key.qualified)
        if self.objections:
            self.consequence.tell(
                "Edited into something else than was planned; e exports it, it cannot be applied.", "error"
            )
        else:
            self.consequence.tell(
                f"{self.walk.title}: {self.plan.consequences[0]}. Nothing is written before you confirm."
            )

    def action_refresh(self) -> None:
        """Look again at what decides whether the plan may start."""
        self.preflight = None
        self._show()
        self.run_cancellable(self._look, doing="Preflight", group="preflight")

    async def _change(self) -> Change:
        from fkdash.apply.change import Change  # loaded when a change is thought of

        options = self.database.options
        return Change(
            await self.database.connection.pool(),
            self.walk.catalog,
            self.plan,
            environment=options.environment,
            continues=self.walk.continues,
        )

    async def _look(self) -> None:
        from fkdash.apply.change import look  # loaded when a change is thought of

        self.preflight = await look(await self._change())
        self._show()

    def _show(self) -> None:
        self.pane.show(plan_lines(self.plan, self.preflight, self.rehearsal, self.objections))
        self.refresh_bindings()

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action == "edit":
            return self._why_not_edit()
        if action == "as_migration" and self.plan != self._planned:
            return "its statements were edited; e writes them as a script"
        if action not in {"apply", "rehearse"}:
            return super().why_not(action)
        stops = [each.what for each in self.preflight or () if each.standing == "stop"]
        reasons = {
            "this session is read-only (--read-only or the profile)": self.database.options.read_only,
            "another change is going on": self.database.applying.running,
            f"it was edited into something else: {''.join(self.objections[:1])}": bool(self.objections),
            "the preflight is not finished": self.preflight is None,
            f"the preflight stops it: {''.join(stops[:1])}": bool(stops) and action == "apply",
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    def _why_not_edit(self) -> str:
        from fkdash.fix.plan_file.editing import editable  # it loads the SQL parser
        from fkdash.tui.screens.fix.edit import visible_lines

        text = editable(self._planned)
        if not self._planned.steps:
            return "there is no statement left to run"
        return "" if visible_lines(text) == text else "a name in it has characters that cannot be seen; export it"

    async def action_apply(self) -> None:
        """Go on to the confirmation; what is typed meanwhile waits for it."""
        if not self.why_not("apply"):
            await self._ask_at_once(self._start)

    async def _ask_at_once(
        self, confirmed: Callable[[Change, Confirmation], None], *, rehearsal: bool = False
    ) -> None:
        try:
            await self._ask(confirmed, rehearsal=rehearsal)
        except FkdashError as error:
            self.failed(error)

    async def _ask(self, confirmed: Callable[[Change, Confirmation], None], *, rehearsal: bool = False) -> None:
        """Have the names typed; `confirmed` is called with what they were typed for."""
        from fkdash.tui.screens.fix.confirm import FixConfirmScreen  # loaded when it is wanted

        change = await self._change()
        then = partial(confirmed, change)
        self.app.push_screen(FixConfirmScreen(self.database, change, self.walk.title, then, rehearsal=rehearsal))

    def _start(self, change: Change, given: Confirmation) -> None:
        from fkdash.tui.screens.fix.run import FixRunScreen  # loaded when it is wanted

        self.database.applying.start(change, self.preflight or (), given)
        self.app.switch_screen(FixRunScreen(self.database, self.walk))

    async def action_rehearse(self) -> None:
        """Go on to the confirmation of a rehearsal: it takes the real locks."""
        if not self.why_not("rehearse"):
            await self._ask_at_once(self._try_out, rehearsal=True)

    def _try_out(self, change: Change, given: Confirmation) -> None:
        self.app.pop_screen()
        doing = "Rehearsing, rolled back in the end"
        self.run_cancellable(partial(self._rehearse, change, given), doing=doing, group="rehearsal")

    async def _rehearse(self, change: Change, given: Confirmation) -> None:
        from fkdash.apply.change import try_out  # loaded when a change is thought of

        self.database.arm(armed=True)
        try:
            self.rehearsal = await try_out(change, given)
        finally:
            self.database.arm(armed=self.database.applying.running)
        self._show()

    def action_edit(self) -> None:
        """Edit the statements, as they were left last."""
        from fkdash.fix.plan_file.editing import editable  # it loads the SQL parser
        from fkdash.tui.screens.fix.edit import FixEditScreen

        planned = editable(self._planned)
        self.app.push_screen(FixEditScreen(planned, self._text or planned, self._edited))

    def _edited(self, text: str | None) -> None:
        from fkdash.fix.plan_file.editing import from_text  # it loads the SQL parser

        self._text = text or ""
        edited, self.objections = from_text(self._planned, text) if text is not None else (self._planned, ())
        self.walk = replace(self.walk, plan=edited)
        self.rehearsal = None
        self._tell()
        self._show()

    def action_as_migration(self) -> None:
        """Go on to the export as a migration of the team's tool."""
        from fkdash.tui.screens.fix_export import FixExportScreen  # loaded when it is wanted

        if not self.why_not("as_migration"):
            self.app.push_screen(FixExportScreen(self.database, self.plan))

    def action_export(self) -> None:
        """Write the plan as a script into a file."""
        self.export(f"{self.plan.key.name}-{self.plan.option}", ".sql", plan_sql(self.plan))

    def action_copy(self) -> None:
        """Copy the plan as a script."""
        self.copy(plan_sql(self.plan))
