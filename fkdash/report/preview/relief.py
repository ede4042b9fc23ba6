"""What deleting the rows would do that a plan frees of those that refer to them, before it and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.errors import FkdashError
from fkdash.preview.model import DeleteTarget, Limits
from fkdash.preview.preview import preview
from fkdash.report.preview.what_if import Supposed, in_words

if TYPE_CHECKING:
    from fkdash.db.session import Sessions
    from fkdash.fix.plan import Plan

_SECONDS: Final = 10.0


async def delete_of_freed(sessions: Sessions, plan: Plan, when: str) -> str:
    """Give one line, such as `Deleting these 2 rows of workspaces now: refused with 23503 (1,204 users)`.

    Empty for a plan that frees no rows; what could not be asked is said.
    """
    if not plan.chosen:
        return ""
    target = DeleteTarget(plan.key.referenced, keys=tuple(dict(row) for row in plan.chosen))
    words = "not known"
    try:
        async with sessions.session(_SECONDS) as session:
            words = in_words(Supposed(None, await preview(session, target, Limits(seconds=_SECONDS))))
    except FkdashError as error:
        words = f"not known: {error.what}"
    return f"Deleting {_these(len(plan.chosen))} of {plan.key.referenced} {when}: {words}"


def _these(number: int) -> str:
    return "this row" if number == 1 else f"these {number:,} rows"
