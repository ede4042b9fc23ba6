"""Where every DELETE and UPDATE is refused whatever its rows: said in one way by previews and `check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.fact import fact

if TYPE_CHECKING:
    from fkdash.catalog.surroundings import Server


@fact
class RefusedWrites:
    """For whom it holds (`standby`, `database`: everybody there, or `role`), in words, and whose answer one gets.

    Neither `words` nor `instead` ends in a full stop.
    """

    where: str
    words: str
    instead: str


def refused_writes(server: Server | None) -> RefusedWrites | None:
    """Give why the server refuses to write with 25006, None where it does not or where nobody asked a server."""
    if server is None or not server.role:
        return None
    if server.standby:
        words = "This server is a standby and refuses every DELETE and UPDATE (25006)"
        return RefusedWrites("standby", words, "its primary")
    if not server.read_only:
        return None
    whose = f"in database {server.database}" if server.read_only_for_all else f"of role {server.role}"
    here = "" if server.read_only_for_all else " here"
    return RefusedWrites(
        "database" if server.read_only_for_all else "role",
        f"Transactions {whose} are read-only by default{here} (default_transaction_read_only) and refuse every "
        "DELETE and UPDATE (25006)",
        "one that is begun READ WRITE",
    )
