"""A reference that no constraint declares becomes a foreign key: added NOT VALID, cleaned, and then validated.

From the first step on no new orphan comes in, and nobody waits for longer than that takes. Undone, the key is
gone again, and rows that were changed are as they were.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.confirmed_references import find_known
from fkdash.fix.option import Option
from fkdash.fix.plan import Duration, Goal, LockMode, Plan
from fkdash.fix.plan_file.fingerprint import fingerprint, objects
from fkdash.fix.remedies.change_action import takes_not_valid
from fkdash.fix.remedies.orphan_options import ORPHAN_OPTIONS
from fkdash.fix.statements.definition import add, drop, server_name
from fkdash.fix.statements.redeclaring import locks_on, numbered, short, validation
from fkdash.fix.statements.took_effect import absent, either, present

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.plan import Step
    from fkdash.rules.finding import Finding

ADD_KEY: Final = "add-key"


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


def options_of_new(catalog: Catalog, finding: Finding) -> tuple[Option, ...]:
    """Give what can be done with a reference that is not declared: declare it, and mend its orphans before."""
    refused = _refused(catalog, finding.key)
    made = (_add_key(finding.key), *(make(catalog, finding) for make in ORPHAN_OPTIONS))
    return tuple(
        replace(each, refused=refused or each.refused, then=_then(finding.key))
        for each in made
        if each is not None
    )


def add_key(catalog: Catalog, finding: Finding, option: Option) -> Plan:
    """Give the plan that validates the key; what declares it comes before by `declared_first`."""
    key = finding.key
    proven = replace(key, validated=True)
    return Plan(
        key=key,
        rule=finding.rule,
        option=option.id,
        procedure="the rows that are there are checked without stopping anybody",
        fingerprint=fingerprint(catalog, key),
        steps=numbered(validation(key.table, key.name, proven, 1)),
        undo=(),
        undo_condition=option.undo,
        consequences=(option.then, f"the application {option.application}", f"undo: {option.undo}"),
        goal=Goal(key=proven),
        objects=objects(catalog, key),
    )


def declared_first(catalog: Catalog, made: Plan) -> Plan:
    """Give a plan about a key that is not declared with the step that declares it, undone by taking it away."""
    key = made.key
    there = present(key.table, key.name)
    both = (key.table, key.referenced)
    locks = locks_on(catalog, both, LockMode.SHARE_ROW_EXCLUSIVE, Duration.INSTANT)
    first = short("add", add(key.table, key.name, key, not_valid=True), 1, locks, there, reserve=key.table)
    undo = (*made.undo, taken_away(catalog, key)) if made.undo or not made.kept else ()
    back = numbered(*(_or_gone(step, key) for step in _in_turn(undo)))
    return replace(
        made,
        procedure=f"{key.name} is declared first (NOT VALID), so that no new orphan comes in; then "
        f"{made.procedure}",
        steps=numbered(*_in_turn((first, *made.steps))),
        undo=back,
        consequences=(*made.consequences, f"{key.name} is a new constraint: put it into the schema's source too"),
        abandon=back,
        absent=True,
        brings=True,
    )


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


def _then(key: ForeignKey) -> str:
    return f"deleting a row of {key.referenced.name} that rows of {key.table.name} refer to fails with 23503"


def _add_key(key: ForeignKey) -> Option:
    return Option(
        id=ADD_KEY,
        title="add the foreign key",
        then=_then(key),
        application=f"gets 23503 for rows of {key.table.name} that refer to no row of {key.referenced.name}",
        frees=False,
        undo="any time: the key is dropped",
    )


def _refused(catalog: Catalog, key: ForeignKey) -> str:
    if not takes_not_valid(catalog, key):
        return "before PostgreSQL 18 a partitioned table takes no NOT VALID key"
    referenced = catalog.tables[key.referenced]
    numbers = {referenced.columns_by_name[name].number for name in key.referenced_columns}
    unique = (
        index.unique and index.valid and not index.predicate and set(index.columns) == numbers
        for index in referenced.indexes
    )
    if set(referenced.primary_key) != set(key.referenced_columns) and not any(unique):
        return f"no primary key or unique constraint is on {', '.join(key.referenced_columns)} of {key.referenced}"
    return ""
