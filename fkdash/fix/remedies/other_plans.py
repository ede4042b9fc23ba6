"""The plans that do not change a referential action."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.fix.plan import Goal, Plan
from fkdash.fix.plan_file.fingerprint import fingerprint, objects
from fkdash.fix.remedies.change_action import change
from fkdash.fix.remedies.create_index import drop_index_steps, index_name, index_steps, valid_index
from fkdash.fix.remedies.drop_duplicate import declare_steps, drop_steps, survivor
from fkdash.fix.remedies.drop_not_null import drop_not_null_steps, restore_steps
from fkdash.fix.statements.definition import validate
from fkdash.fix.statements.redeclaring import numbered, validation
from fkdash.fix.targets import refused_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.model import Catalog
    from fkdash.fix.option import Option
    from fkdash.fix.plan import Step
    from fkdash.rules.finding import Finding


def _plan(
    catalog: Catalog,
    finding: Finding,
    option: Option,
    *,
    procedure: str,
    steps: tuple[Step, ...],
    undo: tuple[Step, ...],
    goal: Goal,
    abandon: tuple[Step, ...] = (),
) -> Plan:
    return Plan(
        key=finding.key,
        rule=finding.rule,
        option=option.id,
        procedure=procedure,
        fingerprint=fingerprint(catalog, finding.key),
        steps=steps,
        undo=undo,
        undo_condition=option.undo,
        consequences=(option.then, f"the application {option.application}", f"undo: {option.undo}"),
        goal=goal,
        abandon=abandon,
        objects=objects(catalog, finding.key),
    )


def _allow_null(catalog: Catalog, finding: Finding, option: Option) -> Plan:
    targets = [(refusal.table, refusal.column) for refusal in refused_columns(catalog, finding)]
    return replace(
        _plan(
            catalog,
            finding,
            option,
            procedure="ALTER COLUMN DROP NOT NULL changes the catalog only; the foreign key stays as it is",
            steps=drop_not_null_steps(catalog, targets),
            undo=restore_steps(catalog, targets),
            goal=Goal(key=finding.key, nullable=tuple((table.name, column.name) for table, column in targets)),
        ),
        consequences=(
            option.then,
            f"the application {option.application}",
            "rows that are blocked today can be deleted",
            f"undo: {option.undo}",
        ),
    )


def _validate(catalog: Catalog, finding: Finding, option: Option) -> Plan:
    key = finding.key
    new = replace(key, validated=True, enforced=True)
    if not key.enforced:
        way = change(catalog, key, new)
        procedure = f"{way.why}; ALTER CONSTRAINT ... ENFORCED would read the table under ACCESS EXCLUSIVE"
        steps = way.steps
    else:
        procedure = f"{validate(key.table, key.name)} reads the rows without stopping anybody"
        steps = numbered(validation(key.table, key.name, key, 1))
    return _plan(
        catalog,
        finding,
        option,
        procedure=procedure,
        steps=steps,
        undo=change(catalog, new, key).steps,
        goal=Goal(key=new),
    )


def _enable_triggers(catalog: Catalog, finding: Finding, option: Option) -> Plan:
    key = finding.key
    proven = replace(key, validated=True)
    return _plan(
        catalog,
        finding,
        option,
        procedure="declared anew, then validated: ENABLE TRIGGER needs a superuser and would leave rows unchecked "
        "that were written meanwhile, and VALIDATE does not look again at a key that is marked valid; a key "
        "declared anew has all its triggers enabled",
        steps=change(catalog, replace(key, enforced=True), proven).steps,
        undo=(),
        goal=Goal(key=proven),
    )


def _create_index(catalog: Catalog, finding: Finding, option: Option) -> Plan:
    key = finding.key
    name = index_name(catalog, key.table, key.columns)
    partitioned = bool(catalog.partitions.get(key.table))
    return _plan(
        catalog,
        finding,
        option,
        procedure="CREATE INDEX CONCURRENTLY reads the table twice and stops nobody; it runs outside a "
        "transaction, waits for those that are open, and what a failed try leaves behind is dropped"
        + (
            "; a partitioned table gets an index on each partition, and one on the whole they are attached to"
            if partitioned
            else ""
        ),
        steps=index_steps(catalog, key),
        undo=drop_index_steps(catalog, key),
        goal=Goal(key=key, checks=((f"index {name} is there and valid", valid_index(key.table, name)),)),
    )


def _drop_duplicate(catalog: Catalog, finding: Finding, option: Option) -> Plan:
    key = finding.key
    stays = survivor(catalog, key)
    assert stays is not None  # noqa: S101 - the option is refused otherwise
    partitioned_before_18 = bool(catalog.partitions.get(key.table)) and (
        catalog.server is None or catalog.server.major < 18  # noqa: PLR2004 - the first version that can
    )
    return _plan(
        catalog,
        finding,
        option,
        procedure=f"one ALTER TABLE drops {key.name}; {stays.name} is enforced and validated and goes on "
        "protecting the reference",
        steps=drop_steps(catalog, key),
        undo=declare_steps(catalog, key, not_valid=not partitioned_before_18),
        goal=Goal(key=key, gone=True),
    )


OTHER_PLANS: Final[dict[str, Callable[[Catalog, Finding, Option], Plan]]] = {
    "drop-not-null": _allow_null,
    "validate": _validate,
    "enable-triggers": _enable_triggers,
    "create-index": _create_index,
    "drop-duplicate": _drop_duplicate,
}
