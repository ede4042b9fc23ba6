"""Which referenced rows a foreign key's action cannot let go, and which rows hold each of them.

Everything is counted on the server and paged by key, so that ten million rows
cost a page as much as ten. A count that was cut short is a lower limit and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from fkdash.catalog.postgres.planted import refuse_planted_at
from fkdash.catalog.spelling import identity_of
from fkdash.errors import HeldUpError, NotPermittedError, NotRun, NotRunError, ServerRefusedError, TimedOutError
from fkdash.fact import fact
from fkdash.preview.rows import sql
from fkdash.rules.actions.barred import refuses_every_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Row, Session, Sessions

CAPPED_ROWS: Final = 10_000
_T = TypeVar("_T")


@fact
class Impact:
    """How many referenced rows cannot go, and how many rows hold them; lower limits unless `exact`.

    `all_rows` is the number of rows in the referenced table. A number is None where
    it could not be counted; `reason` then says why, `not_run` what counting would have run of other roles' code.
    `spared` says that the preview of such a row is allowed all the same, `every` that the action is refused
    whatever the rows: then no referenced row whose key is not NULL can go, and it may be that no row holds it.
    """

    referenced_rows: int | None
    blocking_rows: int | None
    all_rows: int | None = None
    exact: bool = True
    reason: str = ""
    not_run: tuple[NotRun, ...] = ()
    spared: bool = False
    every: bool = False

    @property
    def state(self) -> str:
        """`latent` (no row is held back today), `biting`, or `unknown`."""
        if self.blocking_rows is None:
            return "unknown"
        held = self.referenced_rows if self.every else self.blocking_rows
        return "biting" if held and not self.spared else "latent"


@fact
class RowIdentity:
    """A row by its key's values as text, with its label columns' values (None for NULL)."""

    key: tuple[str, ...]
    labels: tuple[str | None, ...]


@fact
class BlockedRow:
    """A referenced row that cannot be deleted, and the number of rows that refer to it."""

    row: RowIdentity
    blocking_rows: int


@fact
class Page(Generic[_T]):
    """Some items in order; `more` says that others follow the last."""

    items: tuple[_T, ...]
    more: bool


async def impact(sessions: Sessions, catalog: Catalog, key: ForeignKey, *, seconds: float) -> Impact:
    """Count the rows a key holds back, within `seconds`; after that a capped count says "at least".

    Never raises for a table that the role may not read or a count that takes too long: the
    answer is then unknown, with the reason.
    """
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_at(session, catalog, key)
            row = await session.row(sql.count_of_blocked(catalog, key))
            total = await session.value(sql.count_of_rows(catalog, key.referenced))
        return _impact(catalog, key, row, all_rows=total, exact=True)
    except NotRunError as refused:
        return Impact(None, None, reason=refused.what, not_run=refused.not_run)
    except (NotPermittedError, ServerRefusedError) as refused:
        return Impact(None, None, reason=refused.what)
    except HeldUpError as locked:
        return Impact(None, None, reason=locked.what)
    except TimedOutError:
        return await _impact_at_least(sessions, catalog, key, seconds)


async def _impact_at_least(sessions: Sessions, catalog: Catalog, key: ForeignKey, seconds: float) -> Impact:
    reason = f"counting was cut short after {seconds:g} s"
    try:
        async with sessions.session(seconds) as session:
            await refuse_planted_at(session, catalog, key)
            row = await session.row(sql.capped_count_of_blocked(catalog, key), CAPPED_ROWS)
    except HeldUpError as locked:
        return Impact(None, None, exact=False, reason=locked.what)
    except TimedOutError:
        return Impact(None, None, exact=False, reason=reason)
    except NotPermittedError as refused:
        return Impact(None, None, reason=refused.what)
    return _impact(catalog, key, row, all_rows=None, exact=False, reason=reason)


def _impact(
    catalog: Catalog, key: ForeignKey, row: Row | None, *, all_rows: int | None, exact: bool, reason: str = ""
) -> Impact:
    assert row is not None  # noqa: S101 - an aggregate without GROUP BY gives one row
    return Impact(
        row["referenced_rows"],
        row["blocking_rows"],
        all_rows,
        exact,
        reason,
        every=refuses_every_row(catalog, key),
    )


async def blocked_rows(
    session: Session,
    catalog: Catalog,
    key: ForeignKey,
    labels: Sequence[str],
    *,
    after: BlockedRow | None = None,
    limit: int = 100,
) -> Page[BlockedRow]:
    """Give at most `limit` referenced rows that cannot be deleted, those held by most rows first."""
    await refuse_planted_at(session, catalog, key)
    statement = sql.page_of_blocked(catalog, key, labels, after_first=after is not None)
    cursor = (after.blocking_rows, *after.row.key) if after else ()
    rows = await session.asked(statement, limit + 1, *cursor)
    width = len(key.referenced_columns)
    items = (BlockedRow(_identity(row["line"], width), row["blocking_rows"]) for row in rows[:limit])
    return Page(tuple(items), more=len(rows) > limit)


async def blocking_rows(
    session: Session,
    catalog: Catalog,
    key: ForeignKey,
    referenced: RowIdentity,
    labels: Sequence[str],
    *,
    after: RowIdentity | None = None,
    limit: int = 100,
) -> Page[RowIdentity]:
    """Give at most `limit` of the rows that refer to one referenced row, in the order of their key."""
    await refuse_planted_at(session, catalog, key)
    identity = identity_of(catalog.tables[key.table])
    statement = sql.page_of_blocking(catalog, key, labels, after_first=after is not None)
    rows = await session.asked(statement, limit + 1, *referenced.key, *(after.key if after else ()))
    items = (_identity(row["line"], len(identity)) for row in rows[:limit])
    return Page(tuple(items), more=len(rows) > limit)


def _identity(line: Sequence[str | None], key_width: int) -> RowIdentity:
    return RowIdentity(tuple(each or "" for each in line[:key_width]), tuple(line[key_width:]))
