"""Who waits for whom: the chains of sessions that wait for locks, down to those that hold everybody up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.db.queries import query
from fkdash.pictures.waits import Waiting

if TYPE_CHECKING:
    from fkdash.db.session import Session

MOST_WAITING: Final = 50
"""So many waiting sessions are looked at: each costs a short look into the shared lock table."""
_OURS: Final = "fkdash"


async def lock_waits(session: Session) -> tuple[Waiting, ...]:
    """Give the sessions that wait for a lock now, and those they wait for; raises the session's errors.

    At most MOST_WAITING that wait, the longest first. Only looks: it takes no lock on any table of a user.
    """
    rows = await session.rows(query("fkdash.apply", "lock_waits"), MOST_WAITING)
    return tuple(
        Waiting(
            id=row["pid"],
            name=" ".join(filter(None, (row["role"], row["application"]))),
            state=row["state"],
            seconds=row["seconds"],
            waits_for=tuple(row["blocking"]),
            waited_seconds=row["waited_seconds"],
            ours=row["application"].startswith(_OURS),
            does=" ".join(row["query"].split()),
        )
        for row in rows
    )
