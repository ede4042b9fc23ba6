"""What an operator must know of a count: what could not be read, and what the log does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.counted import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fkdash.watch.reading import Reading


def notes_of(reading: Reading, spelled: Iterable[str] = ()) -> Iterator[str]:
    """Give the notes; `spelled` are those about how the server's log looks, which count for the plain format."""
    counts = reading.counts
    if counts.unclassified:
        yield (
            f"unclassified: {counted(counts.unclassified, 'errors')} without a SQLSTATE and a known message; "
            "%e in log_line_prefix, or log_destination csvlog or jsonlog, would tell what they are."
        )
    if counts.doubtful:
        yield (
            f"Of {counted(counts.doubtful, 'errors')} the log has no CONTEXT: it does not tell whether a key set "
            "the NULL (log_error_verbosity = default tells)."
        )
    if counts.timeless:
        yield f"Of {counted(counts.timeless, 'errors')} the log does not tell when they were."
    if counts.elsewhere:
        yield f"{counted(counts.elsewhere, 'errors')} in other databases of the server are not counted."
    if reading.left_out:
        yield f"{counted(reading.left_out, 'records')} of the log were broken or too long, and left out."
    if reading.clock.doubtful:
        yield f"The time zone {reading.clock.doubtful} was taken for UTC."
    yield from (f"A packed file could not be read: {each}." for each in dict.fromkeys(reading.broken))
    if reading.plain:
        yield from spelled
