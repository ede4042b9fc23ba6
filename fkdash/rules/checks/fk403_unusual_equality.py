"""FK403: the key compares with another operator than the built-in equality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.table_name import visible
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog

_BUILT_IN: Final = "pg_catalog.="


def _find(catalog: Catalog) -> Iterator[Finding]:
    for key in catalog.foreign_keys:
        if key.operators.count(_BUILT_IN) == len(key.operators):
            continue
        unusual = [
            (column, operator)
            for column, operator in zip(key.columns, key.operators, strict=False)
            if operator != _BUILT_IN
        ]
        if key.period:
            continue
        how = ", ".join(f"{visible(column)} with {operator}" for column, operator in unusual)
        yield Finding(
            rule=RULE.id,
            name=RULE.name,
            severity=RULE.severity,
            key=key,
            columns=tuple(column for column, _ in unusual),
            message=f"{key.shown} compares {how}: what counts as equal is up to that operator.",
            explanation=f"The match of {key.shown} is made with an operator of an extension or of your own, so "
            "values that print differently may refer to the same row (citext ignores case), and joins by other "
            "operators give other answers than the foreign key.",
            evidence=tuple(f"{visible(column)}: OPERATOR({operator})" for column, operator in unusual),
        )


RULE = Rule(
    id="FK403",
    name="unusual-equality",
    severity=Severity.INFO,
    summary="Compares with an operator of its own",
    explanation="The foreign key compares with an equality operator that is not PostgreSQL's own, of citext "
    "for example. What refers to what is decided by that operator.",
    example="CREATE EXTENSION citext;\n"
    "CREATE TABLE users (login citext PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, login citext REFERENCES users);\n"
    "INSERT INTO users VALUES ('ada');\n"
    "INSERT INTO orders VALUES (10, 'ADA');  -- accepted\n",
    find=_find,
    brief="equality",
    hangs_on=frozenset({HangsOn.TYPES}),
)
