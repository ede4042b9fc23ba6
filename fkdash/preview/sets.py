"""Answers a delete by sets of rows, in one statement on the server; no key travels to the client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fkdash.catalog.model import quoted
from fkdash.preview.equality import clause, key_columns, plain_type
from fkdash.preview.model import Blocker, Effect, Verdict
from fkdash.preview.outcome import Answer, Obstacle
from fkdash.preview.queue import RESTRICT_HAS_ITS_OWN_STATE, RESTRICTED, STILL_REFERENCED
from fkdash.preview.row_constraints import CHECKED, NOT_NULL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.preview.evaluation import Evaluator
    from fkdash.preview.facts import Facts, KeyFact
    from fkdash.preview.graph import SetPlan, Step
    from fkdash.preview.reader import Reader
    from fkdash.preview.target import Selection

_SEED = '"fk$s"'
_OWN_ROW = 'c.tableoid = d."fk$o" AND c.ctid = d."fk$t"'


@dataclass(frozen=True, slots=True)
class SetAnswer:
    """The answer; `first_known` is False when the order of rows decides which blocker comes first."""

    answer: Answer
    target_rows: int
    first_known: bool
    rows: int


@dataclass(frozen=True, slots=True)
class _Count:
    """What one number means: rows of a table deleted, rows that a step writes, or rows that meet an obstacle."""

    table: int | None = None
    step: Step | None = None
    obstacle: Obstacle | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    """A query that gives an array of numbers, and what each of them means."""

    sql: str
    counts: tuple[_Count, ...]


async def answer_by_sets(
    reader: Reader, evaluator: Evaluator, plan: SetPlan, chosen: Selection, *, everything: bool
) -> SetAnswer:
    """Count what a plan by sets deletes, sets NULL and is blocked by; raises the session's errors."""
    composer = _Composer(reader.facts, plan, chosen, everything=everything)
    questions = composer.deleted()
    for step in plan.steps:
        if step.check:
            questions.append(composer.check(step))
        elif step.kind == "setnull":
            questions.append(composer.set_null(step, await _refusing_domains(reader.facts, evaluator, step)))
    row = (await reader.ask(composer.statement(questions), *chosen.arguments))[0]
    counts = [count for question in questions for count in question.counts]
    return _answer(reader.facts, plan, counts, row["numbers"])


async def _refusing_domains(facts: Facts, evaluator: Evaluator, step: Step) -> list[Obstacle]:
    """Give the domain constraints that refuse NULL in the columns a step writes."""
    table = facts.tables[step.key.relation]
    found: list[Obstacle] = []
    for name, column in table.columns.items():
        if name not in step.key.set_columns or not column.domain:
            continue
        if any(domain.not_null for domain in facts.domain_chain(column.type_oid)):
            found.append(Obstacle(None, table.name, (name,), NOT_NULL))
        answer = await evaluator.domain_failures(column, None)
        found += [Obstacle(check.name, table.name, (name,), CHECKED) for check in answer.failed]
    return found


