"""A plan as a JSON document and back, so that it can be read, kept in a journal and carried elsewhere."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from fkdash.catalog.model import Action, Copy, ForeignKey, Match, TableName
from fkdash.errors import UsageError
from fkdash.fix.plan import Duration, Goal, Kept, Lock, LockMode, Plan, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Document = dict[str, Any]


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
        "values": [list(value) for value in plan.values],
        "kept": {"table": list(plan.kept.table), "count": plan.kept.count} if plan.kept else None,
        "objects": dict(plan.objects),
    }


def plan_of(document: Mapping[str, Any]) -> Plan:
    """Give the plan a document describes; raises UsageError for anything that is not such a document."""
    try:
        if document["kind"] != "plan" or document["fkdash"] != 1:
            raise UsageError("This is not a plan that this version of fkdash can read.")
        return Plan(
            key=_key(document["from"]),
            rule=document["rule"],
            option=document["option"],
            procedure=document["procedure"],
            fingerprint=document["fingerprint"],
            steps=_steps(document["steps"]),
            undo=_steps(document["undo_steps"]),
            undo_condition=document["undo_condition"],
            consequences=tuple(document["consequences"]),
            goal=Goal(
                key=_key(document["to"]),
                nullable=tuple(
                    (TableName(schema, table), column) for schema, table, column in document["nullable"]
                ),
                gone=document.get("gone", False),
                checks=tuple((words, query) for words, query in document.get("checks", ())),
            ),
            abandon=_steps(document.get("abandon", ())),
            origin=_key(document["origin"]) if document.get("origin") else None,
            absent=document.get("absent", False),
            mends=document.get("mends", False),
            values=tuple((column, text) for column, text in document.get("values", ())),
            kept=_kept(document.get("kept")),
            objects=document.get("objects", {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"This is not a whole plan: {error}.", next_step="Make it again with `fkdash fix plan`."
        ) from error


def _kept(document: Document | None) -> Kept | None:
    return Kept(TableName(*document["table"]), document["count"]) if document else None


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
    }


def _steps(documents: Sequence[Document]) -> tuple[Step, ...]:
    return tuple(
        Step(
            number=document["n"],
            title=document["title"],
            sql=document["sql"],
            transaction=document["transaction"],
            locks=tuple(
                Lock(TableName(lock["schema"], lock["table"]), LockMode(lock["mode"]), Duration(lock["duration"]))
                for lock in document["locks"]
            ),
            lock_timeout_ms=document["lock_timeout_ms"],
            statement_timeout_ms=document["statement_timeout_ms"],
            done_when=document["done_when"],
            undo=document["undo"],
            reserve=TableName(*document["reserve"]) if document["reserve"] else None,
            alone=document.get("alone", False),
            repeats=document.get("repeats", False),
            leftover=document.get("leftover"),
            cleanup=document.get("cleanup"),
        )
        for document in documents
    )


def _key_document(key: ForeignKey) -> Document:
    return asdict(key)


def _key(document: Document) -> ForeignKey:
    key = ForeignKey(**document)
    return replace(
        key,
        table=TableName(*key.table),
        referenced=TableName(*key.referenced),
        columns=tuple(key.columns),
        referenced_columns=tuple(key.referenced_columns),
        delete_columns=tuple(key.delete_columns),
        operators=tuple(key.operators),
        on_delete=Action(key.on_delete),
        on_update=Action(key.on_update),
        match=Match(key.match),
        copies=tuple(_copy(copy) for copy in document["copies"]),
    )


def _copy(document: Document) -> Copy:
    copy = Copy(**document)
    return replace(copy, table=TableName(*copy.table), referenced=TableName(*copy.referenced))
