"""Compares the locks that plans announce with those the server takes: python -m tests.fix.locks_agree --cases N.

Locks that stop writers or readers, or wait for each other, on tables; what a plan and its undo take one after the
other. What waits for other transactions, or walks through rows, is not run here.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import asyncpg

from fkdash.catalog.postgres.read import read_catalog
from fkdash.errors import UsageError
from fkdash.fix.plan import LockMode, Plan
from fkdash.fix.planner import plan
from tests.fix.agree import offered_in
from tests.preview.agree import set_up
from tests.preview.many_cases import Comparison, Connection, clean_up, command
from tests.preview.schemas import make
from tests.support.looking import looking_over

_HEAVY: Final = (
    LockMode.SHARE_UPDATE_EXCLUSIVE,
    LockMode.SHARE,
    LockMode.SHARE_ROW_EXCLUSIVE,
    LockMode.ACCESS_EXCLUSIVE,
)
"""From the one that stops least to the one that stops most."""
_TAKEN: Final = """
SELECT n.nspname || '.' || c.relname AS name,
       upper(trim(regexp_replace(replace(l.mode, 'Lock', ''), '([a-z])([A-Z])', '\\1 \\2', 'g'))) AS mode
  FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE l.pid = pg_backend_pid() AND n.nspname IN ('s1', 'S 2') AND c.relkind IN ('r', 'p')
"""


@dataclass
class Tally:
    """How the plans of a run were compared."""

    seen: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)


async def compare(connection: Connection, seed: int, major: int, tally: Tally) -> None:
    """Set the case of a seed up, run one plan of each option to be rolled back, compare, and clean up."""
    case = make(seed, major)
    try:
        if not await set_up(connection, case):
            return
        async with looking_over(connection) as session:
            catalog = await read_catalog(session)
        chance = random.Random(seed)
        for name, offered in sorted(offered_in(catalog).items()):
            subject, option = chance.choice(offered)
            if option.asks or option.of_rows:
                continue
            try:
                made = plan(catalog, subject, name, keep_validated=chance.random() < 0.3)
            except UsageError:
                continue
            other = await _other(connection, made)
            tally.seen[f"{name}{' not run' if other is None else ''}"] += 1
            tally.disagreements += [f"seed {seed}: {subject.key.qualified} {name}: {each}" for each in other or ()]
    finally:
        await clean_up(connection)


async def _other(connection: Connection, made: Plan) -> list[str] | None:
    said: dict[str, LockMode] = {}
    transaction = connection.transaction()
    await transaction.start()
    try:
        for step in (*made.steps, *made.undo):
            if step.alone or step.repeats:
                return None
            for lock in step.locks:
                _keep(said, f"{lock.table.schema}.{lock.table.name}", lock.mode)
            if step.reserve is not None:
                _keep(said, f"{step.reserve.schema}.{step.reserve.name}", LockMode.SHARE_UPDATE_EXCLUSIVE)
            await connection.execute(step.sql)
        taken: dict[str, LockMode] = {}
        for row in await connection.fetch(_TAKEN):
            _keep(taken, row["name"], row["mode"])
    except asyncpg.PostgresError:
        return None
    finally:
        await transaction.rollback()
    return [
        f"said {said.get(name, 'nothing')} on {name}, took {taken.get(name, 'nothing')}"
        for name in sorted({*said, *taken})
        if said.get(name) != taken.get(name)
    ]


def _keep(found: dict[str, LockMode], name: str, mode: str) -> None:
    if mode in _HEAVY:
        found[name] = max(found.get(name, _HEAVY[0]), LockMode(mode), key=_HEAVY.index)


def told(tally: Tally) -> Iterator[str]:
    """Give what is worth knowing of a run, line by line."""
    yield ", ".join(f"{name} {count}" for name, count in tally.seen.most_common())


def main() -> int:
    """Run the command."""
    tally = Tally()
    return command(
        __doc__, Comparison(partial(compare, tally=tally), tally.disagreements, partial(told, tally)), cases=200
    )


if __name__ == "__main__":
    sys.exit(main())
