"""Follows PostgreSQL's queue of triggers row by row, on paper: nothing is written.

AFTER ROW triggers are queued per row in byte order of their names and fired
first in, first out; what an action writes queues its own triggers at the end
(trigger.c, ri_triggers.c; manual, "Overview of Trigger Behavior"). A blocker is
noted and the run goes on as if it were not there.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from fkdash.preview import doubts
from fkdash.preview.facts import DELETE_BIT, UPDATE_BIT
from fkdash.preview.indexes import recheck
from fkdash.preview.matching import Matcher, values_of
from fkdash.preview.model import Effect
from fkdash.preview.outcome import Obstacle, Outcome
from fkdash.preview.overlay import Overlay, Written
from fkdash.preview.writing import write_action

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from fkdash.preview.equality import Values
    from fkdash.preview.evaluation import Evaluator
    from fkdash.preview.facts import Facts, KeyFact, TableFact, TriggerFact
    from fkdash.preview.reader import Reader, RowId, RowValues

Order: TypeAlias = "Callable[[Sequence[RowId]], list[RowId]]"

STILL_REFERENCED: Final = "23503"
RESTRICTED: Final = "23001"
NOT_PERMITTED: Final = "42501"
RESTRICT_HAS_ITS_OWN_STATE: Final = 18


@dataclass(frozen=True, slots=True)
class Event:
    """A queued trigger; `old` and `new` are the row before and after, `version` which write of it this was."""

    trigger: TriggerFact
    table: int
    row: RowId | None = None
    old: RowValues | None = None
    new: RowValues | None = None
    version: int = 0


class Run:
    """One run of the queue, rows of one statement visited in the order that `order` chooses."""

    def __init__(self, reader: Reader, evaluator: Evaluator, order: Order) -> None:
        self.facts: Facts = reader.facts
        self.reader = reader
        self.evaluator = evaluator
        self.overlay = Overlay(reader.facts)
        self.matcher = Matcher(reader, self.overlay)
        self.outcome = Outcome()
        self._order = order
        self._queue: deque[Event] = deque()
        self._deferred: list[Event] = []

    async def delete(self, targets: Sequence[RowId]) -> Outcome:
        """Delete the target rows, work the queue off and give what happened."""
        target = self.facts.tables[self.facts.target]
        self.may_read(target.oid)
        self.statement_begins(target, DELETE_BIT)
        self._remove(targets)
        self.statement_ends(target, DELETE_BIT)
        await self._work_off(self._queue)
        await self._work_off(deque(self._deferred))
        self._count_effects()
        return self.outcome

    # -- the queue

    async def _work_off(self, queue: deque[Event]) -> None:
        while queue:
            generation = list(queue)
            await self._prefetch(generation)
            for _ in generation:
                await self._fire(queue.popleft())
                self.reader.check_limits(len(self.overlay.rows))

    async def _prefetch(self, events: Iterable[Event]) -> None:
        """Ask once for each foreign key what the whole generation will want to know."""
        wanted: dict[int, set[Values]] = {}
        for event in events:
            if event.trigger.action and event.old is not None:
                key = self.facts.keys[event.trigger.constraint]
                if not key.period and self.may_read(key.relation):
                    wanted.setdefault(key.oid, set()).add(values_of(event.old, key.referenced_columns))
        for oid, values in wanted.items():
            await self.reader.referencing(self.facts.keys[oid], sorted(values, key=repr))

    async def _fire(self, event: Event) -> None:
        trigger = event.trigger
        if trigger.recheck:
            await recheck(self, event)
        elif trigger.user:
            self.outcome.doubt(doubts.after_doubt(trigger, self.facts.tables[event.table]))
        elif trigger.action:
            await self._act(event)
        else:
            await self._check_written(event)

    async def _act(self, event: Event) -> None:
        key = self.facts.keys[event.trigger.constraint]
        assert event.old is not None  # noqa: S101 - an action trigger fires for a row that was there
        kind, on_update = event.trigger.kind
        if kind in ("noaction", "restrict"):
            await self.still_referenced(key, event.old, restrict=kind == "restrict")
        elif kind == "cascade" and not on_update:
            await self._cascade(key, event.old)
        else:
            await write_action(self, key, kind, event, on_update=on_update)

    def enqueue(
        self,
        bit: int,
        row: RowId,
        leaf: int,
        *,
        version: int,
        old: RowValues | None = None,
        new: RowValues | None = None,
        columns: Collection[str] = (),
        rechecks: Collection[int] = (),
        checked: Collection[int] = (),
        moved: bool = False,
    ) -> None:
        """Queue the AFTER ROW triggers of a written row.

        `columns` are those the statement sets, `rechecks` the deferrable indexes in
        doubt, `checked` the row's own foreign keys whose check must run. Of a row that
        was `moved` to another partition only the foreign keys that reference this very
        partition see the DELETE.
        """
        for trigger in self.facts.tables[leaf].triggers:
            if not trigger.fires(bit, row=True, before=False):
                continue
            if trigger.action:
                wanted = not (moved and trigger.clone) and self._key_changed(trigger, old, new)
            elif trigger.referential:
                wanted = trigger.constraint in checked
            elif trigger.recheck:
                wanted = trigger.index in rechecks
            else:
                set_columns = self._with_generated(leaf, columns)
                wanted = bit != UPDATE_BIT or not trigger.columns or bool(set(trigger.columns) & set_columns)
            if wanted:
                self._add(Event(trigger, leaf, row, old, new, version))

    def _key_changed(self, trigger: TriggerFact, old: RowValues | None, new: RowValues | None) -> bool:
        """RI_FKey_pk_upd_check_required: nothing references a key with NULL in it, or one that stays as it is."""
        key = self.facts.keys.get(trigger.constraint)
        if key is None or old is None:
            return False
        before = values_of(old, key.referenced_columns)
        return None not in before and (new is None or values_of(new, key.referenced_columns) != before)

    def _add(self, event: Event) -> None:
        if event.trigger.deferred:
            self._deferred.append(event)
        else:
            self._queue.append(event)

    # -- actions and checks

    async def _cascade(self, key: KeyFact, old: RowValues) -> None:
        table = self.facts.tables[key.relation]
        if not self.owner_may(key, table, "delete", "select"):
            return
        self.statement_begins(table, DELETE_BIT)
        self._remove(await self.referencing(key, old))
        self.statement_ends(table, DELETE_BIT)

    def _remove(self, rows: Sequence[RowId]) -> None:
        for leaf in dict.fromkeys(self.leaf_of(row) for row in rows):
            self.row_written(leaf, DELETE_BIT)
        if len(rows) > 1:
            self.outcome.choices += 1
        for row in self._order(rows):
            written = self.written(row)
            written.alive = False
            written.version += 1
            self.overlay.wrote(row)
            self.enqueue(DELETE_BIT, row, written.leaf, old=written.values, version=written.version)

    async def still_referenced(self, key: KeyFact, old: RowValues, *, restrict: bool) -> None:
        """Note a blocker when rows still reference the old key; NO ACTION accepts another row that holds it."""
        table = self.facts.tables[key.relation]
        if key.period:
            # Other rows may cover the period: only when nothing shares the rest of the key is that no question.
            rest = key.without_period()
            if await self.matcher.referencing(rest, values_of(old, rest.referenced_columns)):
                self.outcome.doubt(f'Temporal foreign key "{key.name}" on {table.name} is not followed.')
            return
        peers = self.facts.tables[key.referenced]
        if not restrict and not self.owner_may(key, peers, "select", "update"):
            return
        if not self.owner_may(key, table, "select", "update"):
            return
        if not restrict and await self.matcher.held_by_another(key, values_of(old, key.referenced_columns)):
            return
        rows = await self.referencing(key, old)
        if rows:
            own_state = restrict and self.facts.major >= RESTRICT_HAS_ITS_OWN_STATE
            self.block_key(key, RESTRICTED if own_state else STILL_REFERENCED, rows)

    async def _check_written(self, event: Event) -> None:
        """RI_FKey_check: the row, if this is still its latest version, must reference something."""
        key = self.facts.keys[event.trigger.constraint]
        assert event.row is not None  # noqa: S101 - checks are queued for rows
        written = self.overlay.rows[event.row]
        if not written.alive or written.version != event.version:
            return
        values = values_of(written.values, key.columns)
        if None in values:
            if key.match_full and any(value is not None for value in values):
                self.block_key(key, STILL_REFERENCED, [event.row])
        elif key.period:
            self.outcome.doubt(f'Temporal foreign key "{key.name}" is not followed.')
        elif (
            self.may_read(key.referenced)
            and self.owner_may(key, self.facts.tables[key.referenced], "select", "update")
            and not await self.matcher.reference_something(key, values)
        ):
            self.block_key(key, STILL_REFERENCED, [event.row])

    async def referencing(self, key: KeyFact, old: RowValues) -> list[RowId]:
        """Give the rows that reference an old key now, in the order chosen for this run."""
        if not self.may_read(key.relation):
            return []
        found = await self.matcher.referencing(key, values_of(old, key.referenced_columns))
        if key.oid in self.reader.scans:
            table = self.facts.tables[key.relation].name
            self.outcome.doubt(
                f"{table} has no index on {', '.join(key.columns)} and was not read from end to end."
            )
        if len(found) > 1:
            self.outcome.choices += 1
        return self._order(found)

    # -- what the actions write with

    def written(self, row: RowId) -> Written:
        """Give a row for writing."""
        if row not in self.overlay.rows:
            self.overlay.rows[row] = Written(values=self.reader.rows[row], leaf=row.table)
        return self.overlay.rows[row]

    def values(self, row: RowId) -> RowValues:
        """Give a row's present values."""
        written = self.overlay.rows.get(row)
        return self.reader.rows[row] if written is None else written.values

    def leaf_of(self, row: RowId) -> int:
        """Give the table that holds a row now."""
        written = self.overlay.rows.get(row)
        return row.table if written is None else written.leaf

    def statement_begins(self, table: TableFact, bit: int) -> None:
        """Note what a statement on a table may set off before any row."""
        for doubt in doubts.statement_doubts(table, bit):
            self.outcome.doubt(doubt)

    def row_written(self, leaf: int, bit: int, columns: Collection[str] = ()) -> None:
        """Note what may keep a row from being written as planned; generated columns are written along."""
        for doubt in doubts.row_doubts(self.facts.tables[leaf], bit, self._with_generated(leaf, columns)):
            self.outcome.doubt(doubt)

    def _with_generated(self, leaf: int, columns: Collection[str]) -> set[str]:
        return {*columns, *(column.name for column in self.facts.tables[leaf].generated)}

    def statement_ends(self, table: TableFact, bit: int) -> None:
        """Queue the AFTER STATEMENT triggers."""
        for trigger in table.triggers:
            if trigger.fires(bit, row=False, before=False):
                self._add(Event(trigger, table.oid))

    def owner_may(self, key: KeyFact, table: TableFact, *privileges: str) -> bool:
        """Tell whether the table's owner, as whom the action runs, has the privileges; note 42501 otherwise."""
        if all(table.owner_may[privilege] for privilege in ("usage", *privileges)):
            return True
        self.block_key(key, NOT_PERMITTED, [])
        return False

    def may_read(self, relation: int) -> bool:
        """Tell whether this session can read a table; note a doubt where it sees none or not all of its rows."""
        for doubt in doubts.reading_doubts(self.facts, relation):
            self.outcome.doubt(doubt)
        return self.facts.tables[relation].readable

    def block_key(self, key: KeyFact, sqlstate: str, rows: Sequence[RowId]) -> None:
        """Note a blocker under the name of the foreign key that was declared."""
        declared = self.facts.root_key(key)
        table = self.facts.tables[declared.relation].name
        self.outcome.block(Obstacle(declared.name, table, declared.columns, sqlstate), rows)

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
