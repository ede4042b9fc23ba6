"""Which row each blocking row is to refer to, by a query of the operator's, asked once before planning.

What it picked is in the plan, row by row; the query itself is never run by what writes. It is asked in a read-only
transaction with a time limit, and only where no name in it leads to code that looking must not run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.labels import label_columns
from fkdash.catalog.postgres.planted import refuse_planted, refuse_planted_of
from fkdash.catalog.spelling import as_text, compared_type, label_of, pairs, source
from fkdash.catalog.table_name import listed, quoted
from fkdash.db.literals import literal
from fkdash.errors import NotPermittedError, NotRunError, ServerRefusedError, UsageError
from fkdash.fact import fact
from fkdash.fix.blocker_relief import refers_to
from fkdash.fix.picks import row_identity
from fkdash.fix.remedy import Picks
from fkdash.preview.asked.own_path import in_own_path, refuse_volatile_in
from fkdash.preview.asked.typed_query import TypedQuery, typed_query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Row, Session, Sessions
    from fkdash.fix.statements.values import Values

MOST_PICKED: Final = 10_000
_MOST_NAMED: Final = 5


@fact
class PickedRow:
    """A blocking row: how the plan knows it, its key and label for people, what it refers to now and then.

    `then` is empty where the query picked nothing; `why` says so.
    """

    identity: str
    named: str
    now: tuple[str, ...]
    then: tuple[str, ...] = ()
    why: str = ""


@fact
class Picked:
    """What a query picked, and the query."""

    sql: str
    rows: tuple[PickedRow, ...]

    @property
    def picks(self) -> Picks:
        """What a plan is made of."""
        return Picks(
            self.sql,
            tuple((row.identity, row.then) for row in self.rows if row.then),
            tuple(row.named for row in self.rows if not row.then),
        )


async def pick(
    sessions: Sessions,
    catalog: Catalog,
    key: ForeignKey,
    chosen: tuple[Values, ...],
    sql: str,
    *,
    seconds: float,
    labels: Mapping[str, tuple[str, ...]] | None = None,
) -> Picked:
    """Ask `sql` for each row that refers to one of the `chosen`.

    Raises UsageError for what is no such query, for one that fails, gives several rows or a row that is not there;
    NotRunError where it would run other roles' code; and the session's errors.
    """
    table = catalog.tables[key.table]
    if not table.primary_key:
        raise UsageError(
            f"{key.table} has no primary key, by which a query could tell its rows apart.",
            next_step="Name one row for all of them: --value.",
        )
    typed = typed_query(sql, parameters=len(table.primary_key), columns=len(key.columns))
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_of(session, (table, catalog.tables[key.referenced]))
            await refuse_volatile_in(session, typed.text, "The query")
            asks = refers_to(catalog, key, chosen)
            statement = _statement(catalog, key, asks, typed, label_columns(table, labels))
            async with in_own_path(session, typed.text, statement):
                await refuse_planted(session, await _tables_of(session, typed))
                found = await session.rows(statement)
            rows = _picked(key, found, chosen)
            await _refuse_missing(session, catalog, key, rows)
    except NotRunError:
        raise
    except (ServerRefusedError, NotPermittedError) as error:
        raise UsageError(
            f"The server refuses the query: {error.what}",
            next_step=f"It is one SELECT of {listed(key.referenced_columns)}, with "
            + ", ".join(f"${number} for {name}" for number, name in enumerate(table.primary_key, 1))
            + f" of {key.table}.",
        ) from None
    return Picked(typed.text, rows)


def _statement(catalog: Catalog, key: ForeignKey, asks: str, typed: TypedQuery, labels: tuple[str, ...]) -> str:
    table = catalog.tables[key.table]
    own = [(f"c.{quoted(name)}", table.columns_by_name[name].plain_type) for name in table.primary_key]
    refers = [(f"c.{quoted(name)}", table.columns_by_name[name].plain_type) for name in key.columns]
    parameters = ", ".join(f"c.{quoted(name)} AS k{number}" for number, name in enumerate(table.primary_key, 1))
    label = "".join(f", {label_of('c', table.columns_by_name[name])} AS label{n}" for n, name in enumerate(labels))
    names = ", ".join(f"v{number}" for number in range(1, len(key.columns) + 1))
    values = ", ".join(
        f"CASE WHEN pg_catalog.num_nulls(p.v{number}) OPERATOR(pg_catalog.=) 0 "
        f"THEN pg_catalog.format('%s', p.v{number}) END AS then{number}"
        for number in range(1, len(key.columns) + 1)
    )
    rows = (
        f"SELECT {row_identity(catalog, key)} AS identity, ARRAY[{as_text(own)}] AS own, "
        f"ARRAY[{as_text(refers)}] AS now, {parameters}{label}\n"
        f"  FROM {source(catalog, key.table)} c WHERE {asks} LIMIT {MOST_PICKED + 1}"
    )
    shown = "".join(f", fkdash_row.label{n}" for n in range(len(labels)))
    picking = typed.with_parameters([f"fkdash_row.k{n}" for n in range(1, len(table.primary_key) + 1)])
    return (
        f"SELECT fkdash_row.identity, fkdash_row.own, fkdash_row.now, {values},\n"
        f"       ARRAY[NULL::pg_catalog.text{shown}] AS labels\n"
        f"FROM ({rows}) AS fkdash_row\n"
        # Two of them are enough to tell that there are several.
        f"LEFT JOIN LATERAL (SELECT * FROM (\n{picking}\n) AS fkdash_all LIMIT 2) AS p({names}) ON true"
    )


async def _tables_of(session: Session, typed: TypedQuery) -> list[int]:
    """Give the OIDs of the tables that the query may read; what is no table's name has none."""
    names = list(typed.tables)
    rows = await session.rows(
        "SELECT pg_catalog.to_regclass(name)::pg_catalog.oid::pg_catalog.int8 AS oid"
        " FROM pg_catalog.unnest($1::pg_catalog.text[]) AS name",
        names,
    )
    return [row["oid"] for row in rows if row["oid"] is not None]


