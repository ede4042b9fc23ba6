"""One message of the server's log, whatever format it stood in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

INTEGRITY: Final = frozenset({"23502", "23503", "23001", "23505", "23514"})
"""SQLSTATEs that are counted wherever they come from."""
INSIDE: Final = frozenset({"55000", "42501", "57014"})
"""SQLSTATEs that are counted where a foreign key's own statement failed with them."""
COUNTED: Final = INTEGRITY | INSIDE


@dataclass(frozen=True, slots=True)
class LogRecord:
    """An error in the log.

    `moment` is in UTC, None where the log does not tell it; `sqlstate` is "" where it does not. `statement` and
    `detail` hold values of rows: they are read to find the constraint, and kept nowhere.
    """

    message: str
    sqlstate: str = ""
    moment: datetime | None = None
    detail: str = ""
    context: str = ""
    query: str = ""
    statement: str = ""
    user: str = ""
    database: str = ""
    application: str = ""
