"""Whether the folder that was found is the one of the table: a repository may hold several services."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import names, read
from fkdash.fix.export.model import UnfitFolderError

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.fix.export.model import Exported, Request

_KNOWN_OTHERWISE: Final = frozenset({"drizzle", "prisma", "django", "pgtap"})
"""Tools whose own snapshot or schema tells of the table, or that have no folder of the table's."""

_MOST_FILES: Final = 2_000


def with_doubt(request: Request, found: Exported) -> Exported:
    """Give the same with a note where nothing in the folder speaks of the table and nobody named that folder."""
    made = next((each.path.parent for each in found.files if each.before is None), None)
    folder = request.folder.resolve()
    if made is None or folder not in made.parents or found.tool in _KNOWN_OTHERWISE:
        return found
    table = request.migration.plan.key.table.name
    if _speaks_of(made, table):
        return found
    where = made.relative_to(folder)
    note = f"no migration in {where} speaks of {table}: if another folder is meant, name it with --dir"
    return replace(found, notes=(note, *found.notes))


def _speaks_of(folder: Path, table: str) -> bool:
    word = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(table)}(?![A-Za-z0-9_])", re.IGNORECASE)
    for name in names(folder)[:_MOST_FILES]:
        if (folder / name).is_file():
            try:
                if word.search(read(folder / name).text):
                    return True
            except UnfitFolderError:
                return True
    return False
