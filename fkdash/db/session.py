"""What the rest of fkdash may ask of a database session.

The rooms above write against these protocols, so that none of them needs the
driver. `db.pool` implements the read-only one, `db.writing` the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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

    async def asked(self, sql: str, *arguments: object) -> Sequence[Row]:
        """Give all rows of a query as JSON tells them: numbers, texts, truth values, and lists of these.

        It is one wait for the server where `rows` is two, and questions that are asked at the same time are one
        together; they are then one statement, so that an error is everybody's. An OID must be cast to a number.
        """
        ...

    async def one_by_one(
        self,
        queries: Sequence[str],
        answered: Callable[[int, Mapping[str, Any]], object],
        refused: Callable[[int, str], object],
    ) -> None:
        """Ask queries of one row each, without arguments, in one statement that has one time limit.

        Each one's row, or the server's reason why there is none, is told by its number as soon as it is known.
        Raises what ends the statement; what was told before holds. ServerRefusedError or NotPermittedError with
        nothing told means that the database has no PL/pgSQL.
        """
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

    def in_a_row(self) -> AbstractAsyncContextManager[None]:
        """Let each session meanwhile end with the begin of the next one, or a moment later: one wait less.

        Meanwhile nobody else's statement may depend on a session's locks being gone at its end.
        """
        ...

    def beside(self, session: Session) -> AbstractAsyncContextManager[Session | None]:
        """Open a second transaction on the same snapshot; None while no connection is to spare."""
        ...
