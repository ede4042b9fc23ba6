"""Which tables a delete reaches, by which actions, and whether the order of the queue can matter.

Where it cannot, sets of rows answer as exactly as following the queue: a table is
only deleted from by cascades, or only checked, or only set NULL by one foreign
key whose columns nothing else looks at.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action, Match
from fkdash.catalog.model import TableKind
from fkdash.fact import derived, deriving_fact, fact

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from fkdash.preview.declared.facts import KeyFact, TableFact, TriggerFact
    from fkdash.preview.declared.reached import Facts

CHECKS: Final = ("noaction", "restrict")


@fact
class Step:
    """What deleting referenced rows sets off: a check, a cascade or a SET NULL; `depth` counts from 1."""

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
        return self.key.relation == self.key.referenced_oid


class Clash(StrEnum):
    """Why the order of the queue would matter for a row."""

    BOTH = "two steps meet the row, and one changes what the other looks at"
    CHECKED = "a check meets the row, which is deleted as well"
    REFUSED = "the row cannot take NULL, and is deleted as well"
    TWICE = "the row is written twice, and another of its foreign keys does not hold"


@fact
class Doubt:
    """Rows for which the order would matter; when there are none, sets of rows are exact."""

    clash: Clash
    steps: tuple[Step, ...]


@deriving_fact
class SetPlan:
    """A delete that sets of rows decide unless a doubt has rows; tables deleted from, referenced ones first."""

    deleted: tuple[int, ...]
    steps: tuple[Step, ...]
    doubts: tuple[Doubt, ...] = ()

    def cascades_into(self, oid: int) -> list[Step]:
        """Give the cascades that delete from a table."""
        return [step for step in self._into.get(oid, ()) if step.kind == "cascade"]

    def nulls_into(self, oid: int) -> list[Step]:
        """Give the steps that set a table's columns NULL."""
        return [step for step in self._into.get(oid, ()) if step.kind == "setnull"]

    def depth_known(self, oid: int) -> bool:
        """Tell whether every deleted row of a table is as deep as its steps say: one way leads there."""
        into = self.cascades_into(oid)
        if oid == self.deleted[0]:
            return not into
        return len(into) == 1 and not into[0].itself and self.depth_known(into[0].key.referenced_oid)

    def from_table(self, oid: int) -> list[Step]:
        """Give what deleting a table's rows sets off."""
        return list(self._from.get(oid, ()))

    @derived
    def _into(self) -> Mapping[int, list[Step]]:
        found: defaultdict[int, list[Step]] = defaultdict(list)
        for step in self.steps:
            found[step.key.relation].append(step)
        return found

    @derived
    def _from(self) -> Mapping[int, list[Step]]:
        found: defaultdict[int, list[Step]] = defaultdict(list)
        for step in self.steps:
            found[step.key.referenced_oid].append(step)
        return found


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
    _tables_are_apart(survey)
    for step in survey.steps:
        _step_is_simple(facts, step)
    return SetPlan(_referenced_first(survey), tuple(survey.steps), tuple(_doubts(survey)))


def certain_plan(facts: Facts) -> SetPlan | None:
    """Give the checks on the target's own rows that nothing can forestall, None where there are none.

    What they find blocks the delete whatever the queue does, so that it can be
    said even when there are too many rows to follow.
    """
    survey = _Survey(facts, {facts.target: 0})
    touched = _touched(facts)
    if facts.tables[facts.target].hides_rows:
        return None
    try:
        for oid in {facts.target, *touched}:
            for leaf in {oid, *facts.leaves(oid)}:
                for event in ("DELETE", "UPDATE"):
                    _runs_no_code(facts.tables[leaf], event, {"DELETE", "UPDATE", "INSERT"})
        steps = [step for step in _steps_from(survey, facts.target) if step.check]
    except OrderMattersError:
        return None
    roots = {facts.root(oid) for oid in (facts.target, *touched)}
    certain = tuple(
        step
        for step in steps
        if facts.root(step.key.relation) not in roots
        and not step.deferred
        and _is_simple(facts, step)
        and not (step.kind == "noaction" and _key_may_be_taken(facts, step))
    )
    return SetPlan((facts.target,), certain) if certain else None


