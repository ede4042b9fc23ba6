"""Has one of the rows previewed that an error is said to hold back: `biting` is said only where that is blocked.

A finding and a preview tell one truth. Where they do not, the preview, which follows the very row, is believed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from fkdash.db.at_once import at_once
from fkdash.errors import FkdashError, NotPermittedError, NotRunError, ServerRefusedError, StoppedError, UsageError
from fkdash.preview.asked.target import resolve_with_heirs
from fkdash.preview.declared.loading import read_facts
from fkdash.preview.model import DeleteTarget, Limits, Verdict
from fkdash.preview.preview import preview
from fkdash.preview.rows.blocked import blocked_rows
from fkdash.rules.registry import rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.catalog.table_name import TableName
    from fkdash.db.session import Row, Session, Sessions
    from fkdash.preview.rows.blocked import Impact
    from fkdash.rules.finding import Finding

_NO_ANSWER: Final = (NotPermittedError, ServerRefusedError, StoppedError, UsageError)
MOST_PREVIEWED: Final = 50
"""Foreign keys of which a row is previewed; the word of the rules is taken for those after them."""


_TOGETHER_SECONDS: Final = 10.0
_OF_A_TABLE: Final = 3
_MANY_REFER: Final = 100
_BY_THEMSELVES: Final = 10
_READ_AHEAD: Final = 10


async def previewed(
    sessions: Sessions, catalog: Catalog, found: Sequence[tuple[Finding, Impact]], seconds: float
) -> list[tuple[Finding, Impact]]:
    """Give findings and their impacts with what the preview of one row that each holds back says of them."""
    biting = [finding for finding, counted in found if counted.state == "biting"][:MOST_PREVIEWED]
    verdicts = await _verdicts(sessions, catalog, biting, seconds) if biting else {}
    return [
        _believed(finding, counted) if verdicts.get(id(finding)) is Verdict.ALLOWED else (finding, counted)
        for finding, counted in found
    ]


def _believed(finding: Finding, counted: Impact) -> tuple[Finding, Impact]:
    """Tone down what the preview does not bear out."""
    spared = replace(counted, spared=True)
    if rule(finding.rule).from_second_row:
        return finding, spared
    said = f"the preview of a row of {finding.key.referenced} that is referred to is allowed"
    possible = replace(finding, severity=Severity.WARNING, certain=False, evidence=(*finding.evidence, said))
    return possible, spared


async def _verdicts(
    sessions: Sessions, catalog: Catalog, found: Sequence[Finding], seconds: float
) -> dict[int, Verdict | None]:
    """Give what the preview of the row that each finding holds back says, by the finding's identity.

    A row is previewed once, whoever holds it. What is not previewed in time is left out.
    """
    verdicts = await _together(sessions, catalog, found, seconds)
    return verdicts if verdicts is not None else await _by_themselves(sessions, catalog, found, seconds)


async def _together(
    sessions: Sessions, catalog: Catalog, found: Sequence[Finding], seconds: float
) -> dict[int, Verdict | None] | None:
    """Preview side by side in one session, where what all of them ask is one wait for the server.

    None where something was refused: an error in it is everybody's.
    """
    try:
        async with asyncio.timeout(_TOGETHER_SECONDS), sessions.session(seconds) as session:
            shared = _Shared(session)
            async with at_once() as group:
                asked = {id(each): group.create_task(_held_back(shared, catalog, each)) for each in found}
                for table in list(dict.fromkeys(each.key.referenced for each in found))[:_READ_AHEAD]:
                    group.create_task(_read_ahead(shared, table))
            rows = {finding: task.result() for finding, task in asked.items()}
            few = _few_of_each_table(catalog, rows.values())
            async with at_once() as group:
                previews = [group.create_task(_verdict(shared, row, seconds)) for row in few]
            if shared.failed is None:
                return {finding: previews[few.index(row)].result() for finding, row in rows.items() if row in few}
            return {} if isinstance(shared.failed, StoppedError) else None
    except (TimeoutError, StoppedError):
        return {}
    except (NotPermittedError, ServerRefusedError, UsageError):
        return None


async def _by_themselves(
    sessions: Sessions, catalog: Catalog, found: Sequence[Finding], seconds: float
) -> dict[int, Verdict | None]:
    """Preview the first few one after the other, each in a session of its own; None where one is refused."""
    heard: dict[int, Verdict | None] = {}
    for finding in found[:_BY_THEMSELVES]:
        try:
            async with sessions.session(seconds) as session:
                row = await _held_back(session, catalog, finding)
                heard[id(finding)] = None if row is None else await _verdict(session, row, seconds)
        except _NO_ANSWER:
            heard[id(finding)] = None
    return heard


def _few_of_each_table(catalog: Catalog, rows: Iterable[DeleteTarget | None]) -> list[DeleteTarget]:
    """Give the rows once each, of one table the first few; one where many refer to it, as that takes long."""
    few: list[DeleteTarget] = []
    seen: Counter[TableName] = Counter()
    referring = Counter(key.referenced for key in catalog.foreign_keys)
    for row in rows:
        most = 1 if row is not None and referring[row.table] > _MANY_REFER else _OF_A_TABLE
        if row is not None and row not in few and seen[row.table] < most:
            seen[row.table] += 1
            few.append(row)
    return few


async def _held_back(session: Session, catalog: Catalog, finding: Finding) -> DeleteTarget | None:
    """Give the row that most rows hold back, None where nothing is held back."""
    key = finding.key
    page = await blocked_rows(session, catalog, key, (), limit=1)
    if not page.items:
        return None
    row = dict(zip(key.referenced_columns, page.items[0].row.key, strict=True))
    return DeleteTarget(key.referenced, keys=(row,))


async def _read_ahead(session: Session, table: TableName) -> None:
    """Have what previews of a table's rows will ask of the catalogs answered while its row is looked for."""
    try:
        await read_facts(session, *await resolve_with_heirs(session, DeleteTarget(table)))
    except NotRunError:
        # The preview says so.
        return


