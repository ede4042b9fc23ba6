"""What the first bytes of a file tell: an encoding other than UTF-8, an archive, something that is compressed."""

from __future__ import annotations

import codecs
from typing import Final

from fkdash.errors import UsageError
from fkdash.reading.compressed import compression_of

UTF_8: Final = "utf-8"
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
HEAD: Final = 8
"""How many bytes tell."""
_ARCHIVES: Final = (b"PGDMP", b"toc.dat\0")
"""What pg_dump's own format begins with, and its tar."""


def encoding_of(head: bytes) -> str:
    """Give the encoding that the first bytes of a file tell: SQL without a mark begins with ASCII."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if len(head) > 1 and head[0] and not head[1]:
        return "utf-16-le"
    return "utf-16-be" if len(head) > 1 and head[1] and not head[0] else UTF_8


def want_text(head: bytes, label: str) -> None:
    """Raise UsageError for an archive of pg_dump, and for what is compressed."""
    if head.startswith(_ARCHIVES):
        raise archive(label)
    compression = compression_of(head)
    if compression:
        raise UsageError(f"{label} is compressed with {compression}.", next_step="Unpack it first.")


def archive(label: str) -> UsageError:
    """Give the error for a dump that is no SQL."""
    return UsageError(
        f"{label} is an archive of pg_dump, not SQL.", next_step=f"Write it as SQL: pg_restore -f dump.sql {label}"
    )


def told(encoding: str) -> str:
    """Give an encoding as people write it."""
    return encoding.upper().removesuffix("-LE").removesuffix("-BE")


def to_mend(encoding: str) -> str:
    """Say what is wrong with a file that is no UTF-8, and how to write it otherwise."""
    return (
        f"the file is {told(encoding)} (PowerShell's > may write that), which neither psql nor a migration tool "
        "runs: save it as UTF-8, write a dump with pg_dump -f FILE"
    )
