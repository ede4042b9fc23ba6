"""Answers for every row of a table alone, by sets of rows on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.preview.each.statement import EachComposer
from fkdash.preview.each.verdicts import Standing, row_at
from fkdash.preview.model import Effect, Selection
from fkdash.preview.sets.answer import effects_of, refusing_domains
from fkdash.preview.sets.statement import Composer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.preview.declared.graph import SetPlan, Step
    from fkdash.preview.evaluating.evaluate import Evaluator
    from fkdash.preview.outcome import Obstacle
    from fkdash.preview.reader import Reader


async def each_by_sets(
    reader: Reader, evaluator: Evaluator, plan: SetPlan, page_rows: int, most_doubtful: int
) -> Standing:
    """Give the standing by sets of rows, no key travelling to the client; raises the session's errors."""
    facts = reader.facts
    domains = {step: await refusing_domains(facts, evaluator, step) for step in plan.steps if not step.check}
    composer = EachComposer(facts, plan, domains)
    row = (await reader.ask(composer.statement(page_rows, most_doubtful)))[0]
    numbers = iter(row["numbers"])
    found = Standing(rows=next(numbers), cannot=next(numbers), unknown=next(numbers))
    effects = await _effects(reader, composer, plan, domains, found.rows)
    for holding in composer.holdings:
        step, met = holding.step, next(numbers)
        if effects is not None and step.kind == "setnull" and met and composer.met_is_effect(step):
            effects[step.key.relation] = Effect(facts.tables[step.key.relation].name, set_null=met)
        rows = [next(numbers) for _ in holding.refusing]
        roots = [next(numbers) for _ in holding.refusing]
        for (_, obstacle), blocking, held in zip(holding.refusing, rows, roots, strict=True):
            if held:
                before = found.obstacles.get(obstacle, (0, 0))
                found.obstacles[obstacle] = (before[0] + blocking, before[1] + held)
    if effects is not None:
        found.effects = tuple(effect for effect in effects.values() if effect.deleted or effect.set_null)
    found.held = [(row_at(table, ctid), int(number)) for table, ctid, number in row["held"] or ()]
    found.doubtful = [row_at(table, ctid) for table, ctid in row["doubtful"] or ()]
    return found


async def _effects(
    reader: Reader,
    composer: EachComposer,
    plan: SetPlan,
    domains: Mapping[Step, Sequence[Obstacle]],
    targets: int,
) -> dict[int, Effect] | None:
    """Give what deleting all the rows would do, but for what the other statement counts anyway.

    None where the order of the queue would decide about it.
    """
    facts = reader.facts
    whole = Composer(facts, plan, Selection("true"), everything=True)
    questions = []
    for oid in dict.fromkeys(step.key.relation for step in plan.steps):
        nulls = plan.nulls_into(oid)
        if len(nulls) > 1:
            questions.append(whole.all_nulls(oid))
        elif nulls and not composer.met_is_effect(nulls[0]):
            questions.append(whole.set_null(nulls[0], ()))
    if not questions and len(plan.deleted) == 1:
        root = facts.root(facts.target)
        return {root: Effect(facts.tables[root].name, deleted=targets)}
    doubts = [whole.doubt(doubt, domains.get(doubt.steps[0], ())) for doubt in plan.doubts]
    questions = [*whole.deleted(), *questions, *(doubt for doubt in doubts if doubt is not None)]
    row = (await reader.ask(whole.statement(questions)))[0]
    counts = [count for question in questions for count in question.counts]
    if any(number for count, number in zip(counts, row["numbers"], strict=True) if count.doubt is not None):
        return None
    return effects_of(facts, counts, row["numbers"])
