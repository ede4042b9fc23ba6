"""The options that repair orphans: point them to another row, let them refer to nothing, or delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import Match
from fkdash.catalog.tables_of_fkdash import kept_table, quarantine_table
from fkdash.fix.option import Option
from fkdash.fix.remedies.put_back import lost_with, no_way_back
from fkdash.rules.actions.refusal import refusals

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.rules.finding import Finding

_AS_NOW: Final = "as today"


def reparent_orphans(catalog: Catalog, finding: Finding) -> Option:
    """Offer to point the rows that refer to nothing to a row that the operator names."""
    key = finding.key
    columns = catalog.tables[key.table].columns_by_name
    unwritable = [name for name in key.columns if columns[name].generated or columns[name].identity_always]
    return Option(
        id="reparent-orphans",
        title="re-parent orphans",
        then=_AS_NOW,
        application=f"finds the rows of {key.table.name} that refer to no row of {key.referenced.name} under the "
        f"one you name; they are kept as they were in {kept_table(key)}",
        frees=False,
        undo=_undo_of_values(catalog, key),
        refused=f"{', '.join(unwritable)} cannot be written" if unwritable else "",
        asks=key.columns,
    )


def null_orphans(catalog: Catalog, finding: Finding) -> Option:
    """Offer to let the rows that refer to nothing say so."""
    key = finding.key
    columns = columns_to_empty(catalog, key)
    refused = "" if columns else f"{', '.join(key.columns)} cannot be NULL"
    if columns and key.match is Match.FULL and len(columns) < len(key.columns):
        refused = "MATCH FULL wants all columns NULL or none, and some cannot be"
    return Option(
        id="null-orphans",
        title="set orphans to NULL",
        then=_AS_NOW,
        application=f"finds NULL in {', '.join(columns) or 'no column'} of the rows of {key.table.name} that "
        f"refer to no row of {key.referenced.name}; they are kept as they were in {kept_table(key)}",
        frees=False,
        undo=_undo_of_values(catalog, key),
        refused=refused,
    )


def delete_orphans(catalog: Catalog, finding: Finding) -> Option:
    """Offer to delete the rows that refer to nothing."""
    key = finding.key
    lost = ", ".join(map(str, lost_with(catalog, key)))
    hindered = no_way_back(catalog, key, {})
    undo = f"the deleted rows, from {kept_table(key)}" + (
        f"; not what the delete changes in {lost}" if lost else ""
    )
    return Option(
        id="delete-orphans",
        title="delete orphans",
        then=_AS_NOW,
        application=f"loses the rows of {key.table.name} that refer to no row of {key.referenced.name}"
        + (f", and what hangs on those in {lost}" if lost else "")
        + f"; they are kept in {kept_table(key)}",
        frees=False,
        undo=_by_hand(key, hindered) if hindered else undo,
    )


def quarantine_orphans(catalog: Catalog, finding: Finding) -> Option:
    """Offer to move the rows that refer to nothing out of the way, where only their owner sees them."""
    key = finding.key
    kept = quarantine_table(catalog, key)
    lost = ", ".join(map(str, lost_with(catalog, key)))
    hindered = no_way_back(catalog, key, {})
    undo = f"the rows, from {kept}" + (f"; not what their leaving changes in {lost}" if lost else "")
    return Option(
        id="quarantine-orphans",
        title="quarantine orphans",
        then=_AS_NOW,
        application=f"does not find the rows of {key.table.name} that refer to no row of {key.referenced.name}"
        f"{f', nor what hangs on those in {lost}' if lost else ''} any more; they are in {kept}, with the reason "
        "and the run, and only their owner may read them",
        frees=False,
        undo=f"not by itself, {hindered}: the rows are in {kept}" if hindered else undo,
    )


def columns_to_empty(catalog: Catalog, key: ForeignKey) -> tuple[str, ...]:
    """Give the columns that must become NULL for a row to refer to nothing: all that can, for MATCH FULL all."""
    refusing = {refusal.column.name for refusal in refusals(catalog, key, key.columns)}
    columns = catalog.tables[key.table].columns_by_name
    return tuple(name for name in key.columns if name not in refusing and not columns[name].generated)


def _undo_of_values(catalog: Catalog, key: ForeignKey) -> str:
    hindered = no_way_back(catalog, key, dict.fromkeys(key.columns))
    return _by_hand(key, hindered) if hindered else f"what was not changed since, from {kept_table(key)}"


def _by_hand(key: ForeignKey, why: str) -> str:
    return f"not by itself, {why}: the rows are kept in {kept_table(key)}"


ORPHAN_OPTIONS: Final[tuple[Callable[[Catalog, Finding], Option | None], ...]] = (
    reparent_orphans,
    null_orphans,
    quarantine_orphans,
    delete_orphans,
)
