"""Files that somebody compressed, told by how they begin."""

from __future__ import annotations

from typing import Final

GZIP: Final = "gzip"
_SIGNS: Final = {
    b"\x1f\x8b": GZIP,
    b"\xfd7zXZ\0": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"PK\x03\x04": "zip",
}


def compression_of(head: bytes) -> str:
    """Give what a file is compressed with, by its first six bytes or more; "" where it is not."""
    return next((name for sign, name in _SIGNS.items() if head.startswith(sign)), "")
