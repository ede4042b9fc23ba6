"""Writes the one statement that asks of every row of a table what stands in the way of deleting that row alone.

Every row that a delete reaches is kept together with the row whose delete reaches it, called its root
("fk$ro", "fk$rt": the table and the place of a row of the target).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from fkdash.catalog.postgres.node_tree import FIRST_OF_USERS
from fkdash.catalog.table_name import quoted
from fkdash.fact import fact
from fkdash.preview.declared.graph import Clash
from fkdash.preview.evaluating.equality import key_columns, refers
from fkdash.preview.sets.broken_keys import broken_keys
from fkdash.preview.sets.step_sql import as_set_null, match, refusals, still_referencing, wanted_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.preview.declared.graph import Doubt, SetPlan, Step
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.outcome import Obstacle

_ROOT: Final = 'p."fk$ro", p."fk$rt"'
_SAME_ROOT: Final = 'd."fk$ro" = p."fk$ro" AND d."fk$rt" = p."fk$rt"'
_OWN_ROW: Final = 'd."fk$o" = c.tableoid AND d."fk$t" = c.ctid'
_IS_ROOT: Final = 'p."fk$ro" = c.tableoid AND p."fk$rt" = c.ctid'
_HELD: Final = '"fk$h"'
_DOUBTFUL: Final = '"fk$x"'
_ALL: Final = "true"
_FEW_USES: Final = 2


@fact
class Holding:
    """A step that can hold roots back, and under which conditions on a row it does; none for a mere SET NULL."""

    step: Step
    refusing: tuple[tuple[str, Obstacle], ...]

    @property
    def conditions(self) -> tuple[str, ...]:
        """The distinct conditions that are counted: a row is met at all, then each refusal."""
        return tuple(dict.fromkeys((_ALL, *(condition for condition, _ in self.refusing))))

    @property
    def in_the_way(self) -> str:
        """The expression that counts the rows which hold a root back, once for each refusal."""
        return " + ".join(self.column(condition) for condition, _ in self.refusing)

    def column(self, condition: str) -> str:
        """Name the column that counts the rows under a condition."""
        return f'"fk$n{self.conditions.index(condition)}"'


class EachComposer:
    """Writes the statement; its result is one row: `numbers` as `statement` orders them, and a page of `held`."""

    def __init__(self, facts: Facts, plan: SetPlan, domains: Mapping[Step, Sequence[Obstacle]]) -> None:
        self._facts = facts
        self._plan = plan
        self._target = plan.deleted[0]
        self._domains = domains
        self._names = {oid: f'"fk$d{position}"' for position, oid in enumerate(plan.deleted)}
        self.holdings = tuple(Holding(step, self._refusing(step)) for step in plan.steps if step.kind != "cascade")
        self._doubts = [sql for doubt in plan.doubts for sql in self._doubtful(doubt)]

    def statement(self, page_rows: int, most_doubtful: int) -> str:
        """Give the whole statement.

        The numbers: the roots, those held back, those in doubt; then for each holding the rows it meets and,
        for each refusal, the refused rows and the roots held back. `held` has table, place and number of the
        roots held by most rows, `doubtful` table and place of those in doubt.
        """
        rooted = {oid: self._rooted(oid) for oid in self._names}
        items: list[str] = []
        if self._doubts:
            doubtful = f'SELECT DISTINCT "fk$ro", "fk$rt" FROM ({" UNION ALL ".join(self._doubts)}) AS u'
            items.append(f"{_DOUBTFUL} AS MATERIALIZED ({doubtful})")
        items += [
            f"{_counted(place)} AS MATERIALIZED ({self._by_root(holding)})"
            for place, holding in enumerate(self.holdings)
        ]
        items.append(f"{_HELD} AS {'' if len(self.holdings) > 1 else 'NOT '}MATERIALIZED ({self._held()})")
        doubtful = f"(SELECT count(*) FROM {_DOUBTFUL})" if self._doubts else "0"
        roots = f"(SELECT count(*) FROM {self._facts.tables[self._target].from_sql})"
        numbers = [f"SELECT ARRAY[{roots}, (SELECT count(*) FROM {_HELD}), {doubtful}]::bigint[]"]
        numbers += [self._numbers(place, holding) for place, holding in enumerate(self.holdings)]
        whole = " ".join((*rooted.values(), *items, *numbers))
        items = [
            f"{self._names[oid]} AS {self._materialised(oid, whole)} ({sql})" for oid, sql in rooted.items()
        ] + items
        return (
            f"WITH RECURSIVE {', '.join(items)}"
            f" SELECT {' || '.join(f'({each})' for each in numbers)} AS numbers,"
            ' (SELECT array_agg(ARRAY["fk$ro"::bigint::text, "fk$rt"::text, n::text]'
            ' ORDER BY n DESC, "fk$ro", "fk$rt")'
            f' FROM (SELECT * FROM {_HELD} ORDER BY n DESC, "fk$ro", "fk$rt" LIMIT {page_rows}) AS u) AS held,'
            f" {self._places_in_doubt(most_doubtful)} AS doubtful"
        )

    def _places_in_doubt(self, most: int) -> str:
        if not self._doubts:
            return "NULL::text[]"
        place = 'array_agg(ARRAY["fk$ro"::bigint::text, "fk$rt"::text])'
        return f"(SELECT {place} FROM (SELECT * FROM {_DOUBTFUL} LIMIT {most}) AS u)"

    def _materialised(self, oid: int, whole: str) -> str:
        """Let the planner see through the target's own rows, and what is used once or twice."""
        plain = oid == self._target or whole.count(self._names[oid]) <= _FEW_USES
        recursive = any(step.itself for step in self._plan.cascades_into(oid))
        return "NOT MATERIALIZED" if plain and not recursive else "MATERIALIZED"

    def met_is_effect(self, step: Step) -> bool:
        """Tell whether the rows that a SET NULL meets are those that deleting all roots would set NULL."""
        oid = step.key.relation
        return (
            not self._doubts
            and oid not in self._names
            and len(self._plan.nulls_into(oid)) == 1
            and self._plan.depth_known(step.key.referenced_oid)
        )

    def _refusing(self, step: Step) -> tuple[tuple[str, Obstacle], ...]:
        if step.check:
            return ((_ALL, still_referencing(self._facts, step)),)
        return tuple(refusals(self._facts, step, self._domains.get(step, ())))

    def _rooted(self, oid: int) -> str:
        """Give the query for the rows of a table that are deleted, each with its root."""
        source = self._facts.tables[oid].from_sql
        listed = "".join(f", c.{quoted(name)}" for name in wanted_columns(self._plan, oid))
        own = f'c.tableoid AS "fk$o", c.ctid AS "fk$t"{listed} FROM {source} AS c'
        parts = [f'SELECT c.tableoid AS "fk$ro", c.ctid AS "fk$rt", {own}'] if oid == self._target else []
        into = self._plan.cascades_into(oid)
        parts += [
            f"SELECT {_ROOT}, {own} JOIN {self._source(step)} AS p ON {match(self._facts, step.key)}"
            for step in into
            if not step.itself
        ]
        again = [each for each in into if each.itself]
        first = " UNION ".join(parts)
        if not again:
            return first
        ways = " UNION ALL ".join(f"SELECT {own} WHERE {match(self._facts, step.key)}" for step in again)
        listed = "".join(f", x.{quoted(name)}" for name in wanted_columns(self._plan, oid))
        return (
            f'({first}) UNION SELECT {_ROOT}, x."fk$o", x."fk$t"{listed}'
            f" FROM {self._names[oid]} AS p CROSS JOIN LATERAL ({ways}) AS x"
        )

    def _source(self, step: Step) -> str:
        return self._names[step.key.referenced_oid]

    def _by_root(self, holding: Holding) -> str:
        """Give the query for the numbers of a holding, one row for each root it meets."""
        step = holding.step
        columns = [holding.column(condition) for condition in holding.conditions]
        if not self._by_key_alone(step):
            counts = ", ".join(
                f"count(*) FILTER (WHERE {condition}) AS {holding.column(condition)}"
                for condition in holding.conditions
            )
            return f'SELECT "fk$ro", "fk$rt", {counts} FROM {self._met(step)} GROUP BY 1, 2'
        keys = [f'"fk$k{place}"' for place in range(len(step.key.columns))]
        matching = match(self._facts, step.key, referencing="g", spelled=keys)
        met = (
            f"({self._by_key(holding, keys)}) AS g JOIN {self._source(step)} AS p ON {matching}"
            f" WHERE true{self._not_doubtful()}"
        )
        if self._one_key_each(step):
            return f"SELECT {_ROOT}, {', '.join(f'g.{column}' for column in columns)} FROM {met}"
        sums = ", ".join(f"sum(g.{column})::bigint AS {column}" for column in columns)
        return f"SELECT {_ROOT}, {sums} FROM {met} GROUP BY 1, 2"

    def _one_key_each(self, step: Step) -> bool:
        """Tell whether a root has one key that rows reference, in one spelling: its groups are then the roots."""
        own, other = key_columns(self._facts, step.key)
        same = all(mine.type_oid == theirs.type_oid for mine, theirs in zip(own, other, strict=True))
        built_in = all(operator < FIRST_OF_USERS for operator in step.key.pf_operators)
        return step.key.referenced_oid == self._target and not self._cascaded(self._target) and same and built_in

    def _by_key(self, holding: Holding, keys: Sequence[str]) -> str:
        """Group the referencing rows before looking for the referenced ones: one probe for each distinct key."""
        step, table = holding.step, self._facts.tables[holding.step.key.relation]
        names = [f"c.{quoted(name)}" for name in step.key.columns]
        spelled = ", ".join(f"{name} AS {alias}" for name, alias in zip(names, keys, strict=True))
        where = refers(self._facts, step.key)
        if step.itself:
            where += f" AND ({match(self._facts, step.key, referenced='c')}) IS NOT TRUE"
        nulled = f"{as_set_null(self._facts, step)}, " if holding.step.kind == "setnull" else ""
        counts = ", ".join(
            f"count(*) FILTER (WHERE {condition}) AS {holding.column(condition)}"
            if condition != _ALL
            else f"count(*) AS {holding.column(condition)}"
            for condition in holding.conditions
        )
        return (
            f"SELECT {', '.join(keys)}, {counts}"
            f" FROM (SELECT {nulled}{spelled} FROM {table.from_sql} AS c WHERE {where})"
            f" AS {quoted(table.name.name)} GROUP BY {', '.join(keys)}"
        )

    def _met(self, step: Step, *, deleted: bool = False) -> str:
        """Give a FROM item named like the table: the rows a step meets with their roots, as SET NULL leaves them.

        Those that stay or, with `deleted`, those that are deleted as well; never the root itself.
        """
        table = self._facts.tables[step.key.relation]
        nulled = f", {as_set_null(self._facts, step)}" if step.kind == "setnull" else ""
        gone = self._names.get(table.oid)
        where = f"NOT ({_IS_ROOT})" if table.oid == self._target else "true"
        if gone is not None and self._cascaded(table.oid):
            there = "EXISTS" if deleted else "NOT EXISTS"
            where += f" AND {there} (SELECT FROM {gone} AS d WHERE {_SAME_ROOT} AND {_OWN_ROW})"
        return (
            f'(SELECT {_ROOT}, c.tableoid AS "fk$o", c.ctid AS "fk$t"{nulled} FROM {table.from_sql} AS c'
            f" JOIN {self._source(step)} AS p ON {match(self._facts, step.key)}"
            f" WHERE {where}{'' if deleted else self._not_doubtful()}) AS {quoted(table.name.name)}"
        )

    def _by_key_alone(self, step: Step) -> bool:
        """Tell whether the rows that stay are known without their root: by their table or their own key."""
        oid = step.key.relation
        return oid not in self._names or (step.itself and oid == self._target and not self._cascaded(oid))

    def _cascaded(self, oid: int) -> bool:
        return bool(self._plan.cascades_into(oid))

    def _not_doubtful(self) -> str:
        if not self._doubts:
            return ""
        return f" AND NOT EXISTS (SELECT FROM {_DOUBTFUL} AS d WHERE {_SAME_ROOT})"

    def _held(self) -> str:
        parts = [
            f'SELECT "fk$ro", "fk$rt", {holding.in_the_way} AS n FROM {_counted(place)}'
            f" WHERE {holding.in_the_way} > 0"
            for place, holding in enumerate(self.holdings)
            if holding.refusing
        ]
        if not parts:
            return 'SELECT 0::oid AS "fk$ro", NULL::tid AS "fk$rt", 0::bigint AS n WHERE false'
        if len(parts) == 1:
            return parts[0]
        return (
            f'SELECT "fk$ro", "fk$rt", sum(n)::bigint AS n FROM ({" UNION ALL ".join(parts)}) AS u GROUP BY 1, 2'
        )

    def _numbers(self, place: int, holding: Holding) -> str:
        """Give the query for the numbers of one holding; a row with several roots counts once."""
        source = _counted(place)
        conditions = [_ALL, *(condition for condition, _ in holding.refusing)]
        roots = [f"count(*) FILTER (WHERE {holding.column(condition)} > 0)" for condition in conditions[1:]]
        if self._plan.depth_known(holding.step.key.referenced_oid):
            rows = [f"coalesce(sum({holding.column(each)}), 0)::bigint" for each in conditions]
            return f"SELECT ARRAY[{', '.join((*rows, *roots))}] FROM {source}"
        told = ", ".join(f"({each}) AS {holding.column(each)}" for each in holding.conditions)
        rows = [f"count(*) FILTER (WHERE {holding.column(each)})" for each in conditions]
        return (
            f"SELECT (SELECT ARRAY[{', '.join(rows)}]"
            f' FROM (SELECT DISTINCT "fk$o", "fk$t", {told} FROM {self._met(holding.step)}) AS u)'
            f" || (SELECT ARRAY[{', '.join(roots)}]::bigint[] FROM {source})"
        )

    # What a set cannot decide

    def _doubtful(self, doubt: Doubt) -> list[str]:
        """Give the queries for the roots of which a doubt has a row; none where there can be none."""
        step = doubt.steps[0]
        if doubt.clash is Clash.BOTH:
            return [self._met_by_both(*doubt.steps)]
        if doubt.clash is Clash.CHECKED:
            return [f'SELECT "fk$ro", "fk$rt" FROM {self._met(step, deleted=True)}']
        if doubt.clash is Clash.REFUSED:
            refusing = self._refusing(step)
            refused = " OR ".join(f"({condition})" for condition, _ in refusing)
            met = self._met(step, deleted=True)
            return [f'SELECT "fk$ro", "fk$rt" FROM {met} WHERE {refused}'] if refusing else []
        same = ' AND p."fk$ro" = d."fk$ro" AND p."fk$rt" = d."fk$rt"'
        broken = broken_keys(self._facts, self._plan, self._names, doubt, same_delete=same)
        return [f"{self._met_by_both(*pair)} AND ({broken})" for pair in combinations(doubt.steps, 2) if broken]

    def _met_by_both(self, one: Step, other: Step) -> str:
        """Give the roots with a row that two steps meet."""
        table = self._facts.tables[one.key.relation]
        itself = f" AND NOT ({_IS_ROOT})" if table.oid == self._target else ""
        return (
            f"SELECT {_ROOT} FROM {table.from_sql} AS c"
            f" JOIN {self._source(one)} AS p ON {match(self._facts, one.key)}"
            f" JOIN {self._source(other)} AS d ON {match(self._facts, other.key, referenced='d')}"
            f" AND {_SAME_ROOT} WHERE true{itself}"
        )


def _counted(place: int) -> str:
    return f'"fk$b{place}"'
