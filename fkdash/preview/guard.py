"""The query that an application runs before a delete: which keys would refuse it, with how many rows.

The rows that a delete would take along by ON DELETE CASCADE are followed first, table by table. One of them
refuses nothing only where it is certainly gone before the key is asked: keys are asked as their rows go, in the
order of the constraints, and only a deferred one waits until the end. A key whose action is refused whatever the
rows counts the rows that set it off. What the catalog cannot tell (a default row, a trigger, a rule, a check) is
not asked and named instead.
"""

from __future__ import annotations

from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import REFUSING, Action, Statement
from fkdash.catalog.spelling import compared_type, matches, refers, source
from fkdash.catalog.table_name import listed, quoted
from fkdash.db.literals import literal
from fkdash.errors import UsageError
from fkdash.fact import fact
from fkdash.rules.actions.barred import bars_of, event_of, refuses_every_row
from fkdash.rules.actions.cascades import node
from fkdash.rules.actions.enforcement import action_runs, refusal_sqlstate
from fkdash.rules.actions.refusal import refusals
from fkdash.rules.actions.trigger_code import fires
from fkdash.rules.registry import RULES, findings
from fkdash.sqlstates import NOT_NULL_VIOLATION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.catalog.table_name import TableName
    from fkdash.rules.actions.barred import Bar

_NOT_HASHED: Final = frozenset({"bit", "bit varying", "money", "tsvector", "tsquery"})
"""Types without a hash, by which a recursive UNION would tell rows apart (Queries, "Recursive Queries")."""


@fact
class Parameter:
    """A list of values of one key column, in the order of the rows to delete.

    `type` is the column's own, which cuts no value to another row's key.
    """

    column: str
    type: str


@fact
class Guard:
    """A query for `constraint_name`, `table_name`, `sqlstate` and `rows` of everything that would refuse a delete.

    `parameters` are lists of the same length. `rows` stops counting at `limit`. `sql` takes the spelling of a
    parameter's place by its number, from 1 on. `not_asked` says what may still refuse.
    """

    table: TableName
    parameters: tuple[Parameter, ...]
    limit: int
    not_asked: tuple[str, ...]
    parts: tuple[str, ...]

    def sql(self, place: Callable[[int], str]) -> str:
        """Give the query with the places of the parameters in a tool's own style."""
        lists = ", ".join(
            f"cast({place(number)} as {each.type}[])" for number, each in enumerate(self.parameters, start=1)
        )
        names = ", ".join(quoted(each.column) for each in self.parameters)
        chosen = f"chosen ({names}) as (select * from unnest({lists}))"
        *tables, asking = self.parts
        return f"with recursive {chosen},\n" + ",\n".join(tables) + f"\n{asking}"


def guard(catalog: Catalog, table: Table, equality: Mapping[str, str], *, limit: int = 1000) -> Guard:
    """Give the query for deletes by a table's primary key; raises UsageError for none and for one of arrays.

    `equality` has the operator of each of its columns (`catalog.equality.own_equality`): not every application's
    path finds a type's own.
    """
    if not table.primary_key:
        raise UsageError(
            f"{table.name} has no primary key by which rows to delete could be named.", next_step="Add one first."
        )
    columns = table.columns_by_name
    arrays = [name for name in table.primary_key if columns[name].plain_type.endswith("[]")]
    if arrays:
        raise UsageError(
            f"{arrays[0]} of {table.name} is an array, and a list of arrays cannot be told from one array.",
            next_step="fkdash preview takes such a key.",
        )
    reach = _Reach(catalog, table, equality)
    asked = [_asked(catalog, reach, *refused, limit) for refused in reach.refusing()]
    asked += [_set_off(reach, bar, limit) for bar in reach.barred()]
    nothing = (
        "select cast(null as text) as constraint_name, cast(null as text) as table_name, "
        "cast(null as text) as sqlstate, cast(0 as bigint) as rows"
    )
    asking = "\nunion all\n".join(asked) or f"{nothing} where false"
    return Guard(
        table=table.name,
        parameters=tuple(Parameter(name, compared_type(columns[name])) for name in table.primary_key),
        limit=limit,
        not_asked=tuple(reach.not_asked),
        parts=(*reach.tables(), f"select * from (\n{asking}\n) as found where rows > 0"),
    )


