"""What the commands say: the document on stdout, everything else on stderr, all of it plain text."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from fkdash.db.text import plain
from fkdash.errors import FkdashError, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable


def say(text: str) -> None:
    """Print a command's result. Raises FkdashError where it cannot be written, BrokenPipeError for no reader."""
    say_pieces((text if text.endswith("\n") else text + "\n",))


def say_pieces(pieces: Iterable[str]) -> None:
    """Print a result piece by piece, so that it is never whole in memory; raises as `say` does."""
    try:
        sys.stdout.writelines(pieces)
        sys.stdout.flush()
    except BrokenPipeError:
        _give_up(sys.stdout)
        raise
    except OSError as error:
        _give_up(sys.stdout)
        raise FkdashError(
            f"The result could not be written: {reason_of(error)}.", next_step="Direct the output elsewhere."
        ) from None


def say_how_it_ended(text: str) -> None:
    """Print the result of something that was changed; that nobody reads it does not make it undone."""
    try:
        say(text)
    except BrokenPipeError:
        return
    except FkdashError as error:
        say_error(error)


def tell(text: str) -> None:
    """Print progress or a note, where it does not disturb the result; nobody may be there to read it."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:
        # What is under way, a change perhaps, must not end because its terminal or reader has gone.
        _give_up(sys.stderr)


def say_error(error: FkdashError) -> None:
    """Print what happened and what to do next."""
    lines = filter(None, error.next_step.split("\n"))
    tell("\n".join([f"fkdash: {plain(error.what)}", *(f"  {plain(line)}" for line in lines)]))


def _give_up(stream: TextIO) -> None:
    """Let what is still buffered, and all that follows, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
