"""Compares guards with real deletes: python -m tests.preview.guard_agree --cases N --seed S --version V.

Where a guard names nothing that it did not ask, nothing refuses a delete but what it finds. What it finds is refused,
but for rows of which only the order of the others tells that they are gone in time: these are counted.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from fkdash.catalog.postgres.equality import own_equality
from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.table_name import TableName, quoted
from fkdash.errors import UsageError
from fkdash.preview.guard import guard
from tests.preview.agree import set_up
from tests.preview.many_cases import Comparison, Connection, clean_up, command
from tests.preview.reality import run_delete
from tests.preview.schemas import make
from tests.support.looking import looking_over


@dataclass
class Tally:
    """How the cases of a run ended."""

    ended: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)


async def compare(connection: Connection, seed: int, major: int, tally: Tally) -> None:
    """Set the case of a seed up, ask the guard of the rows to delete, delete them, and clean up."""
    case = make(seed, major)
    try:
        if not await set_up(connection, case):
            return
        async with looking_over(connection) as session:
            catalog = await read_catalog(session)
            table = catalog.tables[TableName(case.target.schema, case.target.name)]
            equality = await own_equality(session, table, table.primary_key)
        try:
            asks = guard(catalog, table, equality)
        except UsageError:
            tally.ended["no primary key"] += 1
            return
        names = ", ".join(map(quoted, table.primary_key))
        rows = await connection.fetch(f"SELECT {names} FROM {case.target.sql} WHERE {case.condition}")
        lists = [[row[name] for row in rows] for name in table.primary_key]
        found = {tuple(row) for row in await connection.fetch(asks.sql(lambda number: f"${number}"), *lists)}
        oids = [await connection.fetchval("SELECT $1::regclass::oid", each.sql) for each in case.tables]
        truth = await run_delete(connection, case.statement, oids)
    finally:
        await clean_up(connection)
    tally.ended[
        f"{'refused' if found else 'nothing found'}, really {'allowed' if truth.allowed else 'refused'}"
    ] += 1
    tally.reasons.update(each.split(":")[0][:70] for each in asks.not_asked)
    if not asks.not_asked and not truth.allowed:
        first = truth.refusals[0]
        # The rows of a case come in unchecked: some refer to nothing from before, and are found out when written.
        stood_before = first.message.startswith("insert or update on table")
        if not stood_before and not any(
            row[2] == first.sqlstate and first.constraint in {None, row[0]} for row in found
        ):
            tally.disagreements.append(f"seed {seed}: {case.statement}: {found}, really {first}")


def told(tally: Tally) -> Iterator[str]:
    """Give what is worth knowing of a run, line by line."""
    yield from (f"{how}: {number}" for how, number in tally.ended.most_common())
    yield from (f"not asked: {how}: {number}" for how, number in tally.reasons.most_common(15))


def main() -> int:
    """Run the command."""
    tally = Tally()
    return command(
        __doc__, Comparison(partial(compare, tally=tally), tally.disagreements, partial(told, tally)), cases=300
    )


if __name__ == "__main__":
    sys.exit(main())
