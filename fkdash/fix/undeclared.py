"""What the rules would say of a foreign key that is not declared yet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import REFUSING, Action
from fkdash.catalog.model import Catalog
from fkdash.rules.actions.cascades import node
from fkdash.rules.registry import RULES, findings
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fkdash.catalog.action import Statement
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.rules.finding import Finding

_FAMILY: Final = "FK1"
_MOST_TABLES: Final = 300


def contradiction(catalog: Catalog, new: ForeignKey, statements: Iterable[Statement]) -> Finding | None:
    """Give the first contradiction that a key declared as `new` would be, None when there is none.

    One that something else may spare some rows is one as well: nobody should declare it.
    """
    asked = set(statements)
    for finding in foreseen(catalog, new):
        certain = finding.certain and finding.severity is Severity.ERROR
        if (certain or finding.unless) and asked.intersection(finding.statements):
            return finding
    return None


def foreseen(catalog: Catalog, new: ForeignKey) -> tuple[Finding, ...]:
    """Give what the rules on contradictions say of `new`, in place of the key of that name."""
    # What only refuses leaves the rows as they are: nothing that refers to them is met.
    met = [] if REFUSING.issuperset({new.on_delete, new.on_update}) else [new.table]
    said = _said(_neighbourhood(catalog, new, met))
    return tuple(finding for finding in said if finding.key.qualified == new.qualified)


def around(catalog: Catalog, new: ForeignKey, beside: ForeignKey | None = None) -> tuple[Finding, ...]:
    """Give what the rules on contradictions say of `new`, and of the keys that a delete can meet with it.

    `beside` stands in place of the key of its name as well.
    """
    return _said(_neighbourhood(catalog, new, [new.table], beside))


def _said(catalog: Catalog) -> tuple[Finding, ...]:
    return findings(
        catalog, [rule for rule in RULES if rule.id.startswith(_FAMILY) or rule.severity is Severity.ERROR]
    )


def _neighbourhood(
    catalog: Catalog, new: ForeignKey, ahead: list[TableName], beside: ForeignKey | None = None
) -> Catalog:
    """Give `new`, and `beside`, in the part of the catalog that a delete can reach from the tables `ahead`.

    Rules read a whole catalog.
    """
    names: dict[TableName, None] = {}
    walked: set[TableName] = set()
    for name in (new.referenced, new.table):
        _take(catalog, name, names)
    while ahead and len(names) < _MOST_TABLES:
        name = ahead.pop()
        walked.add(name)
        _take(catalog, name, names)
        for key in referring(catalog, name):
            _take(catalog, key.table, names)
            if Action.CASCADE in {key.on_delete, key.on_update} and key.table not in walked:
                ahead.append(key.table)
    keys = [
        beside if beside is not None and key.qualified == beside.qualified else key
        for name in names
        for key in catalog.declared_on.get(name, ())
        if (key.name != new.name or key.table != new.table)
        and (key.referenced in names or _shares_columns(catalog, key, new))
    ]
    for key in keys:
        _take(catalog, key.referenced, names)
    tables = {name: catalog.tables[name] for name in names}
    return replace(catalog, tables=tables, foreign_keys=(*keys, new))


def _shares_columns(catalog: Catalog, key: ForeignKey, new: ForeignKey) -> bool:
    """Tell whether a column of the key is one of another key as well: what writes one of them writes the other."""
    beside = (*catalog.declared_on[key.table], new) if key.table == new.table else catalog.declared_on[key.table]
    return len(beside) > 1 and any(
        not set(other.columns).isdisjoint(key.columns) for other in beside if other is not key
    )


def referring(catalog: Catalog, name: TableName) -> Iterator[ForeignKey]:
    """Give the keys to a table, to what it is a partition of, and to its partitions: its rows are theirs."""
    if name in catalog.tables:
        for table in catalog.with_partitions(node(catalog, name)):
            yield from catalog.referencing.get(table.name, ())


def _take(catalog: Catalog, name: TableName, names: dict[TableName, None]) -> None:
    if name in catalog.tables:
        names.update(dict.fromkeys(table.name for table in catalog.with_partitions(node(catalog, name))))
