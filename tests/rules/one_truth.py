"""Compares findings with previews, both ways: python -m tests.rules.one_truth --cases N --seed S --version V.

A claim must come true by the very error that it predicts, and what stops a preview must be named by a finding about
the same rows. Passed over is what no schema decides:

- the refusal that a key declares, and an expression that fails on a value (SQLSTATE 22xxx),
- a row that came in unchecked: an orphan from before that is found out when it is written twice, and a MATCH FULL key
  that was half NULL (the cases load their rows as a replica does),
- beyond a write that always fails: a preview names everything that stands in the way, also what would stop the delete
  only if that write happened; the rules tell of the write, and of what comes after once it is possible.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from fkdash.catalog.action import Action, Match, Statement
from fkdash.catalog.model import Catalog, ForeignKey, Table
from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.spelling import matches, source
from fkdash.catalog.table_name import TableName, quoted, visible
from fkdash.preview.model import Blocker, Preview, Verdict
from fkdash.rules.actions.cascades import node
from fkdash.rules.actions.failing import never_written
from fkdash.rules.actions.writes import writes
from fkdash.rules.finding import Finding
from fkdash.rules.registry import findings
from fkdash.rules.severity import Severity
from fkdash.sqlstates import CHECK_VIOLATION
from tests.preview.agree import predict, set_up
from tests.preview.many_cases import Comparison, Connection, clean_up, command
from tests.preview.schema_parts import Case
from tests.preview.schemas import make
from tests.support.looking import looking_over

_FROM_THE_SECOND_ROW_ON = frozenset({"FK104", "FK112"})
_WHATEVER_THE_ROWS = frozenset({"FK116", "FK118", "FK119", "FK208"})
_BEFORE_ROWS = frozenset({"428C9", "55000", "42P10", "42501", "XX000"})
_REFUSALS = frozenset({"23503", "23001"})
_REFUSING = frozenset({Action.NO_ACTION, Action.RESTRICT})


@dataclass
class Tally:
    """What was compared, and where findings and previews tell two truths."""

    confirmed: Counter[str] = field(default_factory=Counter)
    without_rows: Counter[str] = field(default_factory=Counter)
    explained: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)


async def compare(connection: Connection, seed: int, major: int, tally: Tally) -> None:
    """Set the case of a seed up, ask the rules, preview what they claim, explain what previews say, clean up."""
    case = make(seed, major)
    try:
        if await set_up(connection, case):
            async with looking_over(connection) as session:
                catalog = await read_catalog(session)
            found = findings(catalog)
            chance = random.Random(seed)
            problems = [*await _claims(connection, catalog, found, chance, tally)]
            problems += await _blocked(connection, case, catalog, found, tally)
            tally.disagreements += [f"seed {seed}: {problem}" for problem in problems]
    finally:
        await clean_up(connection)


async def _claims(
    connection: Connection, catalog: Catalog, found: tuple[Finding, ...], chance: random.Random, tally: Tally
) -> list[str]:
    """Have a random row previewed of which a finding says that it cannot be deleted; give what is not so."""
    problems: list[str] = []
    for finding in found:
        itself = node(catalog, finding.key.table) == node(catalog, finding.key.referenced)
        if finding.rule in _FROM_THE_SECOND_ROW_ON and itself:
            continue  # which of the rows go together is not asked here
        claims = finding.certain and finding.severity is Severity.ERROR and Statement.DELETE in finding.statements
        if not claims:
            continue
        target = finding.path[0].referenced if finding.path else finding.key.referenced
        rids = [row["rid"] for row in await connection.fetch(_claimed(catalog, finding, target))]
        several = finding.rule in _FROM_THE_SECOND_ROW_ON
        if len(rids) < 1 + several:
            tally.without_rows[finding.rule] += 1
            continue
        chosen = rids if several else [chance.choice(rids)]
        condition = f"rid IN ({', '.join(map(str, chosen))})"
        predicted = await predict(connection, target.schema, target.name, condition)
        tally.confirmed[f"{finding.rule} {predicted.verdict.value}"] += 1
        if not _is_so(catalog, finding, predicted, found):
            blockers = [(each.constraint, str(each.table), each.sqlstate) for each in predicted.blockers]
            problems.append(
                f"{finding.rule} {finding.key.qualified} says {finding.message!r}, but deleting {target} where "
                f"{condition} is {predicted.verdict.value}, {blockers}"
            )
    return problems


def _is_so(catalog: Catalog, finding: Finding, predicted: Preview, found: tuple[Finding, ...]) -> bool:
    """Tell whether a preview names the very error, or says that it could not follow everything."""
    if predicted.verdict is Verdict.UNKNOWN or (predicted.notes and not predicted.exact):
        return True
    if predicted.verdict is Verdict.ALLOWED:
        return False
    if finding.rule in _FROM_THE_SECOND_ROW_ON:
        return True  # rows that hold the value already may be held back by something else
    failing = finding.path[-1] if finding.path else finding.key
    twins = (each for each in found if each.certain and each is not finding and _is_twin(catalog, each, failing))
    wanted = [(finding, failing), *((each, each.key) for each in twins)]
    return any(_is_about(catalog, each, key, blocker) for each, key in wanted for blocker in predicted.blockers)


def _is_twin(catalog: Catalog, finding: Finding, key: ForeignKey) -> bool:
    """Tell whether a finding is of another key that makes the same rows refer to the same row.

    Of two that fail the earlier one keeps the later one from ever acting.
    """
    one, two = finding.key, key
    return (
        node(catalog, one.table) == node(catalog, two.table)
        and node(catalog, one.referenced) == node(catalog, two.referenced)
        and (one.columns, one.referenced_columns) == (two.columns, two.referenced_columns)
    )


def _is_about(catalog: Catalog, finding: Finding, key: ForeignKey, blocker: Blocker) -> bool:
    """Tell whether a finding predicts the very error that a blocker stands for, in rows that a key is of."""
    error = finding.error
    if error is None or error.sqlstate != blocker.sqlstate or not _is_part(catalog, blocker, key.table):
        return False
    if blocker.constraint is not None:
        return f'"{blocker.constraint}"' in error.message or _is_copy(catalog, finding, blocker, key)
    # No constraint has a name where a partition or NOT NULL refuses.
    if blocker.sqlstate == CHECK_VIOLATION:
        return "partition" in error.message
    written = {*key.columns, *finding.columns}
    return any(name in written or f'column "{name}" ' in error.message for name in blocker.columns)


def _is_copy(catalog: Catalog, finding: Finding, blocker: Blocker, key: ForeignKey) -> bool:
    """Tell whether a blocker is the index of a partition that a unique index which is told of made there."""
    message = finding.error.message if finding.error is not None else ""
    declared = [
        {table.columns_by_number[number].name for number in index.columns if number}
        for table in catalog.with_partitions(key.table)
        for index in table.indexes
        if f'"{index.name}"' in message
    ]
    return blocker.partition is not None and set(blocker.columns) in declared


def _is_part(catalog: Catalog, blocker: Blocker, table: TableName) -> bool:
    """Tell whether a blocker's rows are a table's own or its partitions'."""
    return (blocker.partition or blocker.table) in {each.name for each in catalog.with_partitions(table)}


