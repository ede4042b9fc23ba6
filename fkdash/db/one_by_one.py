"""Many questions in one statement that are answered one by one: each has its own answer or its own refusal.

A DO block asks them on the server and tells each answer as a message (INFO), which is sent at once. So all of them
are one wait for the server, one statement with one time limit, and what was answered before the limit is known.
Needs PL/pgSQL, which every database has unless somebody dropped it.
"""

from __future__ import annotations

import json
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from fkdash.db.literals import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_REFUSED: Final = "!"


class OneByOne:
    """A DO block for queries of one row each, and what reads the messages that it sends.

    `answered` gets the number of a query and its row; `refused` its number and the server's reason.
    """

    def __init__(
        self,
        queries: Sequence[str],
        answered: Callable[[int, dict[str, Any]], object],
        refused: Callable[[int, str], object],
    ) -> None:
        # Nobody who names a table or raises a message can know it.
        self._token = f"fkdash_{token_hex(16)}"
        self._queries = queries
        self._answered, self._refused = answered, refused

    @property
    def statement(self) -> str:
        """The block; a query that is cancelled or reaches the time limit ends it."""
        asked = "".join(self._asking(number, query) for number, query in enumerate(self._queries))
        return f"do ${self._token}$ declare {self._token} text; begin {asked} end ${self._token}$"

    def _asking(self, number: int, query: str) -> str:
        told = literal(f"select pg_catalog.to_json(q)::text from ({query}\n) q")
        return (
            f"begin execute {told} into {self._token}; raise info '{self._token} {number} %', {self._token}; "
            f"exception when others then raise info '{self._token} {number} {_REFUSED}%', sqlerrm; end;\n"
        )

    def hear(self, message: str) -> None:
        """Read a message; those of others are none of ours."""
        token, _, rest = message.partition(" ")
        if token != self._token:
            return
        number, _, said = rest.partition(" ")
        if said.startswith(_REFUSED):
            self._refused(int(number), said.removeprefix(_REFUSED))
        else:
            self._answered(int(number), json.loads(said))
