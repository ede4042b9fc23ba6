"""The journal of a run: append-only JSON lines, on the disk before and after every step.

It alone is enough to know what was under way, and to finish or undo it, after a crash at any moment.
One file per run, readable by its owner only, in the platform's state folder.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from platformdirs import user_state_path

from fkdash.errors import StoppedError

if TYPE_CHECKING:
    from types import TracebackType

_OWNER_ONLY: Final = 0o600
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST_NAME: Final = 80


def runs_folder() -> Path:
    """Give the folder that holds the journals: `fkdash/runs` under XDG_STATE_HOME on Linux."""
    return user_state_path("fkdash", appauthor=False) / "runs"


class Journal:
    """A journal open for writing; raises StoppedError where a line cannot be kept, before anything ran."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def create(cls, constraint: str, *, folder: Path | None = None, now: datetime | None = None) -> Self:
        """Make a new file named after the moment and the constraint."""
        home = folder or runs_folder()
        moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%S.%fZ")
        path = home / f"{moment}-{_UNFIT.sub('_', constraint)[:_LONGEST_NAME]}.jsonl"
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
            _sync_folder(home)
        except OSError as error:
            raise _unwritable(path, error) from error
        return cls(path, descriptor)

    @classmethod
    def reopen(cls, path: Path) -> Self:
        """Go on writing to an existing journal, to resume or undo its run."""
        try:
            return cls(path, os.open(path, os.O_WRONLY | os.O_APPEND))
        except OSError as error:
            raise _unwritable(path, error) from error

    def write(self, event: str, **facts: object) -> None:
        """Append one line and wait until the disk has it."""
        line = {"event": event, "at": datetime.now(UTC).isoformat(), **facts}
        data = (json.dumps(line, ensure_ascii=True) + "\n").encode()
        try:
            written = os.write(self._descriptor, data)
            os.fsync(self._descriptor)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        if written != len(data):
            raise _unwritable(self.path, OSError("the line was cut short"))

    def close(self) -> None:
        """Close the file; a closed journal takes no more lines."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal: what happened, when (ISO 8601, UTC), and its facts."""

    event: str
    at: str
    facts: dict[str, Any]


def read(path: Path) -> tuple[Line, ...]:
    """Give a journal's lines; a last line that was cut off by a crash is left out."""
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            facts = json.loads(text)
        except json.JSONDecodeError:
            break
        lines.append(Line(event=facts.pop("event"), at=facts.pop("at"), facts=facts))
    return tuple(lines)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> StoppedError:
    return StoppedError(
        f"The journal {path} cannot be written: {error.strerror or error}.",
        next_step="Without a journal there is no way back after a crash, so nothing is changed. "
        "Make room or set XDG_STATE_HOME to a folder you can write to.",
    )
