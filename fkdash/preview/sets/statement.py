"""Writes the one statement that answers a plan by sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.table_name import quoted
from fkdash.fact import fact
from fkdash.preview.declared.graph import Clash
from fkdash.preview.evaluating.equality import refers
from fkdash.preview.sets.broken_keys import broken_keys
from fkdash.preview.sets.step_sql import as_set_null, match, refusals, still_referencing, wanted_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.preview.declared.graph import Doubt, SetPlan, Step
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.model import Selection
    from fkdash.preview.outcome import Obstacle

_SEED: Final = '"fk$s"'
_OWN_ROW: Final = 'c.tableoid = d."fk$o" AND c.ctid = d."fk$t"'
_SAME_ROW: Final = 'ON x."fk$o" = y."fk$o" AND x."fk$t" = y."fk$t"'
_FEW_USES: Final = 2


@fact
class Count:
    """What one number means.

    Rows of `table` deleted (the target rows, when nothing is set), rows of `nulls`
    set NULL, rows that a `step` writes or that meet its `obstacle`, rows in `doubt`.
    """

    table: int | None = None
    nulls: int | None = None
    step: Step | None = None
    obstacle: Obstacle | None = None
    doubt: Doubt | None = None

    @property
    def writes(self) -> int | None:
        """The table whose rows the number says are set NULL."""
        if self.nulls is not None or self.step is None or self.obstacle is not None:
            return self.nulls
        return self.step.key.relation


@fact
class Question:
    """A query that gives an array of numbers, and what each of them means."""

    sql: str
    counts: tuple[Count, ...]


class Composer:
    """Writes the statement: one WITH item per table deleted from, one number per question."""

    def __init__(self, facts: Facts, plan: SetPlan, chosen: Selection, *, everything: bool) -> None:
        self._facts = facts
        self._plan = plan
        self._chosen = chosen
        self._everything = everything
        self._names = {oid: f'"fk$d{position}"' for position, oid in enumerate(plan.deleted)}

    def statement(self, questions: Sequence[Question]) -> str:
        """Give the whole statement, all numbers in one array."""
        numbers = " || ".join(f"({each.sql})" for each in questions)
        return f"{self._deleted_rows(numbers)} SELECT {numbers} AS numbers"

    def page(
        self,
        step: Step,
        line: str,
        order: str,
        *,
        refused: str,
        beyond: str,
        limit: int,
    ) -> str:
        """Give the statement for the first rows `c` that a step meets and that stay, in this order.

        Those that a cascade deletes are given too. `refused` is a condition on a row as SET NULL leaves it,
        `beyond` one on the rows of the page; "" for none. `line` is what is said of a row, texts all.
        """
        table = self._facts.tables[step.key.relation]
        met = f"JOIN {self._names[step.key.referenced_oid]} AS p ON {match(self._facts, step.key)}"
        where = self._not_seeded(step) if step.kind == "cascade" else self._staying(step)
        if refused:
            left = f"(SELECT {as_set_null(self._facts, step)}) AS {quoted(table.name.name)}"
            where += f" AND EXISTS (SELECT FROM {left} WHERE {refused})"
        where += f" AND {beyond}" if beyond else ""
        query = (
            f"SELECT ARRAY[{line}] AS line FROM {table.from_sql} AS c {met} WHERE true{where}"
            f" ORDER BY {order} LIMIT {limit}"
        )
        return f"{self._deleted_rows(query)} {query}"

    @property
    def arguments(self) -> int:
        """The number of parameters that the statement has of its own."""
        return len(self._chosen.arguments)

    def _deleted_rows(self, uses: str) -> str:
        """Give the WITH clause for a query that uses the rows deleted."""
        rows = {oid: self._rows_of(oid) for oid in self._plan.deleted}
        whole = " ".join((*rows.values(), uses))
        items = ", ".join(
            f"{self._names[oid]} AS {self._materialised(oid, whole)} ({sql})" for oid, sql in rows.items()
        )
        return f"WITH RECURSIVE {_SEED} AS {self._seed_materialised()} ({self._seed()}), {items}"

    def deleted(self) -> list[Question]:
        """Count the target rows, then the rows of every table deleted from."""
        sources = [(None, _SEED), *((oid, self._names[oid]) for oid in self._plan.deleted)]
        return [Question(f"SELECT ARRAY[count(*)] FROM {name}", (Count(table=oid),)) for oid, name in sources]

    def check(self, step: Step) -> Question:
        """Count the rows that still reference what is deleted."""
        obstacle = still_referencing(self._facts, step)
        return Question(self._referencing(step), (Count(step=step, obstacle=obstacle),))

    def set_null(self, step: Step, domains: Sequence[Obstacle]) -> Question:
        """Count the rows that a step sets NULL, and those that each constraint of the row refuses."""
        refusing = refusals(self._facts, step, domains)
        numbers = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition, _ in refusing)
        return Question(
            f"SELECT ARRAY[count(*){', ' if numbers else ''}{numbers}] FROM {self._set_null_rows(step)}",
            (Count(step=step), *(Count(step=step, obstacle=obstacle) for _, obstacle in refusing)),
        )

    def all_nulls(self, oid: int) -> Question:
        """Count the rows of a table that any of several steps sets NULL and that stay."""
        steps = self._plan.nulls_into(oid)
        met = " UNION ".join(self._met(step, staying=True) for step in steps)
        return Question(f"SELECT ARRAY[count(*)] FROM ({met}) AS u", (Count(nulls=oid),))

    def doubt(self, doubt: Doubt, domains: Sequence[Obstacle]) -> Question | None:
        """Count the rows for which the order of the queue would matter; None where there can be none."""
        step = doubt.steps[0]
        oid = step.key.relation
        if doubt.clash is Clash.BOTH:
            first, second = (self._met(each) for each in doubt.steps)
            sql = f"SELECT ARRAY[count(*)] FROM ({first}) AS x JOIN ({second}) AS y {_SAME_ROW}"
        elif doubt.clash is Clash.CHECKED:
            sql = f"SELECT ARRAY[count(*)] FROM ({self._met(step)}) AS x JOIN {self._names[oid]} AS y {_SAME_ROW}"
        elif doubt.clash is Clash.REFUSED:
            refusing = refusals(self._facts, step, domains)
            if not refusing:
                return None
            refused = " OR ".join(f"({condition})" for condition, _ in refusing)
            sql = f"SELECT ARRAY[count(*)] FROM {self._set_null_rows(step, deleted=True)} WHERE {refused}"
        else:
            broken = broken_keys(self._facts, self._plan, self._names, doubt)
            if not broken:
                return None
            met = " UNION ALL ".join(self._met(each) for each in doubt.steps)
            sql = (
                f'SELECT ARRAY[count(*)] FROM (SELECT "fk$o", "fk$t" FROM ({met}) AS u'
                f" GROUP BY 1, 2 HAVING count(*) > 1) AS d"
                f" JOIN {self._facts.tables[oid].from_sql} AS c ON {_OWN_ROW} WHERE {broken}"
            )
        return Question(sql, (Count(doubt=doubt),))

    def _met(self, step: Step, *, staying: bool = False) -> str:
        """Give the query for the rows that a step meets, the statement's own rows left out."""
        table = self._facts.tables[step.key.relation]
        without = self._staying(step) if staying else self._not_seeded(step)
        return (
            f'SELECT c.tableoid AS "fk$o", c.ctid AS "fk$t" FROM {table.from_sql} AS c'
            f" JOIN {self._names[step.key.referenced_oid]} AS p ON {match(self._facts, step.key)}"
            f" WHERE true{without}"
        )

    def _not_seeded(self, step: Step) -> str:
        if step.key.relation != self._plan.deleted[0]:
            return ""
        return f" AND NOT EXISTS (SELECT FROM {_SEED} AS d WHERE {_OWN_ROW})"

    def _referencing(self, step: Step) -> str:
        table = self._facts.tables[step.key.relation]
        if step.itself and self._everything and step.key.referenced_oid == self._plan.deleted[0]:
            return "SELECT ARRAY[0::bigint]"
        if self._everything and step.key.referenced_oid == self._plan.deleted[0]:
            # One probe per distinct key instead of one per row.
            keys = ", ".join(f"c.{quoted(name)}" for name in step.key.columns)
            known = refers(self._facts, step.key)
            staying = self._staying(step)
            return (
                "SELECT ARRAY[coalesce(sum(c.n), 0)::bigint]"
                f" FROM (SELECT {keys}, count(*) AS n FROM {table.from_sql} AS c"
                f" WHERE {known}{staying} GROUP BY {keys}) AS c WHERE EXISTS"
                f" (SELECT FROM {self._names[step.key.referenced_oid]} AS p WHERE {match(self._facts, step.key)})"
            )
        return (
            f"SELECT ARRAY[count(*)] FROM {table.from_sql} AS c JOIN {self._names[step.key.referenced_oid]} AS p"
            f" ON {match(self._facts, step.key)} WHERE true{self._staying(step)}"
        )

    def _set_null_rows(self, step: Step, *, deleted: bool = False) -> str:
        """Give a FROM item named like the table: the rows as SET NULL leaves them.

        Those that stay or, with `deleted`, those that are deleted as well.
        """
        table = self._facts.tables[step.key.relation]
        columns = as_set_null(self._facts, step)
        gone = f" AND EXISTS (SELECT FROM {self._names.get(table.oid)} AS d WHERE {_OWN_ROW})"
        where = gone + self._not_seeded(step) if deleted else self._staying(step)
        return (
            f"(SELECT {columns} FROM {table.from_sql} AS c JOIN {self._names[step.key.referenced_oid]} AS p"
            f" ON {match(self._facts, step.key)} WHERE true{where}) AS {quoted(table.name.name)}"
        )

    def _staying(self, step: Step) -> str:
        """Give the condition that a row is not itself deleted; empty where none of its table's rows are."""
        name = self._names.get(step.key.relation)
        return f" AND NOT EXISTS (SELECT FROM {name} AS d WHERE {_OWN_ROW})" if name else ""

    def _seed_materialised(self) -> str:
        """Have a condition evaluated once only: it may call a volatile function."""
        by_condition = self._chosen.condition not in ("true", "false") and not self._chosen.joined
        return "MATERIALIZED" if by_condition else "NOT MATERIALIZED"

    def _materialised(self, oid: int, whole: str) -> str:
        """Let the planner see through what is used once or twice: it may then go by an index, or in parallel."""
        few = whole.count(self._names[oid]) <= _FEW_USES and not self._recursive(oid)
        return "NOT MATERIALIZED" if few else "MATERIALIZED"

    def _seed(self) -> str:
        table = self._facts.tables[self._plan.deleted[0]]
        name = quoted(table.name.name)
        distinct = "DISTINCT " if self._chosen.joined else ""
        listed = _list(name, wanted_columns(self._plan, table.oid))
        return (
            f"SELECT {distinct}{listed} FROM {table.from_sql} AS {name}"
            f" {self._chosen.joined} WHERE {self._chosen.condition}"
        )

    def _recursive(self, oid: int) -> bool:
        return any(step.itself for step in self._plan.cascades_into(oid))

    def _rows_of(self, oid: int) -> str:
        table = self._facts.tables[oid]
        wanted = wanted_columns(self._plan, oid)
        into = self._plan.cascades_into(oid)
        parts = [f"SELECT * FROM {_SEED}"] if oid == self._plan.deleted[0] else []
        for step in sorted(into, key=lambda step: step.itself):
            source = self._names[step.key.referenced_oid]
            parts.append(
                f"SELECT {_list('c', wanted)} FROM {table.from_sql} AS c"
                f" JOIN {source} AS p ON {match(self._facts, step.key)}"
            )
        own = sum(step.itself for step in into)
        if own and len(parts) - own > 1:
            first = " UNION ".join(parts[: len(parts) - own])
            parts = [f"({first})", *parts[len(parts) - own :]]
        if own > 1:
            both = " UNION ALL ".join(
                f"SELECT {_list('c', wanted)} FROM {table.from_sql} AS c WHERE {match(self._facts, step.key)}"
                for step in into
                if step.itself
            )
            parts = [parts[0], f"SELECT x.* FROM {self._names[oid]} AS p CROSS JOIN LATERAL ({both}) AS x"]
        return " UNION ".join(parts)


def _list(alias: str, wanted: dict[str, None]) -> str:
    columns = "".join(f", {alias}.{quoted(name)}" for name in wanted)
    return f'{alias}.tableoid AS "fk$o", {alias}.ctid AS "fk$t"{columns}'


def meaning(facts: Facts, count: Count) -> str:
    """Say what a number of the statement by sets means."""
    if count.doubt is not None:
        return "rows for which the order decides"
    if count.nulls is not None:
        return f"rows of {facts.tables[count.nulls].name} set NULL"
    if count.step is None:
        return f"rows of {facts.tables[count.table].name} deleted" if count.table is not None else "rows chosen"
    rows = f"rows of {facts.tables[count.step.key.relation].name}"
    if count.obstacle is not None:
        return f"{rows} stopped by {count.obstacle.constraint or 'NOT NULL'} ({count.obstacle.sqlstate})"
    return f"{rows} that {count.step.key.name} {'holds back' if count.step.check else 'writes'}"
