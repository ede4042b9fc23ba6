"""A plan on the screen: what speaks against it, preflight, rehearsal, statements, the way back, consequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.pasting import for_psql
from fkdash.pictures.picture import Span
from fkdash.pictures.waits import waits
from fkdash.report.fix.plan import lock_lines
from fkdash.tui.widgets.drawing import Drawing
from fkdash.tui.widgets.painting import Line, Part, Tone, line
from fkdash.tui.widgets.sql_text import sql_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fkdash.apply.proof.preflight import PreflightLine
    from fkdash.apply.proof.rehearsal import Rehearsal
    from fkdash.fix.plan import Plan, Step
    from fkdash.pictures.picture import Pen, Picture
    from fkdash.pictures.waits import Waiting

_STANDINGS: Final[dict[str, tuple[Tone, str]]] = {
    "ok": ("good", "ok"),
    "warning": ("warning", "!!"),
    "stop": ("error", "NO"),
}
_BELOW: Final = 5
_ANSWERS: Final[dict[bool | None, tuple[Tone, str]]] = {
    True: ("good", "ok"),
    False: ("error", "NO"),
    None: ("muted", "--"),
}


def plan_lines(
    plan: Plan,
    preflight: tuple[PreflightLine, ...] | None,
    rehearsal: Rehearsal | None = None,
    objections: Sequence[str] = (),
) -> list[Line | str | Drawing]:
    """Give everything about a plan, what matters most first."""
    lines: list[Line | str | Drawing] = [*_objection_lines(objections), *_preflight_lines(preflight)]
    if rehearsal is not None:
        lines += ["", *_rehearsal_lines(rehearsal)]
    if not plan.steps:
        lines += ["", "Every step has taken effect; what is left is to verify it."]
    for step in plan.steps:
        lines += ["", *_step_lines(step)]
    lines += ["", line(Part("Way back", "title"), f" ({plan.undo_condition}), saved before the first statement")]
    for step in plan.undo:
        lines += _code(step.sql)
    lines += ["", line(Part("Consequences", "title"))]
    lines += [line("  ", each) for each in plan.consequences]
    return [*lines, "", line(Part(plan.procedure, "muted"))]


def _objection_lines(objections: Sequence[str]) -> Iterator[Line | str]:
    if objections:
        yield line(Part("Edited into something else: it can be exported, not applied", "error"))
        yield from (line(Part("  NO ", "error"), each) for each in objections)
        yield ""


def _preflight_lines(preflight: tuple[PreflightLine, ...] | None) -> Iterator[Line | str | Drawing]:
    yield line(Part("Preflight", "title"))
    if preflight is None:
        yield line(Part("  looking ...", "muted"))
    for each in preflight or ():
        tone, mark = _STANDINGS[each.standing]
        next_step = Part(f"  {each.next_step}" if each.next_step else "", "muted")
        yield line(Part(f"  {mark} ", tone), each.what, next_step)
        if each.chain:
            yield line(Part("     who waits for whom", "muted"))
            yield Drawing(_waits_below, (each.chain,))


def _waits_below(chain: tuple[Waiting, ...], width: int, pen: Pen) -> Picture:
    return tuple((Span(" " * _BELOW), *row) for row in waits(chain, width - _BELOW, pen))


def _rehearsal_lines(rehearsal: Rehearsal) -> Iterator[Line | str]:
    yield line(Part("Rehearsal", "title"), ", rolled back")
    if rehearsal.detail:
        tone, mark = _ANSWERS[rehearsal.ok]
        yield line(Part(f"  {mark} ", tone), rehearsal.detail)
        return
    steps, left_out = (", ".join(map(str, each)) for each in (rehearsal.steps, rehearsal.left_out))
    yield f"  ran step {steps}" + (f"; left out step {left_out}, which reads a whole table" if left_out else "")
    for lock in sorted(rehearsal.locks, key=lambda lock: (str(lock.table), lock.mode)):
        yield f"  {lock.table} {lock.mode} for {lock.seconds * 1000:,.0f} ms"
    if rehearsal.delete is not None:
        tone, mark = _ANSWERS[rehearsal.delete.ok]
        who = f" (rehearsed as {rehearsal.delete.role})" if rehearsal.delete.role else ""
        yield line(Part(f"  {mark} ", tone), f"{rehearsal.delete.check}: {rehearsal.delete.detail}{who}")


def _step_lines(step: Step) -> Iterable[Line | str]:
    yield line(Part(f"{step.number} {step.title}", "title"))
    yield from _code(step.sql)
    yield from (line("  ", each) for each in lock_lines(step))


def _code(sql: str) -> Iterator[Line]:
    return (sql_line(each, "  ") for each in for_psql(sql).split("\n"))
