"""Composes the queries that count and page blocked and blocking rows (`p` referenced, `c` referencing)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.spelling import (
    as_text,
    identity_of,
    label_of,
    matches,
    pairs,
    parameter,
    refers_to_another,
    source,
)
from fkdash.catalog.table_name import quoted
from fkdash.rules.actions.barred import refuses_every_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.catalog.table_name import TableName


def count_of_rows(catalog: Catalog, name: TableName) -> str:
    """Count a table's rows."""
    return f"select count(*) from {source(catalog, name)}"


def count_of_blocked(catalog: Catalog, key: ForeignKey) -> str:
    """Count the referenced rows that are referred to, and the rows that refer to them.

    Grouping before looking for the referenced row probes every distinct key once. Where the action is refused
    whatever the rows, all referenced rows that it looks for are counted, referred to or not.
    """
    rows = f"({_counted_anyhow(catalog, key)})" if refuses_every_row(catalog, key) else "count(*)"
    return f"""
        select {rows} as referenced_rows, coalesce(sum(c.n), 0)::int8 as blocking_rows
          from ({_grouped(catalog, key)}) c
         where exists (select from {source(catalog, key.referenced)} p where {matches(catalog, key)})"""


def capped_count_of_blocked(catalog: Catalog, key: ForeignKey) -> str:
    """Count as above over the first $1 referring rows only: lower limits."""
    columns = ", ".join(f"c.{quoted(name)}" for name in key.columns)
    rows = f"count(distinct ({columns}))"
    if refuses_every_row(catalog, key):
        rows = f"({_counted_anyhow(catalog, key, limit=True)})"
    return f"""
        select {rows} as referenced_rows, count(*) as blocking_rows
          from (select {columns}
                  from {source(catalog, key.table)} c
                 where {refers_to_another(catalog, key)}
                   and exists (select from {source(catalog, key.referenced)} p where {matches(catalog, key)})
                 limit $1) c"""


def _counted_anyhow(catalog: Catalog, key: ForeignKey, *, limit: bool = False) -> str:
    filled = " and ".join(f"p.{quoted(name)} is not null" for name in key.referenced_columns)
    rows = f"select from {source(catalog, key.referenced)} p where {filled}{' limit $1' if limit else ''}"
    return f"select count(*) from ({rows}) p"


def page_of_blocked(catalog: Catalog, key: ForeignKey, labels: Sequence[str], *, after_first: bool) -> str:
    """Give a page of referenced rows with their counts, largest first: $1 the limit, then the cursor's values."""
    table = catalog.tables[key.referenced]
    columns = [(f"p.{quoted(name)}", table.columns_by_name[name].plain_type) for name in key.referenced_columns]
    order = ", ".join(expression for expression, _ in columns)
    beyond = ""
    if after_first:
        cursor = ", ".join(parameter(3 + position, kind) for position, (_, kind) in enumerate(columns))
        beyond = f"where c.n < $2::int8 or (c.n = $2::int8 and ({order}) > ({cursor}))"
    return f"""
        select array[{as_text(columns)}{_labels("p", table, labels)}]::text[] as line, c.n as blocking_rows
          from ({_grouped(catalog, key)}) c
          join {source(catalog, key.referenced)} p on {matches(catalog, key)}
          {beyond}
         order by c.n desc, {order}
         limit $1"""


def page_of_blocking(catalog: Catalog, key: ForeignKey, labels: Sequence[str], *, after_first: bool) -> str:
    """Give a page of the rows that refer to one row: $1 the limit, then its key's values, then the cursor's."""
    table, referenced = catalog.tables[key.table], catalog.tables[key.referenced]
    identity = identity_of(table)
    order = ", ".join(expression for expression, _ in identity)
    kinds = {name: column.plain_type for name, column in referenced.columns_by_name.items()}
    conditions = [refers_to_another(catalog, key)] + [
        f"{parameter(2 + position, kinds[theirs])} operator({operator}) c.{quoted(own)}"
        for position, (own, theirs, operator) in enumerate(pairs(key))
    ]
    if after_first:
        first = 2 + len(key.columns)
        cursor = ", ".join(parameter(first + position, kind) for position, (_, kind) in enumerate(identity))
        conditions.append(f"({order}) > ({cursor})")
    return f"""
        select array[{as_text(identity)}{_labels("c", table, labels)}]::text[] as line
          from {source(catalog, key.table)} c
         where {" and ".join(conditions)}
         order by {order}
         limit $1"""


def _grouped(catalog: Catalog, key: ForeignKey) -> str:
    columns = ", ".join(f"c.{quoted(name)}" for name in key.columns)
    return f"""select {columns}, count(*) as n
                  from {source(catalog, key.table)} c
                 where {refers_to_another(catalog, key)}
                 group by {columns}"""


def _labels(alias: str, table: Table, labels: Sequence[str]) -> str:
    return "".join(f", {label_of(alias, table.columns_by_name[name])}" for name in labels)
