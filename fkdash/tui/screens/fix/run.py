"""A change while it is being made, and its proof. The application owns the run; this only watches it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.apply.events import RunBegan, RunEnded, RunOutcome, StepProgress, StepWaits
from fkdash.apply.lock_waits import chain_to, lock_waits
from fkdash.errors import FkdashError
from fkdash.pictures.timeline import timeline
from fkdash.pictures.waits import waits
from fkdash.report.fix.step_times import step_times
from fkdash.tui import keys
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.drawing import Drawing
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.painting import Line, Part, Tone, line
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from fkdash.apply.events import Event
    from fkdash.apply.holders import Holder
    from fkdash.pictures.waits import Waiting
    from fkdash.tui.database import Database
    from fkdash.tui.fix_walk import FixWalk

_ENDS: dict[RunOutcome, tuple[Tone, str]] = {
    RunOutcome.VERIFIED: ("good", "Done and verified"),
    RunOutcome.ROLLED_BACK: ("warning", "Nothing was changed"),
    RunOutcome.STOPPED: ("warning", "Stopped"),
    RunOutcome.FAILED: ("error", "Not as promised"),
}
_CHECKS: dict[bool | None, tuple[Tone, str]] = {
    True: ("good", "ok"),
    False: ("error", "NO"),
    None: ("muted", "--"),
}


class FixRunScreen(BaseScreen):
    """Steps as they happen, who is waited for, and in the end what was verified and how to go back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        keys.STOP_AFTER_STEP,
        keys.CANCEL_RUN,
        keys.TRY_NOW,
        keys.UNDO,
        keys.AS_MIGRATION,
        keys.WATCH,
        keys.COPY,
    ]

    def __init__(self, database: Database, walk: FixWalk) -> None:
        super().__init__()
        self.database, self.walk = database, walk
        self.pane = TextPane(id="run")
        self._title = RuleLine()
        self._chain: tuple[Waiting, ...] = ()
        self._looked_at: Event | None = None

    def body(self) -> Iterable[Widget]:
        """Give the steps."""
        yield Frame(self._title, self.pane, id="left")

    def on_mount(self) -> None:
        """Watch the run."""
        self._title.tell(self.walk.plan.key.qualified)
        self.status.working(f"Applying {self.walk.title}")
        self.database.applying.watchers.append(self._show)
        self._show()

    def on_unmount(self) -> None:
        """Stop watching; the run goes on."""
        self.database.applying.watchers.remove(self._show)

    def _show(self) -> None:
        applying = self.database.applying
        lines: list[Line | str | Drawing] = []
        if applying.events:
            lines.append(Drawing(timeline, (step_times(self.walk.plan.steps, applying.events),)))
        latest = _latest(applying.events)
        self._look_who_waits(latest)
        for event in latest:
            lines += _event_lines(event, self._chain, over=not applying.running)
        if applying.trouble is not None:
            lines += [
                line(Part("Nothing was changed: ", "error"), applying.trouble.what),
                applying.trouble.next_step,
            ]
        if applying.cancelled and applying.ended is None and applying.running:
            lines.append(line(Part("Cancelling: ", "warning"), "what took effect is asked for."))
        elif applying.cancelled and applying.ended is None and applying.trouble is None:
            lines.append(line(Part("Cancelled ", "warning"), "before anything was run."))
        self.pane.show(lines)
        if not applying.running:
            self.status.done()
            self.status.leave()
        self.consequence.tell(*self._state())
        self.database.arm(armed=applying.running)
        self.refresh_bindings()

    def _look_who_waits(self, latest: Sequence[Event]) -> None:
        """Read the chain of those in the way, once for every time that the run says it is held up."""
        event = next(
            (each for each in latest if isinstance(each, StepWaits | StepProgress) and each.holders), None
        )
        if event is None:
            self._chain, self._looked_at = (), None
        elif event is not self._looked_at:
            self._looked_at = event
            self._chain = chain_to(_named(event), event.holders)
            self.run_worker(self._read_waits(event), group="waits", exclusive=True)

    async def _read_waits(self, event: StepWaits | StepProgress) -> None:
        try:
            pool = await self.database.connection.pool()
            async with pool.session() as session:
                found = chain_to(_named(event), event.holders, await lock_waits(session))
        except FkdashError:
            return  # those in the way themselves are known already
        if found != self._chain:
            self._chain = found
            self._show()

    def _state(self) -> tuple[str, Tone]:
        ended = self.database.applying.ended
        if ended is not None:
            tone, words = _ENDS[ended.outcome]
            return f"{words}: {self.walk.title} on {self.walk.plan.key.qualified}", tone
        if self.database.applying.running:
            return f"Applying {self.walk.title}. fkdash never ends other people's sessions.", "armed"
        return f"{self.walk.title} was not applied", "warning"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer stopping while it runs, going back and undoing when it has ended."""
        return None if self.why_not(action) else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        applying = self.database.applying
        if action in {"stop_after_step", "cancel_run"} and not applying.running:
            return "nothing is running any more"
        if action == "refresh" and not (applying.running and self._waits):
            return "no step is waiting for a lock"
        if action in {"undo", "back"} and applying.running:
            return "a change is going on: . stops after this step, ctrl+c cancels now"
        if action == "as_migration" and (
            applying.ended is None or applying.ended.outcome is not RunOutcome.VERIFIED
        ):
            return "the change is not verified"
        if action == "undo" and (applying.ended is None or not applying.ended.steps_done):
            return "nothing was changed"
        return ""

    @property
    def _waits(self) -> bool:
        events = self.database.applying.events
        return bool(events) and isinstance(events[-1], StepWaits)

    def action_refresh(self) -> None:
        """Try the step that waits for a lock again, now: what held it may be gone."""
        self.database.applying.try_now()

    def action_stop_after_step(self) -> None:
        """Ask the run to end after the step under way."""
        self.database.applying.stop_after_step()
        self.status.working("Stopping after the present step")

    def action_cancel_run(self) -> None:
        """End the run now."""
        self.run_worker(self.database.applying.cancel(), group="cancel", description="Cancelling")

    def interrupt(self) -> bool:
        """Let ctrl+c cancel the run, as it cancels everything else."""
        if not self.database.applying.running:
            return super().interrupt()
        self.action_cancel_run()
        return True

    def action_undo(self) -> None:
        """Plan the way back."""
        ended = self.database.applying.ended
        if ended is not None:
            self.database.open_undo(self.walk.plan, ended.journal)

    def action_as_migration(self) -> None:
        """Export what was applied, so that the next deployment keeps it."""
        from fkdash.tui.screens.fix_export import FixExportScreen  # loaded when it is wanted

        ended = self.database.applying.ended
        if ended is not None and not self.why_not("as_migration"):
            self.app.push_screen(FixExportScreen(self.database, self.walk.plan, journal=ended.journal))

    def action_back(self) -> None:
        """Go back to the list, read again."""
        if self.why_not("back"):
            self.status.answer(self.why_not("back"))
        else:
            self.database.show_constraints()

    def action_copy(self) -> None:
        """Copy what is shown, the journal's path included."""
        self.copy(self.pane.text + "\n")


