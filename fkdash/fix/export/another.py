"""Which folders are another tool's: a plain SQL file among its migrations would run there, or break it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.errors import UsageError
from fkdash.fix.export.folder import names
from fkdash.fix.export.model import UnfitFolderError
from fkdash.lint.tools import TOOLS, beginning, flyway_version, sql_files

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.lint.tools import Tool

_WHATEVER: Final = "numbered"
"""The one that every folder of SQL files is."""

_SEEN_FROM_ABOVE: Final = frozenset({"drizzle-1", "prisma", "diesel", "sqitch"})
"""Tools that a folder of files tells nothing of by itself."""

_MOST: Final = 5
"""Files that are looked into."""

_OF_A_MIGRATION: Final = frozenset({"migration.sql", "up.sql"})
"""Files that have a folder each, in which nothing else belongs either."""


def owner_of(folder: Path) -> str:
    """Give in words the tool that runs a folder's files, or the folders in it; "" where they are run by hand."""
    if not names(folder):
        return ""
    for tool in TOOLS:
        where = (folder, folder.parent) if tool.name in _SEEN_FROM_ABOVE else (folder,)
        if tool.name != _WHATEVER and any(_is_among(folder, each, tool) for each in where):
            return tool.words
    formatted = any(
        beginning(each).lower().startswith("--liquibase formatted sql") for each in sql_files(folder)[:_MOST]
    )
    return "Liquibase (--liquibase formatted sql)" if formatted else ""


def refuse_anothers(folder: Path, what: str) -> None:
    """Raise UnfitFolderError for a folder of another tool's; `what` would be written there."""
    owner = owner_of(folder)
    if owner:
        raise UnfitFolderError(
            f"{folder} has the migrations of {owner}: {what} does not belong among them.",
            next_step="Name another folder, or that tool.",
        )


def _is_among(folder: Path, where: Path, tool: Tool) -> bool:
    if tool.name == "flyway":
        # It would be looked for in all folders below.
        return any(map(flyway_version, sql_files(folder)))
    try:
        found = tool.files(where)
    except UsageError:
        return where == folder
    except OSError:
        return False
    return any(
        path.parent == folder or (path.parent.parent == folder and path.name in _OF_A_MIGRATION) for path in found
    )
