"""Has the server evaluate what a written row must satisfy, on values that exist in no table."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from fkdash.catalog.spelling import text_of
from fkdash.catalog.table_name import quoted
from fkdash.fact import fact
from fkdash.preview.evaluating.attempts import Failure, attempt, planned_as
from fkdash.preview.evaluating.equality import alias_beside, plain_type
from fkdash.preview.evaluating.trigger_conditions import TriggerConditions, plain_columns
from fkdash.preview.evaluating.without_domains import without_domains

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fkdash.db.session import Row
    from fkdash.preview.declared.facts import CheckFact, ColumnFact, IndexFact, TableFact
    from fkdash.preview.evaluating.equality import Values
    from fkdash.preview.reader import Reader
    from fkdash.preview.row import RowValues

_HASH: Final = "satisfies_hash_partition("


@fact
class Evaluated:
    """What the server says about one row, or one value of a domain.

    `generated` are the generated columns' values, `failed` the CHECKs that are
    false or (with a failure) cannot be evaluated, `keys` each computed index's key
    (None: the row is not in it), `broken` the indexes whose key cannot be computed.
    `error` says why there is nothing else.
    """

    generated: tuple[tuple[str, str | None], ...] = ()
    failed: tuple[tuple[CheckFact, Failure | None], ...] = ()
    keys: dict[int, Values | None] = field(default_factory=dict)
    broken: dict[int, Failure] = field(default_factory=dict)
    error: Failure | None = None


class Evaluator:
    """Evaluates rows of the reached tables; answers are remembered by value."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[tuple[int, Values], Evaluated] = {}
        self._accepted: dict[tuple[int, Values], bool] = {}
        self._domains: dict[tuple[int, str | None], Evaluated] = {}
        self._texts: dict[tuple[str, str | None], str | Failure | None] = {}
        self.conditions = TriggerConditions(reader)
        self._permitted: dict[tuple[str, str], bool | None] = {}

    def needed(self, table: TableFact) -> bool:
        """Tell whether the server must be asked about written rows of a leaf table at all."""
        return table.computable and bool(
            any(check.steady for check in table.checks)
            or table.generated
            or any(index.computed for index in table.indexes)
        )

    async def rows(self, table: TableFact, rows: Sequence[RowValues]) -> list[Evaluated]:
        """Give, for rows as they would be written to a leaf table, what the server says."""
        plain = plain_columns(table)
        wanted = [tuple(row.get(name) for name in plain) for row in rows]
        missing = [v for v in dict.fromkeys(wanted) if (table.oid, v) not in self._known]
        if missing:
            for values, answer in zip(missing, await self._evaluate(table, plain, missing), strict=True):
                self._known[(table.oid, values)] = answer
        return [self._known[(table.oid, values)] for values in wanted]

    async def accepts(self, table: TableFact, row: RowValues) -> bool:
        """Tell whether a partition's constraint accepts a row."""
        plain = plain_columns(table)
        values = tuple(row.get(name) for name in plain)
        if (table.oid, values) not in self._accepted:
            condition = f"(({table.partition_check}) IS TRUE)" if table.partition_known else "true"
            hashed = table.partition_check is not None and _HASH in table.partition_check
            exact = self._partition_columns(table) if hashed else ()
            sql = f"SELECT {condition} AS accepted FROM {self._source(table, plain, exact)}"
            answer = await attempt(self._reader, sql, *([value] for value in values))
            # Of what a domain refuses no hash can be computed: it stays where it is.
            accepted = isinstance(answer, Failure) or bool(answer[0]["accepted"])
            self._accepted[(table.oid, values)] = accepted
        return self._accepted[(table.oid, values)]

    async def domain_failures(self, column: ColumnFact, value: str | None) -> Evaluated:
        """Give the domain CHECKs that a value breaks, in the order PostgreSQL checks them."""
        known = self._domains.get((column.type_oid, value))
        if known is None:
            known = await self._domain(column, value)
            self._domains[(column.type_oid, value)] = known
        return known

    async def text(self, expression: str, kind: str, value: str | None = None) -> str | Failure | None:
        """Give the value of an expression of type `kind` as text, `$1` in it being `value`; or how it fails."""
        if (expression, value) not in self._texts:
            arguments = () if value is None else (value,)
            answer = await attempt(self._reader, f"SELECT {text_of(expression, kind)} AS value", *arguments)
            self._texts[(expression, value)] = answer if isinstance(answer, Failure) else answer[0]["value"]
        return self._texts[(expression, value)]

    async def without_domains(self, expression: str) -> str | None:
        """Give an expression without its casts to domains, None where it has none."""
        return await without_domains(self._reader.session, expression)

    async def permitted(self, owner: str, expression: str, table: TableFact | None = None) -> bool | None:
        """Tell whether a table's owner may execute every function that an expression calls once it is planned.

        The expression is about a row of `table`, or about a text called VALUE. None where this
        session may not act as the owner. PostgreSQL looks before it evaluates: no row is needed.
        """
        if table is None:
            source, width = "unnest($1::text[]) AS v(value)", 1
        else:
            plain = plain_columns(table)
            source, width = self._source(table, plain), len(plain)
        sql = f"SELECT num_nulls({expression}) FROM {source}"
        if (owner, sql) not in self._permitted:
            self._permitted[(owner, sql)] = await planned_as(self._reader, owner, sql, width)
        return self._permitted[(owner, sql)]

    async def _domain(self, column: ColumnFact, value: str | None) -> Evaluated:
        facts = self._reader.facts
        chain = facts.domain_chain(column.type_oid)
        checks = [check for domain in reversed(chain) for check in domain.checks if check.steady]
        if not checks:
            return Evaluated()
        tests = ", ".join(f"(({check.expression}) IS NOT FALSE)" for check in checks)
        sql = f"SELECT ARRAY[{tests}] AS held FROM (SELECT $1::text::{plain_type(facts, column)} AS value) AS v"
        answer = await attempt(self._reader, sql, value)
        if isinstance(answer, Failure):
            return Evaluated(error=answer)
        held = answer[0]["held"]
        return Evaluated(
            failed=tuple((check, None) for check, holds in zip(checks, held, strict=True) if not holds)
        )

    async def _evaluate(self, table: TableFact, plain: Sequence[str], rows: Sequence[Values]) -> list[Evaluated]:
        checks = [check for check in table.checks if check.steady]
        indexes = [index for index in table.indexes if index.computed and index.steady]
        sql = (
            f"SELECT {_texts([(quoted(column.name), column.type) for column in table.generated])} AS generated, "
            f"{_truths([f'({check.expression}) IS NOT FALSE' for check in checks])} AS held, "
            f"{_truths([f'({index.predicate or True}) IS TRUE' for index in indexes])} AS inside, "
            f"{_texts([_key(index, part) for index in indexes for part in range(len(index.keys))])} AS keys "
            f'FROM {self._source(table, plain)} ORDER BY {_values_of(table)}."fk$n"'
        )
        answer = await attempt(self._reader, sql, *([values[i] for values in rows] for i in range(len(plain))))
        if isinstance(answer, Failure):
            if len(rows) == 1:
                return [await self._piecewise(table, plain, rows[0])]
            return [result for row in rows for result in await self._evaluate(table, plain, [row])]
        return [_evaluated(table, checks, indexes, row) for row in answer]

    async def _piecewise(self, table: TableFact, plain: Sequence[str], values: Values) -> Evaluated:
        """Evaluate one row expression by expression, to tell which of them fails."""
        source = self._source(table, plain)

        async def part(expression: str) -> Any | Failure:  # noqa: ANN401 - whatever the expression gives
            answer = await attempt(
                self._reader, f"SELECT {expression} AS part FROM {source}", *([v] for v in values)
            )
            return answer if isinstance(answer, Failure) else answer[0]["part"]

        generated: list[tuple[str, str | None]] = []
        for column in table.generated:
            found = await part(text_of(quoted(column.name), column.type))
            if isinstance(found, Failure):
                if column.stored or column.not_null:
                    return Evaluated(error=found)
                found = None
            generated.append((column.name, found))
        failed: list[tuple[CheckFact, Failure | None]] = []
        for check in table.checks:
            held = await part(f"({check.expression}) IS NOT FALSE") if check.steady else True
            if held is not True:
                failed.append((check, held if isinstance(held, Failure) else None))
        result = Evaluated(tuple(generated), tuple(failed))
        for index in table.indexes:
            if not index.computed or not index.steady:
                continue
            keys = _texts([_key(index, position) for position in range(len(index.keys))])
            found = await part(f"CASE WHEN ({index.predicate or True}) THEN {keys} END")
            if isinstance(found, Failure):
                result.broken[index.oid] = found
            result.keys[index.oid] = tuple(found) if isinstance(found, list) else None
        return result

    def _partition_columns(self, table: TableFact) -> frozenset[str]:
        """Give the columns that decide in which partition a row is."""
        found: set[str] = set()
        above = table.parent
        while above is not None and above in self._reader.facts.tables:
            found.update(self._reader.facts.tables[above].partition_columns)
            above = self._reader.facts.tables[above].parent
        return frozenset(found)

    def _source(self, table: TableFact, plain: Sequence[str], exact: Collection[str] = ()) -> str:
        """Give a FROM item named like the table: rows made of the given arrays, generated columns computed.

        The columns named in `exact` are of their own type, which may be a domain: hashing insists on that.
        """
        facts = self._reader.facts
        arrays = ", ".join(f"${i + 1}::text[]" for i in range(len(plain)))
        names = ", ".join(f'"fk${i}"' for i in range(len(plain)))
        values = _values_of(table)
        cast = ", ".join(
            f'{values}."fk${i}"::'
            f"{column.type if column.name in exact else plain_type(facts, column)} AS {quoted(column.name)}"
            for i, column in enumerate(table.columns_by_name[name] for name in plain)
        )
        known = f", {table.oid}::pg_catalog.oid AS tableoid" if _mentions_tableoid(table) else ""
        generated = "".join(f", ({c.default})::{c.type} AS {quoted(c.name)}" for c in table.generated)
        return (
            f'unnest({arrays}) WITH ORDINALITY AS {values}({names}, "fk$n") CROSS JOIN LATERAL '
            f'(SELECT "fk$r".*{generated} FROM (SELECT {cast}{known}) AS "fk$r") AS {quoted(table.name.name)}'
        )