def _latest(events: list[Event]) -> list[Event]:
    """Leave out what a later event of the same step has overtaken."""
    last: dict[object, Event] = {}
    for event in events:
        last[type(event) if isinstance(event, RunBegan | RunEnded) else event.step.number] = event
    return list(last.values())


def _named(event: StepWaits | StepProgress) -> str:
    attempt = f", try {event.attempt}" if isinstance(event, StepWaits) else ""
    return f"step {event.step.number} {event.step.title}{attempt}"


def _event_lines(event: Event, chain: tuple[Waiting, ...], *, over: bool) -> list[Line | str | Drawing]:
    """Give what there is to say below the steps: who is in the way, as a chain where known, and the end."""
    match event:
        case StepWaits(step, pause=pause, holders=holders):
            then = "" if over else f"; the next one {pause:.1f} s later, r now"
            return [
                line(Part(f"{step.number} {event.what}{then}", "warning")),
                *_in_the_way(holders, chain, over=over),
            ]
        case StepProgress(holders=holders) if holders:
            waits_for = f"{event.step.number} {'waited' if over else 'waits'} for"
            return [line(Part(waits_for, "warning")), *_in_the_way(holders, chain, over=over)]
        case RunEnded():
            return [*_end_lines(event)]
        case _:
            return []


def _in_the_way(
    holders: Sequence[Holder], chain: tuple[Waiting, ...], *, over: bool
) -> list[Line | str | Drawing]:
    told: list[Line | str | Drawing] = [line("    ", str(holder)) for holder in holders]
    title = f"Who {'waited' if over else 'waits'} for whom"
    return [*told, "", line(Part(title, "title")), Drawing(waits, (chain,))] if chain else told


def _end_lines(ended: RunEnded) -> list[Line | str]:
    lines: list[Line | str] = [""]
    if ended.outcome is not RunOutcome.VERIFIED or ended.caution:  # that it is done stands above
        lines.append(line(Part(ended.caution or ended.message, _ENDS[ended.outcome][0])))
    for each in ended.verification:
        tone, mark = _CHECKS[each.ok]
        lines.append(
            line(Part(f"  {mark} ", tone), each.check, Part(f"  {each.detail}" if each.detail else "", "muted"))
        )
    watch = (
        ["Are there still errors? W watches the server's log. u undoes it now."]
        if ended.outcome is RunOutcome.VERIFIED
        else []
    )
    return [*lines, "", *watch, ended.next_step, line(Part("Journal ", "strong"), str(ended.journal))]
