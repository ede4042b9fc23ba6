"""Really runs a delete in a transaction that is rolled back, and compares it with what was predicted.

Asked for by name only: it locks the rows it deletes, fires the tables' triggers (what those do outside the
transaction cannot be taken back), and leaves dead row versions behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fkdash.errors import FkdashError, ServerRefusedError
from fkdash.preview.loading import read_facts
from fkdash.preview.model import Verdict
from fkdash.preview.target import inheriting_tables, resolve, selection

if TYPE_CHECKING:
    from fkdash.db.session import Session
    from fkdash.db.writing import Writer
    from fkdash.preview.model import DeleteTarget, Preview

_LOCK_MS: Final = 200


@dataclass(frozen=True, slots=True)
class DeleteRehearsal:
    """How the delete ended: `sqlstate` "" when it went through; `agrees` is None where it could not be tried."""

    agrees: bool | None
    sqlstate: str
    detail: str


async def rehearse_delete(
    writer: Writer, target: DeleteTarget, predicted: Preview, *, seconds: float
) -> DeleteRehearsal:
    """Run the delete with a short lock_timeout and at most `seconds`, and roll it back whatever happens."""
    try:
        async with writer.rolled_back() as session:
            await session.execute(f"set local lock_timeout = {_LOCK_MS}")
            await session.execute(f"set local statement_timeout = {round(seconds * 1000)}")
            sql, arguments = await _statement(session, target)
            try:
                await session.rows(sql, *arguments)
                await session.execute("set constraints all immediate")
            except ServerRefusedError as refused:
                return _compared(predicted, refused.sqlstate, refused.what)
        return _compared(predicted, "", "the delete went through")
    except FkdashError as stopped:
        return DeleteRehearsal(None, "", stopped.what)


async def _statement(session: Session, target: DeleteTarget) -> tuple[str, tuple[object, ...]]:
    oid = await resolve(session, target)
    facts = await read_facts(session, oid, await inheriting_tables(session, oid, target))
    chosen = selection(facts, target)
    joined = f" using {chosen.joined.removeprefix('CROSS JOIN ')}" if chosen.joined else ""
    only = "only " if target.only else ""
    return f"delete from {only}{target.table.sql}{joined} where {chosen.condition}", chosen.arguments


def _compared(predicted: Preview, sqlstate: str, detail: str) -> DeleteRehearsal:
    if predicted.verdict is Verdict.UNKNOWN:
        return DeleteRehearsal(None, sqlstate, f"nothing was predicted; {detail}")
    if predicted.verdict is Verdict.ALLOWED:
        return DeleteRehearsal(not sqlstate, sqlstate, detail)
    expected = {blocker.sqlstate for blocker in predicted.blockers if blocker.first} or {
        blocker.sqlstate for blocker in predicted.blockers
    }
    return DeleteRehearsal(sqlstate in expected, sqlstate, detail)
