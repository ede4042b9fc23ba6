"""A run for people and for scripts: its events as lines, its end as text and as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fkdash.apply.events import RunBegan, RunEnded, RunOutcome, StepDone, StepProgress, StepStarted, StepWaits
from fkdash.db.text import plain

if TYPE_CHECKING:
    from fkdash.apply.events import Event
    from fkdash.apply.proof.verified import Verified
    from fkdash.errors import AlreadySoError
    from fkdash.fix.plan import Plan


def event_line(event: Event) -> str:
    """Give an event as one line, or as several where others are waited for."""
    match event:
        case RunBegan(journal):
            return plain(f"journal: {journal}")
        case StepStarted(step):
            return f"{step.number}. {step.title} ..."
        case StepWaits(step, pause=pause, holders=holders):
            who = "".join(f"\n     {plain(str(holder))}" for holder in holders)
            return f"{step.number}. {step.title}: {event.what}, next in {pause:.1f} s{who}"
        case StepProgress(step, seconds, detail, holders):
            how_far = f", {plain(detail)}" if detail else ""
            who = "".join(f"\n     waits for {plain(str(holder))}" for holder in holders)
            return f"{step.number}. {step.title}: {seconds:.0f} s{how_far}{who}"
        case StepDone(step, seconds):
            return f"{step.number}. {step.title}: done in {seconds * 1000:,.0f} ms"
        case RunEnded():
            return ended_text(event)


def ended_text(ended: RunEnded) -> str:
    """Give how a run ended: what is true now, the checks, the next step."""
    lines = [plain(ended.message)]
    lines += [f"  {verified_line(each)}" for each in ended.verification]
    return "\n".join([*lines, f"  {plain(ended.next_step)}"])


def verified_line(verified: Verified) -> str:
    """Give one check as a line that says its standing in letters."""
    standing = {True: "ok ", False: "NO ", None: "-- "}[verified.ok]
    who = f" (tried as {verified.role})" if verified.role else ""
    return plain(f"{standing} {verified.check}" + (f": {verified.detail}" if verified.detail else "") + who)


def already_document(already: AlreadySoError) -> dict[str, Any]:
    """Give, in the form of a run's end, that there is nothing to run; `already` tells it from one."""
    return {
        "fkdash": 1,
        "kind": "run",
        "outcome": RunOutcome.VERIFIED,
        "already": True,
        "constraint": already.constraint,
        "option": already.option,
        "journal": "",
        "message": already.what,
        "next_step": already.next_step,
        "steps": [],
        "verification": [],
    }


def run_document(ended: RunEnded, plan: Plan) -> dict[str, Any]:
    """Give the end of a run as the versioned document that scripts read."""
    return {
        "fkdash": 1,
        "kind": "run",
        "outcome": ended.outcome,
        "constraint": plan.key.qualified,
        "option": plan.option,
        "journal": str(ended.journal),
        "message": ended.message,
        "next_step": ended.next_step,
        "steps": [
            {"n": step.number, "title": step.title, "sql": step.sql, "done": step.number in ended.steps_done}
            for step in plan.steps
        ],
        "verification": [
            {"check": each.check, "ok": each.ok, "detail": each.detail, "role": each.role}
            for each in ended.verification
        ],
    }
