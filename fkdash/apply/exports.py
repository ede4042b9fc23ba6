"""What a fix that was applied live is exported from, and the note of an export in its journal."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fkdash.apply.events import RunOutcome
from fkdash.apply.journal.journal import read
from fkdash.apply.journal.records import history, undone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fkdash.apply.journal.identity import Identity
    from fkdash.apply.journal.records import RecordedRun
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.plan import Plan


def applied_run(catalog: Catalog, key: ForeignKey, option: str, here: Identity) -> RecordedRun | None:
    """Give the newest run that made a key what it is now in this database, by this option; None without one."""
    runs = history()
    back = undone(runs)
    for run in runs:
        plan = run.plan
        if (plan.key.table, plan.key.name, plan.option) != (key.table, key.name, option):
            continue
        if run.outcome != RunOutcome.VERIFIED or run.path.resolve() in back or not run.identity.is_same(here):
            continue
        if _is_now(catalog, key, plan):
            return run
    return None


def _is_now(catalog: Catalog, key: ForeignKey, plan: Plan) -> bool:
    """Tell whether what a plan leads to is declared now; what PostgreSQL numbers is passed over."""
    wanted = plan.goal.key
    same = replace(key, oid=None, index=None, copies=(), operators=()) == replace(
        wanted, oid=None, index=None, copies=(), operators=()
    )
    return same and all(
        name in catalog.tables
        and column in catalog.tables[name].columns_by_name
        and not catalog.tables[name].columns_by_name[column].not_null
        for name, column in plan.goal.nullable
    )


def note_export(journal: Path, tool: str, paths: Sequence[Path]) -> None:
    """Add to the journal of a run that it was exported, and where to; raises OSError or UsageError."""
    read(journal)
    line = {
        "event": "exported",
        "at": datetime.now(UTC).isoformat(),
        "tool": tool,
        "files": [str(path) for path in paths],
    }
    descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(descriptor, (json.dumps(line, ensure_ascii=True) + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
