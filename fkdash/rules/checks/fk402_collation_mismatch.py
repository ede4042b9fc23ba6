"""FK402: the two columns have different collations.

Deterministic collations do not change equality; a nondeterministic one on either
side makes the match follow it up to PostgreSQL 17, and 18 refuses such keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.pairs import column_pairs
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, Column, ForeignKey


def _find(catalog: Catalog) -> Iterator[Finding]:
    for own, referenced, keys in column_pairs(catalog):
        for column, other in zip(own, referenced, strict=True):
            if column.collation == other.collation or column.domain is not None or other.domain is not None:
                continue
            yield from (_finding(key, column, other) for key in keys)


def _finding(key: ForeignKey, column: Column, other: Column) -> Finding:
    mine, its = column.collation or "the default", other.collation or "the default"
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=(column.name,),
        message=f"{key.table.shown}.{column.shown} has collation {mine}, "
        f"{key.referenced.shown}.{other.shown} has {its}: equal only as long as both are deterministic.",
        explanation=f"If {mine} or {its} is nondeterministic (case-insensitive, say), rows match that "
        "are not the same text: deleting one referenced row may act on rows that belong to another, "
        "and PostgreSQL 18 refuses the key when it is restored. Give both columns the same collation.",
        evidence=(f"{key.table}.{column.shown}: {mine}", f"{key.referenced}.{other.shown}: {its}"),
        certain=False,
    )


RULE = Rule(
    id="FK402",
    name="collation-mismatch",
    severity=Severity.INFO,
    summary="The two columns have different collations",
    explanation="The referencing and the referenced column have different collations. With deterministic "
    "collations that changes nothing about equality. With a nondeterministic one on either side, up to "
    "PostgreSQL 17 the match ignores the differences it ignores, and a cascade can take rows of another key; "
    "PostgreSQL 18 refuses to create such a key, so a dump no longer restores.",
    example='CREATE TABLE users (login text COLLATE "C" PRIMARY KEY);\n'
    'CREATE TABLE orders (id int PRIMARY KEY, login text COLLATE "POSIX" REFERENCES users);\n',
    find=_find,
    brief="collations",
    hangs_on=frozenset({HangsOn.TYPES}),
)
