"""Names and numbers that go on where those of a folder end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.fix.export.model import Migration

SECONDS: Final = 14
"""The digits of YYYYMMDDHHMMSS."""

MILLISECONDS: Final = 13
"""The digits of a Unix time in milliseconds."""

UTC_MILLISECONDS: Final = 17
"""The digits of YYYYMMDDHHMMSS and milliseconds, as node-pg-migrate writes them for `utc`."""

UNIX: Final = 10
"""The digits of a Unix time."""

_FORMAT: Final = "%Y%m%d%H%M%S"


def part_slugs(migration: Migration) -> tuple[str, ...]:
    """Give a name for each part, where each becomes a migration of its own."""
    found = []
    for number, part in enumerate(migration.parts, start=1):
        ending = "_validate" if part.kind is Kind.CHECK else f"_{number}"
        found.append(migration.slug if number == 1 else f"{migration.slug}{ending}")
    return tuple(dict.fromkeys(found)) if len(set(found)) == len(found) else _numbered(migration.slug, len(found))


def _numbered(slug: str, count: int) -> tuple[str, ...]:
    return (slug, *(f"{slug}_{number}" for number in range(2, count + 1)))


def moments(existing: Iterable[str], now: datetime, count: int) -> tuple[str, ...]:
    """Give times as YYYYMMDDHHMMSS, in UTC, one second apart, all after those that are there."""
    last = max((each[:SECONDS] for each in existing if len(each) >= SECONDS), default="")
    start = now.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    if last and last >= start.strftime(_FORMAT):
        try:
            start = datetime.strptime(last, _FORMAT) + timedelta(seconds=1)  # noqa: DTZ007 - it has no zone
        except ValueError:
            return tuple(str(int(last) + number) for number in range(1, count + 1))
    return tuple((start + timedelta(seconds=number)).strftime(_FORMAT) for number in range(count))


def numbers(existing: Iterable[str], now: datetime, count: int) -> tuple[str, ...]:
    """Give numbers in the style of those that are there: times of 17, 14, 13 or 10 digits, else one more each."""
    known = [each for each in existing if each.isascii() and each.isdigit()]
    if not known:
        return moments((), now, count)
    last = max(known, key=int)
    if len(last) == SECONDS:
        return moments([last], now, count)
    if len(last) == UTC_MILLISECONDS:
        first = max(int(f"{now.astimezone(UTC):%Y%m%d%H%M%S}{now.microsecond // 1000:03d}"), int(last) + 1)
        return tuple(str(first + number) for number in range(count))
    unit = {MILLISECONDS: 1000, UNIX: 1}.get(len(last))
    if unit:
        start = max(int(now.timestamp() * unit), int(last) + 1)
        return tuple(str(start + number) for number in range(count))
    width = max(len(each) for each in known) if any(each.startswith("0") for each in known) else 1
    return tuple(f"{int(last) + number:0{width}d}" for number in range(1, count + 1))


def camel(slug: str) -> str:
    """Give a slug in CamelCase, beginning with a letter."""
    text = "".join(word[:1].upper() + word[1:] for word in re.split(r"[_\W]+", slug))
    return text if text[:1].isalpha() else f"M{text}"
