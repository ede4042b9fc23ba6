"""Reads columns and joins in memory what they refer to: types, domains, defaults, collations, NOT NULL names."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fkdash.catalog.model import Check, Column, Domain
from fkdash.db.queries import query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.db.session import Row, Session


async def read_columns(
    session: Session, domains: Mapping[int, Domain], only: Sequence[int] | None
) -> Mapping[int, tuple[Column, ...]]:
    """Give every table's columns by the table's OID; `only` limits it to these tables, `domains` go by OID."""

    async def rows(name: str, *arguments: object) -> Sequence[Row]:
        return await session.rows(query("fkdash.catalog", name), *arguments)

    columns = await rows("columns", only)
    kinds = list({(row["type_oid"], row["modifier"]) for row in columns})
    types = {
        (row["oid"], row["modifier"]): row
        for row in await rows("types", [oid for oid, _ in kinds], [modifier for _, modifier in kinds])
    }
    used = list({row["collation_oid"] for row in columns})
    collations = {row["oid"]: row["name"] for row in await rows("collations", used)}
    defaults = {(row["table_oid"], row["number"]): row["expression"] for row in await rows("defaults", only)}
    not_nulls = {(row["table_oid"], row["number"]): row for row in await rows("not_nulls", only)}
    found: defaultdict[int, list[Column]] = defaultdict(list)
    for row in columns:
        place = (row["table_oid"], row["number"])
        kind = types[row["type_oid"], row["modifier"]]
        named = not_nulls.get(place)
        found[row["table_oid"]].append(
            Column(
                number=row["number"],
                name=row["name"],
                type=kind["spelling"],
                not_null=row["not_null"],
                default=defaults.get(place),
                identity=row["identity"],
                identity_always=row["identity_always"],
                generated=row["generated"],
                domain=domains.get(row["type_oid"]),
                collation=collations.get(row["collation_oid"])
                if row["collation_oid"] != kind["collation_oid"]
                else None,
                not_null_constraint=named["name"] if named else None,
                not_null_inherited=named["inherited"] if named else row["inherited"],
            )
        )
    return {oid: tuple(items) for oid, items in found.items()}


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
