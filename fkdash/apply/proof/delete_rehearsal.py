"""Really runs a delete in a transaction that is rolled back, and compares it with what was predicted.

Asked for by name only: it locks the rows it deletes, fires the tables' triggers (what those do outside the
transaction cannot be taken back), and leaves dead row versions behind. It runs with the rights of the table's
owner where the session may have them, which is nearer to the application than a superuser's, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.apply.sandbox import DIAGNOSTICS, sandbox
from fkdash.db.literals import literal
from fkdash.db.queries import query
from fkdash.errors import FkdashError
from fkdash.fact import fact
from fkdash.preview.asked.target import resolve_with_heirs, selection
from fkdash.preview.declared.loading import read_facts
from fkdash.preview.model import Verdict
from fkdash.sqlstates import INSUFFICIENT_PRIVILEGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fkdash.apply.sandbox import Met, RunsAs
    from fkdash.db.writing import Writer
    from fkdash.preview.model import DeleteTarget, Preview

_LOCK_MS: Final = 200
_GRACE_SECONDS: Final = 5.0


@fact
class DeleteRehearsal:
    """How the delete ended: `sqlstate` "" when it went through; `agrees` is None where it could not be tried.

    `role` is the one with whose rights it ran, "" where it did not.
    """

    agrees: bool | None
    sqlstate: str
    detail: str
    role: str = ""


async def rehearse_delete(
    writer: Writer,
    target: DeleteTarget,
    predicted: Preview,
    *,
    seconds: float,
    warn: Callable[[str], None],
) -> DeleteRehearsal:
    """Run the delete with a short lock_timeout and at most `seconds`, and roll it back whatever happens.

    `warn` is told, before it runs, of other roles' code that will run with the session's own rights.
    """
    try:
        oid, body = await _delete(writer, target)
        async with sandbox(
            writer.target, [oid], body, lock_ms=_LOCK_MS, statement_ms=round(seconds * 1000)
        ) as ready:
            runs_as = ready.runs_as
            if runs_as.refusal:
                return DeleteRehearsal(None, "", f"not tried: {runs_as.refusal}")
            for each in () if runs_as.confined else runs_as.untrusted:
                warn(f"{each}, runs as {runs_as.role}")
            return _compared(predicted, await ready.call(seconds=seconds + _GRACE_SECONDS), runs_as)
    except FkdashError as stopped:
        return DeleteRehearsal(None, "", stopped.what)


async def _delete(writer: Writer, target: DeleteTarget) -> tuple[int, str]:
    """Give the table's OID and the body that deletes; what it takes to compose it is read under a pinned path."""
    async with writer.rolled_back() as session:
        await session.execute("set local search_path = pg_catalog, pg_temp")
        oid, inheriting = await resolve_with_heirs(session, target)
        facts = await read_facts(session, oid, inheriting)
    chosen = selection(facts, target)
    joined = f" using {chosen.joined.removeprefix('CROSS JOIN ')}" if chosen.joined else ""
    only = "only " if target.only else ""
    statement = f"delete from {only}{target.table.sql}{joined} where {chosen.condition}"
    values = ", ".join(_texts(each) for each in chosen.arguments if isinstance(each, list))
    body = query("fkdash.apply", "try_statement").format(
        watched=f"{literal(target.table.sql)}::pg_catalog.regclass::pg_catalog.oid",
        statement=literal(statement),
        values=f" using {values}" if values else "",
        diagnostics=DIAGNOSTICS,
    )
    return oid, body


def _texts(values: Sequence[str | None]) -> str:
    spelled = ", ".join("null" if value is None else literal(value) for value in values)
    return f"array[{spelled}]::pg_catalog.text[]"


def _compared(predicted: Preview, met: Met, runs_as: RunsAs) -> DeleteRehearsal:
    refused = met.refused
    sqlstate, detail = ("", "the delete went through") if refused is None else (refused.sqlstate, refused.what)
    expected = {blocker.sqlstate for blocker in predicted.blockers if blocker.first} or {
        blocker.sqlstate for blocker in predicted.blockers
    }
    agrees: bool | None = sqlstate in expected
    if predicted.verdict is Verdict.UNKNOWN:
        agrees, detail = None, f"nothing was predicted; {detail}"
    elif sqlstate == INSUFFICIENT_PRIVILEGE and not agrees:
        agrees, detail = None, f"{runs_as.role} may not delete them: {detail}"
    elif refused is None and met.filtered and met.touched < predicted.target_rows:
        agrees, detail = None, f"row security lets {runs_as.role} delete {met.touched:,} of them only"
    elif predicted.verdict is Verdict.ALLOWED:
        agrees = not sqlstate
    return DeleteRehearsal(agrees, sqlstate, detail, runs_as.role)
