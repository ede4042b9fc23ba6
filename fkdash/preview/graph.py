"""Which tables a delete reaches, by which actions, and whether the order of the queue can matter.

Where it cannot, sets of rows answer as exactly as following the queue: a table is
only deleted from by cascades, or only checked, or only set NULL by one foreign
key whose columns nothing else looks at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fkdash.preview.facts import DELETE_BIT, UPDATE_BIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.preview.facts import Facts, KeyFact, TableFact, TriggerFact

CHECKS: Final = ("noaction", "restrict")


@dataclass(frozen=True, slots=True)
class Step:
    """What deleting rows of `key.referenced` sets off: a check, a cascade or a SET NULL; `depth` counts from 1."""

    key: KeyFact
    kind: str
    depth: int
    trigger: str
    deferred: bool

    @property
    def check(self) -> bool:
        """Whether it only looks."""
        return self.kind in CHECKS

    @property
    def itself(self) -> bool:
        """Whether the table references itself."""
        return self.key.relation == self.key.referenced


@dataclass(frozen=True)
class SetPlan:
    """A delete whose outcome sets of rows decide: the tables deleted from, referenced before referencing."""

    deleted: tuple[int, ...]
    steps: tuple[Step, ...]

    def cascades_into(self, oid: int) -> list[Step]:
        """Give the cascades that delete from a table."""
        return [step for step in self.steps if step.kind == "cascade" and step.key.relation == oid]

    def from_table(self, oid: int) -> list[Step]:
        """Give what deleting a table's rows sets off."""
        return [step for step in self.steps if step.key.referenced == oid]


class OrderMattersError(Exception):
    """The queue must be followed row by row; the message says why."""