def _picked(key: ForeignKey, found: Sequence[Row], chosen: Sequence[Values]) -> tuple[PickedRow, ...]:
    freed = {tuple(text for _, text in row) for row in chosen}
    rows: dict[str, PickedRow] = {}
    for row in found:
        own, labels = list(row["own"]), [text for text in row["labels"] if text]
        named = ", ".join(own) + (f" ({', '.join(labels)})" if labels else "")
        then = tuple(row[f"then{number}"] for number in range(1, len(key.columns) + 1))
        if row["identity"] in rows:
            raise UsageError(
                f"The query picks several rows for {key.table} {named}.",
                next_step="Let it give one: ORDER BY what decides, LIMIT 1.",
            )
        why = "the query gives no row" if None in then else ""
        if then in freed:
            why = "the query gives a row that is to be freed"
        rows[row["identity"]] = PickedRow(row["identity"], named, tuple(row["now"]), () if why else then, why)
    if len(rows) > MOST_PICKED:
        raise UsageError(
            f"More than {MOST_PICKED:,} rows of {key.table} refer to the rows that are to be freed.",
            next_step="Free fewer at a time: name fewer.",
        )
    return tuple(rows.values())


async def _refuse_missing(session: Session, catalog: Catalog, key: ForeignKey, rows: Sequence[PickedRow]) -> None:
    """Raise UsageError where a value was picked that the referenced table does not have."""
    values = sorted({row.then for row in rows if row.then})
    if not values:
        return
    columns = catalog.tables[key.table].columns_by_name
    # As it was picked, and as the column takes it.
    same = " and ".join(
        f"p.{quoted(theirs)} operator({operator}) v.v{number}::{kind}"
        for number, (own, theirs, operator) in enumerate(pairs(key), 1)
        for kind in dict.fromkeys((compared_type(columns[own]), columns[own].plain_type))
    )
    names = ", ".join(f"v{number}" for number in range(1, len(key.columns) + 1))
    constants = ", ".join(f"({', '.join(map(literal, each))})" for each in values)
    missing = await session.rows(
        f"select {names} from (values {constants}) v({names}) where not exists "
        f"(select from {source(catalog, key.referenced)} p where {same}) limit {_MOST_NAMED}"
    )
    if missing:
        named = "; ".join(", ".join(str(row[number]) for number in range(len(key.columns))) for row in missing)
        raise UsageError(
            f"The query picks rows that {key.referenced} does not have: {named}.",
            next_step="Let it give rows that are there, or none.",
        )
