"""Reads a file that somebody named: a plain file of bounded size, nothing that would have to be waited for."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from fkdash.db.text import plain
from fkdash.errors import UsageError, reason_of

MOST_BYTES: Final = 64 * 1024 * 1024
"""A baseline of 50,000 foreign keys has 10 MB."""
LARGE_BYTES: Final = 512 * 1024 * 1024
"""For what tells of every table and key: a snapshot, what a scan or a check said."""


def read_text(
    path: Path, what: str = "file", *, next_step: str = "Name another.", most_bytes: int = MOST_BYTES
) -> str:
    """Give the text of a file; `what` names it in messages, such as "baseline".

    Raises FileNotFoundError where there is none, UsageError for what is no plain file, is too large, cannot be
    read or is not UTF-8. A pipe or a device is not read: it may have no end, or nobody who writes.
    """
    name = plain(str(path))
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        kind = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(kind):
            os.close(descriptor)
            raise UsageError(
                f"The {what} {name} is {_kind(kind)}, not a file.",
                next_step=f"Save it into a file first, and name that. {next_step}",
            )
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The {what} {name} cannot be read: {plain(reason_of(error))}.", next_step=next_step
        ) from error
    if len(data) > most_bytes:
        raise UsageError(
            f"The {what} {name} is larger than {most_bytes // 1024 // 1024} MB.",
            next_step=f"Nothing of that size is expected there. {next_step}",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"The {what} {name} is not UTF-8, from line {line} on.", next_step=next_step) from error


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    return next((words for is_one, words in kinds if is_one(mode)), "a device")