def _key_may_be_taken(facts: Facts, step: Step) -> bool:
    """Tell whether an action may write a key that is given up to another row, which NO ACTION accepts."""
    root = facts.root(step.key.referenced_oid)
    wanted = set(step.key.referenced_columns)
    return any(
        facts.root(key.relation) == root and key.writes and wanted & set(key.columns)
        for key in facts.keys.values()
    )


def _touched(facts: Facts) -> set[int]:
    """Give every table that an action could write to, however far away."""
    found: set[int] = set()
    pending = [facts.root(facts.target)]
    while pending:
        root = pending.pop()
        for key in facts.keys.values():
            child = facts.root(key.relation)
            writes = key.writes or key.on_delete is Action.CASCADE
            if facts.root(key.referenced_oid) == root and writes and child not in found:
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
    _nothing_references_a_partition_alone(facts, oid)
    leaves = [_action_triggers(facts, leaf) for leaf in facts.leaves(oid)]
    for key in facts.keys.values():
        if key.referenced_oid != oid:
            continue
        own = key.relation, facts.root_key(key).oid
        found = [triggers.get(own) for triggers in leaves]
        fired = [trigger for trigger in found if trigger is not None]
        if not fired:
            continue
        kinds = {trigger.machinery for trigger in fired}
        if len(fired) < len(found) or len(kinds) > 1 or len({trigger.deferred for trigger in fired}) > 1:
            raise OrderMattersError("partitions differ in their triggers")
        yield Step(
            key=key,
            kind=fired[0].kind[0],
            depth=survey.depth[oid] + 1,
            trigger=fired[0].name,
            deferred=fired[0].deferred,
        )


def _nothing_references_a_partition_alone(facts: Facts, oid: int) -> None:
    """Every action of the leaf tables comes from a foreign key that references the whole table."""
    for leaf in facts.leaves(oid):
        for trigger in facts.tables[leaf].triggers:
            key = facts.key_of(trigger)
            if not trigger.action or key is None:
                continue
            while key.referenced_oid != oid and key.parent in facts.keys:
                key = facts.keys[key.parent]
            if key.referenced_oid != oid:
                raise OrderMattersError("a foreign key references one partition only")


def _action_triggers(facts: Facts, leaf: int) -> dict[tuple[int, int], TriggerFact]:
    """Give the triggers on a leaf that carry out ON DELETE, by the key's relation and the key it comes from."""
    found: dict[tuple[int, int], TriggerFact] = {}
    for trigger in facts.tables[leaf].triggers:
        own = facts.key_of(trigger)
        if trigger.machinery.endswith("_del") and own is not None:
            found.setdefault((own.relation, facts.root_key(own).oid), trigger)
    return found


def _deletes_quietly(facts: Facts, table: TableFact) -> None:
    """No trigger or rule of the user's runs when rows of a table are deleted, and this session sees them all."""
    for oid in {table.oid, *facts.leaves(table.oid)}:
        _runs_no_code(facts.tables[oid], "DELETE")
    if not table.readable or table.hides_rows:
        raise OrderMattersError("rows are hidden")


def _runs_no_code(table: TableFact, event: str, firing: Collection[str] = ()) -> None:
    """No rule of the user's rewrites a statement, and no trigger fires for it or for those of `firing`."""
    events = {event, *firing}
    if any(each.event == event for each in table.unpublishable):
        raise OrderMattersError("a publication has the statement refused")
    if table.rewrites(event) or any(trigger.user and events & trigger.events for trigger in table.triggers):
        raise OrderMattersError("code of the user's runs")
    if table.kind is TableKind.FOREIGN:
        raise OrderMattersError("foreign table")


def _tables_are_apart(survey: _Survey) -> None:
    facts = survey.facts
    reached = {*survey.depth, *(step.key.relation for step in survey.steps)}
    if len({facts.root(oid) for oid in reached}) < len(reached):
        raise OrderMattersError("a partition and its root are both reached")
    if any(
        step.kind == "cascade" and step.key.relation == facts.target and not step.itself for step in survey.steps
    ):
        raise OrderMattersError("the target is reached again")


