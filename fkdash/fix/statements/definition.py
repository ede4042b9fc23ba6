"""Spells a foreign key as a statement, from its facts and never by editing text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action, Match
from fkdash.catalog.table_name import quoted
from fkdash.db.literals import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName

_LONGEST_NAME: Final = 63


def definition(key: ForeignKey, *, not_valid: bool = False) -> str:
    """Give everything behind ADD CONSTRAINT name; `not_valid` asks for NOT VALID whatever the key's state.

    The name and the comment are not part of it (ALTER TABLE, "ADD table_constraint").
    """
    words = [
        f"FOREIGN KEY ({_columns(key.columns, period=key.period)})",
        f"REFERENCES {key.referenced.sql} ({_columns(key.referenced_columns, period=key.period)})",
    ]
    if key.match is Match.FULL:
        words.append("MATCH FULL")
    if key.on_update is not Action.NO_ACTION:
        words.append(f"ON UPDATE {key.on_update}")
    if key.on_delete is not Action.NO_ACTION:
        words.append(f"ON DELETE {key.on_delete}")
    if key.delete_columns:
        words.append(f"({_columns(key.delete_columns)})")
    if key.deferrable:
        words.append("DEFERRABLE")
    if key.initially_deferred:
        words.append("INITIALLY DEFERRED")
    if not key.enforced:
        words.append("NOT ENFORCED")
    elif not_valid or not key.validated:
        words.append("NOT VALID")
    return " ".join(words)


def swap(old: ForeignKey, new: ForeignKey, *, not_valid: bool) -> str:
    """Give the one ALTER TABLE that replaces a foreign key by another, with no moment without either."""
    return (
        f"ALTER TABLE {old.table.sql}\n"
        f"  DROP CONSTRAINT {quoted(old.name)},\n"
        f"  ADD CONSTRAINT {quoted(new.name)} {definition(new, not_valid=not_valid)}"
    )


def add(table: TableName, name: str, key: ForeignKey, *, not_valid: bool) -> str:
    """Give the statement that declares a key, under any name, on its table or a partition of it."""
    return f"ALTER TABLE {table.sql}\n  ADD CONSTRAINT {quoted(name)} {definition(key, not_valid=not_valid)}"


def drop(table: TableName, name: str, *, if_exists: bool = False) -> str:
    """Give the statement that drops a constraint."""
    return f"ALTER TABLE {table.sql} DROP CONSTRAINT {'IF EXISTS ' if if_exists else ''}{quoted(name)}"


def rename(table: TableName, old: str, new: str) -> str:
    """Give the statement that renames a constraint; it does not reach into partitions."""
    return f"ALTER TABLE {table.sql} RENAME CONSTRAINT {quoted(old)} TO {quoted(new)}"


def validate(table: TableName, constraint: str) -> str:
    """Give the statement that checks the existing rows of a NOT VALID constraint."""
    return f"ALTER TABLE {table.sql} VALIDATE CONSTRAINT {quoted(constraint)}"


def comment(key: ForeignKey) -> str:
    """Give the statement that puts the key's comment back; re-creating a constraint loses it."""
    text = "NULL" if key.comment is None else literal(key.comment)
    return f"COMMENT ON CONSTRAINT {quoted(key.name)} ON {key.table.sql} IS {text}"


def server_name(table: str, columns: str, ending: str) -> str:
    """Make a name as the server does, at most 63 bytes long: the longer of the first two is shortened."""
    while len(f"{table}_{columns}_{ending}".encode()) > _LONGEST_NAME:
        if len(table.encode()) > len(columns.encode()):
            table = table[:-1]
        else:
            columns = columns[:-1]
    return f"{table}_{columns}_{ending}"


def _columns(names: Sequence[str], *, period: bool = False) -> str:
    spelled = [quoted(name) for name in names]
    if period:
        spelled[-1] = f"PERIOD {spelled[-1]}"
    return ", ".join(spelled)
