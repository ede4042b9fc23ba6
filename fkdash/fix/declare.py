"""A reference that no constraint declares becomes a foreign key: added NOT VALID, cleaned, and then validated.

From the first step on no new orphan comes in, and nobody waits for longer than that takes. Undone, the key is
gone again, and rows that were changed are as they were.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.confirmed_references import find_known
from fkdash.catalog.table_name import listed
from fkdash.errors import UsageError
from fkdash.fix.option import AS_TODAY
from fkdash.fix.plan import Duration, LockMode, Plan
from fkdash.fix.statements.definition import add, drop, server_name
from fkdash.fix.statements.redeclaring import locks_on, locks_to_declare, numbered, short
from fkdash.fix.statements.took_effect import absent, either, present
from fkdash.fix.steps.change_key import takes_not_valid

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.plan import Step

FOR_NEW_KEYS: Final = frozenset(
    {"add-key", "reparent-orphans", "null-orphans", "quarantine-orphans", "delete-orphans", "recreate-parents"}
)
"""What can be done with a key that is not declared yet: declare it, and mend its orphans before."""


def to_declare(catalog: Catalog, reference: ForeignKey) -> ForeignKey:
    """Give a reference as the foreign key it would become, under the first free name of those the server gives.

    NO ACTION both ways: it names the key in its error, and changes no row by itself.
    """
    table = catalog.tables[reference.table]
    taken = {each.name for each in catalog.declared_on.get(reference.table, ())}
    taken |= {check.name for check in table.checks} | {index.name for index in table.indexes}
    number, ending = 0, "fkey"
    while (name := server_name(reference.table.name, "_".join(reference.columns), ending)) in taken:
        number += 1
        ending = f"fkey{number}"
    return replace(reference, name=name, validated=False, enforced=True)


def new_key_named(catalog: Catalog, text: str) -> ForeignKey | None:
    """Give the key that a confirmed reference would become: named as `table.column`, or by the key's name to be.

    None where there is no such reference; raises UsageError where several are meant.
    """
    reference = find_known(catalog, text)
    if reference is not None:
        return to_declare(catalog, reference)
    found = [key for each in catalog.known if text in ((key := to_declare(catalog, each)).name, key.qualified)]
    return found[0] if len(found) == 1 else None


def is_new(catalog: Catalog, key: ForeignKey) -> bool:
    """Tell whether a key is not declared yet."""
    return all(each.name != key.name for each in catalog.declared_on.get(key.table, ()))


def declared_first(catalog: Catalog, made: Plan) -> Plan:
    """Give a plan about a key that is not declared with the step that declares it, undone by taking it away.

    Raises UsageError where it cannot be declared.
    """
    key = made.key
    why = refused(catalog, key)
    if why:
        raise UsageError(
            f"{key.qualified} cannot be declared: {why}.", next_step="Change that first, then plan again."
        )
    there = present(key.table, key.name)
    locks = locks_to_declare(catalog, key)
    first = short("add", add(key.table, key.name, key, not_valid=True), 1, locks, there, reserve=key.table)
    said = made.consequences
    if said and said[0] == AS_TODAY:
        said = (then_of_new(key), *said[1:])
    undo = (*made.undo, taken_away(catalog, key)) if made.undo or not made.kept else ()
    back = numbered(*(_or_gone(step, key) for step in _in_turn(undo)))
    return replace(
        made,
        procedure=f"{key.shown} is declared first (NOT VALID), so that no new orphan comes in; then "
        f"{made.procedure}",
        steps=numbered(*_in_turn((first, *made.steps))),
        undo=back,
        consequences=(*said, f"{key.shown} is a new constraint: put it into the schema's source too"),
        abandon=back,
        absent=True,
        brings=True,
    )


def then_of_new(key: ForeignKey) -> str:
    """Say what deleting a referenced row does once the key is declared."""
    return f"deleting a row of {key.referenced.shown} that rows of {key.table.shown} refer to fails with 23503"


def taken_away(catalog: Catalog, key: ForeignKey) -> Step:
    """Give the step that drops the key again."""
    locks = locks_on(catalog, (key.table, key.referenced), LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT)
    gone = absent(key.table, key.name)
    return short("take away", drop(key.table, key.name), 1, locks, gone, reserve=key.table)


def _in_turn(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Give steps of which one more group comes first or last: steps of one number stay in one transaction."""
    found: list[Step] = []
    number, before = 0, None
    for step in steps:
        group = (step.transaction, step.title in {"add", "take away"})
        number += group != before
        before = group
        found.append(replace(step, transaction=number))
    return tuple(found)


def _or_gone(step: Step, key: ForeignKey) -> Step:
    """Let a step have taken effect once the key is gone, which comes last."""
    return replace(step, done_when=either(step.done_when, absent(key.table, key.name)))


def refused(catalog: Catalog, key: ForeignKey) -> str:
    """Say why a reference cannot be declared; empty where it can."""
    if not takes_not_valid(catalog, key):
        return "before PostgreSQL 18 a partitioned table takes no NOT VALID key"
    referenced = catalog.tables[key.referenced]
    numbers = {referenced.columns_by_name[name].number for name in key.referenced_columns}
    unique = (
        index.unique and index.valid and not index.predicate and set(index.columns) == numbers
        for index in referenced.indexes
    )
    if set(referenced.primary_key) != set(key.referenced_columns) and not any(unique):
        return f"no primary key or unique constraint is on {listed(key.referenced_columns)} of {key.referenced}"
    return ""
