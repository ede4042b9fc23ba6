"""A plan's statements as one text to edit, and back: a line that is not to be touched stands above each."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from fkdash.fix.plan_file.edited import edited

if TYPE_CHECKING:
    from fkdash.fix.plan import Plan, Step


def editable(plan: Plan) -> str:
    """Give the text."""
    return "\n".join(f"{_heading(step)}\n{step.sql};\n" for step in plan.steps)


def from_text(plan: Plan, text: str) -> tuple[Plan, tuple[str, ...]]:
    """Give the plan with the statements of an edited text, and what speaks against applying it.

    Nothing of the text is lost: what stands under no heading belongs to the step before, or to the first.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    places = [(lines.index(_heading(step)), step.number) for step in plan.steps if _heading(step) in lines]
    missing = [step for step in plan.steps if _heading(step) not in lines]
    found: dict[int, str] = {}
    for position, (place, number) in enumerate(places):
        after = places[position + 1][0] if position + 1 < len(places) else len(lines)
        found[number] = "\n".join(lines[place + 1 : after])
    before = "\n".join(lines[: places[0][0]]) if places else text
    if before.strip() and plan.steps:
        first = places[0][1] if places else plan.steps[0].number
        found[first] = f"{before}\n{found.get(first, '')}".strip()
    changed, objections = edited(plan, found)
    changed = replace(changed, steps=tuple(step for step in changed.steps if step.number in found))
    lost = [f"step {step.number}: the line above it, {_heading(step)}, is missing" for step in missing]
    if before.strip():
        lost.append("there is text above the first step, which belongs to none")
    if any(place > following for (place, _), (following, _) in pairwise(places)):
        lost.append("the steps are in another order")
    return changed, (*lost, *objections)


def _heading(step: Step) -> str:
    return f"-- step {step.number}: {step.title}"
