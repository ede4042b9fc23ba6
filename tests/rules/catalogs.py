"""Catalogs made in memory, for rules that need no server to be asked."""

from __future__ import annotations

from fkdash.catalog.action import Action
from fkdash.catalog.model import Catalog, Column, ForeignKey, Index, Table
from fkdash.catalog.surroundings import Privileges, Server, Size
from fkdash.catalog.table_name import TableName

INT8 = ("pg_catalog.int8_ops",)


def table(name: str, *columns: Column, indexed: tuple[str, ...] = (), rows: int | None = 100_000) -> Table:
    """Give a table with a primary key `id` and an index on each column that is `indexed`."""
    all_columns = (Column(1, "id", "bigint", not_null=True), *columns)
    numbers = {column.name: column.number for column in all_columns}
    oid = sum(map(ord, name)) * 1000
    indexes = [Index(f"{name}_pkey", (1,), unique=True, primary=True, opclasses=INT8, oid=oid)]
    indexes += [
        Index(f"{name}_{each}_idx", (numbers[each],), opclasses=INT8, oid=oid + number)
        for number, each in enumerate(indexed, 1)
    ]
    return Table(
        TableName("public", name),
        columns=all_columns,
        indexes=tuple(indexes),
        triggers=(),
        size=Size(rows, 8192) if rows is not None else None,
        privileges=Privileges(select=True, references=True, own=True),
        oid=oid,
    )


def reference(one: Table, column: str, other: Table, on_delete: Action = Action.NO_ACTION) -> ForeignKey:
    """Give a foreign key to the other table's primary key; `dataclasses.replace` makes it odd."""
    return ForeignKey(
        name=f"{one.name.name}_{column}_fkey",
        table=one.name,
        columns=(column,),
        referenced=other.name,
        referenced_columns=("id",),
        on_delete=on_delete,
        operators=("pg_catalog.=",),
        index=other.indexes[0].oid,
        oid=(one.oid or 0) + 500,
    )


def catalog(*parts: Table | ForeignKey, version: int = 180004) -> Catalog:
    """Give a catalog of tables and foreign keys."""
    return Catalog(
        tables={each.name: each for each in parts if isinstance(each, Table)},
        foreign_keys=tuple(each for each in parts if isinstance(each, ForeignKey)),
        server=Server(version, "18.4", "app", "dba", True, False, False, bypasses_row_security=True),
    )


def sound() -> Catalog:
    """Give a schema about which there is nothing to say."""
    organizations = table("organizations")
    workspaces = table(
        "workspaces", Column(2, "organization_id", "bigint", not_null=True), indexed=("organization_id",)
    )
    users = table("users", Column(2, "workspace_id", "bigint"), indexed=("workspace_id",))
    return catalog(
        organizations,
        workspaces,
        users,
        reference(workspaces, "organization_id", organizations, Action.CASCADE),
        reference(users, "workspace_id", workspaces, Action.SET_NULL),
    )
