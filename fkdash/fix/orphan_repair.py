"""What all remedies share that take orphans away and prove the key; the rows can be put back as they were."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.tables_of_fkdash import kept_table
from fkdash.fix.option import consequences
from fkdash.fix.plan import Goal, Plan
from fkdash.fix.plan_file.fingerprint import fingerprint, objects
from fkdash.fix.statements.values import as_referenced, in_words, referenced_row
from fkdash.fix.steps.change_key import takes_not_valid
from fkdash.fix.steps.put_back import kept_rows, lost_with_writing, no_way_back, put_back_steps
from fkdash.fix.steps.repair_orphans import Keeping, keep, repair_steps
from fkdash.rules.actions.enforcement import is_silenced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.option import Option
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding

REPAIRED: Final = frozenset({"FK201", "FK202", "FK203"})
"""The rules whose findings a repair answers: there the key does not guarantee its rows."""


def repair(
    catalog: Catalog,
    finding: Finding,
    option: Option,
    asked: Asked,
    *,
    written: Mapping[str, str | None] | None = None,
    keeping: Keeping | None = None,
) -> Plan:
    """Give the plan that writes the columns `written` into orphans, or takes them away, and proves the key.

    They are kept as they were in fkdash's own table, or as `keeping` says.
    """
    key, values, pace = finding.key, asked.values, asked.pace
    written = dict(written or {})
    keeping = keeping or Keeping(kept_table(key), (keep(catalog, key, kept_table(key)),))
    kept = keeping.table
    back = put_back_steps(catalog, key, kept, written)
    there = (
        (f"{key.referenced.shown} has the row {as_referenced(key, values)}", referenced_row(catalog, key, values))
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
        steps=repair_steps(catalog, key, written, keeping, pace=pace, anew=is_silenced(catalog, key)),
        undo=back,
        undo_condition=option.undo,
        consequences=(*consequences(option)[:1], *referring, *consequences(option)[1:]),
        goal=Goal(key=replace(key, validated=True, enforced=True), checks=(there,) if there else ()),
        mends=True,
        abandon=back,
        values=values,
        pace=pace,
        kept=kept_rows(catalog, key, kept, written),
        objects=objects(catalog, key),
    )


def _first(catalog: Catalog, key: ForeignKey) -> str:
    if not (key.validated or not key.enforced or is_silenced(catalog, key)):
        return ""
    if takes_not_valid(catalog, key):
        return "the key is declared anew first, so that no new orphan comes in and all rows are checked; then "
    return (
        "before PostgreSQL 18 a partitioned table takes no NOT VALID key, so the key is declared anew at the end, "
        "and fails if new orphans came in meanwhile; "
    )


def undo_of_values(catalog: Catalog, key: ForeignKey, written: Mapping[str, str | None]) -> str:
    """Say whether and until when changed columns of orphans can be put back; `written` is what they get."""
    hindered = no_way_back(catalog, key, dict.fromkeys(key.columns))
    if hindered:
        return by_hand(key, hindered)
    lost = lost_with_writing(catalog, key, written)
    besides = f"; not what that changes in {', '.join(map(str, lost))}" if lost else ""
    return f"what was not changed since, from {kept_table(key)}{besides}"


def by_hand(key: ForeignKey, why: str) -> str:
    """Say that there is no way back but the rows that are kept."""
    return f"not by itself, {why}: the rows are kept in {kept_table(key)}"
