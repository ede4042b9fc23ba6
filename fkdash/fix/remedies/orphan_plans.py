"""The plans that repair orphans, prove the key, and can put the rows back as they were."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.tables_of_fkdash import kept_table, quarantine_table
from fkdash.fix.plan import Goal, Plan
from fkdash.fix.plan_file.fingerprint import fingerprint, objects
from fkdash.fix.quarantine import quarantine_steps
from fkdash.fix.remedies.change_action import takes_not_valid
from fkdash.fix.remedies.orphan_options import columns_to_empty
from fkdash.fix.remedies.other_options import silenced
from fkdash.fix.remedies.put_back import kept_rows, put_back_steps
from fkdash.fix.remedies.repair_orphans import Keeping, keep, repair_steps
from fkdash.fix.statements.values import as_referenced, constants, in_words, referenced_row

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.option import Option
    from fkdash.fix.plan import Pace
    from fkdash.fix.statements.values import Values
    from fkdash.rules.finding import Finding

REPAIRS: Final = frozenset({"reparent-orphans", "null-orphans", "delete-orphans", "quarantine-orphans"})


def repair(catalog: Catalog, finding: Finding, option: Option, values: Values, pace: Pace) -> Plan:
    """Give the plan for one of the repairs; `values` are the key of the row that orphans are to refer to."""
    key = finding.key
    written: dict[str, str | None] = dict(constants(catalog, key, values))
    if option.id == "null-orphans":
        written = dict.fromkeys(columns_to_empty(catalog, key))
    kept = kept_table(key)
    keeping = Keeping(kept, (keep(catalog, key, kept),))
    if option.id == "quarantine-orphans":
        kept = quarantine_table(catalog, key)
        keeping = quarantine_steps(catalog, key, kept)
    back = put_back_steps(catalog, key, kept, written)
    there = (
        (f"{key.referenced.name} has the row {as_referenced(key, values)}", referenced_row(catalog, key, values))
        if values
        else None
    )
    referring = (f"orphans then refer to {in_words(values)}",) if values else ()
    return Plan(
        key=key,
        rule=finding.rule,
        option=option.id,
        procedure=f"{_first(catalog, key)}orphans are changed in {pace.words}, each a "
        f"transaction of its own that keeps the rows as they were in {kept}; at last the key is validated without "
        "stopping anybody",
        fingerprint=fingerprint(catalog, key),
        steps=repair_steps(catalog, key, written, keeping, pace=pace, anew=silenced(catalog, key)),
        undo=back,
        undo_condition=option.undo,
        consequences=(option.then, *referring, f"the application {option.application}", f"undo: {option.undo}"),
        goal=Goal(key=replace(key, validated=True, enforced=True), checks=(there,) if there else ()),
        mends=True,
        abandon=back,
        values=values,
        pace=pace,
        kept=kept_rows(catalog, key, kept, written),
        objects=objects(catalog, key),
    )


def _first(catalog: Catalog, key: ForeignKey) -> str:
    if not (key.validated or not key.enforced or silenced(catalog, key)):
        return ""
    if takes_not_valid(catalog, key):
        return "the key is declared anew first, so that no new orphan comes in and all rows are checked; then "
    return (
        "before PostgreSQL 18 a partitioned table takes no NOT VALID key, so the key is declared anew at the end, "
        "and fails if new orphans came in meanwhile; "
    )
