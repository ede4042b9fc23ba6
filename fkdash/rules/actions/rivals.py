"""Foreign keys over the same columns that act before another one does.

A row's actions run in the byte order of their triggers' names, which end in the
OID: 100002 comes before 99997. The first one to delete or rewrite the row leaves
nothing for those after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.model import Action
from fkdash.rules.actions.enforcement import action_runs
from fkdash.rules.finding import Statement
from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.catalog.model import Catalog, ForeignKey

_REFUSING = frozenset({Action.NO_ACTION, Action.RESTRICT})


def action_of(key: ForeignKey, statement: Statement) -> Action:
    """Give the action that a statement on the referenced table sets off."""
    return key.on_delete if statement is Statement.DELETE else key.on_update


@once_per_catalog
def same_reference(catalog: Catalog) -> Mapping[tuple[object, ...], tuple[ForeignKey, ...]]:
    """Give the foreign keys that make the same columns refer to the same columns, in groups of two or more."""
    groups: dict[tuple[object, ...], list[ForeignKey]] = {}
    for keys in catalog.declared_on.values():
        columns = [name for key in keys for name in key.columns]
        # Where no column is in two foreign keys, no two of them say the same.
        for key in keys if len(set(columns)) < len(columns) else ():
            groups.setdefault(reference(key), []).append(key)
    return {what: tuple(keys) for what, keys in groups.items() if len(keys) > 1}


def reference(key: ForeignKey) -> tuple[object, ...]:
    """Give what a foreign key says, whatever it is called and does."""
    return (key.table, key.referenced, frozenset(zip(key.columns, key.referenced_columns, strict=True)))


def acts_before(first: ForeignKey, second: ForeignKey) -> bool:
    """Tell whether the first key's action runs before the second's; False where that is not known."""
    return first.oid is not None and second.oid is not None and str(first.oid) < str(second.oid)


def _does(key: ForeignKey, statement: Statement) -> tuple[Action, frozenset[str]]:
    """Give what the action does to a row: an exact duplicate does the same and rescues nothing."""
    columns = key.set_columns if statement is Statement.DELETE else key.columns
    return action_of(key, statement), frozenset(columns)


def overtaken(catalog: Catalog, key: ForeignKey, statement: Statement) -> tuple[ForeignKey, ...]:
    """Give the keys over the same columns that may have moved or deleted the row before this one acts."""
    several = same_reference(catalog)
    return tuple(
        other
        for other in (several.get(reference(key), ()) if several else ())
        if other is not key
        and _does(other, statement) != _does(key, statement)
        and action_of(other, statement) not in _REFUSING
        and action_runs(catalog, other, statement)
        and not acts_before(key, other)
    )
