"""FK206: a composite MATCH SIMPLE key with columns that may be NULL.

One NULL is enough for a row to refer to nothing and to be checked against
nothing (CREATE TABLE, "MATCH SIMPLE").
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from fkdash.catalog.action import Match
from fkdash.catalog.table_name import listed, visible
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey


def _find(catalog: Catalog) -> Iterator[Finding]:
    for key in catalog.foreign_keys:
        if len(key.columns) == 1 or key.match is not Match.SIMPLE or not key.enforced:
            continue
        nullable = tuple(column.name for column in catalog.columns(key) if not column.forbids_null)
        if not nullable or (len(nullable) > 1 and _whole_or_none(catalog, key, nullable)):
            continue
        several = len(nullable) > 1
        names = listed(nullable, " and ")
        yield Finding(
            rule=RULE.id,
            name=RULE.name,
            severity=Severity.WARNING if several else Severity.INFO,
            key=key,
            columns=nullable,
            message=f"{key.shown} is MATCH SIMPLE and {names} may be NULL: a row with NULL there is checked "
            "against nothing" + (", whatever its other columns say." if several else "."),
            explanation=f"With MATCH SIMPLE one NULL among ({listed(key.columns)}) is enough for a "
            f"row of {key.table.shown} to refer to nothing: it is not checked, and deleting a row of "
            f"{key.referenced.shown} does not touch it. "
            + (
                "A row that is half filled in looks like a reference and is none."
                if several
                else "That is as it should be where the reference as a whole is optional."
            ),
            evidence=tuple(f"{key.table}.{visible(name)} may be NULL" for name in nullable),
        )


def _whole_or_none(catalog: Catalog, key: ForeignKey, nullable: tuple[str, ...]) -> bool:
    """Tell whether a CHECK refuses every row that is half filled in: some of the columns NULL and others not."""
    table = catalog.tables[key.table]
    numbers = {table.columns_by_name[name].number for name in nullable}
    checks = [each for each in table.checks if each.validated and each.enforced and each.expression]
    checks = [each for each in checks if len(numbers.intersection(each.columns)) > 1]
    if not checks:
        return False
    from fkdash.rules.actions.meeting import never_holds  # the SQL parser takes a while to load

    halves = (
        {name: name in missing for name in nullable}
        for size in range(1, len(nullable))
        for missing in combinations(nullable, size)
    )
    return all(any(never_holds(table, each.expression, half) for each in checks) for half in halves)


RULE = Rule(
    id="FK206",
    name="match-simple-nullable",
    severity=Severity.WARNING,
    summary="A composite key that one NULL switches off",
    explanation="The composite foreign key is MATCH SIMPLE (the default) and some of its columns may be NULL. "
    "A row with NULL in any of them is not checked at all. With one such column that is an optional reference "
    "(worth knowing); with several, rows that are half filled in pass unchecked (a warning). MATCH FULL "
    "refuses them, and so does a CHECK such as ((a IS NULL) = (b IS NULL)), where nothing is found.",
    example="CREATE TABLE cases (tenant_id int, id int, PRIMARY KEY (tenant_id, id));\n"
    "CREATE TABLE invoices (\n"
    "  id int PRIMARY KEY,\n"
    "  tenant_id int,\n"
    "  case_id int,\n"
    "  FOREIGN KEY (tenant_id, case_id) REFERENCES cases\n"
    ");\n"
    "INSERT INTO invoices VALUES (10, NULL, 77);  -- accepted: refers to nothing\n",
    find=_find,
    brief="half NULL",
    hangs_on=frozenset({HangsOn.NOT_NULL}),
)
