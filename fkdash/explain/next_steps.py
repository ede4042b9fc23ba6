"""The commands that an answer sends the operator to, spelled so that they can be pasted as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.names import typed
from fkdash.shell import command

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName


def checking(table: TableName) -> str:
    """Give the command that tells what is wrong with the foreign keys of a table."""
    return command("check", "--table", typed(table))


def previewing(table: TableName) -> str:
    """Give the command that shows what deleting rows of a table would do."""
    return command("preview", "--table", typed(table))


def planning(key: ForeignKey, option: str = "") -> str:
    """Give the command that shows what can be changed about a key, or how one option is carried out."""
    return command("fix", "plan", key.qualified, *(("--option", option) if option else ()))
