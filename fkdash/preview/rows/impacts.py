"""How many rows each of many foreign keys holds back, counted in few statements with one time limit for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fkdash.catalog.postgres.planted import refuse_planted_of
from fkdash.errors import (
    HeldUpError,
    NotPermittedError,
    NotRunError,
    ServerRefusedError,
    TimedOutError,
)
from fkdash.preview.rows import sql
from fkdash.preview.rows.blocked import CAPPED_ROWS, Impact, impact
from fkdash.rules.actions.barred import refuses_every_row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Session, Sessions

    Told = Callable[[str, Impact], object]

_TOGETHER: Final = 500
"""Counts in one statement: its text stays below half a megabyte."""
_ASKED_AGAIN: Final = 20
"""Keys whose count the server refused are asked by themselves, which words the reason; so many at most."""


async def impacts(
    sessions: Sessions,
    catalog: Catalog,
    keys: Sequence[ForeignKey],
    *,
    seconds: float,
    told: Told = lambda _name, _impact: None,
) -> dict[str, Impact]:
    """Give the impact of every key by its qualified name, and tell each as soon as it is known.

    Small tables come first. All exact counts together take `seconds` at most; what is not counted then is
    counted up to a bound, all of it together in the same time again ("at least"), and is unknown after that.
    Never raises for what may not or cannot be counted, as `fkdash.preview.rows.blocked.impact`.
    """
    counting = _Counting(catalog, told)
    left = sorted({key.qualified: key for key in keys}.values(), key=counting.size)
    left = await counting.exactly(sessions, left, seconds)
    if left:
        await counting.at_least(sessions, left, seconds)
    return counting.found


class _Counting:
    """What has been counted so far."""

    def __init__(self, catalog: Catalog, told: Told) -> None:
        self.found: dict[str, Impact] = {}
        self._catalog, self._told = catalog, told

    def size(self, key: ForeignKey) -> int:
        """Give about how many rows a count reads, as far as the statistics know."""
        sizes = [self._catalog.tables[name].size for name in (key.table, key.referenced)]
        return sum((size.rows or size.bytes or 0) for size in sizes if size is not None)

    def tell(self, key: ForeignKey, found: Impact) -> None:
        self.found[key.qualified] = found
        self._told(key.qualified, found)

    async def exactly(self, sessions: Sessions, keys: Sequence[ForeignKey], seconds: float) -> list[ForeignKey]:
        """Count whole tables; give the keys that there was no time for."""
        late: list[ForeignKey] = []
        for first in range(0, len(keys), _TOGETHER):
            some = keys[first : first + _TOGETHER]
            if late:
                # The time is over; these are larger still.
                late += some
                continue
            late += await self._together(sessions, some, seconds, self._exact_count, self._exact, again=True)
        return late

    async def at_least(self, sessions: Sessions, keys: Sequence[ForeignKey], seconds: float) -> None:
        """Count up to a bound."""
        reason = f"counting was cut short after {seconds:g} s"

        def capped(key: ForeignKey, row: Mapping[str, Any]) -> Impact:
            return self._read(key, row, None, exact=False, reason=reason)

        late: list[ForeignKey] = []
        for first in range(0, len(keys), _TOGETHER):
            some = keys[first : first + _TOGETHER]
            late += (
                some
                if late
                else await self._together(sessions, some, seconds, self._capped_count, capped, again=False)
            )
        for key in late:
            self.tell(key, Impact(None, None, exact=False, reason=reason))

    def _exact_count(self, key: ForeignKey) -> str:
        counted, total = sql.count_of_blocked(self._catalog, key), sql.count_of_rows(self._catalog, key.referenced)
        return f"select b.*, ({total}) as all_rows from ({counted}) b"

    def _capped_count(self, key: ForeignKey) -> str:
        return sql.capped_count_of_blocked(self._catalog, key).replace("limit $1", f"limit {CAPPED_ROWS}")

    def _exact(self, key: ForeignKey, row: Mapping[str, Any]) -> Impact:
        return self._read(key, row, row["all_rows"])

    def _read(
        self,
        key: ForeignKey,
        row: Mapping[str, Any],
        all_rows: int | None,
        *,
        exact: bool = True,
        reason: str = "",
    ) -> Impact:
        every = refuses_every_row(self._catalog, key)
        return Impact(row["referenced_rows"], row["blocking_rows"], all_rows, exact, reason, every=every)

    async def _together(
        self,
        sessions: Sessions,
        keys: Sequence[ForeignKey],
        seconds: float,
        query: Callable[[ForeignKey], str],
        read: Callable[[ForeignKey, Mapping[str, Any]], Impact],
        *,
        again: bool,
    ) -> list[ForeignKey]:
        """Count for some keys in one statement; give those that there was no time for."""
        refused: dict[int, str] = {}
        asked: Sequence[ForeignKey] = ()

        def answered(number: int, row: Mapping[str, Any]) -> None:
            self.tell(asked[number], read(asked[number], row))

        try:
            async with sessions.session(seconds) as session:
                asked = await self._safe(session, keys)
                if asked:
                    await session.one_by_one([query(key) for key in asked], answered, refused.__setitem__)
        except HeldUpError as error:
            for key in self._left(asked or keys):
                self.tell(key, Impact(None, None, reason=error.what))
            return []
        except TimedOutError:
            timed_out = [key for number, key in enumerate(asked or keys) if number not in refused]
            late = self._left(timed_out)
        except (NotPermittedError, ServerRefusedError):
            # Nothing is asked this way here: each is asked by itself.
            late, refused = [], dict.fromkeys(range(len(asked)), "")
        else:
            late = []
        unclear = [(asked[number], why) for number, why in refused.items()]
        await self._asked_again(sessions, unclear, seconds, again=again)
        return late

    def _left(self, keys: Sequence[ForeignKey]) -> list[ForeignKey]:
        return [key for key in keys if key.qualified not in self.found]

    async def _asked_again(
        self, sessions: Sessions, refused: Sequence[tuple[ForeignKey, str]], seconds: float, *, again: bool
    ) -> None:
        """Find out why the server refused a count: a lock, a privilege, a row that cannot be read."""
        for number, (key, why) in enumerate(refused):
            if again and number < _ASKED_AGAIN:
                self.tell(key, await impact(sessions, self._catalog, key, seconds=seconds))
            else:
                self.tell(key, Impact(None, None, reason=why or "counting it was refused"))

    async def _safe(self, session: Session, keys: Sequence[ForeignKey]) -> list[ForeignKey]:
        """Give the keys of which counting runs nobody else's code, and tell what it would run for the others."""
        tables = [self._catalog.tables[name] for key in keys for name in (key.table, key.referenced)]
        try:
            await refuse_planted_of(session, tables)
        except NotRunError as error:
            refused = error
        else:
            return list(keys)
        if len(keys) == 1:
            self.tell(keys[0], Impact(None, None, reason=refused.what, not_run=refused.not_run))
            return []
        middle = len(keys) // 2
        return [*await self._safe(session, keys[:middle]), *await self._safe(session, keys[middle:])]
