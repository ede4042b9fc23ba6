"""A plan as a JSON document and back, so that it can be read, kept in a journal and carried elsewhere."""

from __future__ import annotations

from dataclasses import asdict, field
from typing import TYPE_CHECKING, Any, Final, Literal

from fkdash.catalog.model import ForeignKey
from fkdash.catalog.table_name import TableName
from fkdash.fact import fact
from fkdash.fix.plan import Batch, Duration, Goal, Kept, Lock, LockMode, Pace, Plan, Step
from fkdash.reading.source import Source
from fkdash.reading.typed import Found, Remark, typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Document = dict[str, Any]
_MOST_MILLISECONDS: Final = 2**31 - 1


def plan_document(plan: Plan) -> Document:
    """Give a plan as the versioned document that other people's scripts read."""
    return {
        "fkdash": 1,
        "kind": "plan",
        "constraint": plan.key.qualified,
        "rule": plan.rule,
        "option": plan.option,
        "procedure": plan.procedure,
        "fingerprint": plan.fingerprint,
        "steps": [_step_document(step) for step in plan.steps],
        "undo": [step.sql for step in plan.undo],
        "consequences": list(plan.consequences),
        "undo_condition": plan.undo_condition,
        "undo_steps": [_step_document(step) for step in plan.undo],
        "from": _key_document(plan.key),
        "to": _key_document(plan.goal.key),
        "nullable": [[*table, column] for table, column in plan.goal.nullable],
        "gone": plan.goal.gone,
        "checks": [list(check) for check in plan.goal.checks],
        "abandon": [_step_document(step) for step in plan.abandon],
        "origin": _key_document(plan.origin) if plan.origin else None,
        "absent": plan.absent,
        "mends": plan.mends,
        "brings": plan.brings,
        "values": [list(value) for value in plan.values],
        "kept": {"table": list(plan.kept.table), "count": plan.kept.count} if plan.kept else None,
        "chosen": [[list(value) for value in row] for row in plan.chosen],
        "filled": [list(value) for value in plan.filled],
        "picked": [[identity, list(values)] for identity, values in plan.picked],
        "unpicked": list(plan.unpicked),
        "picked_by": plan.picked_by,
        "pace": asdict(plan.pace),
        "objects": dict(plan.objects),
    }


@fact
class _LockFile:
    schema: str
    table: str
    mode: LockMode
    duration: Duration


@fact
class _StepFile:
    n: int
    title: str
    sql: str
    transaction: int
    locks: tuple[_LockFile, ...]
    lock_timeout_ms: int
    statement_timeout_ms: int
    done_when: str
    undo: str | None = None
    reserve: TableName | None = None
    alone: bool = False
    repeats: bool = False
    leftover: str | None = None
    cleanup: str | None = None
    batch: Batch | None = None
    cursor: str | None = None
    total: str | None = None


@fact
class _KeptFile:
    table: TableName
    count: str


@fact
class PlanFile:
    """A plan as a file has it; what a later fkdash adds is passed over."""

    kind: Literal["plan"]
    fkdash: Literal[1]
    key: ForeignKey = field(metadata={"key": "from"})
    goal: ForeignKey = field(metadata={"key": "to"})
    rule: str
    option: str
    procedure: str
    fingerprint: str
    steps: tuple[_StepFile, ...]
    undo_steps: tuple[_StepFile, ...]
    undo_condition: str
    consequences: tuple[str, ...]
    nullable: tuple[tuple[str, str, str], ...] = ()
    gone: bool = False
    checks: tuple[tuple[str, str], ...] = ()
    abandon: tuple[_StepFile, ...] = ()
    origin: ForeignKey | None = None
    absent: bool = False
    mends: bool = False
    brings: bool = False
    values: tuple[tuple[str, str], ...] = ()
    kept: _KeptFile | None = None
    chosen: tuple[tuple[tuple[str, str], ...], ...] = ()
    filled: tuple[tuple[str, str], ...] = ()
    picked: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unpicked: tuple[str, ...] = ()
    picked_by: str = ""
    pace: Pace = field(default_factory=Pace)
    objects: dict[str, Any] = field(default_factory=dict)


