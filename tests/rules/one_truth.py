"""Compares findings with previews, both ways: python -m tests.rules.one_truth --cases N --seed S --version V."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from fkdash.catalog.model import Action, Catalog, ForeignKey, TableName, quoted
from fkdash.catalog.postgres import read_catalog
from fkdash.catalog.spelling import matches, source
from fkdash.db.statements import OpenTransaction
from fkdash.preview.model import Blocker, Preview, Verdict
from fkdash.rules.actions.cascades import node
from fkdash.rules.finding import Finding, Severity, Statement
from fkdash.rules.registry import findings
from tests.preview.agree import predict, set_up
from tests.preview.many_cases import Comparison, Connection, clean_up, command
from tests.preview.schemas import Case, make

_FROM_THE_SECOND_ROW_ON = frozenset({"FK104", "FK112"})
_WHATEVER_THE_ROWS = frozenset({"FK116", "FK118", "FK119", "FK208"})
_TWICE = frozenset({"23505", "23P01"})
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
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                session = OpenTransaction(connection, where="the test's server", statement_seconds=None)
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
        if not _is_so(catalog, finding, predicted):
            blockers = [(each.constraint, str(each.table), each.sqlstate) for each in predicted.blockers]
            problems.append(
                f"{finding.rule} {finding.key.qualified} says {finding.message!r}, but deleting {target} where "
                f"{condition} is {predicted.verdict.value}, {blockers}"
            )
    return problems


def _is_so(catalog: Catalog, finding: Finding, predicted: Preview) -> bool:
    if predicted.verdict is not Verdict.BLOCKED:
        return predicted.verdict is Verdict.UNKNOWN
    assert finding.error is not None
    if finding.rule in _FROM_THE_SECOND_ROW_ON:
        return True  # rows that hold the value already may be held back by something else
    failing = (finding.path[-1] if finding.path else finding.key).table
    by_it = [each for each in predicted.blockers if node(catalog, each.table) == node(catalog, failing)]
    # A domain is no table's: its refusal is told under the table as well.
    return any(each.sqlstate == finding.error.sqlstate for each in by_it)


def _claimed(catalog: Catalog, finding: Finding, target: TableName) -> str:
    """Spell the query for the rows of which a finding says that they cannot be deleted."""
    keys = finding.path or (finding.key,)
    always = finding.rule in _WHATEVER_THE_ROWS
    key, keys = keys[-1], () if always else keys
    if finding.rule == "FK108" and finding.error is not None and finding.error.sqlstate in {"428C9", "55000"}:
        keys = keys[:-1]
    joined = [f"{source(catalog, target)} t0"]
    conditions = [f"t0.{quoted(name)} IS NOT NULL" for name in key.referenced_columns if always]
    for number, key in enumerate(keys, 1):
        joined.append(f"{source(catalog, key.table)} t{number}")
        conditions.append(_between(catalog, key, f"t{number - 1}", f"t{number}"))
        if node(catalog, key.table) == node(catalog, key.referenced):
            # A row that refers to itself goes.
            conditions.append(
                f"(t{number - 1}.tableoid, t{number - 1}.ctid) <> (t{number}.tableoid, t{number}.ctid)"
            )
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT DISTINCT t0.rid FROM {', '.join(joined)}{where} ORDER BY 1"


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
        if _is_ordinary(catalog, blocker) or blocker.sqlstate.startswith("22") or _is_carried(catalog, blocker):
            continue
        told = [each for each in found if each.rule.startswith("FK1") and _tells_of(catalog, each, blocker)]
        if not told and not blocker.first:
            told = [each for each in found if each.certain and _comes_before(catalog, each, blocker)]
        tally.explained[f"{blocker.sqlstate} by {told[0].rule if told else 'nothing'}"] += 1
        if not told:
            problems.append(f"no finding tells of {blocker} when {case.statement}")
    return problems


def _is_ordinary(catalog: Catalog, blocker: Blocker) -> bool:
    """Tell whether it is a refusal that some foreign key declares: that is what it is for."""
    return blocker.sqlstate in _REFUSALS and any(
        key.name == blocker.constraint and not _REFUSING.isdisjoint({key.on_delete, key.on_update})
        for key in catalog.foreign_keys
        if node(catalog, key.table) == node(catalog, blocker.table)
    )


def _is_carried(catalog: Catalog, blocker: Blocker) -> bool:
    """Tell whether a key that changed met another row with the same value: rows alone decide about that."""
    return blocker.sqlstate in _TWICE and any(
        key.on_update is Action.CASCADE and not set(key.columns).isdisjoint(blocker.columns)
        for key in catalog.foreign_keys
        if node(catalog, key.table) == node(catalog, blocker.table)
    )


def _tells_of(catalog: Catalog, finding: Finding, blocker: Blocker) -> bool:
    same_table = any(
        node(catalog, key.table) == node(catalog, blocker.table) for key in (finding.key, *finding.path)
    )
    if not same_table or finding.error is None:
        return False
    # Of an action that meets several obstacles the rules predict the error that comes first.
    masked = any("another obstacle first" in each for each in finding.evidence)
    return finding.error.sqlstate == blocker.sqlstate or finding.certain or masked


def _comes_before(catalog: Catalog, finding: Finding, blocker: Blocker) -> bool:
    """Tell whether what would carry a value on to the blocker is a write that can never happen.

    A preview names what would stop the delete if that did not; a rule has nothing to say of it before.
    """
    return finding.severity is Severity.ERROR and any(
        key.on_update not in _REFUSING and node(catalog, key.referenced) == node(catalog, finding.key.table)
        for key in catalog.foreign_keys
        if node(catalog, key.table) == node(catalog, blocker.table)
    )


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