@dataclass
class _Survey:
    """The reached part of the graph while it is being explored."""

    facts: Facts
    depth: dict[int, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def set_plan(facts: Facts) -> SetPlan:
    """Give the plan by sets; raises OrderMattersError where the queue must be followed."""
    survey = _Survey(facts, {facts.target: 0})
    pending = [facts.target]
    while pending:
        oid = pending.pop(0)
        for step in _steps_from(survey, oid):
            survey.steps.append(step)
            if step.kind == "cascade" and step.key.relation not in survey.depth:
                survey.depth[step.key.relation] = step.depth
                pending.append(step.key.relation)
    for oid in survey.depth:
        _deletes_quietly(facts, facts.tables[oid])
    _roles_are_apart(survey)
    for step in survey.steps:
        _step_is_simple(facts, step)
    return SetPlan(_referenced_first(survey), tuple(survey.steps))


def certain_plan(facts: Facts) -> SetPlan | None:
    """Give the checks on the target's own rows that nothing can forestall, None where there are none.

    What they find blocks the delete whatever the queue does, so that it can be
    said even when there are too many rows to follow.
    """
    survey = _Survey(facts, {facts.target: 0})
    touched = _touched(facts)
    try:
        for oid in {facts.target, *touched}:
            for leaf in {oid, *facts.leaves(oid)}:
                _runs_no_code(facts.tables[leaf], DELETE_BIT | UPDATE_BIT, "DELETE")
                _runs_no_code(facts.tables[leaf], DELETE_BIT | UPDATE_BIT, "UPDATE")
        steps = [step for step in _steps_from(survey, facts.target) if step.check]
    except OrderMattersError:
        return None
    roots = {facts.root(oid) for oid in (facts.target, *touched)}
    certain = tuple(
        step
        for step in steps
        if facts.root(step.key.relation) not in roots and not step.deferred and _is_simple(facts, step)
    )
    return SetPlan((facts.target,), certain) if certain else None


def _touched(facts: Facts) -> set[int]:
    """Give every table that an action could write to, however far away."""
    found: set[int] = set()
    pending = [facts.root(facts.target)]
    while pending:
        root = pending.pop()
        for key in facts.keys.values():
            child = facts.root(key.relation)
            writes = key.on_delete in "cnd" or key.on_update in "cnd"
            if facts.root(key.referenced) == root and writes and child not in found:
                found.add(child)
                pending.append(child)
    return found


def _is_simple(facts: Facts, step: Step) -> bool:
    try:
        _step_is_simple(facts, step)
    except OrderMattersError:
        return False
    return True


def _steps_from(survey: _Survey, oid: int) -> Iterator[Step]:
    facts = survey.facts
    for key in facts.keys.values():
        if key.referenced != oid:
            continue
        found = [_action_trigger(facts, key, leaf) for leaf in facts.leaves(oid)]
        fired = [trigger for trigger in found if trigger is not None]
        if not fired:
            continue
        kinds = {trigger.function for trigger in fired}
        if len(fired) < len(found) or len(kinds) > 1 or len({trigger.deferred for trigger in fired}) > 1:
            raise OrderMattersError("partitions differ in their triggers")
        yield Step(
            key=key,
            kind=fired[0].function.removeprefix("RI_FKey_").removesuffix("_del"),
            depth=survey.depth[oid] + 1,
            trigger=fired[0].name,
            deferred=fired[0].deferred,
        )


def _action_trigger(facts: Facts, key: KeyFact, leaf: int) -> TriggerFact | None:
    """Give the trigger on a leaf table that carries out a key's ON DELETE action."""
    declared = facts.root_key(key).oid
    for trigger in facts.tables[leaf].triggers:
        if not trigger.referential or not trigger.function.endswith("_del"):
            continue
        own = facts.keys.get(trigger.constraint)
        if own is not None and own.relation == key.relation and facts.root_key(own).oid == declared:
            return trigger
    return None


def _deletes_quietly(facts: Facts, table: TableFact) -> None:
    """No trigger or rule of the user's runs when rows of a table are deleted, and this session sees them all."""
    for oid in {table.oid, *facts.leaves(table.oid)}:
        _runs_no_code(facts.tables[oid], DELETE_BIT, "DELETE")
    if not table.readable or table.row_security:
        raise OrderMattersError("rows are hidden")


def _runs_no_code(table: TableFact, bit: int, event: str) -> None:
    if event in table.rules or any(trigger.user and trigger.type & bit for trigger in table.triggers):
        raise OrderMattersError("code of the user's runs")
    if table.kind == "f":
        raise OrderMattersError("foreign table")


def _roles_are_apart(survey: _Survey) -> None:
    facts = survey.facts
    roots = [facts.root(oid) for oid in survey.depth]
    if len(set(roots)) < len(roots):
        raise OrderMattersError("a partition and its root are both reached")
    cascaded = {step.key.relation for step in survey.steps if step.kind == "cascade"}
    if any(
        step.kind == "cascade" and step.key.relation == facts.target and not step.itself for step in survey.steps
    ):
        raise OrderMattersError("the target is reached again")
    checked = [step for step in survey.steps if step.check]
    written = [step for step in survey.steps if not step.check and step.kind != "cascade"]
    same_root = {facts.root(oid) for oid in cascaded}
    for step in checked:
        if facts.root(step.key.relation) in same_root and not (step.deferred and step.key.relation in cascaded):
            raise OrderMattersError("a checked table is deleted from as well")
    for step in written:
        root = facts.root(step.key.relation)
        others = [other for other in survey.steps if other is not step and facts.root(other.key.relation) == root]
        for other in others:
            if not other.check or set(other.key.columns) & set(step.key.set_columns):
                raise OrderMattersError("a written table is reached twice")


def _step_is_simple(facts: Facts, step: Step) -> None:
    key, table = step.key, facts.tables[step.key.relation]
    if key.period or step.kind == "setdefault":
        raise OrderMattersError("rows must be followed")
    if not table.readable or table.row_security:
        raise OrderMattersError("rows are hidden")
    if table.parent is not None:
        raise OrderMattersError("declared on a partition")
    wanted = ("select", "update") if step.kind != "cascade" else ("select", "delete")
    if not all(table.owner_may[privilege] for privilege in ("usage", *wanted)):
        raise OrderMattersError("the owner lacks privileges")
    names = (*key.columns, *key.referenced_columns)
    columns = (*(table.columns[name] for name in key.columns),)
    others = (*(facts.tables[key.referenced].columns[name] for name in key.referenced_columns),)
    if any(not column.deterministic for column in (*columns, *others)) or not names:
        raise OrderMattersError("a collation that is not deterministic")
    if step.kind == "setnull":
        _sets_null_simply(facts, key, table)


def _sets_null_simply(facts: Facts, key: KeyFact, table: TableFact) -> None:
    """Only NOT NULL, domains and CHECKs can refuse the NULL, row by row."""
    written = set(key.set_columns)
    _runs_no_code(table, UPDATE_BIT, "UPDATE")
    if table.partitioned or table.generated or any(not check.steady for check in table.checks):
        raise OrderMattersError("rows must be followed")
    domains = (domain for name in written for domain in facts.domain_chain(table.columns[name].type_oid))
    if any(not check.steady for domain in domains for check in domain.constraints):
        raise OrderMattersError("rows must be followed")
    for other in facts.keys.values():
        if other.relation == table.oid and other.match_full and len(other.columns) > 1:
            raise OrderMattersError("MATCH FULL must be checked")
        if other.referenced == table.oid and set(other.referenced_columns) & written:
            raise OrderMattersError("a referenced key is written")
    for index in table.indexes:
        if index.computed or (
            (index.exclusion or (index.unique and index.nulls_not_distinct))
            and written & {part.column for part in index.keys}
        ):
            raise OrderMattersError("an index must be looked at")


def _referenced_first(survey: _Survey) -> tuple[int, ...]:
    """Order the tables so that every cascade points forward; raises OrderMattersError for a cycle of several."""
    waiting = {
        oid: {
            step.key.referenced
            for step in survey.steps
            if step.kind == "cascade" and step.key.relation == oid and not step.itself
        }
        for oid in survey.depth
    }
    ordered: list[int] = []
    while waiting:
        ready = [oid for oid, before in waiting.items() if before <= set(ordered)]
        if not ready:
            raise OrderMattersError("a cycle of several tables")
        for oid in ready:
            ordered.append(oid)
            del waiting[oid]
    return tuple(ordered)
