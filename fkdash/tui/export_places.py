"""Remembers where a database's fixes were exported to last: a tool and a folder for each place connected to."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import platformdirs

from fkdash.private_file import require_private_folder

if TYPE_CHECKING:
    from fkdash.db.target import Target

_LONGEST: Final = 1_000_000


def remembered(target: Target) -> str:
    """Give what was typed last for this database, "" for the first time."""
    found = _read().get(_place(target))
    return found if isinstance(found, str) else ""


def remember(target: Target, words: str) -> None:
    """Keep what was typed; where the state folder cannot be written nothing is kept."""
    path = _path()
    with suppress(OSError):
        require_private_folder(path.parent)
        part = path.with_suffix(f".{os.getpid()}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({**_read(), _place(target): words}, file, indent=2)
        part.replace(path)


def _read() -> dict[str, Any]:
    try:
        with _path().open(encoding="utf-8") as file:
            found = json.loads(file.read(_LONGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _path() -> Path:
    return Path(platformdirs.user_state_dir("fkdash", appauthor=False)) / "exports.json"


def _place(target: Target) -> str:
    first = target.addresses[0]
    return f"{first.host}:{first.port}/{target.database}"
