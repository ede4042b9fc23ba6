"""FK209: table inheritance that a foreign key does not reach into (Inheritance, "Caveats")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName


def _has_its_own(catalog: Catalog, heir: TableName, key: ForeignKey) -> bool:
    """Tell whether an inheriting table repeats the key of the table above it."""
    return any(
        other.referenced == key.referenced
        and set(zip(other.columns, other.referenced_columns, strict=True))
        == set(zip(key.columns, key.referenced_columns, strict=True))
        for other in catalog.declared_on.get(heir, ())
    )


def _is_fixed(catalog: Catalog, heir: TableName, key: ForeignKey) -> bool:
    """Tell whether CHECKs leave an inheriting table one value for the key, which tells a kind of row."""
    table = catalog.tables[heir]
    numbers = [table.columns_by_name[name].number for name in key.columns if name in table.columns_by_name]
    checks = [each for each in table.checks if each.enforced and len(each.columns) == 1]
    return all(
        any(each.columns == (number,) and _is_one_value(each.expression) for each in checks) for number in numbers
    )


def _is_one_value(expression: str) -> bool:
    from sqlglot import exp  # the SQL parser takes a while to load

    from fkdash.rules.sql.expression import parsed

    tree = parsed(expression)
    tree = tree.unnest() if tree is not None else None
    return isinstance(tree, exp.EQ) and isinstance(tree.expression.unnest(), exp.Literal | exp.Cast)


def _find(catalog: Catalog) -> Iterator[Finding]:
    heirs = catalog.heirs
    if not heirs:
        return
    for key in catalog.foreign_keys:
        referring = tuple(
            name
            for name in heirs.get(key.table, ())
            if not _has_its_own(catalog, name, key) and not _is_fixed(catalog, name, key)
        )
        referred = heirs.get(key.referenced, ())
        parts = []
        if referring:
            parts.append(
                f"rows of {', '.join(name.shown for name in referring)} are neither checked nor acted upon"
            )
        if referred:
            parts.append(f"rows of {', '.join(name.shown for name in referred)} cannot be referred to")
        if parts:
            yield Finding(
                rule=RULE.id,
                name=RULE.name,
                severity=RULE.severity,
                key=key,
                columns=key.columns,
                message=f"{key.shown} does not reach into inheriting tables: {'; '.join(parts)}.",
                explanation="A foreign key covers the rows of its own two tables only, not those of tables "
                "that inherit from them, although a query of the parent shows them all. An inheriting table "
                "needs foreign keys of its own; partitions are different, they are covered.",
                evidence=tuple(f"{name} inherits from it" for name in (*referring, *referred)),
            )


RULE = Rule(
    id="FK209",
    name="inheritance-not-covered",
    severity=Severity.WARNING,
    summary="Does not reach into inheriting tables",
    explanation="A table of the foreign key has inheriting tables (INHERITS, not partitions). Foreign keys are "
    "not inherited: rows of an inheriting table are not checked and no action reaches them, and they cannot be "
    "referred to. Passed over is an inheriting table with the same key of its own, or with a CHECK that leaves "
    "the column one value.",
    example="CREATE TABLE users (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int, user_id int REFERENCES users);\n"
    "CREATE TABLE old_orders () INHERITS (orders);\n"
    "INSERT INTO old_orders VALUES (10, 77);  -- accepted: there is no user 77\n",
    find=_find,
    brief="heirs",
    doubt="inheriting tables are not covered",
)
