"""Which references may have orphans: keys that do not guarantee their rows, and what none declares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.model import TableKind
from fkdash.fact import fact
from fkdash.rules.checks import fk209_inheritance_not_covered
from fkdash.rules.registry import RULES, findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName


@fact
class Reference:
    """A reference to scan: a declared foreign key, or one that names, types, joins or the operator speak for.

    `confirmed` says that the operator declared it in `[references]`; `rules` are those that say that the key does
    not guarantee its rows.
    """

    key: ForeignKey
    declared: bool
    confirmed: bool = False
    rules: tuple[str, ...] = ()


def doubtful(catalog: Catalog) -> tuple[Reference, ...]:
    """Give the references that may have orphans.

    Declared keys that are NOT VALID or NOT ENFORCED, whose triggers are off, whose actions a trigger or a rule can
    swallow, or that inheritance goes past; the same references in inheriting tables; those that the operator
    confirmed; and those that look like one. A key that was written past in a replica session is declared
    as valid as any: only `every` includes it.
    """
    found = _by_rule(catalog)
    declared = [key for key in _sorted(catalog) if key.qualified in found]
    return (
        *(Reference(key, declared=True, rules=found[key.qualified]) for key in declared),
        *_not_declared(catalog),
    )


def every(catalog: Catalog) -> tuple[Reference, ...]:
    """Give every declared foreign key, and the references that are not declared."""
    found = _by_rule(catalog)
    return (
        *(Reference(key, declared=True, rules=found.get(key.qualified, ())) for key in _sorted(catalog)),
        *_not_declared(catalog),
    )


def undeclared(catalog: Catalog) -> tuple[Reference, ...]:
    """Give the references that the rules take for such without a foreign key."""
    found = findings(catalog, [rule for rule in RULES if rule.undeclared])
    return tuple(
        Reference(finding.key, declared=False, rules=(finding.rule,)) for finding in found if not finding.certain
    )


def inherited(catalog: Catalog) -> Iterator[Reference]:
    """Give the references of tables that inherit from a referencing one: no foreign key reaches into these."""
    for key in _sorted(catalog):
        for heir in _heirs(catalog, key.table):
            columns = catalog.tables[heir].columns_by_name
            own = replace(
                key, name="", table=heir, oid=None, copies=(), validated=False, enforced=False, comment=None
            )
            if all(name in columns for name in key.columns) and not _declared(catalog, own):
                yield Reference(own, declared=False, rules=(fk209_inheritance_not_covered.RULE.id,))


def _not_declared(catalog: Catalog) -> tuple[Reference, ...]:
    """Give each once: what the operator confirmed, what follows from a declared key, what looks like one."""
    confirmed = (Reference(key, declared=False, confirmed=True) for key in catalog.known)
    found: dict[object, Reference] = {}
    spoken_for: set[tuple[TableName, tuple[str, ...]]] = set()
    for each in (*confirmed, *inherited(catalog)):
        found.setdefault(_identity(each.key), each)
        spoken_for.add((each.key.table, each.key.columns))
    for each in undeclared(catalog):
        if (each.key.table, each.key.columns) not in spoken_for:
            found.setdefault(_identity(each.key), each)
    return tuple(found.values())


def _identity(key: ForeignKey) -> object:
    return key.table, key.columns, key.referenced, key.referenced_columns


def _declared(catalog: Catalog, key: ForeignKey) -> bool:
    return any(_identity(each) == _identity(key) for each in catalog.declared_on.get(key.table, ()))


def _heirs(catalog: Catalog, name: TableName) -> Iterable[TableName]:
    """Give the tables with rows of their own that inherit from one."""
    return [heir for heir in catalog.inheriting(name) if catalog.tables[heir].kind is TableKind.ORDINARY]


def _by_rule(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for finding in findings(catalog, [rule for rule in RULES if rule.doubt and not rule.undeclared]):
        known = found.get(finding.key.qualified, ())
        if finding.rule not in known:
            found[finding.key.qualified] = (*known, finding.rule)
    return {name: tuple(sorted(rules)) for name, rules in found.items()}


def _sorted(catalog: Catalog) -> list[ForeignKey]:
    return sorted(catalog.foreign_keys, key=lambda key: key.qualified)