class _Composer:
    """Writes the statement: one WITH item per table deleted from, one number per question."""

    def __init__(self, facts: Facts, plan: SetPlan, chosen: Selection, *, everything: bool) -> None:
        self._facts = facts
        self._plan = plan
        self._chosen = chosen
        self._everything = everything
        self._names = {oid: f'"fk$d{position}"' for position, oid in enumerate(plan.deleted)}

    def statement(self, questions: Sequence[_Question]) -> str:
        """Give the whole statement, all numbers in one array."""
        items = ", ".join(
            f"{self._names[oid]} AS {self._materialised(oid)} ({self._rows_of(oid)})" for oid in self._plan.deleted
        )
        items = f"{_SEED} AS {self._seed_materialised()} ({self._seed()}), {items}"
        return f"WITH RECURSIVE {items} SELECT {' || '.join(f'({each.sql})' for each in questions)} AS numbers"

    def deleted(self) -> list[_Question]:
        """Count the target rows, then the rows of every table deleted from."""
        sources = [(None, _SEED), *((oid, self._names[oid]) for oid in self._plan.deleted)]
        return [_Question(f"SELECT ARRAY[count(*)] FROM {name}", (_Count(table=oid),)) for oid, name in sources]

    def check(self, step: Step) -> _Question:
        """Count the rows that still reference what is deleted."""
        key = self._facts.root_key(step.key)
        restrict = step.kind == "restrict" and self._facts.major >= RESTRICT_HAS_ITS_OWN_STATE
        obstacle = Obstacle(
            key.name,
            self._facts.tables[key.relation].name,
            key.columns,
            RESTRICTED if restrict else STILL_REFERENCED,
        )
        return _Question(self._referencing(step), (_Count(step=step, obstacle=obstacle),))

    def set_null(self, step: Step, domains: Sequence[Obstacle]) -> _Question:
        """Count the rows set NULL, and those that each constraint of the row refuses."""
        table = self._facts.tables[step.key.relation]
        written = set(step.key.set_columns)
        wanted: list[tuple[str, Obstacle | None]] = [("true", None), *(("true", each) for each in domains)]
        for name, column in table.columns.items():
            obstacle = Obstacle(None, table.name, (name,), NOT_NULL)
            if column.not_null and obstacle not in domains and (name in written or column.unproven):
                wanted.append(("true" if name in written else f"{quoted(name)} IS NULL", obstacle))
        for check in table.checks:
            columns = tuple(name for name in check.columns if name in written) or check.columns
            wanted.append((f"({check.sql}) IS FALSE", Obstacle(check.name, table.name, columns, CHECKED)))
        numbers = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition, _ in wanted)
        return _Question(
            f"SELECT ARRAY[{numbers}] FROM {self._set_null_rows(step)}",
            tuple(_Count(step=step, obstacle=obstacle) for _, obstacle in wanted),
        )

    def _referencing(self, step: Step) -> str:
        table = self._facts.tables[step.key.relation]
        if step.itself and self._everything and step.key.referenced == self._plan.deleted[0]:
            return "SELECT ARRAY[0::bigint]"
        if self._everything and step.key.referenced == self._plan.deleted[0]:
            # One probe per distinct key instead of one per row.
            keys = ", ".join(f"c.{quoted(name)}" for name in step.key.columns)
            known = " AND ".join(f"c.{quoted(name)} IS NOT NULL" for name in step.key.columns)
            staying = self._staying(step)
            return (
                "SELECT ARRAY[coalesce(sum(c.n), 0)::bigint]"
                f" FROM (SELECT {keys}, count(*) AS n FROM {table.from_sql} AS c"
                f" WHERE {known}{staying} GROUP BY {keys}) AS c"
                f" WHERE EXISTS"
                f" (SELECT FROM {self._names[step.key.referenced]} AS p WHERE {self._match(step.key)})"
            )
        return (
            f"SELECT ARRAY[count(*)] FROM {table.from_sql} AS c JOIN {self._names[step.key.referenced]} AS p"
            f" ON {self._match(step.key)} WHERE true{self._staying(step)}"
        )

    def _set_null_rows(self, step: Step) -> str:
        """Give a FROM item named like the table: the rows as SET NULL leaves them."""
        table = self._facts.tables[step.key.relation]
        columns = ", ".join(
            f"NULL::{plain_type(self._facts, column)} AS {quoted(name)}"
            if name in step.key.set_columns
            else f"c.{quoted(name)}"
            for name, column in table.columns.items()
        )
        return (
            f"(SELECT {columns} FROM {table.from_sql} AS c JOIN {self._names[step.key.referenced]} AS p"
            f" ON {self._match(step.key)} WHERE true{self._staying(step)}) AS {quoted(table.name.name)}"
        )

    def _staying(self, step: Step) -> str:
        """Give the condition that a row is not itself deleted; empty where none of its table's rows are."""
        name = self._names.get(step.key.relation)
        return f" AND NOT EXISTS (SELECT FROM {name} AS d WHERE {_OWN_ROW})" if name else ""

    def _seed_materialised(self) -> str:
        """Have a condition evaluated once only: it may call a volatile function."""
        by_condition = self._chosen.condition not in ("true", "false") and not self._chosen.joined
        return "MATERIALIZED" if by_condition else "NOT MATERIALIZED"

    def _materialised(self, oid: int) -> str:
        uses = 1 + len(self._plan.from_table(oid))
        return "NOT MATERIALIZED" if uses <= 2 and not self._recursive(oid) else "MATERIALIZED"  # noqa: PLR2004 - itself and one more

    def _seed(self) -> str:
        table = self._facts.tables[self._plan.deleted[0]]
        name = quoted(table.name.name)
        distinct = "DISTINCT " if self._chosen.joined else ""
        return (
            f"SELECT {distinct}{_list(name, self._wanted(table.oid))} FROM {table.from_sql} AS {name}"
            f" {self._chosen.joined} WHERE {self._chosen.condition}"
        )

    def _wanted(self, oid: int) -> dict[str, None]:
        return dict.fromkeys(name for step in self._plan.from_table(oid) for name in step.key.referenced_columns)

    def _recursive(self, oid: int) -> bool:
        return any(step.itself for step in self._plan.cascades_into(oid))

    def _rows_of(self, oid: int) -> str:
        table = self._facts.tables[oid]
        wanted = self._wanted(oid)
        into = self._plan.cascades_into(oid)
        parts = [f"SELECT * FROM {_SEED}"] if oid == self._plan.deleted[0] else []
        for step in sorted(into, key=lambda step: step.itself):
            source = self._names[step.key.referenced]
            parts.append(
                f"SELECT {_list('c', wanted)} FROM {table.from_sql} AS c"
                f" JOIN {source} AS p ON {self._match(step.key)}"
            )
        own = sum(step.itself for step in into)
        if own and len(parts) - own > 1:
            first = " UNION ".join(parts[: len(parts) - own])
            parts = [f"({first})", *parts[len(parts) - own :]]
        if own > 1:
            both = " UNION ALL ".join(
                f"SELECT {_list('c', wanted)} FROM {table.from_sql} AS c WHERE {self._match(step.key)}"
                for step in into
                if step.itself
            )
            parts = [parts[0], f"SELECT x.* FROM {self._names[oid]} AS p CROSS JOIN LATERAL ({both}) AS x"]
        return " UNION ".join(parts)

    def _match(self, key: KeyFact) -> str:
        own, other = key_columns(self._facts, key)
        return " AND ".join(
            clause(f"p.{quoted(theirs.name)}", self._facts.operators[operator], f"c.{quoted(mine.name)}")
            for mine, theirs, operator in zip(own, other, key.pf_operators, strict=True)
        )


