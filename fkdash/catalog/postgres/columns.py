"""Reads columns and joins in memory what they refer to: types, domains, defaults, collations, NOT NULL names.

Tables have many columns alike (`id`, `created_at`), and share them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

from fkdash.catalog.model import Check, Column, Domain
from fkdash.db.at_once import at_once
from fkdash.db.queries import query
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fkdash.catalog.model import Index
    from fkdash.catalog.postgres.asking import Asking
    from fkdash.catalog.table_name import TableName
    from fkdash.db.session import Row, Session

ColumnsByTable = dict[int, dict[int, Column]]
"""Columns by the table's OID and the attribute number, both in order."""


@fact
class ColumnRows:
    """What columns are made of: their rows, and what types and collations are called by their OIDs."""

    columns: Sequence[Row]
    types: Mapping[tuple[int, int], Row]
    collations: Mapping[int, Row]


async def read_column_rows(asking: Asking) -> ColumnRows:
    """Read the columns of tables, and how their types and collations are called."""
    async with at_once() as group:
        reading = group.create_task(asking.every("columns"))
        types_first = group.create_task(asking.beforehand("types", None, None))
        collations_first = group.create_task(asking.beforehand("collations", None))
    # Sorted here: the server groups without sorting, as long as it need not sort for the order.
    columns = sorted(reading.result(), key=itemgetter("number"))
    types = {(row["oid"], row["modifier"]): row for row in types_first.result()}
    collations = {row["oid"]: row for row in collations_first.result()}
    kinds = list({(row["type_oid"], row["modifier"]) for row in columns}.difference(types))
    async with at_once() as group:
        more_types = group.create_task(
            asking.about("types", [oid for oid, _ in kinds], [modifier for _, modifier in kinds])
        )
        more_collations = group.create_task(
            asking.about("collations", list({row["collation_oid"] for row in columns}.difference(collations, {0})))
        )
    types |= {(row["oid"], row["modifier"]): row for row in more_types.result()}
    collations |= {row["oid"]: row for row in more_collations.result()}
    return ColumnRows(columns, types, collations)


def columns_of(rows: ColumnRows, domains: Mapping[int, Domain]) -> ColumnsByTable:
    """Give every table's columns, without defaults; `domains` go by OID."""
    found: defaultdict[int, dict[int, Column]] = defaultdict(dict)
    for row in rows.columns:
        kind = rows.types[row["type_oid"], row["modifier"]]
        number = row["number"]
        collation = rows.collations.get(row["collation_oid"])
        if row["collation_oid"] == kind["collation_oid"]:
            collation = None
        column = Column(
            number=number,
            name=row["name"],
            type=kind["spelling"],
            not_null=row["not_null"],
            identity=row["identity"],
            identity_always=row["identity_always"],
            generated=row["generated"],
            virtual=row["virtual"],
            domain=domains.get(row["type_oid"]),
            collation=collation["name"] if collation is not None else None,
            collation_schema=collation["schema"] if collation is not None else None,
            not_null_inherited=row["inherited"],
        )
        for table in row["tables"]:
            found[table][number] = column
    return dict(found)


async def add_defaults(
    session: Session, columns: ColumnsByTable, rows: ColumnRows, used: Mapping[int, set[int]] | None
) -> None:
    """Put default expressions into the columns that can need them.

    These are the columns `used` in a key (attribute numbers by the table's OID) and generated ones; all where that
    is None, for which a lock is waited for.
    """
    places = [*_with_defaults(rows.columns, used)]
    if places:
        tables, numbers = zip(*places, strict=True)
        changed = _Changed(columns)
        for row in await session.asked(
            query("fkdash.catalog.postgres", "defaults"), tables, numbers, used is None
        ):
            changed.put(row["table_oid"], row["number"], default=row["expression"])


def with_own_keys(
    used: Mapping[int, set[int]], indexes: Mapping[int, Iterable[Index]], columns: ColumnsByTable
) -> Mapping[int, set[int]]:
    """Give the same with the primary keys that are called more than `id`.

    With a default they number their own rows, and what seems to be a reference by its name is none.
    """
    found = dict(used)
    for table, of_table in indexes.items():
        for index in of_table:
            if index.primary and len(index.columns) == 1 and columns[table][index.columns[0]].name != "id":
                found[table] = {*found.get(table, ()), index.columns[0]}
    return found


def name_not_nulls(row: Row, columns: ColumnsByTable, names: Mapping[int, TableName]) -> None:
    """Put into the columns the names of NOT NULL constraints that the server would not make up, and NOT VALID."""
    changed = _Changed(columns)
    facts = ("tables", "numbers", "names", "inherited", "borrowed", "validated")
    for table, number, name, inherited, borrowed, validated in zip(*(row[each] for each in facts), strict=True):
        column = columns[table][number] if table in names else None
        if column is None:
            continue
        if name != f"{names[table].name}_{column.name}_not_null":
            changed.put(table, number, not_null_constraint=name, not_null_inherited=inherited)
        elif inherited is not column.not_null_inherited:
            changed.put(table, number, not_null_inherited=inherited)
        if borrowed:
            changed.put(table, number, not_null_borrowed=True)
        if not validated:
            changed.put(table, number, not_null_validated=False)


class _Changed:
    """Changes columns of tables; those that are alike and changed alike are shared again."""

    def __init__(self, columns: Mapping[int, dict[int, Column]]) -> None:
        self._columns = columns
        self._made: dict[tuple[object, ...], Column] = {}

    def put(self, table: int, number: int, **changes: object) -> None:
        """Give one column of one table other values."""
        column = self._columns[table][number]
        what = (column, *changes.items())
        if what not in self._made:
            self._made[what] = replace(column, **changes)  # type: ignore[arg-type] # fields of a column
        self._columns[table][number] = self._made[what]


def _with_defaults(columns: Iterable[Row], used: Mapping[int, set[int]] | None) -> Iterator[tuple[int, int]]:
    """Give the places, table and number, of the columns whose default or generation expression is needed."""
    for row in columns:
        number = row["number"]
        if row["has_default"]:
            for table in row["tables"]:
                if used is None or row["generated"] or number in used.get(table, ()):
                    yield table, number


def domains_of(rows: Sequence[Row]) -> Mapping[int, Domain]:
    """Give the domains by OID, each with those it is built on."""
    by_oid = {row["oid"]: row for row in rows}
    built: dict[int, Domain] = {}

    def build(oid: int) -> Domain:
        if oid not in built:
            row = by_oid[oid]
            built[oid] = Domain(
                schema=row["schema"],
                name=row["name"],
                type=row["type"],
                not_null=row["not_null"],
                default=row["default_expression"],
                checks=tuple(
                    Check(name, expression)
                    for name, expression in zip(row["check_names"], row["check_expressions"], strict=True)
                ),
                base=build(row["base"]) if row["base"] is not None else None,
            )
        return built[oid]

    return {oid: build(oid) for oid in by_oid}