def plan_of(document: object, source: Source | None = None) -> Plan:
    """Give the plan a document describes; raises UsageError for anything that is not such a document."""
    found = Found()
    read = typed(document, PlanFile, found)
    if read is not None:
        found.mistakes += _about_steps(read)
        found.mistakes += [
            Remark((place,), "does not have as many columns on one side as on the other")
            for place, key in (("from", read.key), ("to", read.goal), ("origin", read.origin))
            if key is not None and not _fits(key)
        ]
        found.mistakes += [
            Remark(("picked", number), "does not have as many values as the key has columns")
            for number, (_, values) in enumerate(read.picked)
            if len(values) != len(read.key.columns)
        ]
    if read is None or found.mistakes:
        raise (source or Source("The plan")).refusal(
            found.mistakes, advice="Make it again with `fkdash fix plan`."
        )
    return Plan(
        key=read.key,
        rule=read.rule,
        option=read.option,
        procedure=read.procedure,
        fingerprint=read.fingerprint,
        steps=_steps(read.steps),
        undo=_steps(read.undo_steps),
        undo_condition=read.undo_condition,
        consequences=read.consequences,
        goal=Goal(
            key=read.goal,
            nullable=tuple((TableName(schema, table), column) for schema, table, column in read.nullable),
            gone=read.gone,
            checks=read.checks,
        ),
        abandon=_steps(read.abandon),
        origin=read.origin,
        absent=read.absent,
        mends=read.mends,
        brings=read.brings,
        values=read.values,
        kept=Kept(read.kept.table, read.kept.count) if read.kept else None,
        chosen=read.chosen,
        filled=read.filled,
        picked=read.picked,
        unpicked=read.unpicked,
        picked_by=read.picked_by,
        pace=read.pace,
        objects=read.objects,
    )


def _about_steps(read: PlanFile) -> Iterator[Remark]:
    for kind in ("steps", "undo_steps", "abandon"):
        for number, step in enumerate(getattr(read, kind)):
            for name in ("lock_timeout_ms", "statement_timeout_ms"):
                if not 0 <= getattr(step, name) <= _MOST_MILLISECONDS:
                    yield Remark((kind, number, name), f"is no time from 0 to {_MOST_MILLISECONDS} ms")
            if step.repeats and (step.batch is None or not step.sql.endswith(step.batch.last)):
                yield Remark((kind, number, "batch"), "does not say how the rows are counted that it changes")


def _fits(key: ForeignKey) -> bool:
    lengths = {len(key.columns), len(key.referenced_columns), *([len(key.operators)] if key.operators else ())}
    return len(lengths) == 1 and bool(key.columns)


def _step_document(step: Step) -> Document:
    return {
        "n": step.number,
        "title": step.title,
        "sql": step.sql,
        "transaction": step.transaction,
        "locks": [
            {"schema": lock.table.schema, "table": lock.table.name, "mode": lock.mode, "duration": lock.duration}
            for lock in step.locks
        ],
        "lock_timeout_ms": step.lock_timeout_ms,
        "statement_timeout_ms": step.statement_timeout_ms,
        "undo": step.undo,
        "done_when": step.done_when,
        "reserve": list(step.reserve) if step.reserve else None,
        "alone": step.alone,
        "repeats": step.repeats,
        "leftover": step.leftover,
        "cleanup": step.cleanup,
        "batch": asdict(step.batch) if step.batch else None,
        "cursor": step.cursor,
        "total": step.total,
    }


def _steps(files: Sequence[_StepFile]) -> tuple[Step, ...]:
    return tuple(
        Step(
            number=each.n,
            title=each.title,
            sql=each.sql,
            transaction=each.transaction,
            locks=tuple(Lock(TableName(lock.schema, lock.table), lock.mode, lock.duration) for lock in each.locks),
            lock_timeout_ms=each.lock_timeout_ms,
            statement_timeout_ms=each.statement_timeout_ms,
            done_when=each.done_when,
            undo=each.undo,
            reserve=each.reserve,
            alone=each.alone,
            repeats=each.repeats,
            leftover=each.leftover,
            cleanup=each.cleanup,
            batch=each.batch,
            cursor=each.cursor,
            total=each.total,
        )
        for each in files
    )


def _key_document(key: ForeignKey) -> Document:
    return asdict(key)
