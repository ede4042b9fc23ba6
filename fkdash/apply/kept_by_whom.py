"""Whether the table that keeps rows is in the hands of somebody whose code would run when they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from fkdash.catalog.tables_of_fkdash import QUARANTINE
from fkdash.db.queries import query
from fkdash.errors import StoppedError
from fkdash.pasting import for_psql

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.model import Catalog
    from fkdash.catalog.table_name import TableName
    from fkdash.db.session import Session
    from fkdash.fix.plan import Plan, Step

_LOCK_MS: Final = 1000


class Stranger(NamedTuple):
    """The owner of the `table` or of the `schema` (`what`) in which rows would be kept."""

    what: str
    owner: str


def kept_in(plan: Plan, steps: Iterable[Step]) -> TableName | None:
    """Give the table that `steps` of a plan write kept rows into, or make for them; None where they write none."""
    writes = any(step.title == "keep" or step.repeats for step in steps)
    return plan.kept.table if plan.kept is not None and writes else None


async def stranger_with(
    session: Session, catalog: Catalog, plan: Plan, kept: TableName, role: str | None
) -> Stranger | None:
    """Give who else has `kept` in hand where `role` (None: the session's) writes; None where nobody has."""
    # The schema of the rows' own table is the application's: its owner could put another in the place of that too.
    schema = kept.schema if kept.schema == QUARANTINE else None
    owned = catalog.tables[plan.key.table].oid
    found = await session.rows(query("fkdash.apply", "kept_by_whom"), kept.sql, schema, role, owned)
    return next((Stranger(row["what"], row["owner"]) for row in found), None)


async def others_with_rights(
    session: Session, catalog: Catalog, plan: Plan, kept: TableName, role: str | None
) -> tuple[str, ...]:
    """Give who else may read or write what is kept, by name, "" for everybody; a plan closes its quarantine."""
    if kept.schema == QUARANTINE:
        return ()
    owned = catalog.tables[plan.key.table].oid
    found = await session.rows(query("fkdash.apply", "kept_for_whom"), kept.sql, kept.schema, role, owned)
    return tuple(row["name"] for row in found)


async def refuse_a_stranger(session: Session, catalog: Catalog, plan: Plan, steps: Iterable[Step]) -> None:
    """Raise StoppedError where a transaction's steps make or fill a table that is a stranger's by now.

    Asked after the preflight too, since anybody who may create tables there could have been quicker. The
    transaction locks the table, so that what was asked still holds when it writes.
    """
    kept = kept_in(plan, steps)
    if kept is None:
        return
    await session.execute(f"set local lock_timeout = {_LOCK_MS}; lock table {kept.sql} in row exclusive mode")
    stranger = await stranger_with(session, catalog, plan, kept, None)
    if stranger is not None:
        raise StoppedError(
            f"{whose(kept, stranger)}: not a row was written there.",
            next_step=f"Look at who made it and why. {way_out(kept, stranger)}, and plan again.",
        )


def whose(kept: TableName, stranger: Stranger) -> str:
    """Say what is wrong, without a full stop."""
    if stranger.what == "schema":
        return (
            f"The schema {kept.schema}, in which the rows are to be kept, belongs to {stranger.owner}, who could "
            "drop them or put another table there"
        )
    return f"{kept}, which is to keep the rows, belongs to {stranger.owner}, whose triggers would run as this role"


def way_out(kept: TableName, stranger: Stranger) -> str:
    """Say what to do, without a full stop."""
    if stranger.what == "schema":
        return f"ALTER SCHEMA {kept.schema} OWNER TO the role that is to have it"
    return f"DROP TABLE {for_psql(kept.sql)}"
