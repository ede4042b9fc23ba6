"""Answers a delete by sets of rows, in one statement on the server; no key travels to the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.fact import fact
from fkdash.preview.model import Effect, Verdict
from fkdash.preview.outcome import Obstacle, QueueAnswer
from fkdash.preview.sets.statement import Composer, meaning
from fkdash.sqlstates import CHECK_VIOLATION, NOT_NULL_VIOLATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.preview.declared.graph import SetPlan, Step
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.evaluating.evaluate import Evaluator
    from fkdash.preview.model import Selection
    from fkdash.preview.reader import Reader
    from fkdash.preview.sets.statement import Count


@fact
class SetAnswer:
    """The answer; `first_known` is False when the order of rows decides which blocker comes first.

    `doubtful` counts rows for which the order of the queue matters: the answer holds without any.
    """

    answer: QueueAnswer
    target_rows: int
    first_known: bool
    rows: int
    doubtful: int


async def answer_by_sets(
    reader: Reader, evaluator: Evaluator, plan: SetPlan, chosen: Selection, *, everything: bool
) -> SetAnswer:
    """Count what a plan by sets deletes, sets NULL and is blocked by; raises the session's errors."""
    facts = reader.facts
    composer = Composer(facts, plan, chosen, everything=everything)
    domains = {step: await refusing_domains(facts, evaluator, step) for step in plan.steps if not step.check}
    questions = composer.deleted()
    for step in plan.steps:
        if step.check:
            questions.append(composer.check(step))
        elif step.kind == "setnull":
            questions.append(composer.set_null(step, domains[step]))
    for oid in {step.key.relation for step in plan.steps}:
        if len(plan.nulls_into(oid)) > 1:
            questions.append(composer.all_nulls(oid))
    for doubt in plan.doubts:
        asked = composer.doubt(doubt, domains.get(doubt.steps[0], ()))
        questions += [asked] if asked is not None else []
    counts = [count for question in questions for count in question.counts]
    statement = composer.statement(questions)
    if reader.hearing is not None:
        reader.hearing.hear(statement, chosen.arguments, [meaning(facts, count) for count in counts])
    row = (await reader.ask_of(chosen, statement, *chosen.arguments))[0]
    return _answer(facts, plan, counts, row["numbers"])


async def refusing_domains(facts: Facts, evaluator: Evaluator, step: Step) -> list[Obstacle]:
    """Give the domain constraints that refuse NULL in the columns a step writes."""
    table = facts.tables[step.key.relation]
    found: list[Obstacle] = []
    for name, column in table.columns_by_name.items():
        if name not in step.key.set_columns or not column.domain:
            continue
        if any(domain.not_null for domain in facts.domain_chain(column.type_oid)):
            found.append(Obstacle(None, table.name, (name,), NOT_NULL_VIOLATION))
        answer = await evaluator.domain_failures(column, None)
        found += [Obstacle(check.name, table.name, (name,), CHECK_VIOLATION) for check, _ in answer.failed]
    return found


def effects_of(facts: Facts, counts: Sequence[Count], numbers: Sequence[int]) -> dict[int, Effect]:
    """Give what the numbers say about each table's rows, by the OID of its root."""
    effects: dict[int, Effect] = {}
    for count, number in zip(counts, numbers, strict=True):
        if count.table is not None:
            root = facts.root(count.table)
            effects[root] = Effect(facts.tables[root].name, deleted=number)
        elif count.writes is not None:
            name = facts.tables[count.writes].name
            effects[count.writes] = Effect(name, effects.get(count.writes, Effect(name)).deleted, number)
    return effects


def _answer(facts: Facts, plan: SetPlan, counts: Sequence[Count], numbers: Sequence[int]) -> SetAnswer:
    effects = effects_of(facts, counts, numbers)
    met: list[tuple[Step, Obstacle, int, int]] = []
    affected = doubtful = 0
    for count, number in zip(counts, numbers, strict=True):
        if count.doubt is not None:
            doubtful += number
        elif count.step is not None and count.obstacle is not None:
            met += [(count.step, count.obstacle, number, affected)] if number else []
        elif count.writes is not None:
            affected = number
    first, known = _first(plan, met, numbers[0])
    merged: dict[Obstacle, int] = {}
    for _, obstacle, number, _ in _in_order(met):
        merged[obstacle] = merged.get(obstacle, 0) + number
    blockers = [obstacle.blocker(number, first=obstacle == first) for obstacle, number in merged.items()]
    blockers.sort(key=lambda blocker: not blocker.first)
    answer = QueueAnswer(
        verdict=Verdict.BLOCKED if blockers else Verdict.ALLOWED,
        blockers=tuple(blockers),
        effects=tuple(e for e in effects.values() if e.deleted or e.set_null),
        notes=(),
    )
    return SetAnswer(answer, numbers[0], known, sum(numbers), doubtful)


def _in_order(met: Sequence[tuple[Step, Obstacle, int, int]]) -> list[tuple[Step, Obstacle, int, int]]:
    return sorted(met, key=lambda entry: (entry[0].deferred, entry[0].depth, entry[0].trigger.encode()))


def _first(
    plan: SetPlan, met: Sequence[tuple[Step, Obstacle, int, int]], targets: int
) -> tuple[Obstacle | None, bool]:
    """Give what PostgreSQL reports first, and whether that is known without following rows."""
    if len({obstacle for _, obstacle, _, _ in met}) <= 1:
        return (met[0][1] if met else None), True
    ordered = _in_order(met)
    leading = ordered[0][0]
    rivals = [
        entry for entry in ordered if (entry[0].deferred, entry[0].depth) == (leading.deferred, leading.depth)
    ]
    own = [entry for entry in rivals if entry[0] is leading]
    if not all(plan.depth_known(oid) for oid in plan.deleted):
        return None, False
    alone = len(rivals) == len(own) or (targets == 1 and leading.depth == 1 and not leading.deferred)
    _, obstacle, number, rows = own[0]
    if alone and (len(own) == 1 or number == rows):
        return obstacle, True
    return None, False
