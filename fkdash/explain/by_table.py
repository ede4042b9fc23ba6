"""The foreign keys that can be behind an error which tells no more than a table: cut off, translated, or refused.

Drivers that print no CONTEXT leave out which statement of a key was refused; some hand on only that a key is
violated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import REFUSING, Action, Statement
from fkdash.explain.candidates import Candidates, first_of
from fkdash.explain.clues import Clues, Kind
from fkdash.explain.keys import narrowed, referenced_names, referencing_names, statement_table, table_called
from fkdash.explain.model import Cause, referenced_table
from fkdash.explain.next_steps import checking
from fkdash.rules.actions.barred import barred
from fkdash.rules.actions.cascades import node
from fkdash.rules.actions.ways import ways_from
from fkdash.sqlstates import (
    INSUFFICIENT_PRIVILEGE,
    INVALID_COLUMN_REFERENCE,
    OBJECT_NOT_IN_PREREQUISITE_STATE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.rules.actions.barred import Bar

BARRED: Final = frozenset({INSUFFICIENT_PRIVILEGE, OBJECT_NOT_IN_PREREQUISITE_STATE, INVALID_COLUMN_REFERENCE})
_VERBS: Final = frozenset(map(str, Statement))


def by_table(catalog: Catalog, clues: Clues) -> tuple[ForeignKey, ...]:
    """Give the keys that can be violated where the error, or the statement with it, names only a table."""
    match clues.kind:
        case Kind.HELD if clues.referenced:
            return tuple(
                key
                for key in catalog.foreign_keys
                if clues.referenced in referenced_names(catalog, key)
                and not REFUSING.isdisjoint(_actions(clues, key))
            )
        case Kind.TRUNCATED if clues.referenced:
            keys = (
                key
                for key in catalog.foreign_keys
                if clues.referenced in referenced_names(catalog, key) and key.table != key.referenced
            )
            return narrowed(catalog, keys, clues)
        case Kind.MISSING if clues.table:
            return tuple(key for key in catalog.foreign_keys if clues.table in referencing_names(catalog, key))
        case Kind.KEY if clues.statement is not None:
            return tuple(_met_by(catalog, *clues.statement))
    return ()


def _actions(clues: Clues, key: ForeignKey) -> tuple[Action, ...]:
    verb = clues.statement[0] if clues.statement is not None else ""
    if verb in {"DELETE", "UPDATE"}:
        return (key.on_delete,) if verb == "DELETE" else (key.on_update, key.on_delete)
    return (key.on_delete, key.on_update)


def _met_by(catalog: Catalog, verb: str, parts: tuple[str, ...]) -> Iterator[ForeignKey]:
    """Give the keys that a statement of the operator's can violate, through cascades too."""
    start = table_called(catalog, parts)
    if start is None:
        return
    below = ways_from(catalog, start) if verb == "DELETE" else ()
    for key in catalog.foreign_keys:
        top = node(catalog, key.referenced)
        writes = verb in {"INSERT", "UPDATE", "MERGE"} and node(catalog, key.table) == node(catalog, start)
        moves = verb in {"UPDATE", "MERGE"} and top == node(catalog, start) and key.on_update in REFUSING
        if writes or moves or (top in below and key.on_delete in REFUSING):
            yield key


def by_bar(catalog: Catalog, clues: Clues) -> Candidates:
    """Give the keys whose action the server always refuses with this error, below the statement's table."""
    start = statement_table(catalog, clues)
    if clues.statement is not None and (start is None or start.name == clues.table):
        # The operator's own statement was refused.
        return Candidates()
    verb = clues.statement[0] if clues.statement is not None else ""
    below = (
        None if start is None else {node(catalog, start)} if verb == "UPDATE" else set(ways_from(catalog, start))
    )
    found = {
        bar.key: bar
        for bar in reversed(barred(catalog))
        if bar.error.sqlstate == clues.sqlstate
        and clues.table in _told(bar)
        and (verb not in _VERBS or verb in bar.statements)
        and (below is None or node(catalog, bar.key.referenced) in below)
    }
    return first_of(tuple(reversed(found.values())), lambda bar: _refused(clues, bar))


def _told(bar: Bar) -> frozenset[str]:
    """Give what the error of a bar names."""
    words = bar.error.message.removeprefix("permission denied for ").split(" ", maxsplit=1)
    return frozenset({words[-1], *bar.error.message.split('"')[1::2]})


def _refused(clues: Clues, bar: Bar) -> Cause:
    key = bar.key
    event = "goes" if Statement.DELETE in bar.statements else "changes its key"
    return Cause(
        key,
        clues.sqlstate,
        f"{key.qualified} is {bar.doing}: when a row of {referenced_table(key)} {event}, what it runs is always "
        f"refused: {bar.reason}.",
        (),
        f"{checking(key.table)} names what is missing ({bar.rule}).",
    )
