"""Names that PostgreSQL makes for what nobody named, cut to the bytes that a name may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.reading.tokens import NAME_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence


def object_name(first: str, second: str, label: str) -> str:
    """Give `first_second_label` cut to 63 bytes, the longer part first (makeObjectName)."""
    one, two = first.encode(), second.encode()
    room = NAME_BYTES - (len(label.encode()) + 1 if label else 0) - (1 if two else 0)
    ones, twos = len(one), len(two)
    while ones + twos > room:
        if ones > twos:
            ones -= 1
        else:
            twos -= 1
    parts = [one[:ones].decode(errors="ignore")]
    if two:
        parts.append(two[:twos].decode(errors="ignore"))
    if label:
        parts.append(label)
    return "_".join(parts)


def joined(names: Sequence[str]) -> str:
    """Give column names as one, as an index or a foreign key is called by them, cut to 63 bytes."""
    found = ""
    for name in names:
        found += ("_" if found else "") + name
        if len(found.encode()) > NAME_BYTES:
            break
    return found
