"""Who stands in the way of a lock: the sessions that hold a conflicting one now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.db.queries import query
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fkdash.db.session import Row, Session
    from fkdash.fix.plan import LockMode


@fact
class Holder:
    """A session that holds a conflicting lock; `pid` is None for a prepared transaction.

    `seconds` is the age of its transaction, None where this role may not see it.
    """

    pid: int | None
    role: str
    application: str
    state: str
    seconds: float | None
    query: str
    tables: str

    def __str__(self) -> str:
        who = f"pid {self.pid}" if self.pid is not None else "a prepared transaction"
        names = " ".join(filter(None, (who, self.role, self.application)))
        age = "" if self.seconds is None else f", transaction open for {_age(self.seconds)}"
        return f"{names}: {self.state}{age}, holds {self.tables}" + (f"; {self.query}" if self.query else "")


async def holders(
    session: Session, tables: Sequence[int], mode: LockMode, *, own_pids: Collection[int]
) -> tuple[Holder, ...]:
    """Give the sessions whose locks on `tables` (OIDs) conflict with `mode`, the oldest transaction first.

    The sessions of `own_pids` are left out: nobody needs to be asked to end them.
    """
    rows = await session.rows(query("fkdash.apply", "holders"), list(tables), mode.value, list(own_pids))
    return tuple(holder_of(row) for row in rows)


def holder_of(row: Row) -> Holder:
    """Give the session that a row of the queries on locks is about."""
    return Holder(
        pid=row["pid"],
        role=row["role"],
        application=row["application"],
        state=row["state"],
        seconds=row["seconds"],
        query=" ".join(row["query"].split()),
        tables=row["tables"],
    )


def _age(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes else f"{seconds:.1f} s"
