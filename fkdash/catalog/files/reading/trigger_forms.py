"""Forms of triggers that there are none of, whatever the table (CREATE TRIGGER, "Notes")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.sqlstates import FEATURE_NOT_SUPPORTED, INVALID_OBJECT_DEFINITION, SYNTAX_ERROR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fkdash.catalog.files.reading.nodes import CreateTrigger

Wrong = tuple[str, str]
"""The SQLSTATE and the reason in words."""


def wrong_forms(
    said: CreateTrigger, events: Collection[str], read: Collection[str], kept: Collection[str]
) -> Iterator[Wrong]:
    """Give what is wrong with a trigger by itself.

    `events` are as they stand there, `read` which of old and new its WHEN reads, `kept` whose tables it refers to.
    """
    if len(events) > len(said.events):
        yield SYNTAX_ERROR, "an event of a trigger is said twice"
    if said.constraint and (said.before or said.instead or not said.row):
        yield SYNTAX_ERROR, "a constraint trigger comes AFTER, FOR EACH ROW"
    if said.instead and not (said.row and not said.conditional and not said.columns):
        yield FEATURE_NOT_SUPPORTED, "INSTEAD OF is FOR EACH ROW, without a condition or columns"
    if "TRUNCATE" in said.events and said.row:
        yield FEATURE_NOT_SUPPORTED, "TRUNCATE is not FOR EACH ROW"
    if read and not said.row:
        yield INVALID_OBJECT_DEFINITION, "a condition FOR EACH STATEMENT reads no row"
    if "old" in read and "INSERT" in said.events:
        yield INVALID_OBJECT_DEFINITION, "no row is OLD at INSERT"
    if "new" in read and "DELETE" in said.events:
        yield INVALID_OBJECT_DEFINITION, "no row is NEW at DELETE"
    yield from _of_transition_tables(said, kept)


def _of_transition_tables(said: CreateTrigger, kept: Collection[str]) -> Iterator[Wrong]:
    if not kept:
        return
    if said.before or said.instead or "TRUNCATE" in said.events or said.constraint:
        yield INVALID_OBJECT_DEFINITION, "transition tables are for AFTER triggers on rows"
    if len(said.events) > 1 or said.columns:
        yield FEATURE_NOT_SUPPORTED, "transition tables are for one event, without columns"
    if ("old" in kept and "INSERT" in said.events) or ("new" in kept and "DELETE" in said.events):
        yield INVALID_OBJECT_DEFINITION, "no such rows are there at this event"
