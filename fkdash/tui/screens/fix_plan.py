"""The plan of a fix: exact statements, locks, the way back, and whether it may start. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from fkdash.report.plan import lock_lines, plan_sql
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.fix_confirm import FixConfirmScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.painting import Line, Part, Tone, line
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.apply.preflight import PreflightLine
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan, Step
    from fkdash.tui.services import Services

_PREFLIGHT_SECONDS = 10.0


class FixPlanScreen(BaseScreen):
    """Shows the plan at once and the preflight as soon as it has been made."""

    BINDINGS: ClassVar[list[BindingType]] = [keys.APPLY, keys.EXPORT, keys.COPY, keys.REFRESH]

    def __init__(
        self, services: Services, catalog: Catalog, plan: Plan, title: str, *, continues: Path | None = None
    ) -> None:
        super().__init__()
        self.services, self.catalog, self.plan, self._option = services, catalog, plan, title
        self._continues = continues
        self.preflight: tuple[PreflightLine, ...] | None = None
        self.pane = TextPane(id="plan")
        self._title = RuleLine()

    def body(self) -> Iterable[Widget]:
        """Give the plan."""
        yield Vertical(self._title, self.pane, id="left")

    def on_mount(self) -> None:
        """Show the plan and begin with the preflight."""
        self.consequence.tell(
            f"{self._option}: {self.plan.consequences[0]}. Nothing is written before you confirm."
        )
        self._title.tell(self.plan.key.qualified)
        self.action_refresh()

    def action_refresh(self) -> None:
        """Look again at what decides whether the plan may start."""
        self.preflight = None
        self._show()
        self.run_cancellable(self._look, doing="Preflight", group="preflight")

    async def _look(self) -> None:
        from fkdash.apply.preflight import preflight  # noqa: PLC0415 - loaded when a change is thought of
        from fkdash.db.writing import open_writer  # noqa: PLC0415

        pool = await self.services.connection.pool()
        async with open_writer(pool.target) as writer:
            self.preflight = await preflight(pool, writer, self.catalog, self.plan, seconds=_PREFLIGHT_SECONDS)
        self._show()

    def _show(self) -> None:
        self.pane.show(plan_lines(self.plan, self.preflight))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out applying while it may not start."""
        return None if self.why_not(action) else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action != "apply":
            return ""
        if self.services.options.read_only:
            return "this session is read-only (--read-only or the profile)"
        if self.services.applying.running:
            return "another change is going on"
        if self.preflight is None:
            return "the preflight is not finished"
        stops = [each for each in self.preflight if each.standing == "stop"]
        return f"the preflight stops it: {stops[0].what}" if stops else ""

    def action_apply(self) -> None:
        """Go on to the confirmation."""
        if not self.why_not("apply"):
            self.app.push_screen(
                FixConfirmScreen(self.services, self.catalog, self.plan, self._option, continues=self._continues)
            )

    def action_export(self) -> None:
        """Write the plan as a script into a file."""
        self.export(f"{self.plan.key.name}-{self.plan.option}", ".sql", plan_sql(self.plan))

    def action_copy(self) -> None:
        """Copy the plan as a script."""
        self.copy(plan_sql(self.plan))


def plan_lines(plan: Plan, preflight: tuple[PreflightLine, ...] | None) -> list[Line | str]:
    """Give a plan as lines: preflight, steps, way back, consequences."""
    lines: list[Line | str] = [line(Part("Preflight", "title"))]
    if preflight is None:
        lines.append(line(Part("  looking ...", "muted")))
    for each in preflight or ():
        tone, mark = _STANDINGS[each.standing]
        lines.append(
            line(
                Part(f"  {mark} ", tone), each.what, Part(f"  {each.next_step}" if each.next_step else "", "muted")
            )
        )
    if not plan.steps:
        lines += ["", "Every step has taken effect; what is left is to verify it."]
    for step in plan.steps:
        lines += ["", *step_lines(step)]
    lines += ["", line(Part("Way back", "title"), f" ({plan.undo_condition}), saved before the first statement")]
    for step in plan.undo:
        lines += [line(Part(f"  {each}", "code")) for each in step.sql.split("\n")]
    lines += ["", line(Part("Consequences", "title"))]
    lines += [line("  ", each) for each in plan.consequences]
    return [*lines, "", line(Part(plan.procedure, "muted"))]


def step_lines(step: Step) -> list[Line | str]:
    """Give a step with its statement and its locks."""
    return [
        line(Part(f"{step.number} {step.title}", "title")),
        *(line(Part(f"  {each}", "code")) for each in step.sql.split("\n")),
        *(line("  ", each) for each in lock_lines(step)),
    ]


_STANDINGS: dict[str, tuple[Tone, str]] = {
    "ok": ("good", "ok"),
    "warning": ("warning", "!!"),
    "stop": ("error", "NO"),
}
