"""Follows PostgreSQL's queue of triggers row by row, on paper: nothing is written.

AFTER ROW triggers are queued per row in byte order of their names and fired
first in, first out; what an action writes queues its own triggers at the end
(trigger.c, ri_triggers.c; manual, "Overview of Trigger Behavior"). A blocker is
noted and the run goes on as if it were not there.
"""

from __future__ import annotations

from asyncio import sleep
from collections import deque
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Match
from fkdash.preview.declared import doubts
from fkdash.preview.model import Effect
from fkdash.preview.queue.defaults import Taken
from fkdash.preview.queue.indexes import recheck
from fkdash.preview.queue.matching import values_of
from fkdash.preview.queue.periods import covered, uncovered
from fkdash.preview.queue.state import RunState
from fkdash.preview.queue.writing import write_action, write_values
from fkdash.sqlstates import FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION
from fkdash.versions import RESTRICT_HAS_ITS_OWN_SQLSTATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fkdash.preview.declared.facts import KeyFact, TriggerFact
    from fkdash.preview.evaluating.equality import Values
    from fkdash.preview.outcome import QueueOutcome
    from fkdash.preview.queue.state import Event, Images
    from fkdash.preview.row import RowId, RowValues

_EVENTS_WITHOUT_A_BREAK: Final = 300


