"""What stands beside an answer about rows: where one looks from, and rows that a query shows and no key sees."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.db.queries import query
from fkdash.preview.model import Blocker, Verdict
from fkdash.sqlstates import READ_ONLY_SQL_TRANSACTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Session
    from fkdash.preview.model import Preview


async def as_it_stands(session: Session, catalog: Catalog, answer: Preview) -> Preview:
    """Give an answer about rows with what the server says before it looks at any, and what may look like a row.

    A standby and a role that only reads are where one looks from: a note. What holds for everybody in the database
    blocks the delete, and is what PostgreSQL reports.
    """
    server = catalog.server
    answer = replace(answer, notes=(*answer.notes, *_inherited(catalog, answer)))
    if server is not None and server.standby:
        note = "This server is a standby and refuses every DELETE (25006): the answer is for its primary."
        return replace(answer, notes=(*answer.notes, note))
    if server is None or not server.read_only:
        return answer
    rows = await session.asked(query(__package__, "preview_read_only"))
    if not rows or not rows[0]["everybody"]:
        note = (
            f"Transactions of role {server.role} are read-only by default here (default_transaction_read_only) "
            "and refuse every DELETE (25006): the answer is for one that writes."
        )
        return replace(answer, notes=(*answer.notes, note))
    note = (
        f"Transactions in database {server.database} are read-only by default (default_transaction_read_only): "
        "one that deletes must be begun READ WRITE."
    )
    refusal = Blocker(None, answer.target.table, (), READ_ONLY_SQL_TRANSACTION, rows=0, first=True)
    others = (replace(each, first=False) for each in answer.blockers)
    return replace(
        answer, verdict=Verdict.BLOCKED, blockers=(refusal, *others), notes=(*answer.notes, note), cut_short=False
    )


def _inherited(catalog: Catalog, answer: Preview) -> Iterator[str]:
    """Say of rows that are missing that those of inheriting tables do not count, where there are such tables."""
    for name in dict.fromkeys(each.missing for each in answer.blockers if each.missing is not None):
        heirs = [str(table.name) for table in catalog.tables.values() if name in table.inherits]
        if heirs:
            yield (
                f"Rows of {', '.join(heirs)} stand in a query of {name}, which is inherited from, but are no "
                f"rows that a foreign key can refer to; SELECT ... FROM ONLY {name} leaves them out."
            )
