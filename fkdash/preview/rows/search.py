"""Finds rows by what a person knows of them, a key or a part of a label; bounded, and a long read is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.postgres.equality import own_equality
from fkdash.catalog.postgres.planted import refuse_planted_of
from fkdash.catalog.spelling import as_text, compared_type, identity_of, label_of, parameter, text_of
from fkdash.catalog.table_name import quoted
from fkdash.errors import ServerRefusedError
from fkdash.fact import fact
from fkdash.preview.rows.blocked import RowIdentity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Column, Table
    from fkdash.db.session import Session

READ_AT_ONCE: Final = 100_000
"""The estimated number of rows up to which a table is searched from end to end without asking."""
MOST_ROWS: Final = 100
_BYTES_OF_A_ROW: Final = 100
_TEXTS: Final = ("text", "character varying", "character", "citext", "name")


@fact
class Found:
    """Rows that contain what was searched for, in the order of their key.

    `more` says that there are others. `whole` is False where only indexed columns were asked for
    the very words, because reading the table (about `estimated` rows) wants the operator's consent.
    """

    rows: tuple[RowIdentity, ...]
    more: bool
    whole: bool
    estimated: int | None = None


def search_columns(table: Table, labels: Sequence[str]) -> tuple[str, ...]:
    """Give the columns that are searched: the labels, then other texts by which a row is unique."""
    unique = {number for index in table.indexes if index.unique for number in index.columns}
    others = [column.name for column in table.columns if column.number in unique and _is_text(column)]
    return tuple(dict.fromkeys((*labels, *others)))


async def search_rows(
    session: Session, table: Table, labels: Sequence[str], words: str, *, read_all: bool = False
) -> Found:
    """Find the rows whose key is `words`, or one of whose labels contains them in whatever case.

    A table estimated above READ_AT_ONCE rows, or of unknown size, is read from end to end only with
    `read_all`; without it only the indexed columns are asked for exactly these words. Raises the session's errors.
    """
    await refuse_planted_of(session, (table,))
    columns = search_columns(table, labels)
    estimated = _estimated(table)
    whole = read_all or (estimated is not None and estimated <= READ_AT_ONCE)
    exact = [name for name in dict.fromkeys((*table.primary_key[:1], *columns)) if _is_indexed(table, name)]
    operators = await own_equality(session, table, exact)
    conditions = [
        f"c.{quoted(name)} operator({operators[name]}) {parameter(1, compared_type(table.columns_by_name[name]))}"
        for name in exact
    ]
    if whole:
        pattern = "'%' || replace(replace(replace($1::text, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'"
        conditions = [f"{_text(table, name)} ILIKE {pattern}" for name in columns]
        conditions += [f"{_text(table, name)} = $1::text" for name in table.primary_key[:1]]
    found: dict[tuple[str, ...], RowIdentity] = {}
    for condition in [" OR ".join(conditions)] if whole and conditions else conditions:
        for row in await _rows(session, table, labels, condition, words):
            found.setdefault(row.key, row)
    rows = tuple(found.values())
    return Found(rows[:MOST_ROWS], more=len(rows) > MOST_ROWS, whole=whole, estimated=estimated)


async def _rows(
    session: Session, table: Table, labels: Sequence[str], condition: str, words: str
) -> list[RowIdentity]:
    """Give the first rows that meet a condition; none where the words cannot be a value of the column's type."""
    identity = identity_of(table)
    told = [label_of("c", table.columns_by_name[name]) for name in labels]
    await session.execute("SAVEPOINT fkdash_search")
    try:
        rows = await session.rows(
            f"SELECT ARRAY[{', '.join((as_text(identity), *told))}] AS line FROM {table.name.sql} AS c"
            f" WHERE {condition} ORDER BY {', '.join(each for each, _ in identity)} LIMIT {MOST_ROWS + 1}",
            words,
        )
    except ServerRefusedError as refused:
        if not refused.sqlstate.startswith("22"):
            raise
        await session.execute("ROLLBACK TO SAVEPOINT fkdash_search")
        return []
    width = len(identity)
    return [RowIdentity(tuple(row["line"][:width]), tuple(row["line"][width:])) for row in rows]


def _estimated(table: Table) -> int | None:
    """Give the number of rows from statistics or, for a table never analysed, a guess from its size."""
    if table.size is None or (table.size.rows is None and table.size.bytes is None):
        return None
    return table.size.rows if table.size.rows is not None else (table.size.bytes or 0) // _BYTES_OF_A_ROW


def _is_indexed(table: Table, name: str) -> bool:
    """Tell whether a valid index on the whole table starts with a column."""
    number = table.columns_by_name[name].number
    return any(
        index.valid and index.predicate is None and index.columns and index.columns[0] == number
        for index in table.indexes
    )


def _text(table: Table, name: str) -> str:
    return text_of(f"c.{quoted(name)}", table.columns_by_name[name].plain_type)


def _is_text(column: Column) -> bool:
    return column.type.split("(")[0] in _TEXTS
