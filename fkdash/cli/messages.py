"""What the commands say: the document on stdout, everything else on stderr, all of it plain text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fkdash.db.text import plain

if TYPE_CHECKING:
    from fkdash.errors import FkdashError


def say(text: str) -> None:
    """Print a command's result."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def tell(text: str) -> None:
    """Print progress or a note, where it does not disturb the result."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def say_error(error: FkdashError) -> None:
    """Print what happened and what to do next."""
    sys.stderr.write(f"fkdash: {plain(error.what)}\n")
    for line in filter(None, error.next_step.split("\n")):
        sys.stderr.write(f"  {plain(line)}\n")
