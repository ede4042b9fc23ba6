"""FK207: a column that looks like a reference and has no foreign key.

Found by name and type (`user_id` beside a `users` table whose key is `id` of the
same type) and, stronger, by joins in views and in statements that were run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fkdash.catalog.model import undeclared
from fkdash.catalog.table_name import TableName, listed
from fkdash.catalog.tables_of_fkdash import is_own
from fkdash.rules.composite_references import composite_names
from fkdash.rules.families import same_family
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.reference_names import key_names
from fkdash.rules.severity import Severity
from fkdash.rules.sql.joining_queries import in_no_key, single_keys, worth_reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.model import Catalog, Column, ForeignKey, Table
    from fkdash.rules.composite_references import CompositeNames
    from fkdash.rules.reference_names import KeyNames


class _Evidence(NamedTuple):
    """What tells of references: names, joins in queries, and the columns beside."""

    catalog: Catalog
    names: KeyNames
    joins: Mapping[frozenset[tuple[TableName, str]], str]
    by_join: Mapping[tuple[TableName, str], tuple[TableName, str]]
    composite: CompositeNames
    in_several: frozenset[tuple[TableName, str]]

    def of(self, table: Table, column: Column) -> Iterator[Finding]:
        """Give what a column refers to, if anything says so."""
        place = (table.name, column.name)
        named = self.names.target(table, column)
        joined = self.by_join.get(place)
        found = joined or named
        if found is None:
            if self.composite and place not in self.in_several:
                yield from map(_of_several, self.composite.references(table, column))
            return
        if found == place or not same_family(column, self.catalog.tables[found[0]].columns_by_name[found[1]]):
            return
        where = self.joins.get(frozenset({place, found})) if joined else None
        if where is not None or named is not None:
            yield _finding(table, column, found, where, alike=named == found)


def _find(catalog: Catalog) -> Iterator[Finding]:
    yield from (_confirmed(key) for key in catalog.known)
    joins = _joins(catalog)
    names, composite, by_join = key_names(catalog), composite_names(catalog), _by_join(joins, single_keys(catalog))
    confirmed = {(key.table, key.columns[0]) for key in catalog.known if len(key.columns) == 1}
    in_several = frozenset(
        (key.table, name) for key in catalog.known if len(key.columns) > 1 for name in key.columns
    )
    told = {table for table, _ in (*by_join, *confirmed)}
    evidence = _Evidence(catalog, names, joins, by_join, composite, in_several)
    for name, left in in_no_key(catalog).items():
        table = catalog.tables[name]
        if is_own(name):
            continue
        # Most tables of a large schema have nothing else that is called like a reference.
        if name not in told and names.are_like_nothing(table, left) and not composite.may_tell(table, left):
            continue
        for column in left:
            if (name, column.name) not in confirmed:
                yield from evidence.of(table, column)


def _joins(catalog: Catalog) -> Mapping[frozenset[tuple[TableName, str]], str]:
    queries = worth_reading(catalog)
    if not queries:
        return {}
    from fkdash.rules.sql.joins import joined_columns  # the SQL parser takes a while to load

    return joined_columns(catalog, queries)


def _by_join(
    joins: Mapping[frozenset[tuple[TableName, str]], str], keys: Mapping[TableName, tuple[str, ...]]
) -> Mapping[tuple[TableName, str], tuple[TableName, str]]:
    """Give for each column that is joined to a key that key; the side that is no key refers."""
    found: dict[tuple[TableName, str], tuple[TableName, str]] = {}
    for pair in joins:
        for one in pair:
            other = next(iter(pair - {one}))
            if other[1] in keys.get(other[0], ()) and one[1] not in keys.get(one[0], ()):
                found.setdefault(one, other)
    return found


def _confirmed(key: ForeignKey) -> Finding:
    own, its = listed(key.columns), listed(key.referenced_columns)
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=Severity.WARNING,
        key=key,
        columns=key.columns,
        message=f"{key.table.shown} ({own}) refers to {key.referenced.shown} ({its}), as [references] says, and "
        "has no foreign key.",
        explanation=f"Somebody confirmed this reference. Nothing checks that the row of {key.referenced.shown} "
        "exists, and deleting it leaves orphans behind. Add the key NOT VALID, clean up, validate.",
        evidence=("[references] of fkdash.toml",),
    )


def _of_several(key: ForeignKey) -> Finding:
    own, its = listed(key.columns), listed(key.referenced_columns)
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=Severity.INFO,
        key=key,
        columns=key.columns,
        message=f"{key.table.shown} ({own}) looks like a reference to {key.referenced.shown} ({its}) and has no "
        "foreign key (by name and type).",
        explanation=f"Names and types match the primary key of {key.referenced}. Nothing checks that the row of "
        f"{key.referenced.shown} exists, and deleting it leaves orphans behind: a key goes with DROP TABLE of a "
        "partition and CASCADE, say. Count them before declaring the foreign key.",
        evidence=(f"names and types match {key.referenced} ({its})",),
        certain=False,
    )


def _finding(
    table: Table, column: Column, target: tuple[TableName, str], where: str | None, *, alike: bool
) -> Finding:
    referenced, key_column = target
    evidence = []
    if where:
        evidence.append(f"{where} joins {table.name}.{column.shown} to {referenced}.{key_column}")
    if alike:
        evidence.append(f"name and type ({column.type}) match {referenced}.{key_column}")
    why = " and ".join(evidence)
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=Severity.WARNING if where else Severity.INFO,
        key=undeclared(table.name, (column.name,), referenced, (key_column,)),
        columns=(column.name,),
        message=f"{table.name.shown}.{column.shown} looks like a reference to {referenced.shown}.{key_column} and "
        f"has no foreign key ({'a join says so' if where else 'by name and type'}).",
        explanation=f"{why[:1].upper()}{why[1:]}. Nothing checks that the row of {referenced.shown} exists, and "
        "deleting it leaves orphans behind. Count them before declaring the foreign key.",
        evidence=tuple(evidence),
        certain=False,
    )


RULE = Rule(
    id="FK207",
    name="undeclared-reference",
    severity=Severity.WARNING,
    summary="Looks like a reference and has no foreign key",
    explanation="A column is named and typed like a reference to another table's key, or a view or a statement "
    "that was run joins it to one, but no foreign key says so. Nothing checks it and no action follows a "
    "delete. The evidence says which: a join (a warning) is stronger than name and type alone (worth knowing).",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int);\n"
    "INSERT INTO orders VALUES (10, 77);  -- accepted: there is no user 77\n",
    find=_find,
    brief="undeclared",
    doubt="looks like a reference",
    hangs_on=frozenset({HangsOn.COLUMNS}),
    undeclared=True,
)
