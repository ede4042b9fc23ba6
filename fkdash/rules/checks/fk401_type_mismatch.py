"""FK401: the referencing column has another type than the column it refers to.

PostgreSQL compares them with an operator of the referenced key's index, if need
be by casting the referencing side, which no index on it then serves (CREATE
TABLE, "REFERENCES").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.rules.compared_types import are_compared_as_they_are, base
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.pairs import column_pairs
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, Column, ForeignKey

_WIDTH: Final = {"smallint": 2, "integer": 4, "bigint": 8}


def _find(catalog: Catalog) -> Iterator[Finding]:
    for own, referenced, keys in column_pairs(catalog):
        for column, other in zip(own, referenced, strict=True):
            if column.type == other.type or column.domain is not None or other.domain is not None:
                continue
            if base(column.type) != base(other.type):
                yield from (_finding(key, column, other) for key in keys)


def _finding(key: ForeignKey, column: Column, other: Column) -> Finding:
    mine, theirs = base(column.type), base(other.type)
    severity, consequence = _consequence(mine, theirs)
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=severity,
        key=key,
        columns=(column.name,),
        message=f"{key.table.shown}.{column.shown} is {column.type}, {key.referenced.shown}.{other.shown} is "
        f"{other.type}: {consequence}.",
        explanation=f"{key.shown} compares {column.type} with {other.type}: {consequence}. Both columns of a "
        "foreign key should have the same type.",
        evidence=(f"{key.table}.{column.shown}: {column.type}", f"{key.referenced}.{other.shown}: {other.type}"),
        certain=False,
    )


def _consequence(mine: str, theirs: str) -> tuple[Severity, str]:
    if mine in _WIDTH and theirs in _WIDTH:
        if _WIDTH[mine] < _WIDTH[theirs]:
            return Severity.INFO, f"a key beyond the range of {mine} can never be referred to"
        return Severity.INFO, "it can hold values that no key will ever have"
    if are_compared_as_they_are(mine, theirs):
        return Severity.INFO, "the comparison and indexes work, but the types should agree"
    return Severity.WARNING, "every lookup casts it, so that an ordinary index on it cannot serve the reference"


RULE = Rule(
    id="FK401",
    name="type-mismatch",
    severity=Severity.WARNING,
    summary="The two columns have different types",
    explanation="The referencing column has another type than the referenced one. Where the types belong "
    "together (integer and bigint, text and varchar) indexes work, but a narrower column may one day be "
    "unable to hold a new key (worth knowing). Where they do not (integer and numeric, text and char), the "
    "referencing side is cast for every comparison and no ordinary index on it can be used (a warning).",
    example="CREATE TABLE users (id bigint PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);\n"
    "-- user 3,000,000,000 can never have an order\n",
    find=_find,
    brief="types",
    hangs_on=frozenset({HangsOn.TYPES}),
)