async def _verdict(session: Session, row: DeleteTarget, seconds: float) -> Verdict:
    """Give what the preview of one row says."""
    return (await preview(session, row, Limits(seconds=seconds, allow_scan=False))).verdict


class _Shared:
    """A session that several previews use at the same time; `failed` is the error of the first one refused.

    What they set back to is left out: after the first error nothing that is found in it counts. What was asked
    before is answered as before: it is one snapshot.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.failed: FkdashError | None = None
        self._answers: dict[str, Sequence[Row]] = {}

    async def rows(self, sql: str, *arguments: object) -> Sequence[Row]:
        """Ask as `asked`, by the driver."""
        with self._noticing():
            return await self.session.rows(sql, *arguments)

    async def row(self, sql: str, *arguments: object) -> Row | None:
        """Give the first row."""
        with self._noticing():
            return await self.session.row(sql, *arguments)

    async def value(self, sql: str, *arguments: object) -> Any:  # noqa: ANN401 - a column may hold any type
        """Give the first value."""
        with self._noticing():
            return await self.session.value(sql, *arguments)

    async def asked(self, sql: str, *arguments: object) -> Sequence[Row]:
        """Ask together with what the others ask now."""
        question = f"{sql}\0{arguments!r}"
        with self._noticing():
            if question not in self._answers:
                self._answers[question] = await self.session.asked(sql, *arguments)
            return self._answers[question]

    async def one_by_one(
        self,
        queries: Sequence[str],
        answered: Callable[[int, Mapping[str, Any]], object],
        refused: Callable[[int, str], object],
    ) -> None:
        """Ask many at once."""
        with self._noticing():
            await self.session.one_by_one(queries, answered, refused)

    async def execute(self, sql: str) -> str:
        """Run what is no savepoint."""
        if sql.startswith(("SAVEPOINT ", "RELEASE ")):
            return ""
        with self._noticing():
            return await self.session.execute(sql)

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        if self.failed is not None:
            raise StoppedError("Another preview in the same session was refused.")
        try:
            yield
        except FkdashError as error:
            if self.failed is None:
                self.failed = error
            raise
