"""Evaluates the WHEN of triggers for rows as they would be before and after a write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import quoted
from fkdash.preview.evaluating.attempts import Failure, attempt
from fkdash.preview.evaluating.equality import plain_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.preview.declared.facts import TableFact
    from fkdash.preview.evaluating.equality import Values
    from fkdash.preview.reader import Reader
    from fkdash.preview.row import RowValues


class TriggerConditions:
    """Evaluates conditions of the reached tables' triggers; answers are remembered by value."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[tuple[int, str, Values, Values], bool | None] = {}

    async def true_for(
        self, table: TableFact, condition: str, images: Sequence[tuple[RowValues | None, RowValues | None]]
    ) -> list[bool | None]:
        """Tell for which rows, called old and new, a WHEN is true; None where that cannot be evaluated."""
        plain = plain_columns(table)
        known = [(table.oid, condition, _image(old, plain), _image(new, plain)) for old, new in images]
        missing = [name for name in dict.fromkeys(known) if name not in self._known]
        for shape in dict.fromkeys((bool(old), bool(new)) for _, _, old, new in missing):
            alike = [name for name in missing if (bool(name[2]), bool(name[3])) == shape]
            self._known.update(zip(alike, await self._when(table, condition, alike), strict=True))
        return [self._known[name] for name in known]

    async def _when(
        self, table: TableFact, condition: str, images: Sequence[tuple[int, str, Values, Values]]
    ) -> list[bool | None]:
        plain = plain_columns(table)
        given = [old + new for _, _, old, new in images]
        sides = [name for name, values in (("old", images[0][2]), ("new", images[0][3])) if values]
        arrays = ", ".join(f"${i + 1}::text[]" for i in range(len(given[0]))) or "ARRAY[NULL]::text[]"
        sources = "".join(
            f" CROSS JOIN LATERAL ({self._columns_of(table, plain, side * len(plain))}) AS {name}"
            for side, name in enumerate(sides)
        )
        names = ", ".join(f'"fk$a{i}"' for i in range(max(1, len(given[0]))))
        sql = (
            f"SELECT ({condition}) IS TRUE AS fires"
            f' FROM unnest({arrays}) WITH ORDINALITY AS "fk$u"({names}, "fk$n"){sources} ORDER BY "fk$u"."fk$n"'
        )
        answer = await attempt(self._reader, sql, *([values[i] for values in given] for i in range(len(given[0]))))
        return [None] * len(images) if isinstance(answer, Failure) else [row["fires"] for row in answer]

    def _columns_of(self, table: TableFact, plain: Sequence[str], first: int) -> str:
        """Give a query for a row of a table, in the order of its columns, from the arrays from `first` on."""
        facts = self._reader.facts
        cast = ", ".join(
            f'"fk$u"."fk$a{first + i}"::{plain_type(facts, table.columns_by_name[name])} AS {quoted(name)}'
            for i, name in enumerate(plain)
        )
        listed = ", ".join(
            f"({column.default})::{column.type} AS {quoted(name)}" if column.generated else quoted(name)
            for name, column in table.columns_by_name.items()
        )
        return f'SELECT {listed} FROM (SELECT {cast}) AS "fk$r"'


def plain_columns(table: TableFact) -> list[str]:
    """Give the names of the columns that are not generated."""
    return [name for name, column in table.columns_by_name.items() if not column.generated]


def _image(row: RowValues | None, columns: Sequence[str]) -> Values:
    return () if row is None else tuple(row[name] for name in columns)