class Run(RunState):
    """One run of the queue, rows of one statement visited in the order that `order` chooses."""

    async def delete(self, targets: Sequence[RowId]) -> QueueOutcome:
        """Delete the target rows, work the queue off and give what happened."""
        target = self.facts.tables[self.facts.target]
        self.may_read(target.oid)
        await self.statement_begins(target, "DELETE", targets)
        await self._remove(targets)
        self.statement_ends(target, "DELETE")
        return await self._to_the_end()

    async def write(self, key: KeyFact, rows: Sequence[RowId], values: Mapping[str, str | None]) -> QueueOutcome:
        """Write values into a key's columns of rows of its table, work the queue off and give what happened."""
        table = self.facts.tables[key.relation]
        self.may_read(table.oid)
        await self.statement_begins(table, "UPDATE", rows)
        kind = "setdefault" if any(value is not None for value in values.values()) else "setnull"
        await write_values(self, key, self.visited(rows), Taken(dict(values), {}), kind)
        self.statement_ends(table, "UPDATE")
        return await self._to_the_end()

    async def _to_the_end(self) -> QueueOutcome:
        await self._work_off(self.queue)
        self.outcome.late = True
        await self._work_off(deque(self.deferred))
        self._count_effects()
        self.outcome.touched = len(self.overlay.rows)
        return self.outcome

    # -- the queue

    async def _work_off(self, queue: deque[Event]) -> None:
        depth = 0
        while queue:
            self.reader.check_depth(depth)
            depth += 1
            generation = list(queue)
            await self._prefetch(generation)
            for number in range(len(generation)):
                event = queue.popleft()
                if not self._idle(event):
                    await self._fire(event)
                self.reader.check_limits(len(self.overlay.rows))
                if number % _EVENTS_WITHOUT_A_BREAK == 0:
                    # Nothing here may have to wait for long: a screen must go on answering meanwhile.
                    await sleep(0)

    async def _prefetch(self, events: Iterable[Event]) -> None:
        """Ask once for each foreign key and each WHEN what the whole generation will want to know."""
        wanted: dict[int, set[Values]] = {}
        conditional: dict[tuple[TriggerFact, int], list[Images]] = {}
        for event in events:
            if event.trigger.condition is not None:
                conditional.setdefault((event.trigger, event.table), []).append((event.old, event.new))
            if event.held:
                key = self.facts.key_carried_out(event.trigger)
                known = self.reader.known_referencing(key, event.held) is not None
                if not known and not key.period and self.may_read(key.relation):
                    wanted.setdefault(key.oid, set()).add(event.held)
        for (trigger, table), images in conditional.items():
            await self.fires(trigger, self.facts.tables[table], images)
        for oid, values in wanted.items():
            await self.reader.referencing(self.facts.keys[oid], sorted(values, key=repr))

    def _idle(self, event: Event) -> bool:
        """Tell whether an action finds no row, and was seen before to do nothing then: the most frequent case."""
        trigger = event.trigger
        if not trigger.action or (trigger.constraint, trigger.machinery) not in self.facts.idle:
            return False
        return self.matcher.unreferenced(self.facts.key_carried_out(trigger), event.held)

    async def _fire(self, event: Event) -> None:
        trigger = event.trigger
        if trigger.recheck:
            await recheck(self, event)
        elif trigger.user:
            await self._run_code(event)
        elif trigger.action:
            before = len(self.queue) + len(self.deferred)
            await self._act(event)
            key = self.facts.key_carried_out(trigger)
            queued = len(self.queue) + len(self.deferred) - before
            if self.outcome.blank and not queued and self.matcher.unreferenced(key, event.held):
                self.facts.idle.add((key.oid, trigger.machinery))
        else:
            await self._check_written(event)

    async def _run_code(self, event: Event) -> None:
        table = self.facts.tables[event.table]
        if await self.fires(event.trigger, table, [(event.old, event.new)]):
            self.outcome.doubt(doubts.after_doubt(event.trigger, table))

    async def _act(self, event: Event) -> None:
        key = self.facts.key_carried_out(event.trigger)
        assert event.old is not None  # noqa: S101 - an action trigger fires for a row that was there
        kind, on_update = event.trigger.kind
        if kind in ("noaction", "restrict"):
            await self._still_referenced(key, event.old, restrict=kind == "restrict")
        elif kind == "cascade" and not on_update:
            await self._cascade(key, event.old)
        elif await write_action(self, key, kind, event, on_update=on_update) and kind == "setdefault":
            # A row that already held its default has not moved away (ri_triggers.c, ri_set).
            await self._still_referenced(key, event.old, restrict=False)

    # -- actions and checks

    async def _cascade(self, key: KeyFact, old: RowValues) -> None:
        table = self.facts.tables[key.relation]
        if not self.owner_may(key, table, "delete", reading=key.columns, operators=key.pf_operators):
            return
        rows = await self.referencing(key, old)
        await self.statement_begins(table, "DELETE", rows, key)
        await self._remove(rows)
        self.statement_ends(table, "DELETE")

    async def _remove(self, rows: Sequence[RowId]) -> None:
        by_leaf: dict[int, list[Images]] = {}
        for row in rows:
            by_leaf.setdefault(self.leaf_of(row), []).append((self.values(row), None))
        for leaf, images in by_leaf.items():
            await self.row_written(leaf, "DELETE", images)
        for row in self.visited(rows):
            written = self.written(row)
            written.alive = False
            written.version += 1
            self.overlay.wrote(row)
            self.enqueue("DELETE", row, written.leaf, old=written.values, version=written.version)

    async def _still_referenced(self, key: KeyFact, old: RowValues, *, restrict: bool) -> None:
        """Note a blocker when rows still reference the old key; NO ACTION accepts another row that holds it."""
        table = self.facts.tables[key.relation]
        if key.period:
            if self.may_read(key.relation) and self.may_read(key.referenced_oid):
                rows = await uncovered(self, key, old)
                if rows:
                    self.block_key(key, FOREIGN_KEY_VIOLATION, rows)
            return
        peers = self.facts.tables[key.referenced_oid]
        if not restrict and not self.owner_may(
            key, peers, "update", reading=key.referenced_columns, operators=key.pp_operators
        ):
            return
        if not self.owner_may(key, table, "update", reading=key.columns, operators=key.pf_operators):
            return
        rows = await self.referencing(key, old)
        held = values_of(old, key.referenced_columns)
        if rows and (restrict or not await self.matcher.held_by_another(key, held)):
            own_state = restrict and self.facts.major >= RESTRICT_HAS_ITS_OWN_SQLSTATE
            self.block_key(key, RESTRICT_VIOLATION if own_state else FOREIGN_KEY_VIOLATION, rows)

    async def _check_written(self, event: Event) -> None:
        """RI_FKey_check: the row, if this is still its latest version, must reference something."""
        key = self.facts.key_carried_out(event.trigger)
        assert event.row is not None  # noqa: S101 - checks are queued for rows
        written = self.overlay.rows[event.row]
        if not written.alive or written.version != event.version:
            return
        values = values_of(written.values, key.columns)
        if None in values:
            if key.match is Match.FULL and any(value is not None for value in values):
                self.block_key(key, FOREIGN_KEY_VIOLATION, [event.row], half=True)
        elif (
            self.may_read(key.referenced_oid)
            and self.owner_may(
                key,
                self.facts.tables[key.referenced_oid],
                "update",
                reading=key.referenced_columns,
                operators=key.pf_operators,
            )
            and not await self._references_something(key, values)
        ):
            self.block_key(key, FOREIGN_KEY_VIOLATION, [event.row], missing=values)

    async def _references_something(self, key: KeyFact, values: Values) -> bool:
        return await (covered(self, key, values) if key.period else self.matcher.reference_something(key, values))

    def _count_effects(self) -> None:
        counts: dict[int, list[int]] = {}
        for row, written in self.overlay.rows.items():
            count = counts.setdefault(self.facts.root(row.table), [0, 0, 0, 0])
            if not written.alive:
                count[0] += 1
                continue
            count[1] += written.set_null
            count[2] += written.set_default
            count[3] += written.updated
        for oid, numbers in counts.items():
            name = self.facts.tables[oid].name
            self.outcome.effects[name] = Effect(name, *numbers)
