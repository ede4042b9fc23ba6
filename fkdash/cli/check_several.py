"""Checks several databases at a time for `fkdash check`: told as they come, and gone on with after a cut."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from fkdash.checking.database import check, failed
from fkdash.checking.databases import AT_ONCE, check_each, databases_of, room_at, server_at
from fkdash.checking.kept_run import Verdict, kept_run, verdict_on
from fkdash.cli.connection import looking
from fkdash.cli.messages import say_pieces, tell
from fkdash.counted import counted
from fkdash.db.pool import Limits
from fkdash.db.text import plain
from fkdash.errors import FkdashError, UsageError
from fkdash.report.check.as_json import check_document, groups_field
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Hashable, Sequence

    from fkdash.checking.database import CheckOptions
    from fkdash.checking.result import CheckReport
    from fkdash.checking.turns import Room
    from fkdash.db.target import Target


class SeveralChecks:
    """A check of several databases. `verdicts` and `reports` are those of the databases that had their turn."""

    def __init__(self, arguments: argparse.Namespace, options: CheckOptions) -> None:
        self._options, self._jobs = options, arguments.jobs or AT_ONCE
        self._lines = arguments.format == "jsonl"
        self._resume = arguments.resume
        self._rooms: dict[Hashable, Room] = {}
        self.reports: dict[int, CheckReport] = {}
        self.verdicts: dict[str, Verdict] = {}
        if self._resume and not self._lines:
            raise UsageError(
                "--resume goes on with what --format jsonl has written.", next_step="Add --format jsonl."
            )

    async def every_database(self, target: Target) -> list[Target]:
        """Give the databases of a server, and keep in mind what it has room for."""
        async with looking(target, Limits(connections=1), nothing_else=True) as pool:
            names, room = await databases_of(pool)
        found = [target.on_database(name) for name in names]
        self._rooms |= {server_at(each): room for each in found}
        return found

    async def run(self, targets: Sequence[Target]) -> tuple[CheckReport, ...]:
        """Check them all, first those of which the worst was said last time; give the reports as named."""
        places = [target.describe() for target in targets]
        kept = kept_run(places)
        done = set(kept.verdicts) if self._resume and not kept.finished else set()
        order = sorted(
            (number for number, place in enumerate(places) if place not in done),
            key=lambda number: kept.verdicts[places[number]].rank if places[number] in kept.verdicts else 4,
        )
        kept.begin(place for place in places if place in done)
        for place in places:
            if place in done:
                self._tell(place, kept.verdicts[place])

        def heard(turn: int, found: CheckReport | FkdashError) -> None:
            target, place = targets[order[turn]], places[order[turn]]
            report = failed(place, target.database, found) if isinstance(found, FkdashError) else found
            self.reports[order[turn]] = report
            verdict = verdict_on(report, check_document((report,)))
            kept.add(place, verdict)
            self._tell(place, verdict)
            if sys.stderr.isatty() and not self._lines:
                tell(f"{len(self.reports):,} of {counted(len(order), 'databases')}: {plain(place)}")

        try:
            await check_each(
                [partial(self._check, targets[number]) for number in order],
                heard,
                place_of=lambda turn: server_at(targets[order[turn]]),
                room_of=lambda place, turns: self._room(place, [targets[order[turn]] for turn in turns]),
                jobs=self._jobs,
            )
            kept.finish()
        finally:
            kept.close()
        reports = tuple(self.reports[number] for number in sorted(self.reports))
        if self._lines:
            say_pieces((json.dumps(self._summary(reports, resumed=len(done))) + "\n",))
        return reports

    async def _room(self, place: Hashable, targets: Sequence[Target]) -> Room:
        return self._rooms[place] if place in self._rooms else await room_at(targets, place)

    async def _check(self, target: Target) -> CheckReport:
        async with looking(target, Limits(connections=1), nothing_else=True) as pool:
            return await check(pool, self._options, where=pool.where)

    def _tell(self, place: str, verdict: Verdict) -> None:
        self.verdicts[place] = verdict
        if self._lines:
            say_pieces((json.dumps(verdict.document) + "\n",))

    def _summary(self, reports: Sequence[CheckReport], *, resumed: int) -> dict[str, Any]:
        findings = [
            each["severity"] for verdict in self.verdicts.values() for each in verdict.document["findings"]
        ]
        return {
            "fkdash": 1,
            "kind": "check-summary",
            "databases": len(self.verdicts),
            "failed": [place for place, verdict in self.verdicts.items() if verdict.failed],
            "incomplete": [
                place for place, verdict in self.verdicts.items() if not verdict.complete and not verdict.failed
            ],
            "findings": {str(severity): findings.count(str(severity)) for severity in Severity},
            "resumed": resumed,
            **groups_field(reports),
        }
