"""Looks rows up in the preview's snapshot, and remembers what it was told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fkdash.catalog.spelling import text_of
from fkdash.catalog.table_name import quoted
from fkdash.errors import StoppedError
from fkdash.preview.asked.own_path import in_own_path
from fkdash.preview.declared.scans import scan_needing_consent
from fkdash.preview.evaluating.equality import Values, clause, decisive_collation, key_columns, plain_type
from fkdash.preview.row import RowId, RowValues

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fkdash.db.session import Row, Session
    from fkdash.preview.asked_statements import Hearing
    from fkdash.preview.declared.facts import ColumnFact, IndexFact, KeyFact, TableFact
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.model import Limits, Progress, Scan, Selection


class CutShortError(StoppedError):
    """The preview reached one of its limits."""


class TooManyRowsError(CutShortError):
    """More rows than allowed would have to be followed."""


class Reader:
    """Reads rows of the reached tables; every answer is about the snapshot, before the delete.

    All values are text as the server prints them. Raises CutShortError at a limit
    and the session's errors. `until` is the moment of the clock when the time is over,
    if it has not just begun. `hearing` keeps what is asked.
    """

    def __init__(
        self,
        session: Session,
        facts: Facts,
        limits: Limits,
        progress: Progress | None = None,
        *,
        until: float | None = None,
        hearing: Hearing | None = None,
    ) -> None:
        self.hearing = hearing
        self.session = session
        self.facts = facts
        self.rows: dict[RowId, RowValues] = {}
        self._limits = limits
        self._progress = progress
        self._deadline = until
        if until is None and limits.seconds is not None:
            self._deadline = time.monotonic() + limits.seconds
        self._referencing: dict[tuple[int, Values], tuple[RowId, ...]] = {}
        self._referenced: dict[tuple[int, Values], tuple[RowId, ...]] = {}
        self._peers: dict[tuple[int, Values], tuple[RowId, ...]] = {}
        self._occupants: dict[tuple[int, Values], tuple[RowId, ...]] = {}
        self._equal: dict[tuple[object, ...], bool] = {}
        self._columns: dict[int, tuple[str, ...]] = {}
        self.scans: dict[int, Scan] = {}

    async def targets(self, table: TableFact, alias: str, chosen: Selection) -> list[RowId]:
        """Give the rows of a table that a condition (which calls it `alias`) selects, in physical order."""
        name = quoted(alias)
        sql = (
            f"SELECT {name}.tableoid::bigint AS leaf, {name}.ctid::text AS tid, {self._list(table, name)} AS line "
            f"FROM {table.from_sql} AS {name} {chosen.joined} WHERE {chosen.condition} {self._bound()}"
        )
        rows = await self.ask_of(chosen, sql, *chosen.arguments)
        return sorted({self._remember(table, row) for row in rows})

    async def ask_of(self, chosen: Selection, sql: str, *arguments: object) -> Sequence[Row]:
        """Give the rows of a statement in which the condition of a selection stands."""
        if not chosen.typed:
            return await self.ask(sql, *arguments)
        async with in_own_path(self.session, chosen.typed, sql):
            return await self.ask(sql, *arguments)

    async def referencing(self, key: KeyFact, wanted: Iterable[Values]) -> Mapping[Values, tuple[RowId, ...]]:
        """Give, for referenced key values, the rows that reference them.

        A scan that wants the operator's consent is noted in `scans` instead, and no row is given.
        """
        if key.oid in self.scans:
            return dict.fromkeys(wanted, ())
        scan = scan_needing_consent(self.facts, key, self._limits)
        if scan is not None:
            self.scans[key.oid] = scan
            return dict.fromkeys(wanted, ())
        table = self.facts.tables[key.relation]
        return await self._look_up(self._referencing, key, table, _references, wanted, load=True)

    async def rows_referencing(self, key: KeyFact, referenced: Values) -> tuple[RowId, ...]:
        """Give the rows that reference one key, most often as it has been looked up with others before."""
        known = self.known_referencing(key, referenced)
        return known if known is not None else (await self.referencing(key, (referenced,)))[referenced]

    def known_referencing(self, key: KeyFact, referenced: Values) -> tuple[RowId, ...] | None:
        """Give the rows that reference one key, None where they have not been looked up."""
        return self._referencing.get((key.oid, referenced))

    async def referenced(
        self, key: KeyFact, wanted: Iterable[Values], *, load: bool = False
    ) -> Mapping[Values, tuple[RowId, ...]]:
        """Give, for referencing values, the rows they reference, with their values if asked to."""
        table = self.facts.tables[key.referenced_oid]
        return await self._look_up(self._referenced, key, table, _is_referenced, wanted, load=load)

    async def peers(
        self, key: KeyFact, wanted: Iterable[Values], *, load: bool = False
    ) -> Mapping[Values, tuple[RowId, ...]]:
        """Give, for referenced key values, the referenced rows that hold them, with their values if asked to."""
        table = self.facts.tables[key.referenced_oid]
        return await self._look_up(self._peers, key, table, _holds, wanted, load=load)

    async def occupants(self, table: TableFact, index: IndexFact, values: Values) -> tuple[RowId, ...]:
        """Give the rows that hold (or, for an exclusion constraint, conflict with) an index key."""
        known = self._occupants.get((index.oid, values))
        if known is not None:
            return known
        conditions = [f"({index.predicate})"] if index.predicate else []
        arguments: list[str] = []
        for part, value in zip(index.keys, values, strict=True):
            expression = f"({part.expression})"
            if value is None:
                conditions.append(f"{expression} IS NOT DISTINCT FROM NULL")
                continue
            arguments.append(value)
            collation = part.collation if not part.deterministic else None
            given = f"${len(arguments)}::text::{self.key_type(table, part.column, part.type)}"
            if part.operator is None:
                conditions.append(f"{expression} = {given}")
            else:
                conditions.append(clause(expression, self.facts.operators[part.operator], given, collation))
        name = quoted(table.name.name)
        sql = (
            f"SELECT {name}.tableoid::bigint AS leaf, {name}.ctid::text AS tid "
            f"FROM ONLY {table.name.sql} WHERE {' AND '.join(conditions)} {self._bound()}"
        )
        found = tuple(sorted(_row_id(row) for row in await self._ask(sql, *arguments)))
        self._occupants[(index.oid, values)] = found
        return found

    def key_type(self, table: TableFact, column: str | None, spelled: str) -> str:
        """Give the type of an index key for a cast, a domain's base instead of the domain."""
        return plain_type(self.facts, table.columns_by_name[column]) if column is not None else spelled

    async def equal(
        self, left: tuple[str, str], operator: int, right: tuple[str, str], collation: str | None
    ) -> bool:
        """Tell whether `value operator value` holds; each side is a value and its type."""
        known = self._equal.get((left, operator, right, collation))
        if known is None:
            comparison = clause(
                f"$1::text::{left[1]}", self.facts.operators[operator], f"$2::text::{right[1]}", collation
            )
            known = bool((await self._ask(f"SELECT {comparison} AS equal", left[0], right[0]))[0]["equal"])
            self._equal[(left, operator, right, collation)] = known
        return known

    async def ask(self, sql: str, *arguments: object) -> Sequence[Row]:
        """Run one query of the preview, within its limits."""
        return await self._ask(sql, *arguments)

    def say(self, message: str) -> None:
        """Report progress."""
        if self._progress is not None:
            self._progress(message)

    def check_limits(self, followed: int) -> None:
        """Raise CutShortError when more rows than allowed were followed or the time is over."""
        if followed > self._limits.rows:
            raise TooManyRowsError(
                f"More than {self._limits.rows:,} rows would have to be followed one by one.",
                next_step="Preview fewer rows, or raise the limit on rows.",
            )
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise CutShortError(
                f"The preview reached its limit of {self._limits.seconds:g} s.",
                next_step="Preview fewer rows, or allow more time.",
            )

    def check_depth(self, depth: int) -> None:
        """Raise CutShortError when the delete reaches further than allowed."""
        if depth > self._limits.depth:
            raise TooManyRowsError(
                f"The delete reaches further than {self._limits.depth:,} steps from the rows it names.",
                next_step="Preview the rows that are further away by themselves, or raise the limit on depth.",
            )

    async def _look_up(
        self,
        cache: dict[tuple[int, Values], tuple[RowId, ...]],
        key: KeyFact,
        table: TableFact,
        spell: Callable[[Facts, KeyFact], list[str]],
        wanted: Iterable[Values],
        *,
        load: bool,
    ) -> Mapping[Values, tuple[RowId, ...]]:
        asked = list(dict.fromkeys(wanted))
        missing = [values for values in asked if (key.oid, values) not in cache]
        if missing:
            conditions = spell(self.facts, key)
            width = len(conditions)
            arrays = ", ".join(f"${i + 1}::text[]" for i in range(width))
            names = ", ".join(f"a{i}" for i in range(width))
            line = f", {self._list(table, 'c')} AS line" if load else ""
            sql = (
                f"SELECT k.i, c.tableoid::bigint AS leaf, c.ctid::text AS tid{line} "
                f"FROM unnest({arrays}) WITH ORDINALITY AS k({names}, i) "
                f"JOIN {table.from_sql} AS c ON {' AND '.join(conditions)} {self._bound()}"
            )
            found: list[list[RowId]] = [[] for _ in missing]
            for row in await self._ask(sql, *([values[i] for values in missing] for i in range(width))):
                found[row["i"] - 1].append(self._remember(table, row) if load else _row_id(row))
            for values, rows in zip(missing, found, strict=True):
                cache[(key.oid, values)] = tuple(sorted(rows))
        return {values: cache[(key.oid, values)] for values in asked}

    async def _ask(self, sql: str, *arguments: object) -> Sequence[Row]:
        self.check_limits(len(self.rows))
        if self.hearing is not None:
            self.hearing.hear(sql, arguments)
        # EXPLAIN is no part of another statement.
        ask = self.session.rows if sql.startswith("EXPLAIN") else self.session.asked
        return await ask(sql, *arguments)

    def _bound(self) -> str:
        return f"LIMIT {self._limits.rows + 1}"

    def _remember(self, table: TableFact, row: Row) -> RowId:
        found = _row_id(row)
        if found not in self.rows:
            self.rows[found] = dict(zip(self._loaded(table), row["line"], strict=True))
            self.check_limits(len(self.rows))
        return found

    def _list(self, table: TableFact, alias: str) -> str:
        typed = ((name, plain_type(self.facts, table.columns_by_name[name])) for name in self._loaded(table))
        columns = ", ".join(text_of(f"{alias}.{quoted(name)}", kind) for name, kind in typed)
        return f"ARRAY[{columns}]::text[]"

    def _loaded(self, table: TableFact) -> tuple[str, ...]:
        """All columns where an action writes to the table or a trigger looks, otherwise those of foreign keys.

        Virtual ones are left out: a DELETE does not compute them, and where their value matters it is evaluated.
        """
        if table.oid not in self._columns:
            self._columns[table.oid] = self._choose(table)
        return self._columns[table.oid]

    def _choose(self, table: TableFact) -> tuple[str, ...]:
        root = self.facts.root(table.oid)
        named: set[str] = set()
        if any(
            t.condition
            for each in self.facts.tables.values()
            if self.facts.root(each.oid) == root
            for t in each.triggers
        ):
            return _kept(table)
        for key in self.facts.keys.values():
            if self.facts.root(key.relation) == root:
                if key.writes:
                    return _kept(table)
                named.update(key.columns)
            if self.facts.root(key.referenced_oid) == root:
                named.update(key.referenced_columns)
        return tuple(name for name in table.columns_by_name if name in named)