class _Reach:
    """The tables whose rows a delete takes along, each after those that it hangs on.

    Rows of partitions are rows of the whole table, which is what is named here: keys to it hold them.
    """

    def __init__(self, catalog: Catalog, root: Table, equality: Mapping[str, str]) -> None:
        self._catalog, self._root, self._equality = catalog, root, equality
        self.order: list[TableName] = []
        self.not_asked: list[str] = []
        self._cascades: dict[TableName, list[ForeignKey]] = {}
        self._looping: set[TableName] = set()
        whole = self._whole(root.name)
        self._visit(whole, ())
        self.order.reverse()
        self._soonest: dict[TableName, float] = {whole: 0}
        self._latest: dict[TableName, float] = {whole: inf if whole in self._looping else 0}
        for name in self.order[1:]:
            before = [each for key in self._cascades[name] if (each := self._whole(key.referenced)) != name]
            self._soonest[name] = 1 + min(self._soonest[each] for each in before)
            self._latest[name] = inf if name in self._looping else 1 + max(self._latest[each] for each in before)

    def _visit(self, name: TableName, way: tuple[TableName, ...]) -> None:
        if name in self.order:
            return
        for key in self._acting(name):
            if key.on_delete is not Action.CASCADE:
                continue
            table = self._whole(key.table)
            if table == name and (unhashed := self._unhashed(name)):
                self.not_asked.append(
                    f"{key.qualified}: ON DELETE CASCADE leads back to {table}, which is not followed: no "
                    f"recursive query takes {unhashed}"
                )
                self._looping.add(table)
                continue
            if table in (*way, name):
                self._looping.add(table)
            if table in way:
                self.not_asked.append(
                    f"{key.qualified}: ON DELETE CASCADE leads back to {table}, which is followed only once"
                )
                continue
            self._cascades.setdefault(table, []).append(key)
            if table != name:
                self._visit(table, (*way, name))
        self.order.append(name)

    def _whole(self, name: TableName) -> TableName:
        return node(self._catalog, name)

    def _acting(self, name: TableName) -> Iterator[ForeignKey]:
        for table in self._catalog.with_partitions(name):
            for key in self._catalog.referencing.get(table.name, ()):
                if action_runs(self._catalog, key, Statement.DELETE):
                    yield key

    def _unhashed(self, name: TableName) -> str:
        """Name the types of referenced columns that a recursive query cannot tell apart; "" for none."""
        columns = self._catalog.tables[name].columns_by_name
        types = (columns[each].plain_type for key in self._acting(name) for each in key.referenced_columns)
        return listed(dict.fromkeys(each for each in types if each.partition("(")[0] in _NOT_HASHED))

    def gone(self, key: ForeignKey) -> str:
        """Give what the rows that go of the table a key refers to are called in the query."""
        return f"gone_{self.order.index(self._whole(key.referenced))}"

    def within_a_table(self, key: ForeignKey) -> bool:
        """Tell whether a row may refer to itself."""
        return self._whole(key.table) == self._whole(key.referenced)

    def refers_to(self, key: ForeignKey) -> str:
        """Say that `c` refers to `p`, one of the rows that go; a key to a partition looks for no others."""
        part = self.part_of(key)
        return matches(self._catalog, key) + (f" and {part}" if part else "")

    def part_of(self, key: ForeignKey) -> str:
        """Say that `p` is a row of the partition that a key refers to; empty for a key to a whole table."""
        return "" if self._whole(key.referenced) == key.referenced else self._is_in("p", key.referenced)

    def _is_in(self, row: str, name: TableName) -> str:
        """Say that a row is one of a partition."""
        tables = (literal(table.name.sql) for table in self._catalog.with_partitions(name))
        return f"{row}.tableoid in ({', '.join(f'{each}::pg_catalog.regclass' for each in tables)})"

    def gone_before(self, key: ForeignKey) -> Iterator[str]:
        """Say which rows `c` of a key's table are gone when the key is asked about the row that they refer to.

        A cascade's own triggers come after those that were waiting (AfterTriggerEndQuery), so that what goes at
        most as many cascades away as the referenced row is gone. Those of one row come in the order of their
        names, which end in OIDs.
        """
        table, referenced = self._whole(key.table), self._whole(key.referenced)
        deferred = key.on_delete is Action.NO_ACTION and key.initially_deferred
        followed = table in self.order
        all_gone = followed and (deferred or self._latest[table] <= self._soonest[referenced])
        if all_gone:
            gone = f"gone_{self.order.index(table)}"
            yield f"exists (select from {gone} g where g.tableoid = c.tableoid and g.ctid = c.ctid)"
        elif table == self._whole(self._root.name):
            part = "" if table == self._root.name else f" and {self._is_in('c', self._root.name)}"
            yield f"exists (select from chosen where {self._is_chosen()}{part})"
        for other in self._acting(referenced):
            earlier = deferred or (other.oid and key.oid and str(other.oid) < str(key.oid))
            takes = not all_gone and other in self._cascades.get(table, ())
            if earlier and other.table in (key.table, table) and (takes or self._lets_go(other, key)):
                both = f"{self.refers_to(key)} and {self.refers_to(other)}"
                yield f"exists (select from {self.gone(key)} p where {both})"

    def _lets_go(self, other: ForeignKey, key: ForeignKey) -> bool:
        """Tell whether another key writes columns of `key`, so that the row refers no more to what goes."""
        writes = other.on_delete in {Action.SET_NULL, Action.SET_DEFAULT}
        return writes and other != key and not set(other.set_columns).isdisjoint(key.columns)

    def _is_chosen(self) -> str:
        """Say that `c` is a row that was named."""
        return " and ".join(
            f"c.{quoted(each)} operator({self._equality[each]}) chosen.{quoted(each)}"
            for each in self._root.primary_key
        )

    def tables(self) -> Iterator[str]:
        """Give the rows that go, a common table expression for each table."""
        for number, name in enumerate(self.order):
            columns = dict.fromkeys(column for key in self._acting(name) for column in key.referenced_columns)
            names = ("tableoid", "ctid", *(quoted(column) for column in columns))
            row = ", ".join(f"c.{each}" for each in names)
            selects = []
            if number == 0:
                chosen = f"{source(self._catalog, self._root.name)} c join chosen on {self._is_chosen()}"
                selects.append(f"select {row} from {chosen}")
            again = []
            for key in self._cascades.get(name, ()):
                of = source(self._catalog, key.table)
                if self._whole(key.referenced) == name:
                    again.append(f"select {row} from {of} c where {self.refers_to(key)}")
                else:
                    selects.append(f"select {row} from {of} c join {self.gone(key)} p on {self.refers_to(key)}")
            if again:
                # A query may refer to itself only once, in its last part (manual, "Recursive Queries").
                selects.append(
                    f"select {row} from gone_{number} p cross join lateral ({' union all '.join(again)}) c"
                )
            yield f"gone_{number} as (\n  " + "\n  union\n  ".join(selects) + ")"

    def refusing(self) -> Iterator[tuple[ForeignKey, str]]:
        """Give the keys that can refuse, each with the SQLSTATE; notes those of which the catalog cannot tell."""
        for name in self.order:
            for key in self._acting(name):
                if refuses_every_row(self._catalog, key):
                    continue
                if key.on_delete in REFUSING:
                    yield key, refusal_sqlstate(self._catalog, key.on_delete)
                elif key.on_delete is Action.SET_NULL and any(refusals(self._catalog, key, key.set_columns)):
                    yield key, NOT_NULL_VIOLATION
                elif key.on_delete is Action.SET_DEFAULT:
                    self.not_asked.append(f"{key.qualified}: ON DELETE SET DEFAULT needs a row with the default")
        reached = {key.qualified for name in self.order for key in self._acting(name)}
        for finding in findings(self._catalog, [rule for rule in RULES if rule.by_row]):
            counted = refuses_every_row(self._catalog, finding.key)
            if not counted and finding.key.qualified in reached and Statement.DELETE in finding.statements:
                self.not_asked.append(f"{finding.key.qualified}: {finding.message}")
        self._name_code()

    def barred(self) -> Iterator[Bar]:
        """Give the actions that are refused as soon as any row goes that they are there for, one for each key."""
        for name in self.order:
            for key in self._acting(name):
                bars = (bar for bar in bars_of(self._catalog, key) if Statement.DELETE in bar.statements)
                yield from islice(bars, 1)

    def _name_code(self) -> None:
        """Name the triggers and rules that a delete here runs into."""
        events: dict[tuple[TableName, str], set[str]] = {(name, "DELETE"): set() for name in self.order}
        for name in self.order:
            for key in self._acting(name):
                if event_of(key.on_delete, Statement.DELETE) == "UPDATE":
                    events.setdefault((key.table, "UPDATE"), set()).update(key.set_columns)
        for (name, event), columns in events.items():
            named = self._root.name if (name, event) == (self.order[0], "DELETE") else name
            tables = self._catalog.with_partitions(named)
            found = dict.fromkeys(
                trigger.shown
                for table in tables
                for trigger in table.triggers or ()
                if fires(trigger, event, table, columns)
            )
            if found:
                own = "trigger {} runs its own code" if len(found) == 1 else "triggers {} run their own code"
                self.not_asked.append(f"{named}: {own.format(listed(found))}, which may refuse each {event} there")
            rules = dict.fromkeys(
                rule.shown for table in tables for rule in table.rules or () if rule.event == event
            )
            if rules:
                rewrites = "rule {} rewrites" if len(rules) == 1 else "rules {} rewrite"
                self.not_asked.append(f"{named}: {rewrites.format(listed(rules))} each {event} there")


