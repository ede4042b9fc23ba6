"""What the journals tell of changes to foreign keys of a database, for an error older than the schema."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fkdash.apply.journal.records import history
from fkdash.explain.model import Changed

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.apply.journal.identity import Identity
    from fkdash.catalog.model import ForeignKey


def fixed_in(here: Identity, folder: Path | None = None) -> dict[str, datetime]:
    """Give when each foreign key of this database was changed last, by its qualified name, in UTC."""
    changes = reversed([each for each in changes_in(here, folder) if each.done])
    return {each.key: datetime.fromisoformat(each.done).astimezone(UTC) for each in changes}


def keys_before(here: Identity, folder: Path | None = None) -> tuple[ForeignKey, ...]:
    """Give the foreign keys of this database as they were before they were changed: older errors are theirs."""
    plans = [run.plan for run in history(folder) if run.changed and run.identity.is_same(here)]
    return tuple(dict.fromkeys(plan.key for plan in plans if plan.key != plan.goal.key))


def changes_in(here: Identity, folder: Path | None = None) -> tuple[Changed, ...]:
    """Give the runs that changed something in this database, the newest first."""
    return tuple(
        Changed(
            run.plan.key.qualified,
            run.started[:16].replace("T", " "),
            f"fkdash fix apply, {run.plan.option}",
            run.ended or run.started,
            run.plan.goal.key.on_delete if run.plan.goal.key.on_delete is not run.plan.key.on_delete else None,
        )
        for run in history(folder)
        if run.changed and run.identity.is_same(here)
    )