def _claimed(catalog: Catalog, finding: Finding, target: TableName) -> str:
    """Spell the query for the rows of which a finding says that they cannot be deleted."""
    keys = list(finding.path or (finding.key,))
    conditions = []
    if finding.rule in _WHATEVER_THE_ROWS or (finding.error and finding.error.sqlstate in _BEFORE_ROWS):
        # No row need refer, but where the referenced key is NULL no statement is made.
        *keys, last = keys
        conditions = [f"t{len(keys)}.{quoted(name)} IS NOT NULL" for name in last.referenced_columns]
    joined = [f"{source(catalog, target)} t0"]
    for number, key in enumerate(keys, 1):
        joined.append(f"{source(catalog, key.table)} t{number}")
        conditions.append(_between(catalog, key, f"t{number - 1}", f"t{number}"))
        if node(catalog, key.table) == node(catalog, key.referenced):
            # A row that refers to itself goes.
            conditions.append(
                f"(t{number - 1}.tableoid, t{number - 1}.ctid) <> (t{number}.tableoid, t{number}.ctid)"
            )
    if keys:
        conditions += _whole_keys(catalog, keys[-1].table, f"t{len(keys)}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT DISTINCT t0.rid FROM {', '.join(joined)}{where} ORDER BY 1"


def _whole_keys(catalog: Catalog, table: TableName, row: str) -> Iterator[str]:
    """Leave out rows that came in unchecked with a MATCH FULL key half NULL: what writes NULL may make it whole."""
    for key in catalog.foreign_keys:
        if key.match is Match.FULL and key.validated and node(catalog, key.table) == node(catalog, table):
            columns = ", ".join(f"{row}.{quoted(name)}" for name in key.columns)
            yield f"num_nulls({columns}) IN (0, {len(key.columns)})"


def _between(catalog: Catalog, key: ForeignKey, referenced: str, referencing: str) -> str:
    text = matches(catalog, key)
    for name in key.referenced_columns:
        text = text.replace(f"p.{quoted(name)} ", f"{referenced}.{quoted(name)} ", 1)
    for name in key.columns:
        text = text.replace(f" c.{quoted(name)}", f" {referencing}.{quoted(name)}", 1)
    return text


async def _blocked(
    connection: Connection, case: Case, catalog: Catalog, found: tuple[Finding, ...], tally: Tally
) -> list[str]:
    """Preview the case's own delete; give what stops it by the schema and no finding tells of."""
    condition = None if case.condition == "true" else case.condition
    predicted = await predict(connection, case.target.schema, case.target.name, condition)
    if predicted.verdict is not Verdict.BLOCKED:
        return []
    problems = []
    for blocker in predicted.blockers:
        if _is_ordinary(catalog, blocker) or blocker.sqlstate.startswith("22"):
            continue
        if await _stood_before(connection, catalog, blocker):
            tally.explained[f"{blocker.sqlstate} of an orphan"] += 1
            continue
        told = [each for each in found if each.rule.startswith("FK1") and _tells_of(catalog, each, blocker)]
        if not told and not blocker.first and _is_beyond(catalog, blocker):
            tally.explained[f"{blocker.sqlstate} beyond what always fails"] += 1
            continue
        tally.explained[f"{blocker.sqlstate} by {told[0].rule if told else 'nothing'}"] += 1
        if not told:
            problems.append(f"no finding tells of {blocker} when {case.statement}")
    return problems


def _is_ordinary(catalog: Catalog, blocker: Blocker) -> bool:
    """Tell whether it is a refusal that some foreign key declares: that is what it is for."""
    return blocker.sqlstate in _REFUSALS and any(
        key.name == blocker.constraint and not _REFUSING.isdisjoint({key.on_delete, key.on_update})
        for key in catalog.foreign_keys
        if _is_part(catalog, blocker, key.table)
    )


async def _stood_before(connection: Connection, catalog: Catalog, blocker: Blocker) -> bool:
    """Tell whether a row is said to refer to nothing, or to mix NULL and values, that did so before the delete.

    The rows of a case come in unchecked. What is written twice in a transaction is checked although its key stayed
    (ri_triggers.c): such a row is found out then, whatever the schema.
    """
    key = next(
        (
            each
            for each in catalog.foreign_keys
            if each.name == blocker.constraint and _is_part(catalog, blocker, each.table)
        ),
        None,
    )
    if blocker.half and key is not None:
        own = ", ".join(f"c.{quoted(name)}" for name in key.columns)
        half = f"num_nulls({own}) NOT IN (0, {len(key.columns)})"
        found = await connection.fetchval(f"SELECT count(*) FROM {source(catalog, key.table)} c WHERE {half}")
        return bool(found >= blocker.rows)
    if key is None or blocker.missing is None or not blocker.value:
        return False
    where = " AND ".join(
        f"{quoted(name)}::text = ${number}" for number, name in enumerate(key.referenced_columns, 1)
    )
    there = f"SELECT EXISTS (SELECT FROM {source(catalog, key.referenced)} p WHERE {where})"
    return not await connection.fetchval(there, *blocker.value)


def _is_beyond(catalog: Catalog, blocker: Blocker) -> bool:
    """Tell whether ON UPDATE would carry a blocker's columns, or what they are made of, on from no write at all."""
    return any(
        _is_part(catalog, blocker, table)
        and (column in blocker.columns or not blocker.columns or _is_made(catalog.tables[table], blocker, column))
        for table, column in _beyond(catalog)
    )


def _is_made(table: Table, blocker: Blocker, column: str) -> bool:
    made = (table.columns_by_name[name] for name in blocker.columns if name in table.columns_by_name)
    return any(each.generated and column in (each.default or "") for each in made)


def _beyond(catalog: Catalog) -> set[tuple[TableName, str]]:
    """Give the columns that ON UPDATE actions would write after writes that fail for every row."""
    failing = never_written(catalog)
    written = {
        (node(catalog, write.key.table), name)
        for write in writes(catalog)
        if id(write) in failing
        for name in write.columns
    }
    # A row that its partition's own key cannot write would go on to another partition with what was written.
    beyond = {
        (node(catalog, write.key.table), name)
        for write in writes(catalog)
        if id(write) in failing and node(catalog, write.key.table) != write.key.table
        for name in write.columns
    }
    before = -1
    while before < len(beyond):
        before = len(beyond)
        for key in catalog.foreign_keys:
            source_table, pairs = (
                node(catalog, key.referenced),
                zip(key.columns, key.referenced_columns, strict=True),
            )
            carried = {own for own, theirs in pairs if (source_table, theirs) in written | beyond}
            if carried and key.on_update not in _REFUSING:
                columns = carried if key.on_update is Action.CASCADE else set(key.columns)
                beyond |= {(node(catalog, key.table), name) for name in columns}
    return beyond


def _tells_of(catalog: Catalog, finding: Finding, blocker: Blocker) -> bool:
    """Tell whether a finding predicts it, or names it beside the obstacle that the server reports before it."""
    keys = (finding.key, *finding.path)
    if any(_is_about(catalog, finding, key, blocker) for key in keys):
        return True
    if not any(_is_part(catalog, blocker, key.table) for key in keys):
        return False
    if blocker.constraint is not None:
        return any(f" {visible(blocker.constraint)} " in f" {each} " for each in finding.evidence)
    if blocker.sqlstate == CHECK_VIOLATION:
        return any("partition" in each for each in finding.evidence)
    names = [f".{name} {word}" for name in blocker.columns for word in ("is", "has a NOT NULL")]
    return any(name in each for name in names for each in finding.evidence)


def told(tally: Tally) -> Iterator[str]:
    """Give what is worth knowing of a run, line by line."""
    yield "claims: " + ", ".join(f"{what} {count}" for what, count in sorted(tally.confirmed.items()))
    yield "claims without rows: " + ", ".join(f"{what} {n}" for what, n in sorted(tally.without_rows.items()))
    yield "blockers: " + ", ".join(f"{what} {count}" for what, count in sorted(tally.explained.items()))


def main() -> int:
    """Run the command."""
    tally = Tally()
    return command(
        __doc__, Comparison(partial(compare, tally=tally), tally.disagreements, partial(told, tally)), cases=500
    )


if __name__ == "__main__":
    sys.exit(main())