def _asked(catalog: Catalog, reach: _Reach, key: ForeignKey, sqlstate: str, limit: int) -> str:
    """Give the query that counts what one key refuses for."""
    # A row that refers to itself is gone when its key is asked.
    other = " and not (p.tableoid = c.tableoid and p.ctid = c.ctid)" if reach.within_a_table(key) else ""
    conditions = [
        refers(catalog, key),
        f"exists (select from {reach.gone(key)} p where {reach.refers_to(key)}{other})",
    ]
    conditions += [f"not {gone}" for gone in reach.gone_before(key)]
    return (
        f"{_named(key, sqlstate)}\n"
        f"  from (select from {source(catalog, key.table)} c\n"
        f"         where {' and '.join(conditions)}\n"
        f"         limit {int(limit)}) as counted"
    )


def _set_off(reach: _Reach, bar: Bar, limit: int) -> str:
    """Give the query that counts the rows whose going sets off what is always refused: those with a key."""
    key = bar.key
    there = [f"p.{quoted(name)} is not null" for name in key.referenced_columns]
    if reach.part_of(key):
        there.append(reach.part_of(key))
    return (
        f"{_named(key, bar.error.sqlstate)}\n"
        f"  from (select from {reach.gone(key)} p where {' and '.join(there)} limit {int(limit)}) as counted"
    )


def _named(key: ForeignKey, sqlstate: str) -> str:
    return (
        f"select cast({literal(key.name)} as text) as constraint_name, cast({literal(str(key.table))} as text) "
        f"as table_name, cast('{sqlstate}' as text) as sqlstate, count(*) as rows"
    )
