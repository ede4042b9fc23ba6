"""Which tables no row can be updated in or deleted from, because a publication would not know which row it was.

PostgreSQL refuses such a statement before it looks for rows, be it a user's or a referential action's (CREATE
PUBLICATION, "Notes"; execReplication.c, CheckCmdReplicaIdentity).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fkdash.catalog.postgres.node_tree import read_tree
from fkdash.catalog.surroundings import Unpublishable
from fkdash.db.queries import query
from fkdash.sqlstates import INVALID_COLUMN_REFERENCE, OBJECT_NOT_IN_PREREQUISITE_STATE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.db.session import Row, Session


async def read_unpublishable(
    session: Session, only: Sequence[int] | None
) -> Mapping[int, tuple[Unpublishable, ...]]:
    """Give what cannot be published, by the table's OID; `only` limits it to these. Raises its errors."""
    found: defaultdict[int, dict[str, Unpublishable]] = defaultdict(dict)
    for row in await session.asked(query("fkdash.catalog.postgres", "publications"), only):
        for event in ("UPDATE", "DELETE"):
            refused = _refused(row, event) if row[f"{event.lower()}s"] else None
            # What a filter or a column list lacks is told before a missing identity is.
            if refused is not None and (
                event not in found[row["table_oid"]] or refused.sqlstate == INVALID_COLUMN_REFERENCE
            ):
                found[row["table_oid"]][event] = refused
    return {oid: tuple(each.values()) for oid, each in found.items() if each}


def _refused(row: Row, event: str) -> Unpublishable | None:
    identity = set(row["identity"])
    names = dict(zip(row["numbers"], row["names"], strict=True))
    filtered = {names.get(number) for number in read_tree(row["filter"]).columns} if row["filter"] else set()
    listed = {names.get(number) for number in row["listed"] or ()}
    if filtered and not row["whole"] and not filtered <= identity:
        why = "has a row filter over columns that are not in its replica identity"
    elif row["listed"] is not None and (row["whole"] or not identity <= listed):
        why = "has a column list that does not cover its replica identity"
    elif row["unpublished"]:
        why = "does not publish generated columns that are in its replica identity"
    elif not identity and not row["whole"]:
        why = f"publishes {event.lower()}s and it has no replica identity"
        return Unpublishable(event, row["publication"], OBJECT_NOT_IN_PREREQUISITE_STATE, why)
    else:
        return None
    return Unpublishable(event, row["publication"], INVALID_COLUMN_REFERENCE, why)
