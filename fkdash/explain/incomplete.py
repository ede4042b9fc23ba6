"""Words for a text in which no error stands that a key of this database raised, though it tells what happened.

PostgreSQL's own error may be elsewhere, a key may not have been declarable, a client library may have refused by
its own model, or another server may have spoken.
"""

from __future__ import annotations

import re
from typing import Final

from fkdash.explain.declaring import NAME, REFUSED_DECLARATIONS

_REFUSED: Final = "{} refused this itself, by its own model: PostgreSQL was not asked, and no key raised it."
_MODEL: Final = "Change what the model says, or delete with SQL; fkdash preview shows what PostgreSQL would do."
_ANOTHER: Final = "This is an error of {}, not of PostgreSQL."
_PASTE_OURS: Final = "Paste an error of the database that fkdash is connected to."

# What is looked for, what it is, and what to paste or do instead; {0}, {1} are the names that were found.
_KNOWN: Final = (
    (
        re.compile(rf"column {NAME} of relation {NAME} contains null values"),
        "This is ALTER TABLE … SET NOT NULL: rows of {1} have no {0}. No key raised it.",
        "Fill {0} in these rows first, or leave the column nullable.",
    ),
    *REFUSED_DECLARATIONS,
    (
        re.compile(r"current transaction is aborted|\b25P02\b|InFailedSql|in_failed_sql"),
        "This only says that an earlier statement of the same transaction failed.",
        "Paste the error of that statement: the first one of the transaction, above this one in the log.",
    ),
    (
        re.compile(r"\bFailed query: "),
        "Drizzle's wrapper is here, PostgreSQL's own error is not: it is the `cause` of that error.",
        "Log the error whole (console.error(error), or error.cause), and paste that.",
    ),
    (
        re.compile(r"sequelize/lib/dialects/postgres/query\.js"),
        "Sequelize's stack is here, PostgreSQL's own error is not: it is the `parent` of that error.",
        "Log the error whole (console.error(error), or error.parent), and paste that.",
    ),
    (
        re.compile(r"\b(?:ProtectedError|RestrictedError)\b|through (?:protected|restricted) foreign keys"),
        _REFUSED.format("Django"),
        _MODEL,
    ),
    (
        re.compile(r"\bDeleteRestrictionError\b|Cannot delete record because (?:of )?dependent"),
        _REFUSED.format("Rails"),
        _MODEL,
    ),
    (
        re.compile(r"[Tt]he association between entity types? .{1,400}? has been severed", re.DOTALL),
        _REFUSED.format("Entity Framework"),
        _MODEL,
    ),
    (
        re.compile(r"Dependency rule (?:on column .{1,200}? )?tried to blank-out primary key"),
        _REFUSED.format("SQLAlchemy"),
        _MODEL,
    ),
    (
        re.compile(r"not-null property references a (?:null|transient)"),
        _REFUSED.format("Hibernate"),
        _MODEL,
    ),
    (
        re.compile(
            r"Cannot (?:delete or update a parent|add or update a child) row|a foreign key constraint fails \("
        ),
        _ANOTHER.format("MySQL or MariaDB"),
        _PASTE_OURS,
    ),
    (
        re.compile(r"SQLITE_CONSTRAINT|FOREIGN KEY constraint failed|NOT NULL constraint failed: "),
        _ANOTHER.format("SQLite"),
        _PASTE_OURS,
    ),
    (
        re.compile(r"conflicted with the (?:REFERENCE|FOREIGN KEY)(?: SAME TABLE)? constraint"),
        _ANOTHER.format("SQL Server"),
        _PASTE_OURS,
    ),
    (re.compile(r"\bORA-0(?:2291|2292|1400|1407)\b"), _ANOTHER.format("Oracle"), _PASTE_OURS),
    (
        re.compile(r"An error occurred while (?:saving the entity changes|updating the entries)"),
        "Entity Framework's wrapper is here, PostgreSQL's own error is not: it is the inner exception.",
        "Log the exception whole (ToString() or InnerException), and paste that.",
    ),
    (
        re.compile(
            r"\b(?:could not execute (?:statement|batch)|Could not commit JPA transaction"
            r"|RollbackException|PersistenceException)\b"
        ),
        "A wrapper of JPA is here, PostgreSQL's own error is not: it is the cause of that exception.",
        "Paste what stands after the last `Caused by:` of its stack, or the log's lines before it.",
    ),
    (
        re.compile(r"(?m)(?:^|[:\d\]=] ?\"?)violates foreign key constraint\"?\s*$"),
        "GORM's translation is here, PostgreSQL's own error is not: it names the key and both tables.",
        "Paste the line with SQLSTATE from its log, or turn TranslateError off.",
    ),
    (
        re.compile(r"\bPendingRollbackError\b|transaction has been rolled back due to a previous exception"),
        "This only says that an earlier statement of the same session failed.",
        "Paste what stands behind `Original exception was:`, or the first error above this one in the log.",
    ),
    (
        re.compile(r"^\W*(?:Error: )?(?:db error|error returned from database|QueryFailedError)\W*$"),
        "A driver's wrapper is here, PostgreSQL's own error is not.",
        "Print the error with its causes ({{:?}} in Rust, console.error(error) in Node), and paste that.",
    ),
)


def what_is_missing(text: str) -> tuple[str, str] | None:
    """Give what a text without an error that can be explained is, and what to paste or do instead; else None."""
    for sign, headline, advice in _KNOWN:
        found = sign.search(text)
        if found is not None:
            return headline.format(*found.groups()), advice.format(*found.groups())
    return None
