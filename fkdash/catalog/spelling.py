"""Spells a foreign key in queries over an operator's own tables.

Every name is quoted, every value a parameter that travels as text. In all of it `p` is the referenced
table and `c` the referencing one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Match
from fkdash.catalog.model import TableKind
from fkdash.catalog.table_name import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fkdash.catalog.model import Catalog, Column, ForeignKey, Table
    from fkdash.catalog.table_name import TableName

LONGEST_LABEL: Final = 200
_LIMIT: Final = re.compile(r'("(?:[^"]|"")*")|\([\d, -]+\)')
"""A length or precision; what stands in quotes is a name, whatever it looks like."""
_UNLIMITED: Final = {"character": "bpchar", "bit": 'pg_catalog."bit"'}
"""Types whose plain name stands for the length 1."""


def source(catalog: Catalog, name: TableName) -> str:
    """Give a FROM item for exactly the rows a foreign key covers: ONLY, unless partitioned.

    Foreign keys do not reach into inheriting tables (Inheritance, "Caveats").
    """
    partitioned = catalog.tables[name].kind is TableKind.PARTITIONED
    return name.sql if partitioned else f"only {name.sql}"


def is_value(expression: str, kind: str) -> str:
    """Say that an expression of a plain type is not NULL, as foreign keys and NOT NULL see it.

    A composite value with a NULL in it IS NOT NULL no more, though it is a value (manual, "Comparison Functions
    and Operators").
    """
    return f"{expression} is {'distinct from' if '.' in kind else 'not'} null"


def is_null(expression: str, kind: str) -> str:
    """Say that an expression of a plain type is NULL itself, whatever NULLs a composite value consists of."""
    return f"{expression} is {'not distinct from ' if '.' in kind else ''}null"


def refers(catalog: Catalog, key: ForeignKey) -> str:
    """Say that `c` refers to a row at all: no column of its key is NULL."""
    columns = catalog.tables[key.table].columns_by_name
    return " and ".join(is_value(f"c.{quoted(name)}", columns[name].plain_type) for name in key.columns)


def refers_to_another(catalog: Catalog, key: ForeignKey) -> str:
    """Say that `c` refers to a row other than itself; a reference to itself holds nothing back."""
    if key.table != key.referenced:
        return refers(catalog, key)
    itself = " and ".join(
        f"c.{quoted(theirs)} operator({operator}) c.{quoted(own)}" for own, theirs, operator in pairs(key)
    )
    return f"{refers(catalog, key)} and ({itself}) is not true"


def matches(catalog: Catalog, key: ForeignKey, row: str = "c") -> str:
    """Say that `p` is the row that `row` refers to, by the very operators the foreign key uses.

    Under the referenced column's collation, as the server checks it (ri_triggers.c, ri_GenerateQualCollation).
    """
    return " and ".join(
        f"p.{quoted(theirs)}{_collated(catalog, key, own, theirs)} operator({operator}) {row}.{quoted(own)}"
        for own, theirs, operator in pairs(key)
    )


def is_orphan(catalog: Catalog, key: ForeignKey, *, probing: bool = False) -> str:
    """Say that `c` is a row that validating the key would stumble over (MATCH FULL also forbids half a key).

    `probing` has the server ask the key's index row by row, in the order in which it comes to the rows of `c`: for
    a few rows at a time (an OFFSET keeps the subquery from becoming a join).
    """
    kinds = " or ".join(f"({kind})" for kind in kinds_of_orphans(catalog, key, probing=probing))
    return f"({kinds})"


def kinds_of_orphans(catalog: Catalog, key: ForeignKey, *, probing: bool = False) -> tuple[str, ...]:
    """Give conditions of which an orphan meets exactly one: each by itself can be planned as a join."""
    fence = " offset 0" if probing else ""
    # Of a composite value with a NULL in it validating asks IS NOT NULL, and passes over it.
    whole = " and ".join(f"c.{quoted(name)} is not null" for name in key.columns)
    missing = f"{whole} and not exists ({referenced_row(catalog, key)}{fence})"
    if key.match is not Match.FULL or len(key.columns) == 1:
        return (missing,)
    some = " or ".join(f"c.{quoted(name)} is not null" for name in key.columns)
    columns = catalog.tables[key.table].columns_by_name
    if not any("." in columns[name].plain_type for name in key.columns):
        return (missing, f"not ({whole}) and ({some})")
    # Values with a NULL in them may be found, but not where that makes the first of the row found all NULL.
    first = f" and not (p.{quoted(key.referenced_columns[0])} is null)"
    found = f"exists ({referenced_row(catalog, key)}{first}{fence})"
    return (f"{whole} and not {found}", f"not ({whole}) and ({some}) and not {found}")


def referenced_row(catalog: Catalog, key: ForeignKey, row: str = "c") -> str:
    """Give a query for a row where there is what `row` refers to; several rows may cover a PERIOD together."""
    if key.period:
        return covering(catalog, key, {name: f"{row}.{quoted(name)}" for name in key.columns})
    return f"select from {source(catalog, key.referenced)} p where {matches(catalog, key, row)}"


def covering(catalog: Catalog, key: ForeignKey, values: Mapping[str, str]) -> str:
    """Give a query for a row where rows of a PERIOD key with these values, by its columns, cover the period."""
    *plain, (own, theirs, _) = pairs(key)
    equal = "".join(f"p.{quoted(the)} operator({operator}) {values[name]} and " for name, the, operator in plain)
    its, mine = f"p.{quoted(theirs)}", values[own]
    return (
        f"select from {source(catalog, key.referenced)} p where {equal}{its} operator(pg_catalog.&&) {mine} "
        f"having {mine} operator(pg_catalog.<@) pg_catalog.range_agg({its})"
    )


def _collated(catalog: Catalog, key: ForeignKey, own: str, theirs: str) -> str:
    """Spell the collation to compare with, where the two columns have different ones."""
    mine, its = (
        catalog.tables[key.table].columns_by_name[own],
        catalog.tables[key.referenced].columns_by_name[theirs],
    )
    if (mine.collation, mine.collation_schema) == (its.collation, its.collation_schema):
        return ""
    if its.collation is None:
        return ' collate pg_catalog."default"' if its.domain is None else ""
    return f" collate {quoted(its.collation_schema or 'pg_catalog')}.{quoted(its.collation)}"


def pairs(key: ForeignKey) -> Iterable[tuple[str, str, str]]:
    """Give referencing column, referenced column and operator, in key order."""
    return zip(key.columns, key.referenced_columns, key.operators, strict=True)


def equals(catalog: Catalog, table: Table, column: str) -> str:
    """Spell the operator by which values of a column equal each other: not by what a path finds first.

    Only a type of an extension's, or of a user's, of which no key and no index tells, is left to the path, where
    anybody may have an operator of that name.
    """
    kind = table.columns_by_name[column].plain_type
    if "." not in kind:
        return "operator(pg_catalog.=)"
    for key in (*catalog.referencing.get(table.name, ()), *catalog.declared_on.get(table.name, ())):
        for own, theirs, operator in pairs(key) if key.operators else ():
            types = (
                catalog.tables[key.table].columns_by_name[own].plain_type,
                catalog.tables[key.referenced].columns_by_name[theirs].plain_type,
            )
            if column in (own, theirs) and types == (kind, kind):
                return f"operator({operator})"
    schema = next(_indexed_in((table,), kind), "") or next(_indexed_in(catalog.tables.values(), kind), "")
    return f"operator({schema}.=)" if schema else "="


def _indexed_in(tables: Iterable[Table], kind: str) -> Iterator[str]:
    """Give the schemas of the operator classes in which columns of a plain type are indexed, in quotes as needed.

    The equality stands beside its operator class, which only a superuser makes.
    """
    for table in tables:
        for index in table.indexes:
            for number, opclass in zip(index.columns, index.opclasses, strict=False):
                if index.method == "btree" and number and table.columns_by_number[number].plain_type == kind:
                    yield opclass.rpartition(".")[0]


def parameter(number: int, kind: str) -> str:
    """Spell parameter `number` of a type: values travel as text, so that every type can be sent."""
    return f"${number}::text::{kind}"


def compared_type(column: Column) -> str:
    """Give the type in which values are compared with a column's."""
    return unlimited(column.plain_type)


def unlimited(plain_type: str) -> str:
    """Give a plain type without a length or precision: a cast to it cuts no text off and rounds no number.

    A cast to a limited type does, and what is left may be another row's key (manual, "Character Types", "Bit
    String Types", "Numeric Types").
    """
    name = _LIMIT.sub(lambda found: found[1] or "", plain_type)
    bare = name.removesuffix("[]")
    whole = "interval" if bare.startswith("interval ") else _UNLIMITED.get(bare, bare)
    return whole + name[len(bare) :]


def text_of(expression: str, kind: str) -> str:
    """Spell a value of a plain type as text, by a cast of PostgreSQL's own or the type's output function.

    The owner of a type may make a cast of it run anything; format_type writes such a type with its schema.
    """
    if "." not in kind:
        return f"({expression})::text"
    return f"case when num_nulls({expression}) = 0 then format('%s', {expression}) end"


def label_of(alias: str, column: Column) -> str:
    """Spell a column of a row as a label: text of bounded length."""
    return f"left({text_of(f'{alias}.{quoted(column.name)}', column.plain_type)}, {LONGEST_LABEL})"


def as_text(typed: Iterable[tuple[str, str]]) -> str:
    """Spell a select list whose values, each with its plain type, come back as text."""
    return ", ".join(text_of(expression, kind) for expression, kind in typed)


def identity_of(table: Table) -> tuple[tuple[str, str], ...]:
    """Give the expressions over `c` that identify a row, each with its plain type: primary key, else ctid."""
    if table.primary_key:
        return tuple((f"c.{quoted(name)}", table.columns_by_name[name].plain_type) for name in table.primary_key)
    return (("c.tableoid", "oid"), ("c.ctid", "tid"))
