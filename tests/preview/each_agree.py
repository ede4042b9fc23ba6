"""Compares the answer for every row alone with real deletes: python -m tests.preview.each_agree --cases N."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from unittest.mock import patch

import asyncpg

from fkdash.catalog.model import Table
from fkdash.catalog.table_name import TableName
from fkdash.preview.each import judging
from fkdash.preview.each.answer import EachPreview, preview_each
from fkdash.preview.each.by_sets import each_by_sets
from fkdash.preview.model import Limits, Preview, Progress, Verdict
from tests.preview.agree import predict, set_up
from tests.preview.many_cases import Comparison, Connection, clean_up, command
from tests.preview.schema_parts import Case
from tests.preview.schemas import make
from tests.support.looking import looking_over

_EVERY_ROW = 10_000


@dataclass
class Tally:
    """How the cases of a run ended."""

    seen: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)


async def each_of(
    connection: Connection, table: TableName, limits: Limits | None = None, *, progress: Progress | None = None
) -> EachPreview:
    """Give the answer for every row of a table, the rows known by table and place."""
    async with looking_over(connection) as session:
        return await preview_each(session, Table(table), limits or Limits(), progress, page_rows=_EVERY_ROW)


async def compare(connection: Connection, seed: int, major: int, tally: Tally) -> None:
    """Set the case of a seed up, ask about every row of its target, delete each row alone, and compare."""
    case = make(seed, major)
    try:
        if not await set_up(connection, case):
            return
        name = TableName(case.target.schema, case.target.name)
        with patch.object(judging, "each_by_sets", wraps=each_by_sets) as asking:
            by_sets = await each_of(connection, name)
        tally.seen["by sets"] += asking.called
        tally.seen["in doubt"] += asking.called and bool(asking.call_args.args[2].doubts)
        with patch.object(judging, "_plan", return_value=None):
            followed = await each_of(connection, name)
        problems = await _problems(connection, case, by_sets)
        if by_sets.preview.exact and followed.preview.exact and summary(by_sets) != summary(followed):
            problems.append(f"by sets {summary(by_sets)}, followed {summary(followed)}")
    finally:
        await clean_up(connection)
    tally.seen[by_sets.preview.verdict.value] += 1
    tally.seen["some rows unknown"] += bool(by_sets.unknown)
    tally.seen["several blockers"] += len(by_sets.holds_back) > 1
    tally.seen["some rows free"] += 0 < by_sets.cannot < by_sets.preview.target_rows
    tally.disagreements += [f"seed {seed}: {problem}" for problem in problems]


async def _problems(connection: Connection, case: Case, said: EachPreview) -> list[str]:
    target = case.target
    rows = await connection.fetch(f"SELECT tableoid::text, ctid::text FROM {target.sql}")
    conditions = {tuple(row): f"tableoid = {row[0]} AND ctid = '{row[1]}'" for row in rows}
    really = {key for key, condition in conditions.items() if not await _goes(connection, case, condition)}
    alone = {
        key: await predict(connection, target.schema, target.name, condition)
        for key, condition in conditions.items()
    }
    held = {row.row.key: row.blocking_rows for row in said.rows}
    problems = []
    if said.preview.target_rows != len(rows):
        problems.append(f"said {said.preview.target_rows} rows, really {len(rows)}")
    if set(held) - really or len(really) > said.cannot + said.unknown or len(held) != said.cannot:
        problems.append(
            f"said {said.cannot} and {said.unknown} unknown of {sorted(held)}, really {sorted(really)}"
        )
    if all(each.verdict is not Verdict.UNKNOWN and each.exact for each in alone.values()):
        if said.unknown:
            problems.append(f"{said.unknown} rows unknown, alone they are not")
        problems += _differences(said, alone)
    return problems


def _differences(said: EachPreview, alone: dict[tuple[str, ...], Preview]) -> list[str]:
    """Give where the whole is not what the previews of its rows come to."""
    back: Counter[object] = Counter()
    least: Counter[object] = Counter()
    most: Counter[object] = Counter()
    for preview in alone.values():
        for each in preview.blockers:
            obstacle = (each.constraint, each.table, each.columns, each.sqlstate)
            back[obstacle] += 1
            most[obstacle] += each.rows
            least[obstacle] = max(least[obstacle], each.rows)
    problems = [
        f"{key}: said {row.blocking_rows} rows in the way, alone {alone[key].blockers}"
        for row in said.rows
        if (key := row.row.key) in alone and row.blocking_rows != sum(each.rows for each in alone[key].blockers)
    ]
    told: dict[object, tuple[int, int]] = {}
    for each, held in zip(said.preview.blockers, said.holds_back, strict=True):
        # A blocker may be there once for each partition that it stands in.
        obstacle = (each.constraint, each.table, each.columns, each.sqlstate)
        rows, also_held = told.get(obstacle, (0, 0))
        told[obstacle] = (rows + each.rows, also_held + held)
    if {obstacle: held for obstacle, (_, held) in told.items()} != dict(back):
        problems.append(f"said held back {told}, alone {dict(back)}")
    problems += [
        f"{obstacle}: said {rows} rows, alone between {least[obstacle]} and {most[obstacle]}"
        for obstacle, (rows, _) in told.items()
        if not least[obstacle] <= rows <= most[obstacle]
    ]
    return problems


async def _goes(connection: Connection, case: Case, condition: str) -> bool:
    """Really delete a row, deferred constraints included, and put it back."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"DELETE FROM {case.target.sql} WHERE {condition}")
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except asyncpg.PostgresError:
        return False
    else:
        return True
    finally:
        await transaction.rollback()


def summary(said: EachPreview) -> tuple[object, ...]:
    """Give what the two ways of answering must agree on."""
    blockers = frozenset(zip(said.preview.blockers, said.holds_back, strict=True))
    rows = frozenset(said.rows)
    return said.preview.verdict, said.cannot, said.unknown, blockers, frozenset(said.preview.effects), rows


def main() -> int:
    """Run the command."""
    tally = Tally()

    def told() -> Iterator[str]:
        yield ", ".join(f"{name} {count}" for name, count in tally.seen.most_common())

    comparison = Comparison(partial(compare, tally=tally), tally.disagreements, told)
    return command(__doc__, comparison, cases=300)


if __name__ == "__main__":
    sys.exit(main())
