"""What one run of the queue knows: the rows as they are by now, what is queued, what was found.

The modules that write rows and look at constraints work on this; `queue` works it off.
"""

from __future__ import annotations

from collections import deque
from math import factorial
from typing import TYPE_CHECKING, Final, TypeAlias

from fkdash.catalog.table_name import listed
from fkdash.fact import fact
from fkdash.preview.declared import doubts
from fkdash.preview.outcome import Obstacle, QueueOutcome
from fkdash.preview.queue import publishing
from fkdash.preview.queue.matching import Matcher, values_of
from fkdash.preview.queue.overlay import Overlay, Written
from fkdash.sqlstates import INSUFFICIENT_PRIVILEGE, INTERNAL_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from fkdash.preview.declared.facts import KeyFact, TableFact, TriggerFact
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.evaluating.attempts import Failure
    from fkdash.preview.evaluating.equality import Values
    from fkdash.preview.evaluating.evaluate import Evaluator
    from fkdash.preview.reader import Reader
    from fkdash.preview.row import RowId, RowValues

_MANY_ORDERS: Final = 1_000
_MANY_ROWS: Final = 7

Images: TypeAlias = "tuple[RowValues | None, RowValues | None]"
Order: TypeAlias = "Callable[[Sequence[RowId]], list[RowId]]"


@fact
class Event:
    """A queued trigger; `old` and `new` are the row before and after, `version` which write of it this was.

    `held` is the referenced key of the row before, for a trigger that carries out an action.
    """

    trigger: TriggerFact
    table: int
    row: RowId | None = None
    old: RowValues | None = None
    new: RowValues | None = None
    version: int = 0
    held: Values = ()


