"""JSON files of other tools: read as objects, written with the layout they have."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from fkdash.fix.export.model import UnfitFolderError

if TYPE_CHECKING:
    from fkdash.fix.export.folder import Text


_HALF: Final = re.compile(r"\\ud[89a-f]", re.IGNORECASE)
_HALVES: Final = re.compile("[\ud800-\udfff]")


def parsed(text: Text) -> dict[str, Any]:
    """Give the object in a file; raises UnfitFolderError where it has none."""
    try:
        found = json.loads(text.text)
    except (ValueError, RecursionError) as error:
        raise UnfitFolderError(f"{text.path} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise UnfitFolderError(f"{text.path} is not a JSON object.")
    if _HALF.search(text.text) and _HALVES.search(json.dumps(found, ensure_ascii=False)):
        raise UnfitFolderError(f"{text.path} has half a character in it, which no text can hold.")
    return found


def dumped(document: dict[str, Any], *, like: str) -> str:
    """Give an object as text, with the indent and the last line end of another one."""
    indent = re.search(r"\n([ \t]+)\"", like)
    text = json.dumps(document, indent=indent[1] if indent else "  ", ensure_ascii=False)
    return text + "\n" if like.endswith("\n") else text
