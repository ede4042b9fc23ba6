"""Where sessions begin as a replica's, and no foreign key refuses or acts: in one way for previews and `check`.

With session_replication_role = replica only triggers that are ENABLE REPLICA or ENABLE ALWAYS fire (ALTER TABLE,
"ENABLE TRIGGER"), and those of foreign keys are neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.fact import fact

if TYPE_CHECKING:
    from fkdash.catalog.surroundings import Server


@fact
class AsAReplica:
    """For whom it holds (`for_all`: whoever has no setting of their own), in words that end in no full stop."""

    for_all: bool
    words: str


def as_a_replica(server: Server | None) -> AsAReplica | None:
    """Give that sessions begin so, None where they do not or where nobody asked a server."""
    if server is None or not server.role or not server.replica:
        return None
    whose = f"in database {server.database}" if server.replica_for_all else f"of role {server.role}"
    return AsAReplica(
        server.replica_for_all,
        f"Sessions {whose} begin with session_replication_role = replica: no foreign key refuses or acts in "
        "them, and rows that refer to deleted ones stay",
    )