def _list(alias: str, wanted: dict[str, None]) -> str:
    columns = "".join(f", {alias}.{quoted(name)}" for name in wanted)
    return f'{alias}.tableoid AS "fk$o", {alias}.ctid AS "fk$t"{columns}'


def _answer(facts: Facts, plan: SetPlan, counts: Sequence[_Count], numbers: Sequence[int]) -> SetAnswer:
    effects: dict[int, Effect] = {}
    met: list[tuple[Step, Obstacle, int, int]] = []
    affected = 0
    for count, number in zip(counts, numbers, strict=True):
        if count.table is not None:
            root = facts.root(count.table)
            effects[root] = Effect(facts.tables[root].name, deleted=number)
            affected = number
        elif count.step is None:
            continue
        elif count.obstacle is None:
            name = facts.tables[count.step.key.relation]
            old = effects.get(name.oid, Effect(name.name))
            effects[name.oid] = Effect(name.name, old.deleted, number)
            affected = number
        elif number:
            met.append((count.step, count.obstacle, number, affected))
    first, known = _first(plan, met, numbers[0])
    merged: dict[Obstacle, int] = {}
    for _, obstacle, number, _ in _in_order(met):
        merged[obstacle] = merged.get(obstacle, 0) + number
    blockers = [
        Blocker(o.constraint, o.table, o.columns, o.sqlstate, n, first=o == first) for o, n in merged.items()
    ]
    blockers.sort(key=lambda blocker: not blocker.first)
    answer = Answer(
        verdict=Verdict.BLOCKED if blockers else Verdict.ALLOWED,
        blockers=tuple(blockers),
        effects=tuple(e for e in effects.values() if e.deleted or e.set_null),
        notes=(),
    )
    return SetAnswer(answer, numbers[0], known, sum(numbers))


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
    if any(
        len(plan.cascades_into(oid)) > 1 or any(s.itself for s in plan.cascades_into(oid)) for oid in plan.deleted
    ):
        return None, False
    alone = len(rivals) == len(own) or (targets == 1 and leading.depth == 1 and not leading.deferred)
    _, obstacle, number, rows = own[0]
    if alone and (len(own) == 1 or number == rows):
        return obstacle, True
    return None, False
