"""Whether the folder that was found is the one of the table: a repository may hold several services."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import above, names, read
from fkdash.fix.export.model import UnfitFolderError

if TYPE_CHECKING:
    from fkdash.fix.export.model import Exported, Request

_KNOWN_OTHERWISE: Final = frozenset({"drizzle", "django", "pgtap"})
"""Tools whose own snapshot or models tell of the table, or that have no folder of the table's."""

_FOLDER_EACH: Final = frozenset({"prisma"})
"""Tools whose migrations are folders."""

_MOST_FILES: Final = 2_000


def with_doubt(request: Request, found: Exported) -> Exported:
    """Give the same with a note where nothing in the folder speaks of the table and nobody named that folder."""
    made = next((each.path.parent for each in found.files if each.before is None), None)
    folder = request.folder.resolve()
    if made is not None and found.tool in _FOLDER_EACH:
        made = made.parent
    if made is None or folder not in made.parents or found.tool in _KNOWN_OTHERWISE:
        return found
    table = request.migration.plan.key.table.name
    if _speaks_of(made, table):
        return found
    where = made.relative_to(folder)
    note = f"no migration in {where} speaks of {table}: if another folder is meant, name that one"
    return replace(found, notes=(note, *found.notes))


def refuse_elsewhere(request: Request, found: Exported) -> None:
    """Raise UnfitFolderError where a link would have something written outside the project."""
    folder = request.folder.resolve()
    root = next((each for each in above(folder) if (each / ".git").exists()), folder)
    for change in (*found.files, *found.suggested):
        named = Path(os.path.normpath(change.path))
        real = change.path.resolve()
        if real != named and root not in real.parents:
            raise UnfitFolderError(
                f"{change.path} leads out of {root}, to {real}.",
                next_step="Name the folder that it leads to.",
            )


def _speaks_of(folder: Path, table: str) -> bool:
    """Tell whether a file has the table's name in it, or whether that cannot be told."""
    word = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(table)}(?![A-Za-z0-9_])", re.IGNORECASE)
    found = names(folder)
    if len(found) > _MOST_FILES:
        return True
    for name in found:
        path = folder / name / "migration.sql" if (folder / name).is_dir() else folder / name
        if path.is_file():
            try:
                if word.search(read(path).text):
                    return True
            except UnfitFolderError:
                return True
    return False
