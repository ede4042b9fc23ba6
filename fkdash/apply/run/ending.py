"""How a run ended, in words: what is true now, what to do next, and the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.apply.events import RunEnded, RunOutcome
from fkdash.apply.journal.journal import JournalError
from fkdash.apply.run.lost_connection import missing_words
from fkdash.counted import counted
from fkdash.errors import ChangedMeanwhileError, HalfDoneError, NotPermittedError, StoppedError
from fkdash.fact import fact
from fkdash.shell import command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fkdash.apply.proof.verified import Verified
    from fkdash.errors import FkdashError
    from fkdash.fix.plan import Plan

NOT_KEPT: Final = "The journal could not be written any more: it will call this run cut off."
_NOT_AS_PROMISED = 1


@fact
class Found:
    """What the database says of a run that did not end well.

    `done` are the steps in effect, `missing` those that were committed and are not in effect any more. `rows` were
    changed by a step that is not through, and `left` says what such a step left behind.
    """

    done: tuple[int, ...]
    missing: tuple[int, ...] = ()
    rows: int = 0
    left: str = ""

    @property
    def anything(self) -> bool:
        """Whether anything is or was otherwise than before."""
        return bool(self.done or self.missing or self.rows or self.left)


def stopped(plan: Plan, journal: Path, done: Sequence[int]) -> RunEnded:
    """Give the end of a run that was stopped as asked."""
    message = f"Stopped as asked after step {done[-1]}." if done else "Stopped before the first step."
    code = HalfDoneError.exit_code if done else StoppedError.exit_code
    return _ended(plan, journal, done, RunOutcome.STOPPED, message=message, code=code)


def verified(plan: Plan, journal: Path, done: Sequence[int], verification: tuple[Verified, ...]) -> RunEnded:
    """Give the end of a run whose steps are all done, by what the checks say."""
    wrong = [each for each in verification if each.ok is False]
    if wrong:
        message = f"All steps are done, but this is not as promised: {wrong[0].check} ({wrong[0].detail})."
        code = _NOT_AS_PROMISED
        return _ended(
            plan, journal, done, RunOutcome.FAILED, message=message, code=code, verification=verification
        )
    hindered = next((each for each in verification if each.hindrance), None)
    still = f"But {hindered.check} is still stopped by {hindered.hindrance}." if hindered else ""
    way_back = f"To undo it ({plan.undo_condition}): {command('fix', 'undo', journal)}"
    return RunEnded(
        outcome=RunOutcome.VERIFIED,
        journal=journal,
        message=f"Done and verified: {plan.key.qualified}, {plan.option}.{' ' if still else ''}{still}",
        next_step=way_back if plan.undo else f"Undo: {plan.undo_condition}.",
        steps_done=tuple(done),
        verification=verification,
        caution=still,
    )


def failed(plan: Plan, journal: Path, error: FkdashError, found: Found) -> RunEnded:
    """Give the end of a run that met an error, by what was found out afterwards."""
    done = found.done
    if isinstance(error, ChangedMeanwhileError) and not found.anything:
        what, code, what_next = error.what, error.exit_code, error.next_step
        return _ended(plan, journal, done, RunOutcome.STOPPED, message=what, code=code, next_step=what_next)
    what_next = "" if isinstance(error, JournalError) and done else error.next_step
    what = f"{error.what}{_in_words(found)}"
    if not found.anything:
        code = NotPermittedError.exit_code if isinstance(error, NotPermittedError) else StoppedError.exit_code
        return _ended(plan, journal, done, RunOutcome.ROLLED_BACK, message=what, code=code, next_step=what_next)
    code = _NOT_AS_PROMISED if len(done) == len(plan.steps) else HalfDoneError.exit_code
    return _ended(plan, journal, done, RunOutcome.FAILED, message=what, code=code, next_step=what_next)


def cancelled(plan: Plan, journal: Path, found: Found) -> RunEnded:
    """Give the end of a run that was cancelled, by what was found out afterwards."""
    done = found.done
    if not found.anything:
        message = "Cancelled; the step under way was rolled back."
        return _ended(plan, journal, done, RunOutcome.ROLLED_BACK, message=message, code=StoppedError.exit_code)
    message = "Cancelled before any step was through."
    if len(done) == len(plan.steps):
        message = "Cancelled after every step had taken effect; what it promised was not verified."
    elif done:
        message = f"Cancelled after step {done[-1]}."
    message = f"{message}{_in_words(found)}"
    return _ended(plan, journal, done, RunOutcome.STOPPED, message=message, code=HalfDoneError.exit_code)


def not_begun(plan: Plan, journal: Path) -> RunEnded:
    """Give the end of a run that was cancelled before its first statement."""
    message = "Cancelled before anything was run."
    return _ended(plan, journal, (), RunOutcome.STOPPED, message=message, code=StoppedError.exit_code)


def unknown(journal: Path, done: Sequence[int], why: str) -> RunEnded:
    """Give the end of a run of which nobody can tell now what took effect."""
    return RunEnded(
        outcome=RunOutcome.FAILED,
        journal=journal,
        message=f"{why} What of it took effect could not be found out.",
        next_step=f"When the server answers again, `{command('fix', 'resume', journal)}` looks at what is true "
        f"there and goes on from it; `{command('fix', 'undo', journal)}` leads back.",
        steps_done=tuple(done),
        exit_code=HalfDoneError.exit_code,
    )


def _in_words(found: Found) -> str:
    rows = f" {counted(found.rows, 'rows are', 'row is')} changed so far." if found.rows else ""
    left = f" {found.left}" if found.left else ""
    return f"{missing_words(found.missing)}{rows}{left}"


def _ended(
    plan: Plan,
    journal: Path,
    done: Sequence[int],
    outcome: RunOutcome,
    *,
    message: str,
    code: int,
    verification: tuple[Verified, ...] = (),
    next_step: str = "",
) -> RunEnded:
    way_on = "Nothing was changed."
    if code == HalfDoneError.exit_code:
        finish = f"Finish it with `{command('fix', 'resume', journal)}`"
        if len(done) == len(plan.steps):
            finish = f"Verify it with `{command('fix', 'resume', journal)}`"
        back = f", or go back with `{command('fix', 'undo', journal)}`" if plan.undo or plan.abandon else ""
        way_on = f"{finish}{back}."
    elif done:
        way_on = (
            f"Go back with `{command('fix', 'undo', journal)}`." if plan.undo else f"Undo: {plan.undo_condition}."
        )
    kept = next_step.replace("Nothing was changed by it.", "").replace("Nothing was changed.", "").strip()
    return RunEnded(
        outcome=outcome,
        journal=journal,
        message=message,
        next_step=" ".join(filter(None, (kept, way_on))),
        steps_done=tuple(done),
        verification=verification,
        exit_code=code,
    )
