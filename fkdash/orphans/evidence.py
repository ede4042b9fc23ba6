"""What is shown of orphans beside their number: some rows, and how old the oldest and the newest is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.labels import label_columns
from fkdash.catalog.postgres.equality import compared
from fkdash.catalog.postgres.planted import refuse_planted_at
from fkdash.catalog.spelling import identity_of, is_orphan, label_of, source, text_of
from fkdash.catalog.table_name import quoted
from fkdash.errors import FkdashError
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.catalog.model import Catalog, Column, ForeignKey, Table
    from fkdash.db.session import Row, Session, Sessions

_MOMENTS: Final = ("timestamp with time zone", "timestamp without time zone", "date")
_OF_CREATION: Final = (
    "created_at",
    "inserted_at",
    "created",
    "created_on",
    "date_created",
    "createdat",
    "joined_at",
)


@fact
class Orphan:
    """One row, by the columns that identify it, with what it refers to and what a person recognises it by."""

    identity: tuple[tuple[str, str], ...]
    refers_to: tuple[str | None, ...]
    labels: tuple[tuple[str, str], ...] = ()


@fact
class Evidence:
    """Some orphans, and the oldest and newest moment in `column`; None where no column tells or time ran out."""

    rows: tuple[Orphan, ...] = ()
    column: str = ""
    oldest: str | None = None
    newest: str | None = None


async def evidence_of(
    sessions: Sessions,
    catalog: Catalog,
    key: ForeignKey,
    *,
    labels: Mapping[str, tuple[str, ...]] | None = None,
    limit: int,
    seconds: float,
) -> Evidence:
    """Read `limit` orphans and their span of time, within `seconds`; what cannot be read is left out."""
    table = catalog.tables[key.table]
    moment = _moment(table)
    rows: tuple[Orphan, ...] = ()
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_at(session, catalog, key)
            comparable = await compared(session, catalog, key)
            rows = await _rows(session, catalog, comparable, label_columns(table, labels), limit)
            if moment is None:
                return Evidence(rows)
            span = await session.row(_span(catalog, comparable, moment))
    except FkdashError:
        return Evidence(rows)
    if span is None:
        return Evidence(rows)
    return Evidence(rows, moment.name, span["oldest"], span["newest"])


async def _rows(
    session: Session, catalog: Catalog, key: ForeignKey, labels: tuple[str, ...], limit: int
) -> tuple[Orphan, ...]:
    table = catalog.tables[key.table]
    identity = identity_of(table)
    names = table.primary_key or ("tableoid", "ctid")
    refers = [(f"c.{quoted(name)}", table.columns_by_name[name].plain_type) for name in key.columns]
    shown = [
        *(text_of(expression, kind) for expression, kind in (*identity, *refers)),
        *(label_of("c", table.columns_by_name[name]) for name in labels),
    ]
    found = await session.rows(
        f"select {', '.join(shown)} from {source(catalog, key.table)} c where {is_orphan(catalog, key)} "
        f"limit {int(limit)}"
    )
    return tuple(_orphan(row, names, len(refers), labels) for row in found)


def _orphan(row: Row, names: tuple[str, ...], refers: int, labels: tuple[str, ...]) -> Orphan:
    first = len(names)
    values = [row[first + refers + number] for number in range(len(labels))]
    return Orphan(
        identity=tuple((name, row[number]) for number, name in enumerate(names)),
        refers_to=tuple(row[first + number] for number in range(refers)),
        labels=tuple((name, value) for name, value in zip(labels, values, strict=True) if value is not None),
    )


def _span(catalog: Catalog, key: ForeignKey, moment: Column) -> str:
    value, kind = f"c.{quoted(moment.name)}", moment.plain_type
    return (
        f"select {text_of(f'min({value})', kind)} as oldest, {text_of(f'max({value})', kind)} as newest "
        f"from {source(catalog, key.table)} c where {is_orphan(catalog, key)}"
    )


def _moment(table: Table) -> Column | None:
    """Give the column that tells when a row was made, else the first moment that stands in it."""
    moments = [column for column in table.columns if _is_moment(column) and not column.virtual]
    return next(
        (column for name in _OF_CREATION for column in moments if column.name.lower() == name),
        moments[0] if moments else None,
    )


def _is_moment(column: Column) -> bool:
    kind = column.plain_type
    return kind in _MOMENTS or (kind.startswith("timestamp(") and kind.endswith("time zone"))
