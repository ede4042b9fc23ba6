"""Where a looking session is: the server, its encryption, the role and its rights, and the DSN to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.db.queries import query
from fkdash.db.where.conninfo import spelled
from fkdash.fact import fact

if TYPE_CHECKING:
    from fkdash.db.session import Session
    from fkdash.db.target import Target

_RIGHTS = {
    "superuser": "superuser",
    "bypasses_row_security": "BYPASSRLS",
    "creates_roles": "CREATEROLE",
    "replicates": "REPLICATION",
}


@fact
class Whereabouts:
    """What psql's conninfo tells, and what decides here whether harm could be done.

    `address` is the server's own view, "" on a unix socket; `tls` is "" without encryption. `rights` are what
    the role may do beyond its grants. `login` differs from `role` after SET ROLE. `engine` is what version() says.
    """

    database: str
    role: str
    login: str
    rights: tuple[str, ...]
    address: str
    tls: str
    standby: bool
    started: str
    engine: str
    read_only: bool
    pid: int


async def whereabouts(session: Session) -> Whereabouts:
    """Ask the server; raises the session's errors."""
    (row,) = await session.rows(query("fkdash.db", "whereabouts"))
    return Whereabouts(
        database=row["database"],
        role=row["role"],
        login=row["login"],
        rights=tuple(word for name, word in _RIGHTS.items() if row[name]),
        address=f"{row['address']}:{row['port']}" if row["address"] else "",
        tls=f"{row['tls']}, {row['cipher']}" if row["tls"] else "",
        standby=row["standby"],
        started=row["started"],
        engine=row["engine"],
        read_only=row["read_only"] == "on",
        pid=row["pid"],
    )


def dsn_of(target: Target) -> str:
    """Give the connection string of a login, without any password; psql and fkdash take it."""
    address = target.addresses[0]
    parts = {"host": address.host, "port": str(address.port), "dbname": target.database, "user": target.user}
    if target.tls.mode != "prefer":
        parts["sslmode"] = target.tls.mode
    return " ".join(f"{name}={value if value.isalnum() else spelled(value)}" for name, value in parts.items())
