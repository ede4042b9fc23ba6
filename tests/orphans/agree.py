"""Compares counts and repairs of orphans with PostgreSQL's own word: python -m tests.orphans.agree --cases N --seed S --version V."""

from __future__ import annotations

import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg

from fkdash.apply.events import RunEnded, RunOutcome
from fkdash.apply.proof.preflight import PreflightLine, Standing
from fkdash.catalog.model import ForeignKey
from fkdash.catalog.table_name import quoted
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import FkdashError, UsageError
from fkdash.fix.plan import Plan
from fkdash.orphans.references import every
from fkdash.orphans.scan import scan
from tests.preview.agree import set_up
from tests.preview.many_cases import Comparison, Connection, clean_up, command
from tests.preview.schemas import make
from tests.support.changes import Workbench
from tests.support.servers import TestDatabase, TestServer

_OPTIONS: Final = ("null-orphans", "delete-orphans", "quarantine-orphans")
_REPAIRED_AT_ONCE: Final = 2
_SCHEMAS: Final = """('s1', '"S 2"')"""
_KEYS: Final = """
SELECT k.conrelid::regclass::text AS own, k.confrelid::regclass::text AS theirs, quote_ident(k.conname) AS name,
       pg_get_constraintdef(k.oid) AS definition
  FROM pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY k.oid
"""
_TABLES: Final = f"""
SELECT oid::regclass::text AS name FROM pg_class
 WHERE relkind = 'r' AND relnamespace::regnamespace::text IN {_SCHEMAS} AND relname !~ '^fkdash'
"""
_DEFINITIONS: Final = f"""
SELECT conrelid::regclass::text || ' ' || conname || ' ' || replace(pg_get_constraintdef(oid), ' NOT VALID', '')
  FROM pg_constraint
 WHERE connamespace::regnamespace::text IN {_SCHEMAS} AND conrelid::regclass::text !~ 'fkdash' ORDER BY 1
"""


@dataclass
class Tally:
    """How the cases of a run ended."""

    ended: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)


async def compare(connection: Connection, seed: int, major: int, tally: Tally) -> None:
    """Take referenced rows away behind their keys' backs; compare counts, repairs and ways back."""
    chance = random.Random(seed)
    problems: list[str] = []
    if await set_up(connection, make(seed, major)):
        await _take_rows_away(connection, chance)
        database = TestDatabase(TestServer(major, ""), "")
        pool = await ReadPool.open(resolve(ConnectionArguments(dsn=await dsn_of(connection)), {}))
        try:
            with tempfile.TemporaryDirectory() as folder:
                problems = await _compared(connection, Workbench(database, pool, Path(folder)), chance, tally)
        finally:
            await pool.close()
    await clean_up(connection)
    await connection.execute("DROP SCHEMA IF EXISTS fkdash_quarantine CASCADE")
    tally.disagreements += [f"seed {seed}: {problem}" for problem in problems]


async def dsn_of(connection: Connection) -> str:
    """Give how another connection comes to the database of this one."""
    name = await connection.fetchval("SELECT current_database()")
    folder = str(await connection.fetchval("SELECT current_setting('unix_socket_directories')")).strip('"')
    port = await connection.fetchval("SELECT current_setting('port')")
    return f"postgresql://postgres@/{name}?host={quote(folder, safe='')}&port={port}"


async def _take_rows_away(connection: Connection, chance: random.Random) -> None:
    keys = await connection.fetch(_KEYS)
    for key in keys:
        if chance.random() < 0.4 and "NOT VALID" not in key["definition"]:
            with suppress(asyncpg.PostgresError):
                await connection.execute(
                    f"ALTER TABLE {key['own']} DROP CONSTRAINT {key['name']},"
                    f" ADD CONSTRAINT {key['name']} {key['definition']} NOT VALID"
                )
    await connection.execute(
        f"SELECT setseed({chance.random()}), set_config('session_replication_role', 'replica', false)"
    )
    for table in dict.fromkeys(key["theirs"] for key in keys):
        with suppress(asyncpg.PostgresError):
            await connection.execute(f"DELETE FROM {table} WHERE random() < {chance.choice([0.2, 0.5, 1])}")
    await connection.execute("RESET session_replication_role")


async def _compared(connection: Connection, bench: Workbench, chance: random.Random, tally: Tally) -> list[str]:
    catalog = await bench.look()
    declared = [each for each in every(catalog) if each.declared]
    problems: list[str] = []
    broken: list[ForeignKey] = []
    for each in await scan(bench.pool, catalog, declared, seconds=20, samples=2):
        key = each.reference.key
        there = await _refused_rows(connection, key)
        if there is None or each.orphans.rows is None:
            tally.ended[each.orphans.reason or "not judged"] += 1
            continue
        tally.ended["orphans" if there else "no orphans"] += 1
        broken += [key] if there else []
        if each.orphans.rows != there:
            problems.append(f"{key.qualified}: {each.orphans.rows} counted, the server refuses {there}")
    for key in chance.sample(broken, k=min(_REPAIRED_AT_ONCE, len(broken))):
        option = chance.choice(_OPTIONS)
        found = await _repaired(connection, bench, key, option, tally)
        problems += [f"{key.qualified} {option}: {problem}" for problem in found]
    return problems


