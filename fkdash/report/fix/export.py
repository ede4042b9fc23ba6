"""An export: as a unified diff with what is to be done besides, and as a document."""

from __future__ import annotations

import difflib
import os
import re
from typing import TYPE_CHECKING, Any

from fkdash.db.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fkdash.fix.export.model import Exported, FileChange, Missing


def export_document(exported: Exported, folder: Path) -> dict[str, Any]:
    """Give the versioned document; paths are relative to the folder that was named."""
    return {
        "fkdash": 1,
        "kind": "export",
        "tool": exported.tool,
        "files": [_file_document(change, folder) for change in exported.files],
        "mark_applied": list(exported.mark_applied),
        "transactions": [
            {
                "n": number,
                "file": _relative(each.file, folder),
                "statements": list(each.statements),
                "note": each.note,
            }
            for number, each in enumerate(exported.transactions, start=1)
        ],
        "incomplete": [_missing_document(each, folder) for each in exported.incomplete],
        "suggested": [_file_document(change, folder) for change in exported.suggested],
        "notes": list(exported.notes),
    }


def export_diff(exported: Exported, folder: Path) -> str:
    """Give the unified diff of all files, then of the edits that are only suggested; plain text."""
    changes = (*exported.files, *exported.suggested)
    return "".join(_diff(change, folder) for change in changes)


def export_words(exported: Exported, folder: Path) -> str:
    """Give everything that is to be known beside the diff."""
    return "\n".join(plain(line) for line in _words(exported, folder)) + "\n"


def _words(exported: Exported, folder: Path) -> Iterator[str]:
    for each in exported.transactions:
        if each.note:
            yield f"transaction: {_relative(each.file, folder)}: {each.note}"
    for each_missing in exported.incomplete:
        place = _place(each_missing, folder)
        yield f"to do: {place}{each_missing.reason}"
    yield from (f"note: {note}" for note in exported.notes)
    if exported.mark_applied:
        yield "Where the fix was applied live and the migration is not to run at all:"
        yield from (f"  {each}" for each in exported.mark_applied)


def _place(missing: Missing, folder: Path) -> str:
    if missing.file is None:
        return ""
    line = f":{missing.line}" if missing.line else ""
    return f"{_relative(missing.file, folder)}{line}: "


def _diff(change: FileChange, folder: Path) -> str:
    name = _relative(change.path, folder)
    old = "/dev/null" if change.before is None else f"a/{name}"
    lines = difflib.unified_diff(
        _lines(change.before or b""), _lines(change.content), plain(old), plain(f"b/{name}")
    )
    return "".join(_shown(line) for line in lines)


def _lines(raw: bytes) -> list[str]:
    # A form feed, or U+2028 in a string, ends no line.
    return re.findall(r"[^\n]*\n|[^\n]+", raw.decode("utf-8", "replace").replace("\r\n", "\n"))


def _shown(line: str) -> str:
    whole = line.endswith("\n")
    text = "\t".join(plain(each) for each in line.rstrip("\n").split("\t"))
    return f"{text}\n" if whole else f"{text}\n\\ No newline at end of file\n"


def _relative(path: Path, folder: Path) -> str:
    return os.path.relpath(path, folder).replace(os.sep, "/")


def _file_document(change: FileChange, folder: Path) -> dict[str, Any]:
    return {
        "path": _relative(change.path, folder),
        "action": change.action,
        "content": change.content.decode(),
        "sha256_before": change.sha256_before,
    }


def _missing_document(missing: Missing, folder: Path) -> dict[str, Any]:
    return {
        "file": _relative(missing.file, folder) if missing.file is not None else None,
        "line": missing.line or None,
        "reason": missing.reason,
    }
