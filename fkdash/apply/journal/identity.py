"""Which database a run belongs to: a name alone is the same on staging and production."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.db.queries import query
from fkdash.fact import fact

if TYPE_CHECKING:
    from fkdash.db.session import Session


@fact
class Identity:
    """A database: the cluster's system identifier, "" where it could not be asked for, its name and its OID.

    The identifier is made by initdb and shared by standbys and base backups (pg_control_system(), manual
    "System Information Functions"). Journals of earlier versions have no OID.
    """

    cluster: str
    database: str
    oid: int | None

    def is_same(self, other: Identity) -> bool:
        """Tell whether both can be the same database; a database that was renamed stays the same."""
        if self.cluster and other.cluster and self.cluster != other.cluster:
            return False
        known = self.oid is not None and other.oid is not None
        if known and self.oid != other.oid:
            return False
        return self.database == other.database or (known and bool(self.cluster and other.cluster))


async def identity_of(session: Session) -> Identity:
    """Give the identity of the database a session is in; raises the session's errors."""
    row = await session.row(query("fkdash.apply", "identity"))
    assert row is not None  # noqa: S101 - the current database exists
    ask = "select system_identifier::text from pg_catalog.pg_control_system()"
    cluster = await session.value(ask) if row["may_ask"] else ""
    return Identity(str(cluster), row["database"], row["oid"])


async def life_of(session: Session) -> str:
    """Give what tells a server's present life from an earlier one, from a standby's and from another server's."""
    return str(await session.value("select extract(epoch from pg_postmaster_start_time())::text"))
