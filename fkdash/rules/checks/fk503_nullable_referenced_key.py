"""FK503: the referenced key may be NULL, and such rows can never be referred to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import listed, visible
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.pairs import column_pairs
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey


def _find(catalog: Catalog) -> Iterator[Finding]:
    for _, referenced, keys in column_pairs(catalog):
        nullable = [column.name for column in referenced if not column.forbids_null]
        if nullable:
            yield from (_finding(key, nullable) for key in keys)


def _finding(key: ForeignKey, nullable: list[str]) -> Finding:
    names = listed(nullable, " and ")
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=key.columns,
        message=f"{key.shown} refers to {key.referenced.shown} ({listed(key.referenced_columns)}), where "
        f"{names} may be NULL: such rows can never be referred to.",
        explanation=f"The key of {key.referenced.shown} that {key.shown} refers to is unique but not NOT "
        "NULL. Rows with NULL there cannot be referred to, and setting it to NULL is a change of the key "
        "for every row that refers to it.",
        evidence=tuple(f"{key.referenced}.{visible(name)} may be NULL" for name in nullable),
    )


RULE = Rule(
    id="FK503",
    name="nullable-referenced-key",
    severity=Severity.INFO,
    summary="The referenced key may be NULL",
    explanation="The foreign key refers to a unique key with columns that may be NULL. A row with NULL there "
    "is invisible to the foreign key. Usually the key was meant to be NOT NULL.",
    example="CREATE TABLE users (id int PRIMARY KEY, login text UNIQUE);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, login text REFERENCES users (login));\n",
    find=_find,
    brief="NULL keys",
)