class RunState:
    """The state of a run; rows of one statement are visited in the order that `order` chooses."""

    def __init__(self, reader: Reader, evaluator: Evaluator, order: Order) -> None:
        self.facts: Facts = reader.facts
        self.reader = reader
        self.evaluator = evaluator
        self.overlay = Overlay(reader.facts)
        self.matcher = Matcher(reader, self.overlay)
        self.outcome = QueueOutcome()
        self.order = order
        self.queue: deque[Event] = deque()
        self.deferred: list[Event] = []
        self._permitted: set[tuple[object, ...]] = set()

    def enqueue(
        self,
        event: str,
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
        keys_only: bool = False,
    ) -> None:
        """Queue the AFTER ROW triggers of a written row.

        `columns` are those the statement sets, `rechecks` the deferrable indexes in
        doubt, `checked` the row's own foreign keys whose check must run. Of a row that
        was `moved` to another partition only the foreign keys that reference this very
        partition see the DELETE. With `keys_only` no code of the user's runs.
        """
        for trigger in self.facts.tables[leaf].firing(event, row=True, before=False):
            held: Values = ()
            if trigger.action:
                held = () if moved and trigger.clone else self._given_up(trigger, old, new)
                wanted = bool(held)
            elif trigger.referential:
                wanted = trigger.constraint in checked
            elif trigger.recheck:
                wanted = trigger.index in rechecks
            elif keys_only:
                wanted = False
            else:
                set_columns = self._with_generated(leaf, columns)
                wanted = (
                    event != "UPDATE"
                    or not trigger.columns
                    or bool(set(self.facts.tables[leaf].names(trigger.columns)) & set_columns)
                )
            if wanted:
                self._add(Event(trigger, leaf, row, old, new, version, held))

    def _given_up(self, trigger: TriggerFact, old: RowValues | None, new: RowValues | None) -> Values:
        """Give the key that a row no longer holds, () where nothing references it or it stays as it is.

        RI_FKey_pk_upd_check_required: nothing references a key with NULL in it.
        """
        key = self.facts.key_of(trigger)
        if key is None or old is None:
            return ()
        before = values_of(old, key.referenced_columns)
        if None in before or (new is not None and values_of(new, key.referenced_columns) == before):
            return ()
        return before

    def _add(self, event: Event) -> None:
        if event.trigger.deferred:
            self.deferred.append(event)
        else:
            self.queue.append(event)

    async def referencing(self, key: KeyFact, old: RowValues) -> list[RowId]:
        """Give the rows that reference an old key now."""
        if not self.may_read(key.relation):
            return []
        found = await self.matcher.referencing(key, values_of(old, key.referenced_columns))
        if found:
            self.outcome.reached.setdefault(self.facts.root_key(key).oid, {}).update(dict.fromkeys(found))
        if key.oid in self.reader.scans:
            table = self.facts.tables[key.relation].name
            self.outcome.doubt(f"{table} has no index on {listed(key.columns)} and was not read from end to end.")
        return found

    def visited(self, rows: Sequence[RowId]) -> list[RowId]:
        """Give rows in the order in which this run has one statement visit them."""
        if len(rows) < 2:  # noqa: PLR2004 - nothing to choose
            return list(rows)
        if self.outcome.orders < _MANY_ORDERS:
            self.outcome.orders *= min(_MANY_ORDERS, factorial(min(len(rows), _MANY_ROWS)))
        return self.order(rows)

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

    async def statement_begins(
        self, table: TableFact, event: str, rows: Collection[RowId] = (), key: KeyFact | None = None
    ) -> None:
        """Note what a statement on a table may set off before any row: a rule, BEFORE STATEMENT triggers.

        `key` is the foreign key whose action it is, `rows` are those that it is about.
        """
        if key is not None and table.replaces(event):
            self.block_key(key, INTERNAL_ERROR, [])
            self.outcome.remark(f"A rule ON {event} of {table.name} replaces the action.")
        else:
            for doubt in doubts.rule_doubts(table, event):
                self.outcome.doubt(doubt)
        holding = {self.leaf_of(row) for row in rows}
        for unpublished in publishing.refusals(self.facts, table, event, holding, key):
            if not unpublished.certain:
                self.outcome.doubt(unpublished.words)
                continue
            if key is not None:
                self.block_key(key, unpublished.sqlstate, [])
            else:
                self.outcome.block(Obstacle(None, table.name, (), unpublished.sqlstate), [])
            self.outcome.remark(unpublished.words)
        for trigger in doubts.before_triggers(table, event, row=False):
            if await self.fires(trigger, table, [(None, None)]):
                self.outcome.doubt(doubts.before_doubt(trigger, table))

    async def row_written(
        self, leaf: int, event: str, images: Sequence[Images], columns: Collection[str] = ()
    ) -> None:
        """Note what may keep rows from being written as planned: BEFORE ROW triggers, which may change them.

        `images` are the rows before and after; generated columns are written along with `columns`.
        """
        table = self.facts.tables[leaf]
        for doubt in doubts.foreign_doubts(table):
            self.outcome.doubt(doubt)
        for trigger in doubts.before_triggers(table, event, self._with_generated(leaf, columns), row=True):
            if await self.fires(trigger, table, images):
                self.outcome.doubt(doubts.before_doubt(trigger, table))

    async def fires(self, trigger: TriggerFact, table: TableFact, images: Sequence[Images]) -> bool:
        """Tell whether a trigger of the user's runs for one of some rows, as far as its WHEN can be evaluated."""
        if trigger.condition is None or not trigger.plain or not table.computable:
            return True
        return any(
            found is not False
            for found in await self.evaluator.conditions.true_for(table, trigger.condition, images)
        )

    def _with_generated(self, leaf: int, columns: Collection[str]) -> set[str]:
        return {*columns, *(column.name for column in self.facts.tables[leaf].generated)}

    def statement_ends(self, table: TableFact, event: str) -> None:
        """Queue the AFTER STATEMENT triggers."""
        for trigger in table.firing(event, row=False, before=False):
            self._add(Event(trigger, table.oid))

    def owner_may(
        self,
        key: KeyFact,
        table: TableFact,
        *privileges: str,
        reading: Collection[str] = (),
        writing: Collection[str] = (),
        operators: Collection[int] = (),
    ) -> bool:
        """Tell whether the table's owner, as whom the action runs, has the privileges; note 42501 otherwise."""
        asked = (key.oid, table.oid, privileges, tuple(reading), tuple(writing), tuple(operators))
        if asked in self._permitted:
            return True
        refused = self.facts.operators_refused_to(table.owner, operators)
        if table.owner_allows(*privileges, reading=reading, writing=writing) and not refused:
            self._permitted.add(asked)
            return True
        if refused:
            self.outcome.remark(f"{doubts.refusal(table.owner, refused, f'the equality of {key.shown}')}.")
        self.block_key(key, INSUFFICIENT_PRIVILEGE, [])
        return False

    def may_read(self, relation: int) -> bool:
        """Tell whether this session can read a table; note a doubt where it sees none or not all of its rows."""
        for doubt in doubts.reading_doubts(self.facts, relation):
            self.outcome.doubt(doubt)
        table = self.facts.tables[relation]
        return table.readable and not table.hides_rows

    def evaluation_failed(
        self, table: TableFact, columns: tuple[str, ...], failure: Failure, rows: Sequence[RowId]
    ) -> None:
        """Note an expression of the row that fails: a blocker, if the real statement fails the same way."""
        if failure.repeats:
            self.outcome.block(Obstacle(failure.constraint or None, table.name, columns, failure.sqlstate), rows)
        else:
            self.outcome.doubt(f"An expression of {table.name} could not be evaluated: {failure.message}")

    def block_key(
        self,
        key: KeyFact,
        sqlstate: str,
        rows: Sequence[RowId],
        *,
        missing: Values = (),
        half: bool = False,
    ) -> None:
        """Note a blocker under the name of the foreign key that was declared.

        `missing` is what rows would refer to in vain, `half` says that they would mix NULL and values.
        """
        declared = self.facts.root_key(key)
        table = self.facts.tables[declared.relation].name
        nowhere = declared.referenced if missing else None
        obstacle = Obstacle(declared.name, table, declared.columns, sqlstate, missing=nowhere, half=half)
        self.outcome.block(obstacle, rows, missing)
