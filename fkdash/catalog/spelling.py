"""Spells a foreign key in queries over an operator's own tables.

Every name is quoted, every value a parameter that travels as text. In all of it `p` is the referenced
table and `c` the referencing one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.model import Match, TableKind, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.model import Catalog, ForeignKey, Table, TableName


def source(catalog: Catalog, name: TableName) -> str:
    """Give a FROM item for exactly the rows a foreign key covers: ONLY, unless partitioned.

    Foreign keys do not reach into inheriting tables (Inheritance, "Caveats").
    """
    partitioned = catalog.tables[name].kind is TableKind.PARTITIONED
    return name.sql if partitioned else f"only {name.sql}"


def refers(key: ForeignKey) -> str:
    """Say that `c` refers to a row at all: no column of its key is NULL."""
    return " and ".join(f"c.{quoted(name)} is not null" for name in key.columns)


def refers_to_another(key: ForeignKey) -> str:
    """Say that `c` refers to a row other than itself; a reference to itself holds nothing back."""
    if key.table != key.referenced:
        return refers(key)
    itself = " and ".join(
        f"c.{quoted(theirs)} operator({operator}) c.{quoted(own)}" for own, theirs, operator in pairs(key)
    )
    return f"{refers(key)} and ({itself}) is not true"


def matches(key: ForeignKey) -> str:
    """Say that `p` is the row that `c` refers to, by the very operators the foreign key uses."""
    return " and ".join(
        f"p.{quoted(theirs)} operator({operator}) c.{quoted(own)}" for own, theirs, operator in pairs(key)
    )


def is_orphan(catalog: Catalog, key: ForeignKey) -> str:
    """Say that `c` is a row that validating the key would stumble over (MATCH FULL also forbids half a key)."""
    referenced = source(catalog, key.referenced)
    missing = f"{refers(key)} and not exists (select from {referenced} p where {matches(key)})"
    if key.match is Match.FULL and len(key.columns) > 1:
        every = " and ".join(f"c.{quoted(name)} is null" for name in key.columns)
        return f"(({missing}) or (not ({refers(key)}) and not ({every})))"
    return f"({missing})"


def pairs(key: ForeignKey) -> Iterable[tuple[str, str, str]]:
    """Give referencing column, referenced column and operator, in key order."""
    return zip(key.columns, key.referenced_columns, key.operators, strict=True)


def parameter(number: int, kind: str) -> str:
    """Spell parameter `number` of a type: values travel as text, so that every type can be sent."""
    return f"${number}::text::{kind}"


def as_text(expressions: Iterable[str]) -> str:
    """Spell a select list whose values come back as text."""
    return ", ".join(f"{expression}::text" for expression in expressions)


def identity_of(table: Table) -> tuple[tuple[str, str], ...]:
    """Give the expressions over `c` that identify a row, each with its type: the primary key, else the ctid."""
    if table.primary_key:
        return tuple((f"c.{quoted(name)}", table.columns_by_name[name].type) for name in table.primary_key)
    return (("c.tableoid", "oid"), ("c.ctid", "tid"))
