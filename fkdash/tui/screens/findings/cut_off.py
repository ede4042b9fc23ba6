"""Which run in a database was cut off or stopped halfway: said before anything else is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fkdash.counted import counted
from fkdash.tui.words import shown_columns

if TYPE_CHECKING:
    from fkdash.db.session import Sessions


async def cut_off_in(sessions: Sessions) -> str:
    """Say which run in this database was cut off or stopped halfway, "" where there is none."""
    from fkdash.apply.journal.identity import identity_of  # not before the first frame
    from fkdash.apply.journal.records import unfinished

    runs = await asyncio.to_thread(unfinished)
    if runs:
        async with sessions.session() as session:
            here = await identity_of(session)
        runs = tuple(run for run in runs if run.identity.is_same(here))
    if not runs:
        return ""
    return f"{counted(len(runs), 'runs')} left halfway (H): {shown_columns(runs[0].plan.key)}. "
