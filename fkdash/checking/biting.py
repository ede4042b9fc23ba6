"""Has one of the rows previewed that an error is said to hold back: `biting` is said only where that is blocked.

A finding and a preview tell one truth. Where they do not, the preview, which follows the very row, is believed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.errors import NotPermittedError, ServerRefusedError, StoppedError, UsageError
from fkdash.preview.model import DeleteTarget, Limits, Verdict
from fkdash.preview.preview import preview
from fkdash.preview.rows.blocked import blocked_rows
from fkdash.rules.finding import Severity

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.db.session import Sessions
    from fkdash.preview.rows.blocked import Impact
    from fkdash.rules.finding import Finding

_FROM_THE_SECOND_ROW_ON: Final = frozenset({"FK104", "FK112"})
MOST_PREVIEWED: Final = 50
"""Foreign keys of which a row is previewed; the word of the rules is taken for those after them."""


async def previewed(
    sessions: Sessions, catalog: Catalog, finding: Finding, counted: Impact, seconds: float
) -> tuple[Finding, Impact]:
    """Give a finding and its impact with what the preview of one row that it holds back says of them."""
    if counted.state != "biting" or await _verdict(sessions, catalog, finding, seconds) is not Verdict.ALLOWED:
        return finding, counted
    spared = replace(counted, spared=True)
    if finding.rule in _FROM_THE_SECOND_ROW_ON:
        return finding, spared
    said = f"the preview of a row of {finding.key.referenced} that is referred to is allowed"
    possible = replace(finding, severity=Severity.WARNING, certain=False, evidence=(*finding.evidence, said))
    return possible, spared


async def _verdict(sessions: Sessions, catalog: Catalog, finding: Finding, seconds: float) -> Verdict | None:
    """Give what the preview of one row says, None where it could not be asked in time."""
    key = finding.key
    try:
        async with sessions.session(seconds) as session:
            page = await blocked_rows(session, catalog, key, (), limit=1)
            if not page.items:
                return None
            row = dict(zip(key.referenced_columns, page.items[0].row.key, strict=True))
            limits = Limits(seconds=seconds, allow_scan=False)
            return (await preview(session, DeleteTarget(key.referenced, keys=(row,)), limits)).verdict
    except (NotPermittedError, ServerRefusedError, StoppedError, UsageError):
        return None
