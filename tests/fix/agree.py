"""Compares what plans promise with what they do: python -m tests.fix.agree --cases N --seed S --version V.

On random schemas, for findings and for keys with nothing wrong, an option that is offered is planned, looked at,
carried out and undone. What must be so:

- what passes its preflight ends as it was promised, and its undo leads back to the schema and the rows from before,
- what a preview says under the option is what it says once the option has been carried out,
- a rehearsal says before what the run then does,
- the finding that an option answers is gone, and nothing fails for certain that did not fail before and was not told.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from fkdash.apply.events import RunEnded, RunOutcome
from fkdash.apply.proof.preflight import PreflightLine, Standing
from fkdash.apply.proof.rehearsal import rehearse
from fkdash.catalog.model import Catalog, ForeignKey
from fkdash.catalog.spelling import matches, source
from fkdash.catalog.table_name import TableName, quoted
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.db.writing import open_writer
from fkdash.errors import FkdashError, UsageError
from fkdash.fix.fix_for import anything_about
from fkdash.fix.option import Option
from fkdash.fix.options import options
from fkdash.fix.plan import Plan
from fkdash.fix.planner import plan
from fkdash.fix.remedies.registry import REMEDIES
from fkdash.preview.model import DeleteTarget, Limits, Preview, Verdict
from fkdash.report.preview.promises import Promise, promises
from fkdash.report.preview.what_if import what_if
from fkdash.rules.finding import Finding
from fkdash.rules.registry import findings
from fkdash.rules.severity import Severity
from tests.orphans.agree import dsn_of, rows_of_all
from tests.preview.agree import preview_of, set_up, summary
from tests.preview.each_agree import each_of
from tests.preview.many_cases import Comparison, Connection, clean_up, command
from tests.preview.schemas import make
from tests.support.changes import Workbench
from tests.support.servers import TestDatabase, TestServer

Rows: TypeAlias = Mapping[str, Sequence[str]]

_TRIED_OF_A_SCHEMA: Final = 3
_ROWS_FREED: Final = 3
_PATIENT: Final = 60.0
_SERVERS_OWN_FAULT: Final = "XX000"
# Names of NOT NULLs in partitions are left out, as they come back under the name of the whole table's, and whether the
# server calls a copy of a key valid, which before 18 VALIDATE on the whole does not change.
_DECLARED: Final = """
SELECT conrelid::regclass::text || ' ' || conname || ' '
       || replace(pg_get_constraintdef(oid), CASE WHEN conparentid = 0 THEN '' ELSE ' NOT VALID' END, '') AS line
  FROM pg_constraint
 WHERE connamespace::regnamespace::text IN ('s1', '"S 2"') AND conrelid <> 0 AND conrelid::regclass::text !~ 'fkdash'
   AND NOT (contype = 'n' AND (SELECT relispartition FROM pg_class WHERE pg_class.oid = conrelid))
 UNION ALL
SELECT attrelid::regclass::text || ' ' || attname || ' ' || attnotnull || ' '
       || coalesce(pg_get_expr(adbin, adrelid), '')
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
 WHERE relnamespace::regnamespace::text IN ('s1', '"S 2"') AND attnum > 0 AND relname !~ 'fkdash'
 UNION ALL
SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
 WHERE relnamespace::regnamespace::text IN ('s1', '"S 2"') AND relname !~ 'fkdash'
 ORDER BY 1
