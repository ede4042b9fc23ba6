"""FK506: a foreign key of one schema is not what it is in all others that have the same table."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import undeclared
from fkdash.catalog.table_name import TableName, listed
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.action import Action
    from fkdash.catalog.model import Catalog, ForeignKey, Table

_FEWEST_ALIKE: Final = 3
_MOST_ODD: Final = 4
"""At most one in so many may differ: else there is nothing that they agree about."""


_Facts = tuple[str, tuple[tuple[str, ...], "Action", "Action", bool, bool, bool], tuple[bool, ...]]
"""What a foreign key refers to, without its schema, what it says of itself, and which columns are NOT NULL."""

# Fifty thousand keys may be compared: plain tuples are made several times as fast as ones with names.
_said = attrgetter("referenced_columns", "on_delete", "on_update", "validated", "enforced", "deferrable")
_WORDS: Final = (
    "what it refers to",
    "the columns it refers to",
    "ON DELETE",
    "ON UPDATE",
    "whether it is validated",
    "whether it is enforced",
    "whether it is deferrable",
    "whether its columns may be NULL",
)


def _find(catalog: Catalog) -> Iterator[Finding]:
    schemas: defaultdict[str, dict[str, Table]] = defaultdict(dict)
    for name, table in catalog.tables.items():
        if table.partition_of is None:
            schemas[name.name][name.schema] = table
    found: defaultdict[tuple[str, tuple[str, ...]], dict[str, ForeignKey]] = defaultdict(dict)
    for (schema, named), declared in catalog.declared_on.items():
        if len(schemas[named]) > _FEWEST_ALIKE:
            for key in declared:
                found[named, key.columns].setdefault(schema, key)
    for (named, columns), keys in found.items():
        if len(keys) >= _FEWEST_ALIKE:
            yield from _differing(catalog, named, columns, keys, schemas[named])


def _differing(
    catalog: Catalog,
    table: str,
    columns: tuple[str, ...],
    keys: Mapping[str, ForeignKey],
    schemas: Mapping[str, Table],
) -> Iterator[Finding]:
    facts = {schema: _facts(catalog, key) for schema, key in keys.items()}
    usual, alike = Counter(facts.values()).most_common(1)[0]
    if alike < _FEWEST_ALIKE or (alike == len(keys) == len(schemas)):
        return
    odd = [schema for schema in keys if facts[schema] != usual]
    # Where more lack it than may be odd it is enough to know that.
    most = alike // (_MOST_ODD - 1) - len(odd)
    lacking = (
        schema
        for schema, each in schemas.items()
        if schema not in keys and all(map(each.columns_by_name.__contains__, columns))
    )
    without = list(islice(lacking, max(0, most + 1)))
    if len(without) > most or not (odd or without):
        return
    model = next(key for schema, key in keys.items() if facts[schema] == usual)
    for schema in odd:
        both = zip(_WORDS, _each(facts[schema]), _each(usual), strict=True)
        what = [words for words, own, others in both if own != others]
        others = f"the same foreign key of {alike:,} other schemas"
        said = f"{keys[schema].shown} differs from {others}: {', '.join(what)}."
        yield _finding(keys[schema], said, model, usual, alike)
    for schema in without:
        referenced = model.referenced
        if referenced.schema == model.table.schema:
            referenced = TableName(schema, referenced.name)
        if referenced in catalog.tables:
            missing = undeclared(TableName(schema, table), columns, referenced, model.referenced_columns)
            on = listed(columns)
            said = f"{table} of {schema} lacks a foreign key on {on} that {alike:,} other schemas have."
            yield _finding(missing, said, model, usual, alike)


def _facts(catalog: Catalog, key: ForeignKey) -> _Facts:
    own, (schema, name) = catalog.tables[key.table].columns_by_name, key.referenced
    return (
        name if schema == key.table.schema else str(key.referenced),
        _said(key),
        tuple([own[column].not_null for column in key.columns]),
    )


def _each(facts: _Facts) -> tuple[object, ...]:
    referenced, said, not_null = facts
    return referenced, *said, not_null


def _finding(key: ForeignKey, said: str, model: ForeignKey, usual: _Facts, alike: int) -> Finding:
    _, (referenced_columns, on_delete, on_update, *_), not_null = usual
    null = "NOT NULL" if all(not_null) else "may be NULL"
    evidence = (
        f"in {alike:,} schemas: refers to {model.referenced.beside(model.table)} ({listed(referenced_columns)}), "
        f"ON DELETE {on_delete}, ON UPDATE {on_update}, {null}"
    )
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=key.columns,
        message=said,
        explanation=f"{alike:,} schemas have the table {key.table.shown} with one and the same foreign key, as "
        f"{model.qualified} is. Where schemas are made by the same migrations, one that differs has missed one "
        "or was repaired by hand: statements that work everywhere else fail there, or leave rows behind.",
        evidence=(evidence,),
        certain=False,
    )


RULE = Rule(
    id="FK506",
    name="differs-from-its-family",
    severity=Severity.WARNING,
    summary="Is not what it is in all other schemas with the same table",
    explanation="Three or more schemas have the same table with the same foreign key, and at least three in four "
    "of all that have the table agree, while in this one it is missing, has another action, is not validated, or "
    "its columns may be NULL where they may not elsewhere. Of tenants' schemas that is the one that breaks.",
    example="".join(
        f"CREATE SCHEMA t{number};\n"
        f"CREATE TABLE t{number}.a (id int PRIMARY KEY);\n"
        f"CREATE TABLE t{number}.b (a_id int REFERENCES t{number}.a{action});\n"
        for number, action in enumerate(("", "", "", " ON DELETE CASCADE"), 1)
    ),
    find=_find,
)
