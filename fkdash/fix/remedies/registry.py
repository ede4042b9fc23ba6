"""Every remedy there is, in the order in which options are listed where no rule has one of its own."""

from __future__ import annotations

from typing import Final

from fkdash.fix.remedies import (
    add_key,
    cascade,
    create_index,
    delete_blockers,
    delete_orphans,
    drop_duplicate,
    drop_not_null,
    drop_not_null_set_null,
    enable_triggers,
    move_blockers,
    no_action,
    null_blockers,
    null_orphans,
    quarantine_orphans,
    recreate_parents,
    reparent_orphans,
    restrict,
    set_column_default,
    set_default,
    set_null,
    set_null_columns,
    validate,
)
from fkdash.fix.remedy import Remedy

REMEDIES: Final[tuple[Remedy, ...]] = (
    add_key.REMEDY,
    no_action.REMEDY,
    drop_not_null.REMEDY,
    set_null.REMEDY,
    set_null_columns.REMEDY,
    set_default.REMEDY,
    restrict.REMEDY,
    cascade.REMEDY,
    drop_not_null_set_null.REMEDY,
    set_column_default.REMEDY,
    validate.REMEDY,
    enable_triggers.REMEDY,
    create_index.REMEDY,
    drop_duplicate.REMEDY,
    reparent_orphans.REMEDY,
    null_orphans.REMEDY,
    quarantine_orphans.REMEDY,
    delete_orphans.REMEDY,
    recreate_parents.REMEDY,
    move_blockers.REMEDY,
    null_blockers.REMEDY,
    delete_blockers.REMEDY,
)
BY_ID: Final = {remedy.id: remedy for remedy in REMEDIES}
"""By the names that `--option` takes; they never change their meaning."""