def _values_of(table: TableFact) -> str:
    return alias_beside(table.name.name, "fk$u")


def _mentions_tableoid(table: TableFact) -> bool:
    texts = (*(check.expression for check in table.checks), *(column.default or "" for column in table.generated))
    return any("tableoid" in text for text in texts)


def _key(index: IndexFact, part: int) -> tuple[str, str]:
    """Give an index key's expression, computed only where the index's predicate holds, and its type."""
    key = index.keys[part]
    expression = f"({key.expression})"
    return (f"CASE WHEN ({index.predicate}) THEN {expression} END" if index.predicate else expression), key.type


def _texts(typed: Sequence[tuple[str, str]]) -> str:
    return f"ARRAY[{', '.join(text_of(expression, kind) for expression, kind in typed)}]::text[]"


def _truths(expressions: Sequence[str]) -> str:
    return f"ARRAY[{', '.join(f'({e})' for e in expressions)}]::boolean[]"


def _evaluated(table: TableFact, checks: Sequence[CheckFact], indexes: Sequence[IndexFact], row: Row) -> Evaluated:
    keys: dict[int, Values | None] = {}
    position = 0
    for index, inside in zip(indexes, row["inside"], strict=True):
        width = len(index.keys)
        keys[index.oid] = tuple(row["keys"][position : position + width]) if inside else None
        position += width
    return Evaluated(
        generated=tuple(zip((column.name for column in table.generated), row["generated"], strict=True)),
        failed=tuple((check, None) for check, held in zip(checks, row["held"], strict=True) if not held),
        keys=keys,
    )
