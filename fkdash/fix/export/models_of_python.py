"""Where a Python model declares a column, as well as that can be known without running it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fkdash.fix.export.folder import folders, names, read
from fkdash.fix.export.model import UnfitFolderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fkdash.catalog.model import ForeignKey
    from fkdash.fix.export.folder import Text


def line_of(root: Path, key: ForeignKey, words: str, column: str | None = None) -> tuple[Path | None, int]:
    """Give the file and the line that name the key's column and one of `words` nearby; (None, 0) for none."""
    named = column or key.columns[0]
    names_of_column = re.compile(
        rf"\b(?:{re.escape(named)}|{re.escape(named.removesuffix('_id'))})\b\s*(?::[^=\n]*)?=|[\"']{re.escape(named)}[\"']"
    )
    wanted = re.compile(words)
    best: tuple[Path | None, int] = (None, 0)
    for text in _python(root):
        lines = text.text.split("\n")
        of_table = key.table.name in text.text or _class_of(key.table.name) in text.text
        for number, line in enumerate(lines, start=1):
            nearby = "\n".join(lines[number - 1 : number + 5])
            if names_of_column.search(line) and wanted.search(nearby):
                if of_table:
                    return text.path, number
                best = best if best[0] else (text.path, number)
    return best


def _class_of(table: str) -> str:
    return table.rpartition("_")[2].title().removesuffix("s")


def _python(root: Path) -> Iterator[Text]:
    for folder in folders(root):
        if folder.name in {"versions", "migrations", "tests"}:
            continue
        for name in names(folder):
            if name.endswith(".py"):
                try:
                    yield read(folder / name)
                except UnfitFolderError:
                    continue
