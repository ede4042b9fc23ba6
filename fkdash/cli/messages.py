"""What the commands say: the document on stdout, everything else on stderr, all of it plain text."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from fkdash.db.text import plain

if TYPE_CHECKING:
    from fkdash.errors import FkdashError


def say(text: str) -> None:
    """Print a command's result."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def say_how_it_ended(text: str) -> None:
    """Print the result of something that was changed; that nobody reads it does not make it undone."""
    try:
        say(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _to_nowhere(sys.stdout)


def tell(text: str) -> None:
    """Print progress or a note, where it does not disturb the result; whether anybody reads it changes nothing."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except BrokenPipeError:
        _to_nowhere(sys.stderr)


def _to_nowhere(stream: TextIO) -> None:
    """Let what is still buffered go nowhere: at the end of the process it would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say_error(error: FkdashError) -> None:
    """Print what happened and what to do next."""
    sys.stderr.write(f"fkdash: {plain(error.what)}\n")
    for line in filter(None, error.next_step.split("\n")):
        sys.stderr.write(f"  {plain(line)}\n")
