"""One message of the server's log, whatever format it stood in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.fact import fact
from fkdash.sqlstates import (
    CHECK_VIOLATION,
    FOREIGN_KEY_VIOLATION,
    INSUFFICIENT_PRIVILEGE,
    NOT_NULL_VIOLATION,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
    QUERY_CANCELED,
    RESTRICT_VIOLATION,
    UNIQUE_VIOLATION,
)

if TYPE_CHECKING:
    from datetime import datetime

INTEGRITY: Final = frozenset(
    {NOT_NULL_VIOLATION, FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION, UNIQUE_VIOLATION, CHECK_VIOLATION}
)
"""SQLSTATEs that are counted wherever they come from."""
INSIDE: Final = frozenset({OBJECT_NOT_IN_PREREQUISITE_STATE, INSUFFICIENT_PRIVILEGE, QUERY_CANCELED})
"""SQLSTATEs that are counted where a foreign key's own statement failed with them."""
COUNTED: Final = INTEGRITY | INSIDE


@fact
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
