"""What the dashboard knows of a database: what is declared, what is wrong with it, what it does to rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from fkdash.errors import UsageError
from fkdash.fact import derived, deriving_fact
from fkdash.tui.words import fails_here

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.db.session import Sessions
    from fkdash.orphans.scan import ScannedReference
    from fkdash.preview.rows.blocked import Impact
    from fkdash.rules.finding import Finding

IMPACT_SECONDS = 5.0
"""How long counting the rows of foreign keys may take, all of them together."""
_ANSWER_SECONDS = 2.0
_ORPHAN_SECONDS, _ORPHANS_IN_ALL_SECONDS = 2.0, 15.0
_TELLING_SECONDS = 0.5


@deriving_fact
class Knowledge:
    """One reading of the catalog with its findings; `impacts` by a key's qualified name, as far as counted.

    `scanned` are the references that do not guarantee their rows, those that nobody declared among them, each with
    its orphans as far as counted.
    """

    catalog: Catalog
    findings: tuple[Finding, ...]
    impacts: Mapping[str, Impact] = field(default_factory=dict)
    scanned: tuple[ScannedReference, ...] = ()

    @derived
    def findings_by_key(self) -> Mapping[str, tuple[Finding, ...]]:
        """The findings of each foreign key by its qualified name, the worst first."""
        found: dict[str, list[Finding]] = {}
        for finding in self.findings:
            found.setdefault(finding.key.qualified, []).append(finding)
        return {name: tuple(findings) for name, findings in found.items()}

    @derived
    def led_over(self) -> Mapping[str, frozenset[str]]:
        """For each key that a delete goes over on its way to a failure, by name, the keys with such a finding."""
        found: dict[str, set[str]] = {}
        for finding in self.findings:
            for step in finding.path:
                found.setdefault(step.qualified, set()).add(finding.key.qualified)
        return {name: frozenset(keys) for name, keys in found.items()}

    @derived
    def orphans_by_key(self) -> Mapping[tuple[str, tuple[str, ...]], ScannedReference]:
        """What was counted, by a key's qualified name and its columns."""
        return {(each.reference.key.qualified, each.reference.key.columns): each for each in self.scanned}

    def findings_of(self, key: ForeignKey) -> tuple[Finding, ...]:
        """Give the findings of a foreign key, the worst first."""
        return self.findings_by_key.get(key.qualified, ())

    def with_impacts(self, impacts: Mapping[str, Impact]) -> Knowledge:
        """Give the same with the rows of more foreign keys counted."""
        more = replace(self, impacts={**self.impacts, **impacts})
        # What is looked up in the findings does not depend on the counts.
        more.__dict__.update(findings_by_key=self.findings_by_key, led_over=self.led_over)
        return more


async def read_knowledge(sessions: Sessions) -> Knowledge:
    """Read the catalog in one snapshot and judge it; raises the session's errors."""
    from fkdash.catalog.postgres.read import read_whole_catalog  # not before the first frame

    catalog = await read_whole_catalog(sessions)
    return Knowledge(catalog, await asyncio.to_thread(_judge, catalog))


def _judge(catalog: Catalog) -> tuple[Finding, ...]:
    """Judge in a thread: the rules load a SQL parser, and many foreign keys take a while."""
    from fkdash.rules.registry import findings  # not before the first frame

    return findings(catalog)


async def with_answers(sessions: Sessions, knowledge: Knowledge) -> Knowledge:
    """Give the same with what only data can tell of the findings, where it was answered, the worst first."""
    from fkdash.checking.row_questions import answered  # not before the first frame

    if not any(finding.question for finding in knowledge.findings):
        return knowledge
    found, _ = await answered(sessions, knowledge.catalog, knowledge.findings, _ANSWER_SECONDS)
    return replace(knowledge, findings=tuple(sorted(found, key=lambda finding: finding.severity.rank)))


async def count_impacts(sessions: Sessions, knowledge: Knowledge) -> AsyncIterator[Mapping[str, Impact]]:
    """Count the rows of each foreign key that makes deletes fail, in few statements with one time limit.

    Gives what has been counted, by the keys' names, as soon as it is known, many that are
    counted quickly together. Raises ConnectionLostError; what may not or cannot
    be counted is an unknown impact.
    """
    from fkdash.preview.rows.impacts import impacts  # not before the first frame

    keys = {each.key.qualified: each.key for each in knowledge.findings if fails_here(each)}
    if not keys:
        return
    counted: dict[str, Impact] = {}
    counting = asyncio.create_task(
        impacts(
            sessions,
            knowledge.catalog,
            list(keys.values()),
            seconds=IMPACT_SECONDS,
            told=counted.__setitem__,
        )
    )
    try:
        while not counting.done():
            await asyncio.wait({counting}, timeout=_TELLING_SECONDS)
            told = dict(counted)
            if told:
                counted.clear()
                yield told
        await counting
    finally:
        counting.cancel()


async def with_orphans(sessions: Sessions, knowledge: Knowledge) -> Knowledge:
    """Give the same with the orphans of every doubtful reference counted, within a few seconds in all.

    Columns that only look like references are judged by some of their values, as `check` does. What there was no
    time for is not known; the screen of orphans counts it. Raises ConnectionLostError.
    """
    from fkdash.checking.database import kept_queries  # not before the first frame
    from fkdash.checking.sampled_values import with_sampled_values
    from fkdash.orphans.references import doubtful
    from fkdash.orphans.scan import scan

    catalog, _ = await asyncio.to_thread(knowing_confirmed, knowledge.catalog)
    if catalog.tables:
        catalog = catalog.with_queries((await kept_queries(sessions, _ORPHAN_SECONDS))[0])
    judged = await asyncio.to_thread(_judged_anew, catalog, knowledge.findings)
    found = await with_sampled_values(sessions, catalog, judged, _ORPHAN_SECONDS)
    no_references = {_place(each) for each in judged} - {_place(each) for each in found}
    references = [
        each
        for each in await asyncio.to_thread(doubtful, catalog)
        if each.declared or each.confirmed or (each.key.table, each.key.columns) not in no_references
    ]
    scanned = await scan(
        sessions, catalog, references, seconds=_ORPHAN_SECONDS, total_seconds=_ORPHANS_IN_ALL_SECONDS, jobs=1
    )
    return replace(knowledge, findings=found, scanned=scanned)


def _judged_anew(catalog: Catalog, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Ask the rule anew that looks at queries, which nobody waits for before the first answer."""
    from fkdash.rules.registry import RULES, findings, in_order  # not before the first frame

    undeclared = [rule for rule in RULES if rule.undeclared]
    ids = {rule.id for rule in undeclared}
    return in_order((*(each for each in found if each.rule not in ids), *findings(catalog, undeclared)))


def _place(finding: Finding) -> tuple[TableName, tuple[str, ...]]:
    return finding.key.table, finding.key.columns


def knowing_confirmed(catalog: Catalog) -> tuple[Catalog, str]:
    """Give the catalog with the references that the team's file confirms, and what is wrong with that file."""
    from fkdash.catalog.confirmed_references import knowing_those_there  # loaded when it is wanted
    from fkdash.checking.configuration_file import load_configuration

    try:
        written = load_configuration().references
    except UsageError as error:
        return catalog, f"{error.what} Its [references] are not used."
    return knowing_those_there(catalog, written)[0], ""
