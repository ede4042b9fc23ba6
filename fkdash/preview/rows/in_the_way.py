"""The first rows that stop a delete, by key and label, for each blocker that is a foreign key's doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.labels import label_columns
from fkdash.errors import StoppedError
from fkdash.fact import fact
from fkdash.preview.rows.branch import branch_rows
from fkdash.preview.tree import branches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Session
    from fkdash.preview.model import Blocker, Preview
    from fkdash.preview.rows.blocked import RowIdentity


@fact
class InTheWay:
    """Some of the rows that a blocker stops at, under the names of their columns."""

    key_columns: tuple[str, ...]
    label_columns: tuple[str, ...]
    rows: tuple[RowIdentity, ...]


async def rows_in_the_way(
    session: Session,
    catalog: Catalog,
    preview: Preview,
    *,
    limit: int,
    labels: Mapping[str, tuple[str, ...]] | None = None,
) -> dict[Blocker, InTheWay]:
    """Give at most `limit` rows for each blocker, in the order of their key; the session is the preview's own.

    Blockers that a limit left out are missing.
    """
    found: dict[Blocker, InTheWay] = {}
    if preview.cut_short or limit < 1:
        return found
    for branch in branches(catalog, preview):
        missing = [blocker for blocker in branch.blockers if blocker not in found]
        if branch.key is None or not missing:
            continue
        table = catalog.tables[branch.key.table]
        told = label_columns(table, labels)
        try:
            page = await branch_rows(
                session, catalog, preview.target, branch.key, told, blocking=True, limit=limit
            )
        except StoppedError:
            break
        listed = InTheWay(table.primary_key or ("tableoid", "ctid"), told, page.items)
        found.update(dict.fromkeys(missing, listed))
    return found