def _doubts(survey: _Survey) -> Iterator[Doubt]:
    """Give the pairs of steps that meet in one table in a way that order decides about."""
    by_relation: dict[int, list[Step]] = {}
    for step in survey.steps:
        by_relation.setdefault(step.key.relation, []).append(step)
    for oid, steps in by_relation.items():
        table = survey.facts.tables[oid]
        nulls = [step for step in steps if step.kind == "setnull"]
        cascaded = any(step.kind == "cascade" for step in steps)
        for step in steps:
            if cascaded and step.check and not step.deferred:
                yield Doubt(Clash.CHECKED, (step,))
            if cascaded and step.kind == "setnull":
                yield Doubt(Clash.REFUSED, (step,))
        judged = bool(table.checks) or any(column.unproven for column in table.columns)
        for step in nulls:
            written = set(step.key.set_columns)
            for other in steps:
                both_null = other in nulls
                if other is step or (both_null and nulls.index(other) < nulls.index(step)):
                    continue
                if set(other.key.columns) & written or (
                    both_null and (judged or set(other.key.set_columns) & set(step.key.columns))
                ):
                    yield Doubt(Clash.BOTH, (step, other))
        if len(nulls) > 1:
            yield Doubt(Clash.TWICE, tuple(nulls))


def _step_is_simple(facts: Facts, step: Step) -> None:
    key, table = step.key, facts.tables[step.key.relation]
    if key.period or step.kind == "setdefault":
        raise OrderMattersError("rows must be followed")
    if not table.readable or table.hides_rows:
        raise OrderMattersError("rows are hidden")
    if table.parent is not None:
        raise OrderMattersError("declared on a partition")
    written = key.set_columns if step.kind == "setnull" else ()
    wanted = {"cascade": ("delete",), "setnull": ()}.get(step.kind, ("update",))
    if not table.owner_allows(*wanted, reading=key.columns, writing=written):
        raise OrderMattersError("the owner lacks privileges")
    if step.kind == "noaction" and not all(
        facts.tables[leaf].owner_allows("update", reading=key.referenced_columns)
        for leaf in facts.leaves(key.referenced_oid)
    ):
        raise OrderMattersError("the referenced table's owner lacks privileges")
    if facts.operators_refused_to(table.owner, key.pf_operators) or facts.operators_refused_to(
        facts.tables[key.referenced_oid].owner, key.pp_operators
    ):
        raise OrderMattersError("an owner may not execute an operator's function")
    names = (*key.columns, *key.referenced_columns)
    columns = (*(table.columns_by_name[name] for name in key.columns),)
    others = (*(facts.tables[key.referenced_oid].columns_by_name[name] for name in key.referenced_columns),)
    if any(not column.deterministic for column in (*columns, *others)) or not names:
        raise OrderMattersError("a collation that is not deterministic")
    if step.kind == "setnull":
        _sets_null_simply(facts, key, table)


def _sets_null_simply(facts: Facts, key: KeyFact, table: TableFact) -> None:
    """Only NOT NULL, domains and CHECKs can refuse the NULL, row by row."""
    written = set(key.set_columns)
    _runs_no_code(table, "UPDATE")
    if any(table.columns_by_name[name].identity_always for name in written) or len(written) < len(key.set_columns):
        raise OrderMattersError("the statement is refused, rows or not")
    if table.partitioned or table.generated or any(not check.steady for check in table.checks):
        raise OrderMattersError("rows must be followed")
    chains = (facts.domain_chain(table.columns_by_name[name].type_oid) for name in written)
    checks = [check for chain in chains for domain in chain for check in domain.checks]
    if any(not check.steady for check in checks):
        raise OrderMattersError("rows must be followed")
    called = (*table.restricted, *(function for check in checks for function in check.restricted))
    if facts.refused_to(table.owner, called):
        raise OrderMattersError("the owner may not execute a function")
    for other in facts.keys.values():
        if other.relation == table.oid and (
            (other.match is Match.FULL and len(other.columns) > 1) or other.period
        ):
            raise OrderMattersError("another foreign key must be checked")
        if other.relation == table.oid and not facts.tables[other.referenced_oid].readable:
            raise OrderMattersError("rows are hidden")
        if other.referenced_oid == table.oid and set(other.referenced_columns) & written:
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
            step.key.referenced_oid
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