"""


@dataclass
class Tally:
    """How the cases of a run ended."""

    ended: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Trying:
    """A case that is set up, as options are tried on it."""

    connection: Connection
    bench: Workbench
    target: DeleteTarget
    chance: random.Random
    tally: Tally


async def compare(connection: Connection, seed: int, major: int, tally: Tally) -> None:
    """Set the case of a seed up, carry out some of the options that are offered, compare, and clean up."""
    case = make(seed, major)
    try:
        if not await set_up(connection, case):
            return
        pool = await ReadPool.open(resolve(ConnectionArguments(dsn=await dsn_of(connection)), {}))
        try:
            with tempfile.TemporaryDirectory() as folder:
                bench = Workbench(TestDatabase(TestServer(major, ""), ""), pool, Path(folder))
                condition = None if case.condition == "true" else case.condition
                target = DeleteTarget(TableName(case.target.schema, case.target.name), condition=condition)
                trying = Trying(connection, bench, target, random.Random(seed), tally)
                tally.disagreements += [f"seed {seed}: {each}" async for each in _compared(trying)]
        finally:
            await pool.close()
    finally:
        await clean_up(connection)
        await connection.execute("DROP SCHEMA IF EXISTS fkdash_quarantine CASCADE")


async def _compared(trying: Trying) -> AsyncIterator[str]:
    chance, tried = trying.chance, set[str]()
    while len(tried) < _TRIED_OF_A_SCHEMA:
        offered = offered_in(await trying.bench.look())
        left = sorted(set(offered) - tried)
        if not left:
            return
        name = chance.choice(left)
        tried.add(name)
        subject, option = chance.choice(offered[name])
        made = await _planned(trying, subject, option)
        if made is None:
            trying.tally.ended[f"{option.id}: not planned"] += 1
            continue
        for problem in await _tried(trying, subject, option, made):
            yield f"{subject.rule or 'any'} {subject.key.qualified} {option.id}: {problem}"


def offered_in(catalog: Catalog) -> Mapping[str, list[tuple[Finding, Option]]]:
    """Give what each option that can be planned is offered for."""
    offered: dict[str, list[tuple[Finding, Option]]] = {}
    anything = [anything_about(key) for key in catalog.foreign_keys]
    of_rows = [
        (subject, option)
        for subject in anything
        for remedy in REMEDIES
        if remedy.of_rows and (option := remedy.offer(catalog, subject)) is not None
    ]
    of_keys = [
        (subject, option)
        for subject in (*findings(catalog), *anything)
        if subject.key.name
        for option in options(catalog, subject)
    ]
    for subject, option in (*of_keys, *of_rows):
        if not option.refused:
            offered.setdefault(option.id, []).append((subject, option))
    return offered


async def _planned(trying: Trying, subject: Finding, option: Option) -> Plan | None:
    """Plan it on the catalog as it is now, with the values of a row where it asks for them."""
    key, words, of = subject.key, list[str](), list[str]()
    if option.asks or option.of_rows:
        theirs = ", ".join(f"{quoted(name)}::text AS {quoted(name)}" for name in key.referenced_columns)
        rows = await trying.connection.fetch(f"SELECT DISTINCT {theirs} FROM {key.referenced.sql} ORDER BY 1")
        whole = [dict(row) for row in rows if None not in tuple(row)]
        if len(whole) < 1 + option.of_rows:
            return None
        named, away = trying.chance.sample(whole, k=2) if option.of_rows else (trying.chance.choice(whole), None)
        values = dict(zip(key.columns, (named[name] for name in key.referenced_columns), strict=True))
        words = [f"{name}={values[name]}" for name in option.asks]
        of = [json.dumps(away) if len(key.columns) > 1 else next(iter(away.values()))] if away else []
    try:
        return plan(trying.bench.catalog, subject, option.id, words=words, of=of)
    except UsageError:
        return None


async def _tried(trying: Trying, subject: Finding, option: Option, made: Plan) -> list[str]:
    bench, ended_as = trying.bench, trying.tally.ended
    lines = await bench.preflight(made)
    if any(line.standing is Standing.STOP for line in lines):
        ended_as[f"{option.id}: stopped"] += 1
        return []
    before, known = await _state(trying.connection), bench.catalog
    *_, under_it = [
        each async for each in what_if(bench.pool, known, trying.target, [made], Limits(seconds=_PATIENT))
    ]
    supposed = under_it.preview
    counted = [each async for each in promises(bench.pool, known, [made], seconds=_PATIENT)]
    async with open_writer(bench.pool.target) as writer:
        rehearsed = await rehearse(writer, known, made)
    ended = await bench.carry_out(made, look_first=False)
    ended_as[f"{option.id}: {ended.outcome.value}"] += 1
    if ended.outcome is not RunOutcome.VERIFIED:
        # What a plan writes is tried before its first statement: that nothing was changed is said.
        tried = made.writes_rows and ended.outcome is RunOutcome.ROLLED_BACK
        unknown = any("is not known" in line.what for line in lines)
        fine = tried or unknown or _SERVERS_OWN_FAULT in ended.message
        problems = [] if fine else [f"passed its preflight, and then: {ended.message}"]
        return [*problems, *(["passed its rehearsal as well"] if rehearsed.ok and tried else [])]
    problems = [] if rehearsed.ok is not False else [f"rehearsed: {rehearsed.detail or rehearsed.delete}"]
    ended_as[f"rehearsed: {rehearsed.ok}"] += 1
    if not made.writes_rows:
        problems += _differs(supposed, await preview_of(trying.connection, trying.target))
        ended_as[f"previewed: {supposed.verdict.value}"] += 1
        problems += await _not_freed(trying, subject.key, option)
        problems += [each for promise in counted for each in await _counted_otherwise(trying, promise)]
    problems += _found_afterwards(known, await bench.look(), subject, option)
    return [*problems, *await _undone(trying, made, ended, lines, before)]


def _differs(supposed: Preview, really: Preview) -> list[str]:
    if Verdict.UNKNOWN in {supposed.verdict, really.verdict} or summary(supposed) == summary(really):
        return []
    return [f"previewed under it {summary(supposed)}, afterwards {summary(really)}"]


async def _counted_otherwise(trying: Trying, promise: Promise) -> list[str]:
    """Compare how many rows were said to be held back afterwards with how many are."""
    found = await each_of(trying.connection, promise.plan.key.referenced)
    if (
        promise.then is None
        or "least" in promise.words
        or "not known" in promise.words
        or found.unknown
        or not found.preview.exact
    ):
        return []
    trying.tally.ended["promised: counted"] += 1
    return [] if promise.then == found.cannot else [f"{promise.words}; really {found.cannot}"]


async def _not_freed(trying: Trying, key: ForeignKey, option: Option) -> list[str]:
    """Give the rows that cannot be deleted by what the option did not name, of those it says can be."""
    if "can be deleted" not in option.blocked or option.blocked.endswith(" more"):
        return []
    rows = await trying.connection.fetch(
        f"SELECT DISTINCT p.rid FROM {source(trying.bench.catalog, key.referenced)} p"
        f" JOIN {source(trying.bench.catalog, key.table)} c ON {matches(trying.bench.catalog, key)}"
        " WHERE p.rid IS NOT NULL ORDER BY 1"
    )
    problems = []
    for row in trying.chance.sample(rows, k=min(_ROWS_FREED, len(rows))):
        found = await preview_of(trying.connection, DeleteTarget(key.referenced, condition=f"rid = {row['rid']}"))
        trying.tally.ended[f"freed: {found.verdict.value}"] += 1
        problems += [
            f"rid {row['rid']} is not freed: {blocker} | {option.blocked}"
            for blocker in found.blockers
            # The row of the default cannot go any more, which is said.
            if blocker.first and not (option.id == "set-column-default" and blocker.constraint == key.name)
            # Rows that refer to nothing by another key came in unchecked, and are found out when they are written.
            if blocker.missing is None or blocker.constraint == key.name
            if f"({blocker.sqlstate})" not in option.blocked and str(blocker.constraint) not in option.blocked
        ]
    return problems


def _found_afterwards(before: Catalog, after: Catalog, subject: Finding, option: Option) -> list[str]:
    found = findings(after)
    problems = [
        f"{each.rule} is still there: {each.message}"
        for each in found
        if subject.rule == each.rule
        and subject.key.qualified == each.key.qualified
        and option.id in subject.fixes
        and (subject.columns, subject.statements) == (each.columns, each.statements)
    ]
    were = {(each.rule, each.key.qualified) for each in findings(before)}
    said = f"{option.then} {option.application} {option.blocked}"
    problems += [
        f"{each.rule} {each.key.qualified} is new: {each.message} | {said}"
        for each in found
        if each.certain
        and each.severity is Severity.ERROR
        and (each.rule, each.key.qualified) not in were
        and not (each.error is not None and each.error.message in said)
    ]
    return problems


async def _undone(
    trying: Trying, made: Plan, ended: RunEnded, lines: Sequence[PreflightLine], before: tuple[Sequence[str], Rows]
) -> list[str]:
    if not made.undo:
        trying.tally.ended[f"{made.option}: no way back"] += 1
        return []
    try:
        back = await trying.bench.undo(ended)
    except AssertionError as stopped:
        trying.tally.ended[f"{made.option}: way back stopped"] += 1
        return [] if made.mends or "checking would fail" in str(stopped) else [f"way back: {stopped}"]
    except FkdashError as error:
        return [f"no way back: {error} ({made.undo_condition})"]
    left = ("not what", "nothing else refers to")
    warned = any(each in made.undo_condition for each in left) or any(
        "to nothing by" in line.what for line in lines
    )
    # A row that refers to nothing by another key came in unchecked, and no second time.
    warned = warned or (made.key.name not in back.message and "insert or update on table" in back.message)
    if back.outcome is RunOutcome.ROLLED_BACK and warned:
        return []
    if back.outcome is not RunOutcome.VERIFIED:
        return [f"way back: {back.message} ({made.undo_condition})"]
    after = await _state(trying.connection)
    # A row that was its own referenced row is one no more.
    itself = made.key.table == made.key.referenced and set(made.key.columns) & set(made.key.referenced_columns)
    problems = [] if warned or itself else list(_other_rows(before[1], after[1]))
    # A key whose orphans are back was not valid, whatever the server had been told.
    were, are = ({line.removesuffix(" NOT VALID" * made.mends) for line in each[0]} for each in (before, after))
    gone, come = were - are, are - were
    return [*problems, f"was {sorted(gone)}, is {sorted(come)}"] if gone or come else problems


def _other_rows(before: Rows, after: Rows) -> Iterator[str]:
    for name, rows in before.items():
        gone, come = Counter(rows) - Counter(after[name]), Counter(after[name]) - Counter(rows)
        if gone or come:
            yield f"rows of {name} were {sorted(gone)}, are {sorted(come)}"


async def _state(connection: Connection) -> tuple[Sequence[str], Rows]:
    return [row["line"] for row in await connection.fetch(_DECLARED)], await rows_of_all(connection)


def told(tally: Tally) -> Iterator[str]:
    """Give what is worth knowing of a run, line by line."""
    yield from (f"{how}: {number}" for how, number in sorted(tally.ended.items()))


def main() -> int:
    """Compare as many cases as the arguments say."""
    tally = Tally()
    return command(
        __doc__, Comparison(partial(compare, tally=tally), tally.disagreements, partial(told, tally)), cases=100
    )


if __name__ == "__main__":
    sys.exit(main())
