"""What the journals tell of changes to foreign keys of a database, for an error older than the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.apply.journal.records import history
from fkdash.explain.model import Changed

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.apply.journal.identity import Identity


def changes_in(here: Identity, folder: Path | None = None) -> tuple[Changed, ...]:
    """Give the runs that changed something in this database, the newest first."""
    return tuple(
        Changed(
            run.plan.key.qualified,
            run.started[:16].replace("T", " "),
            f"fkdash fix apply, {run.plan.option}",
            run.ended or run.started,
        )
        for run in history(folder)
        if run.changed and run.identity.is_same(here)
    )
