"""Words for a text in which PostgreSQL's own error does not stand, though something in it tells where that is."""

from __future__ import annotations

import re
from typing import Final

_ABORTED: Final = re.compile(r"current transaction is aborted|\b25P02\b|InFailedSql|in_failed_sql")
_DRIZZLE: Final = re.compile(r"\bFailed query: ")
_SEQUELIZE: Final = re.compile(r"sequelize/lib/dialects/postgres/query\.js")
_HAS_NULLS: Final = re.compile(
    r"column \W{1,4}([^\"\n]{1,130}?)\W{1,4} of relation \W{1,4}([^\"\n]{1,130}?)\W{1,4} contains null values"
)


def what_is_missing(text: str) -> tuple[str, str] | None:
    """Give what a text without an error that can be explained is, and what to paste or do instead; else None."""
    nulls = _HAS_NULLS.search(text)
    if nulls is not None:
        return (
            f"This is ALTER TABLE … SET NOT NULL: rows of {nulls[2]} have no {nulls[1]}. No key raised it.",
            f"Fill {nulls[1]} in these rows first, or leave the column nullable.",
        )
    if _ABORTED.search(text):
        return (
            "This only says that an earlier statement of the same transaction failed.",
            "Paste the error of that statement: the first one of the transaction, above this one in the log.",
        )
    if _DRIZZLE.search(text):
        return (
            "Drizzle's wrapper is here, PostgreSQL's own error is not: it is the `cause` of that error.",
            "Log the error whole (console.error(error), or error.cause), and paste that.",
        )
    if _SEQUELIZE.search(text):
        return (
            "Sequelize's stack is here, PostgreSQL's own error is not: it is the `parent` of that error.",
            "Log the error whole (console.error(error), or error.parent), and paste that.",
        )
    return None
