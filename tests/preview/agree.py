"""Compares previews with real deletes: python -m tests.preview.agree --cases N --seed S --version V."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import patch

import asyncpg

from fkdash.catalog.table_name import TableName
from fkdash.preview import preview as preview_module
from fkdash.preview.declared.what_if import Assumptions
from fkdash.preview.model import Blocker, DeleteTarget, Limits, Preview, Verdict
from fkdash.preview.preview import preview
from tests.preview.many_cases import Comparison, Connection, clean_up, command
from tests.preview.reality import Refusal, Truth, run_delete
from tests.preview.schema_parts import Case
from tests.preview.schemas import make
from tests.support.looking import looking_over


@dataclass
class Tally:
    """How the cases of a run ended."""

    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    complete: int = 0
    features: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)


async def compare(connection: Connection, seed: int, major: int, tally: Tally) -> None:
    """Set the case of a seed up, preview it, run it, note how they compare, and clean up."""
    case = make(seed, major)
    if not await set_up(connection, case):
        tally.verdicts["not a schema"] += 1
        await clean_up(connection)
        return
    try:
        condition = None if case.condition == "true" else case.condition
        predicted = await predict(connection, case.target.schema, case.target.name, condition)
        with following_rows():
            followed = await predict(connection, case.target.schema, case.target.name, condition)
        oids = [await connection.fetchval("SELECT $1::regclass::oid", table.sql) for table in case.tables]
        truth = await run_delete(connection, case.statement, oids)
        names = {oid: TableName(table.schema, table.name) for oid, table in zip(oids, case.tables, strict=True)}
        problems = differences(predicted, truth, names)
        problems += [f"followed: {problem}" for problem in differences(followed, truth, names)]
        if summary(predicted) != summary(followed):
            problems.append(f"by sets {summary(predicted)}, followed {summary(followed)}")
    finally:
        await clean_up(connection)
    tally.verdicts[f"{predicted.verdict.value} (really {'allowed' if truth.allowed else 'blocked'})"] += 1
    tally.complete += truth.complete
    tally.features.update(refusal.sqlstate for refusal in truth.refusals)
    tally.features["several blockers"] += len(truth.refusals) > 1
    tally.features["several tables"] += len(predicted.effects) > 2
    tally.features["set null"] += any(effect.set_null for effect in predicted.effects)
    tally.features["set default"] += any(effect.set_default for effect in predicted.effects)
    tally.features["updated"] += any(effect.updated for effect in predicted.effects)
    if predicted.verdict is Verdict.UNKNOWN:
        tally.reasons.update(note.split(":")[0][:60] for note in predicted.notes)
    if problems:
        tally.disagreements.append(f"seed {seed}: " + "; ".join(problems))


def following_rows() -> AbstractContextManager[object]:
    """Make previews follow every row through the queue, also where sets of rows would do."""
    return patch.object(preview_module, "_plan", return_value=None)


def summary(predicted: Preview) -> tuple[object, ...]:
    """Give what the two ways of answering must agree on."""
    return predicted.verdict, frozenset(predicted.blockers), frozenset(predicted.effects), predicted.target_rows


async def set_up(connection: Connection, case: Case) -> bool:
    """Create a case; rows that a constraint refuses are left out. False when the DDL is refused."""
    async with connection.transaction():
        for statement in case.setup:
            savepoint = connection.transaction()
            await savepoint.start()
            try:
                await connection.execute(statement)
            except asyncpg.PostgresError:
                await savepoint.rollback()
                if statement.startswith(("CREATE TABLE", "CREATE SCHEMA")):
                    return False
            else:
                await savepoint.commit()
    return True


async def predict(
    connection: Connection, schema: str, table: str, condition: str | None, *, limits: Limits | None = None
) -> Preview:
    """Give the preview of a delete by condition (None: every row)."""
    return await preview_of(connection, DeleteTarget(TableName(schema, table), condition=condition), limits=limits)


async def preview_of(
    connection: Connection,
    target: DeleteTarget,
    *,
    limits: Limits | None = None,
    assume: Assumptions | None = None,
) -> Preview:
    """Give a preview, in a transaction of its own."""
    async with looking_over(connection) as session:
        return await preview(session, target, limits or Limits(), assume=assume)


def differences(predicted: Preview, truth: Truth, names: dict[int, TableName]) -> list[str]:
    """Give where a preview is wrong about a real delete; `unknown` is never wrong."""
    if predicted.verdict is Verdict.UNKNOWN:
        return []
    found: list[str] = []
    if (predicted.verdict is Verdict.ALLOWED) != truth.allowed:
        return [f"said {predicted.verdict.value}, really {truth.refusals or 'allowed'}; said {predicted.blockers}"]
    if truth.refusals:
        first = [blocker for blocker in predicted.blockers if blocker.first]
        if first and not matches(first[0], truth.refusals[0]):
            found.append(f"said first {first[0]}, really {truth.refusals[0]}")
        found += [
            f"did not name {refusal} in {predicted.blockers}"
            for refusal in (truth.refusals if predicted.exact else truth.refusals[:1])
            if not any(matches(blocker, refusal) for blocker in predicted.blockers)
        ]
        if truth.complete and predicted.exact:
            found += [
                f"named {blocker}, which is none of {truth.refusals}"
                for blocker in predicted.blockers
                if not any(matches(blocker, refusal) for refusal in truth.refusals)
            ]
    if truth.complete and predicted.exact:
        said = {
            effect.table: (effect.deleted, effect.set_null, effect.set_default) for effect in predicted.effects
        }
        for oid, really in truth.effects.items():
            claim = said.get(names[oid], (0, 0, 0))
            told = 1 if oid in truth.unclear else 3
            if claim[:told] != really[:told]:
                found.append(f"{names[oid]}: said {claim}, really {really}")
    return found


def matches(blocker: Blocker, refusal: Refusal) -> bool:
    """Tell whether a blocker is the one that a refusal names."""
    if blocker.sqlstate != refusal.sqlstate:
        return False
    if refusal.table is None:
        return blocker.constraint == refusal.constraint or refusal.data_type is None
    table = blocker.partition or blocker.table
    if (table.schema, table.name) != (refusal.schema, refusal.table):
        return False
    if refusal.sqlstate == "23502":
        return blocker.columns == (refusal.column,)
    return blocker.constraint == refusal.constraint


@contextmanager
def counting_plans(tally: Tally) -> Iterator[None]:
    """Count the previews that are answered by sets, and those of them with doubts."""
    real_plan = preview_module._plan

    def counting(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - a wrapper
        found = real_plan(*arguments, **options)
        tally.features["by sets"] += found is not None
        tally.features["with doubts"] += found is not None and bool(found.doubts)
        return found

    with patch.object(preview_module, "_plan", counting):
        yield


def told(tally: Tally) -> Iterator[str]:
    """Give what is worth knowing of a run, line by line."""
    yield f"{tally.complete} checked completely"
    yield from (f"{name}: {count}" for name, count in tally.verdicts.most_common())
    yield from (f"unknown because: {name}: {count}" for name, count in tally.reasons.most_common(12))
    yield ", ".join(f"{name} {count}" for name, count in tally.features.most_common())


def main() -> int:
    """Run the command."""
    tally = Tally()
    with counting_plans(tally):
        comparison = Comparison(partial(compare, tally=tally), tally.disagreements, partial(told, tally))
        return command(__doc__, comparison, cases=1000)


if __name__ == "__main__":
    sys.exit(main())