async def _refused_rows(connection: Connection, key: ForeignKey) -> int | None:
    """Give how many rows the server refuses when they come in anew under such a key; None where it has no say."""
    columns = ", ".join(map(quoted, key.columns))
    transaction = connection.transaction()
    await transaction.start()
    try:
        definition = await connection.fetchval(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = $1::text::regclass AND conname = $2",
            key.table.sql,
            key.name,
        )
        kind = await connection.fetchval(
            "SELECT relkind::text FROM pg_class WHERE oid = $1::text::regclass", key.table.sql
        )
        definition = re.sub(" NOT VALID| NOT ENFORCED| INITIALLY DEFERRED| DEFERRABLE", "", definition)
        table = f"{'' if kind == 'p' else 'ONLY '}{key.table.sql}"
        await connection.execute(f"CREATE TABLE probe AS SELECT {columns} FROM {table} WITH NO DATA")
        await connection.execute(f"ALTER TABLE probe ADD CONSTRAINT probe {definition}")
        places = await connection.fetch(f"SELECT tableoid::regclass::text AS leaf, ctid::text AS at FROM {table}")
        refused = 0
        for place in places:
            try:
                async with connection.transaction():
                    await connection.execute(
                        f"INSERT INTO probe SELECT {columns} FROM ONLY {place['leaf']} WHERE ctid = '{place['at']}'"
                    )
            except asyncpg.ForeignKeyViolationError:
                refused += 1
    except asyncpg.PostgresError:
        return None
    else:
        return refused
    finally:
        await transaction.rollback()


async def _repaired(
    connection: Connection, bench: Workbench, key: ForeignKey, option: str, tally: Tally
) -> list[str]:
    """Carry a repair out and go back; what a preflight says of either must be what the server then does."""
    rows, definitions = await rows_of_all(connection), await _definitions(connection)
    try:
        plan = await bench.plan(key.name, option)
    except UsageError:
        tally.ended[f"{option}: not possible"] += 1
        return []
    lines = await bench.preflight(plan)
    stops = [line.what for line in lines if line.standing is Standing.STOP]
    refused = [what for what in stops if "would be refused by" in what]
    if stops != refused:
        tally.ended[f"{option}: stopped"] += 1
        return []
    warned = any("to nothing by" in line.what for line in lines)
    ended = await bench.carry_out(plan, look_first=False)
    tally.ended[f"{option}: {'stopped, and really ' if refused else ''}{ended.outcome.value}"] += 1
    problems = _differs_from(refused, lines, ended)
    if ended.outcome is RunOutcome.VERIFIED and await _refused_rows(connection, key):
        problems.append("verified, and orphans are left")
    problems += await _gone_back(bench, plan, ended, tally, warned=warned)
    if not refused and "not what" not in plan.undo_condition and not warned and plan.undo:
        after = await rows_of_all(connection)
        problems += [f"rows of {name} are other ones afterwards" for name in rows if rows[name] != after.get(name)]
        if await _definitions(connection) != definitions:
            problems.append("keys are other ones afterwards")
    return problems


def _differs_from(refused: Sequence[str], lines: Sequence[PreflightLine], ended: RunEnded) -> list[str]:
    if not refused:
        unknown = any("is not known" in line.what for line in lines)
        done = ended.outcome is RunOutcome.VERIFIED or unknown
        return [] if done else [f"passed its preflight, and then: {ended.message}"]
    states = [state for what in refused for state in re.findall(r"\((\w{5}), ", what)]
    said = ended.outcome is not RunOutcome.VERIFIED and any(f"({each})" in ended.message for each in states)
    return [] if said else [f"{refused[0]}; really: {ended.outcome.value} {ended.message}"]


async def _gone_back(bench: Workbench, plan: Plan, ended: RunEnded, tally: Tally, *, warned: bool) -> list[str]:
    try:
        back = await bench.undo(ended)
    except FkdashError as error:
        tally.ended[f"no way back: {type(error).__name__}"] += 1
        return []
    tally.ended[f"way back: {back.outcome.value}{', as warned' if warned else ''}"] += 1
    if back.outcome is RunOutcome.VERIFIED or (back.outcome is RunOutcome.ROLLED_BACK and warned):
        return []
    # Rows that went along are not kept; those that referred to them cannot be put back either.
    return (
        []
        if "not what" in plan.undo_condition and back.outcome is RunOutcome.ROLLED_BACK
        else [f"way back: {back.message}"]
    )


async def rows_of_all(connection: Connection) -> Mapping[str, Sequence[str]]:
    """Give every row of the case's tables as text, by table."""
    tables = [row["name"] for row in await connection.fetch(_TABLES)]
    return {
        table: sorted(row["line"] for row in await connection.fetch(f"SELECT t::text AS line FROM ONLY {table} t"))
        for table in tables
    }


async def _definitions(connection: Connection) -> Sequence[str]:
    return [row[0] for row in await connection.fetch(_DEFINITIONS)]


def main() -> int:
    """Compare as many cases as the arguments say."""
    tally = Tally()
    comparison = Comparison(
        partial(_tallied, tally),
        tally.disagreements,
        lambda: [f"{how}: {number}" for how, number in tally.ended.most_common()],
    )
    return command(__doc__, comparison, cases=100)


async def _tallied(tally: Tally, connection: Connection, seed: int, major: int) -> None:
    await compare(connection, seed, major, tally)


if __name__ == "__main__":
    sys.exit(main())
