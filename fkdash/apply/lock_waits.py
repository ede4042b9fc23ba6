"""Who waits for whom: the chains of sessions that wait for locks, down to those that hold everybody up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.db.queries import query
from fkdash.pictures.waits import Waiting, concerning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.apply.holders import Holder
    from fkdash.db.session import Session

MOST_WAITING: Final = 50
"""So many waiting sessions are looked at: each costs a short look into the shared lock table."""
_OURS: Final = "fkdash"
_STEP: Final = -1


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


def chain_of(holders: Sequence[Holder], found: Sequence[Waiting] = ()) -> tuple[Waiting, ...]:
    """Give `holders`, those they wait for themselves, and all that wait behind these, from what was found."""
    known = {each.id: each for each in found}
    for holder in holders:
        name = " ".join(filter(None, (holder.role, holder.application)))
        known.setdefault(holder.pid or 0, Waiting(holder.pid or 0, name, holder.state, holder.seconds))
    return concerning(tuple(known.values()), [holder.pid or 0 for holder in holders])


def chain_to(step: str, holders: Sequence[Holder], found: Sequence[Waiting] = ()) -> tuple[Waiting, ...]:
    """Give everybody on the way from a step of ours to those that hold it up, from what was found of lock waits.

    Between two tries nobody of ours waits at the server: `step` stands for it then.
    """
    chain = chain_of(holders, found)
    if any(each.ours for each in chain):
        return chain
    return (*chain, Waiting(_STEP, step, "", None, tuple(holder.pid or 0 for holder in holders), ours=True))
