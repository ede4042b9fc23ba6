"""Follows PostgreSQL's queue of triggers row by row, on paper: nothing is written.

AFTER ROW triggers are queued per row in byte order of their names and fired
first in, first out; what an action writes queues its own triggers at the end
(trigger.c, ri_triggers.c; manual, "Overview of Trigger Behavior"). A blocker is
noted and the run goes on as if it were not there.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fkdash.preview.equality import Comparison, Values, decisive_collation, key_columns, key_comparison, plain_type
from fkdash.preview.facts import DELETE_BIT, INSERT_BIT, UPDATE_BIT
from fkdash.preview.model import Effect
from fkdash.preview.outcome import Obstacle, Outcome
from fkdash.preview.overlay import Overlay, Written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fkdash.preview.evaluation import Evaluator
    from fkdash.preview.facts import Facts, KeyFact, TableFact, TriggerFact
    from fkdash.preview.reader import Reader, RowId, RowValues

Order = "Callable[[Sequence[RowId]], list[RowId]]"

STILL_REFERENCED: Final = "23503"
RESTRICTED: Final = "23001"
_RESTRICT_HAS_ITS_OWN_STATE: Final = 18
_EVENT_NAMES: Final = {DELETE_BIT: "DELETE", UPDATE_BIT: "UPDATE", INSERT_BIT: "INSERT"}


@dataclass(frozen=True, slots=True)
class Event:
    """A queued trigger of one row; `old` and `new` are the row before and after, `version` which write it was."""

    trigger: TriggerFact
    table: int
    row: RowId | None = None
    old: RowValues | None = None
    new: RowValues | None = None
    version: int = 0


class Run:
    """One run of the queue, rows of one statement visited in the order that `order` chooses."""

    def __init__(
        self, reader: Reader, evaluator: Evaluator, order: Callable[[Sequence[RowId]], list[RowId]]
    ) -> None:
        self.facts: Facts = reader.facts
        self.reader = reader
        self.evaluator = evaluator
        self.overlay = Overlay(reader.facts)
        self.outcome = Outcome()
        self._order = order
        self._queue: deque[Event] = deque()
        self._deferred: list[Event] = []
        self._comparisons: dict[int, Comparison] = {}

    # -- the statement and the queue

    async def delete(self, targets: Sequence[RowId]) -> Outcome:
        """Delete the target rows, work the queue off and give what happened."""
        target = self.facts.tables[self.facts.target]
        self.statement_begins(target, DELETE_BIT)
        self.remove(targets)
        self.statement_ends(target, DELETE_BIT)
        await self._work_off(self._queue)
        await self._work_off(deque(self._deferred))
        self._count_effects()
        return self.outcome

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
            if event.trigger.referential and event.old is not None and not _is_check(event.trigger):
                key = self.facts.keys[event.trigger.constraint]
                if self.may_read(key.relation):
                    wanted.setdefault(key.oid, set()).add(_values(event.old, key.referenced_columns))
        for oid, values in wanted.items():
            await self.reader.referencing(self.facts.keys[oid], sorted(values, key=repr))

    async def _fire(self, event: Event) -> None:
        trigger = event.trigger
        if trigger.recheck:
            from fkdash.preview.writing import recheck  # noqa: PLC0415 - the two modules are one mechanism

            await recheck(self, event)
        elif trigger.user:
            table = self.facts.tables[event.table].name
            self.outcome.doubt(f'Trigger "{trigger.name}" on {table} runs code of its own, which may change anything.')
        elif _is_check(trigger):
            await self._check_written(event)
        else:
            await self._act(event)

    async def _act(self, event: Event) -> None:
        from fkdash.preview.writing import write_action  # noqa: PLC0415 - the two modules are one mechanism

        key = self.facts.keys[event.trigger.constraint]
        assert event.old is not None  # noqa: S101 - an action trigger fires for a row that was there
        kind, on_update = _kind(event.trigger, key)
        if kind in ("noaction", "restrict"):
            await self.still_referenced(key, event.old, restrict=kind == "restrict")
        elif kind == "cascade" and not on_update:
            await self._cascade(key, event.old)
        else:
            await write_action(self, key, kind, event, on_update=on_update)

    # -- the actions and checks

    async def _cascade(self, key: KeyFact, old: RowValues) -> None:
        table = self.facts.tables[key.relation]
        if not self.owner_may(key, table, "delete", "select"):
            return
        self.statement_begins(table, DELETE_BIT)
        self.remove(await self.referencing(key, old))
        self.statement_ends(table, DELETE_BIT)

    async def still_referenced(self, key: KeyFact, old: RowValues, *, restrict: bool) -> None:
        """Note a blocker when rows still reference the old key; NO ACTION accepts another row that holds it."""
        table = self.facts.tables[key.relation]
        if key.period:
            self.outcome.doubt(f'Temporal foreign key "{key.name}" on {table.name} is not followed.')
            return
        if not self.owner_may(key, table, "select", "update"):
            return
        if not restrict and await self._held_by_another(key, _values(old, key.referenced_columns)):
            return
        rows = await self.referencing(key, old)
        if rows:
            own_state = restrict and self.facts.major >= _RESTRICT_HAS_ITS_OWN_STATE
            self.block_key(key, RESTRICTED if own_state else STILL_REFERENCED, rows)

    async def _check_written(self, event: Event) -> None:
        """RI_FKey_check: the row, if it is still the latest version, must reference something."""
        key = self.facts.keys[event.trigger.constraint]
        row = event.row
        if row is None:
            return
        written = self.overlay.rows[row]
        if not written.alive or written.version != event.version:
            return
        values = _values(written.values, key.columns)
        if None in values:
            if key.match_full and any(value is not None for value in values):
                self.block_key(key, STILL_REFERENCED, [row])
            return
        if key.period:
            self.outcome.doubt(f'Temporal foreign key "{key.name}" is not followed.')
            return
        if not self.may_read(key.referenced):
            return
        if not await self._references_something(key, values):
            self.block_key(key, STILL_REFERENCED, [row])

    async def _references_something(self, key: KeyFact, values: Values) -> bool:
        base = (await self.reader.referenced(key, [values]))[values]
        if any(row not in self.overlay.rows for row in base):
            return True
        return bool(await self._written_matching(key, key.referenced, key.referenced_columns, values, own=False))

    async def _held_by_another(self, key: KeyFact, values: Values) -> bool:
        base = (await self.reader.peers(key, [values]))[values]
        if any(row not in self.overlay.rows for row in base):
            return True
        written = await self._written_matching(key, key.referenced, key.referenced_columns, values, own=True)
        return bool(written)

    async def referencing(self, key: KeyFact, old: RowValues) -> list[RowId]:
        """Give the rows that reference an old key now, in the order chosen for this run."""
        if not self.may_read(key.relation):
            return []
        values = _values(old, key.referenced_columns)
        base = (await self.reader.referencing(key, [values]))[values]
        found = [row for row in base if row not in self.overlay.rows]
        found += await self._written_matching(key, key.relation, key.columns, values, own=False, parent=True)
        if len(found) > 1:
            self.outcome.choices += 1
        return self._order(found)

    async def _written_matching(
        self,
        key: KeyFact,
        relation: int,
        columns: tuple[str, ...],
        values: Values,
        *,
        own: bool,
        parent: bool = False,
    ) -> list[RowId]:
        """Written rows of `relation` whose `columns` equal values of the other side (`own`: of the same side).

        `parent` says that the values are those of the referenced side.
        """
        comparison = self.comparison(key)
        if comparison.groups is not None:
            return self.overlay.find(relation, columns, comparison, values)
        found: list[RowId] = []
        for row, written in list(self.overlay.living(relation)):
            theirs = _values(written.values, columns)
            if None not in theirs and await self._equal(key, theirs, values, own=own, parent=parent):
                found.append(row)
        return found

    async def _equal(self, key: KeyFact, theirs: Values, given: Values, *, own: bool, parent: bool) -> bool:
        mine, other = key_columns(self.facts, key)
        for i, (a, b) in enumerate(zip(theirs, given, strict=True)):
            if a is None or b is None:
                return False
            if own:
                kind = plain_type(self.facts, other[i])
                collation = other[i].collation if not other[i].deterministic else None
                same = a == b or await self.reader.equal((a, kind), key.pp_operators[i], (b, kind), collation)
            else:
                referenced, referencing = (b, a) if parent else (a, b)
                same = await self.reader.equal(
                    (referenced, plain_type(self.facts, other[i])),
                    key.pf_operators[i],
                    (referencing, plain_type(self.facts, mine[i])),
                    decisive_collation(mine[i], other[i]),
                )
            if not same:
                return False
        return True

    # -- writing, and what it queues

    def written(self, row: RowId) -> Written:
        """Give a row for writing."""
        if row not in self.overlay.rows:
            self.overlay.rows[row] = Written(values=self.reader.rows[row], leaf=row.table)
        return self.overlay.rows[row]

    def remove(self, rows: Sequence[RowId]) -> None:
        """Delete rows and queue their triggers."""
        for leaf in {self._leaf(row) for row in rows}:
            self.row_triggers_before(leaf, DELETE_BIT)
        if len(rows) > 1:
            self.outcome.choices += 1
        for row in self._order(rows):
            written = self.written(row)
            written.alive = False
            written.version += 1
            self.overlay.wrote(row)
            self.enqueue(DELETE_BIT, row, written.leaf, old=written.values, version=written.version)

    def enqueue(
        self,
        bit: int,
        row: RowId,
        leaf: int,
        *,
        old: RowValues | None = None,
        new: RowValues | None = None,
        version: int,
        columns: Iterable[str] = (),
        rechecks: frozenset[int] = frozenset(),
        checked: frozenset[int] = frozenset(),
        moved: bool = False,
    ) -> None:
        """Queue the AFTER ROW triggers of a written row.

        `columns` are those the statement sets, `rechecks` the deferrable indexes in
        doubt, `checked` the foreign keys whose own check must run. A row that `moved`
        between partitions queues the referenced side on its root alone (15 on).
        """
        for trigger in self.facts.tables[leaf].triggers:
            if not trigger.fires(bit, row=True, before=False):
                continue
            if trigger.referential:
                if not self._queues(trigger, old, new, checked, moved=moved):
                    continue
            elif trigger.recheck:
                if trigger.index not in rechecks:
                    continue
            elif trigger.columns and bit == UPDATE_BIT and not set(trigger.columns) & set(columns):
                continue
            self._add(Event(trigger, leaf, row, old, new, version))

    def _queues(
        self,
        trigger: TriggerFact,
        old: RowValues | None,
        new: RowValues | None,
        checked: frozenset[int],
        *,
        moved: bool,
    ) -> bool:
        key = self.facts.keys.get(trigger.constraint)
        if key is None:
            return False
        if _is_check(trigger):
            return trigger.constraint in checked
        if moved or old is None:
            return False
        before = _values(old, key.referenced_columns)
        return None not in before and (new is None or _values(new, key.referenced_columns) != before)

    def _add(self, event: Event) -> None:
        if event.trigger.deferred:
            self._deferred.append(event)
        else:
            self._queue.append(event)

    # -- what makes an outcome unpredictable

    def statement_begins(self, table: TableFact, bit: int) -> None:
        """Note rules and BEFORE STATEMENT triggers, which act even when no row matches."""
        if _EVENT_NAMES[bit] in table.rules:
            self.outcome.doubt(f"A rule ON {_EVENT_NAMES[bit]} rewrites the statement on {table.name}.")
        for trigger in table.triggers:
            if trigger.fires(bit, row=False, before=True):
                self._doubt_trigger(trigger, table)

    def statement_ends(self, table: TableFact, bit: int) -> None:
        """Queue the AFTER STATEMENT triggers."""
        for trigger in table.triggers:
            if trigger.fires(bit, row=False, before=False):
                self._add(Event(trigger, table.oid))

    def row_triggers_before(self, leaf: int, bit: int, columns: Iterable[str] = ()) -> None:
        """Note BEFORE ROW triggers, which may skip or change the row."""
        table = self.facts.tables[leaf]
        if table.kind == "f":
            self.outcome.doubt(f"{table.name} is a foreign table.")
        for trigger in table.triggers:
            if trigger.fires(bit, row=True, before=True) and not (
                bit == UPDATE_BIT and trigger.columns and not set(trigger.columns) & set(columns)
            ):
                self._doubt_trigger(trigger, table)

    def _doubt_trigger(self, trigger: TriggerFact, table: TableFact) -> None:
        self.outcome.doubt(
            f'Trigger "{trigger.name}" on {table.name} runs code of its own before the write, which may change it.'
        )

    def owner_may(self, key: KeyFact, table: TableFact, *privileges: str) -> bool:
        """Tell whether the table's owner, as whom the action runs, has the privileges; note 42501 otherwise."""
        if all(table.owner_may[privilege] for privilege in ("usage", *privileges)):
            return True
        self.block_key(key, "42501", [])
        return False

    def may_read(self, relation: int) -> bool:
        """Tell whether this session sees all rows of a table; note a doubt otherwise."""
        for oid in (relation, *self.facts.leaves(relation)) if self.facts.tables[relation].partitioned else (relation,):
            table = self.facts.tables[oid]
            if oid == relation and not table.readable:
                self.outcome.doubt(f"This role may not read {table.name}.")
                return False
            if oid == relation and table.row_security:
                self.outcome.doubt(f"Row-level security hides rows of {table.name} from this role.")
        return True

    # -- book-keeping

    def comparison(self, key: KeyFact) -> Comparison:
        """Give how a key's two sides compare."""
        if key.oid not in self._comparisons:
            self._comparisons[key.oid] = key_comparison(self.facts, key)
        return self._comparisons[key.oid]

    def block_key(self, key: KeyFact, sqlstate: str, rows: Sequence[RowId]) -> None:
        """Note a blocker under the name of the foreign key that was declared."""
        declared = self.facts.root_key(key)
        table = self.facts.tables[declared.relation].name
        self.outcome.block(Obstacle(declared.name, table, declared.columns, sqlstate), rows)

    def _leaf(self, row: RowId) -> int:
        written = self.overlay.rows.get(row)
        return row.table if written is None else written.leaf

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


def _values(row: RowValues, columns: Sequence[str]) -> Values:
    return tuple(row[name] for name in columns)


def _is_check(trigger: TriggerFact) -> bool:
    return trigger.function.startswith("RI_FKey_check_")


def _kind(trigger: TriggerFact, key: KeyFact) -> tuple[str, bool]:  # noqa: ARG001 - what-if changes the key's action
    """The action (`noaction`, `restrict`, `cascade`, `setnull`, `setdefault`) and whether an UPDATE set it off."""
    _, _, rest = trigger.function.partition("RI_FKey_")
    kind, _, event = rest.rpartition("_")
    return kind, event == "upd"