def _kept(table: TableFact) -> tuple[str, ...]:
    """Give the columns whose values are in the table."""
    return tuple(name for name, column in table.columns_by_name.items() if column.stored or not column.generated)


def _references(facts: Facts, key: KeyFact) -> list[str]:
    """Say that a row `c` references the key `k`."""
    own, other = key_columns(facts, key)
    return [
        clause(
            f"k.a{i}::{plain_type(facts, theirs)}",
            facts.operators[operator],
            f"c.{quoted(mine.name)}",
            decisive_collation(mine, theirs),
        )
        for i, (mine, theirs, operator) in enumerate(zip(own, other, key.pf_operators, strict=True))
    ]


def _is_referenced(facts: Facts, key: KeyFact) -> list[str]:
    """Say that the referencing values `k` reference a row `c`."""
    own, other = key_columns(facts, key)
    return _equal_to_given(facts, other, own, key.pf_operators)


def _holds(facts: Facts, key: KeyFact) -> list[str]:
    """Say that a row `c` holds the referenced key `k`."""
    _, other = key_columns(facts, key)
    return _equal_to_given(facts, other, other, key.pp_operators)


def _equal_to_given(
    facts: Facts, columns: Sequence[ColumnFact], given: Sequence[ColumnFact], operators: Sequence[int]
) -> list[str]:
    """Compare the columns of a row `c` with the values `k`, which have the types of the columns `given`."""
    return [
        clause(
            f"c.{quoted(column.name)}",
            facts.operators[operator],
            f"k.a{i}::{plain_type(facts, typed)}",
            column.ordering if not column.deterministic else None,
        )
        for i, (column, typed, operator) in enumerate(zip(columns, given, operators, strict=True))
    ]


def _row_id(row: Row) -> RowId:
    page, _, line = row["tid"].strip("()").partition(",")
    return RowId(row["leaf"], int(page), int(line))
