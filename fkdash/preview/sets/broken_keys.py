"""When a row that two steps set NULL has another foreign key that the check after the second write refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.preview.evaluating.equality import refers
from fkdash.preview.sets.step_sql import match

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.preview.declared.facts import KeyFact
    from fkdash.preview.declared.graph import Doubt, SetPlan, Step
    from fkdash.preview.declared.reached import Facts

_TWO: Final = 2


def broken_keys(
    facts: Facts, plan: SetPlan, names: Mapping[int, str], doubt: Doubt, *, same_delete: str = ""
) -> str:
    """Give the condition on a row `c` that one of its foreign keys would fail the check; "" where none can.

    Of two steps both columns are NULL by then. Of three, the key of the third may be an
    orphan's, or wait for a deeper part of the queue to be set NULL. `names` are the
    queries for the deleted rows `p` of each table; `same_delete` is what else holds of
    one that the very delete takes.
    """
    steps = doubt.steps
    oid = steps[0].key.relation
    writing = {facts.root_key(step.key).oid for step in steps}
    same_depth = len({step.depth for step in steps}) == 1 and all(
        plan.depth_known(step.key.referenced_oid) for step in steps
    )
    parts: list[str] = []
    for key in facts.keys.values():
        written = facts.root_key(key).oid in writing
        if key.relation != oid or (written and len(writing) == _TWO):
            continue
        known = refers(facts, key)
        parent = facts.tables[key.referenced_oid].from_sql
        missing = f"NOT EXISTS (SELECT FROM {parent} AS p WHERE {match(facts, key)})"
        gone = names.get(key.referenced_oid)
        in_time = same_depth if written else _deleted_before_checked(plan, key, steps)
        if gone is not None and not in_time:
            missing += f" OR EXISTS (SELECT FROM {gone} AS p WHERE {match(facts, key)}{same_delete})"
        parts.append(f"({known} AND ({missing}))")
    return " OR ".join(parts)


def _deleted_before_checked(plan: SetPlan, key: KeyFact, steps: Sequence[Step]) -> bool:
    """Tell whether rows that a cascade deletes are gone when the check of their second write comes."""
    cascades = [step for step in plan.cascades_into(key.relation) if step.key.oid == key.oid]
    involved = [*cascades, *steps]
    if not cascades or not all(plan.depth_known(step.key.referenced_oid) for step in involved):
        return False
    second_write = sorted(step.depth for step in steps)[1]
    return cascades[0].depth <= second_write
