"""What the rest of fkdash may ask of a database session.

The rooms above write against these protocols, so that none of them needs the
driver. `db.pool` implements the read-only one, `db.writing` the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol


class Row(Protocol):
    """A result row: its values by position or by column name."""

    def __getitem__(self, key: int | str, /) -> Any: ...  # noqa: ANN401 - a column may hold any type


class Session(Protocol):
    """One open transaction. Errors arrive as `fkdash.errors` types, never as the driver's.

    Statements the server refuses for their content (23502, 42601 …) raise
    `ServerRefusedError` with the SQLSTATE and the object names it reported.
    """

    async def rows(self, sql: str, *arguments: object) -> Sequence[Row]:
        """Give all rows of a query."""
        ...

    async def row(self, sql: str, *arguments: object) -> Row | None:
        """Give the first row of a query, None when there is none."""
        ...

    async def value(self, sql: str, *arguments: object) -> Any:  # noqa: ANN401 - a column may hold any type
        """Give the first column of the first row."""
        ...

    async def execute(self, sql: str) -> str:
        """Run a statement without arguments and give its command tag."""
        ...


class Sessions(Protocol):
    """Where read-only sessions come from; `db.pool.ReadPool` is one."""

    @property
    def backend_pids(self) -> frozenset[int]:
        """The server processes of the connections that are open now, as they were told when connecting."""
        ...

    def session(self, seconds: float | None = None) -> AbstractAsyncContextManager[Session]:
        """Open a READ ONLY, REPEATABLE READ transaction, with `seconds` as statement_timeout."""
        ...

    def beside(self, session: Session) -> AbstractAsyncContextManager[Session | None]:
        """Open a second transaction on the same snapshot; None while no connection is to spare."""
        ...
