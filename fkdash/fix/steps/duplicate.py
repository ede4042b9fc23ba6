"""Drops a foreign key that says what another one says already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.fix.plan import ADD_AND_CHECK, Duration, LockMode, Step
from fkdash.fix.statements.definition import add, comment, drop
from fkdash.fix.statements.redeclaring import locks_on, locks_to_declare, numbered, short, validation
from fkdash.fix.statements.took_effect import absent, commented, key_is
from fkdash.rules.actions.rivals import reference, same_reference

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey


def twins(catalog: Catalog, key: ForeignKey) -> tuple[ForeignKey, ...]:
    """Give the other keys that make the same columns refer to the same columns."""
    group = same_reference(catalog).get(reference(key), ())
    return tuple(other for other in group if other.name != key.name)


def survivor(catalog: Catalog, key: ForeignKey) -> ForeignKey | None:
    """Give the twin that goes on protecting the reference; None where none is enforced and validated."""
    whole = [other for other in twins(catalog, key) if other.enforced and other.validated]
    alike = [other for other in whole if (other.on_delete, other.on_update) == (key.on_delete, key.on_update)]
    return next(iter(alike or whole), None)


def drop_steps(catalog: Catalog, key: ForeignKey) -> tuple[Step, ...]:
    """Give the step that drops the key."""
    locks = locks_on(catalog, (key.table, key.referenced), LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT)
    gone = absent(key.table, key.name)
    return numbered(short("drop", drop(key.table, key.name), 1, locks, gone, reserve=key.table))


def declare_steps(catalog: Catalog, key: ForeignKey, *, not_valid: bool) -> tuple[Step, ...]:
    """Give the way back: the key added again, and checked without stopping anybody."""
    locks = locks_to_declare(catalog, key)
    fresh = replace(key, oid=None)
    there = key_is(fresh, fresh)
    title = "add" if not_valid or not key.enforced else ADD_AND_CHECK
    steps = [short(title, add(key.table, key.name, key, not_valid=not_valid), 1, locks, there, reserve=key.table)]
    if key.comment is not None:
        done_when = commented(key.table, key.name, key.comment)
        steps.append(short("comment", comment(key), 1, (), done_when))
    if not_valid and key.validated and key.enforced:
        steps.append(validation(catalog, key.table, key.name, key, 2))
    return numbered(*steps)
