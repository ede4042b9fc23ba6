"""Asks the queries about tables: about all of a database, or about some."""

from __future__ import annotations

from asyncio import to_thread
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from fkdash.db.queries import query

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fkdash.db.session import Row, Session

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Asking:
    """Asks the queries of this room; those about all tables of a large catalog by the driver's rows.

    JSON is one wait for the server where these are two, but takes longer to write and to read. `only` limits what
    is read to tables with these OIDs; `fully` asks for everything that writing their rows meets.
    """

    def __init__(self, session: Session, only: Sequence[int] | None, *, large: bool, fully: bool = False) -> None:
        self.session, self.only, self.fully = session, only, fully
        self._is_large = large
        self._every = session.rows if large and only is None else session.asked

    async def every(self, name: str, *arguments: object) -> Sequence[Row]:
        """Give the rows of a query about all tables, or about the chosen ones."""
        return await self._every(query("fkdash.catalog.postgres", name), self.only, *arguments)

    async def make(self, making: Callable[_P, _T], *rows: _P.args, **more: _P.kwargs) -> _T:
        """Make something of rows: of all tables' in a thread, else at once, so that questions go out together."""
        return making(*rows, **more) if self.fully else await to_thread(making, *rows, **more)

    async def few(self, name: str, *arguments: object) -> Sequence[Row]:
        """Give the rows of a query that has few."""
        return await self.session.asked(query("fkdash.catalog.postgres", name), *arguments)

    async def beforehand(self, name: str, *nothing: None) -> Sequence[Row]:
        """Give the rows about whatever a small catalog may want, before it is known: one wait less; else none."""
        return () if self._is_large or self.only is not None else await self.few(name, *nothing)

    async def about(self, name: str, wanted: Sequence[int], *arguments: object) -> Sequence[Row]:
        """Give the rows about some objects, by OID; asks nothing about none."""
        return await self.few(name, wanted, *arguments) if wanted else ()
