"""Moments in a log: `2026-07-02 21:40:22.285 CEST` as the server's log_timezone spells it, in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_STAMP: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6})\d*)?\s?(Z|[A-Za-z]{1,6}|[+-]\d\d(?::?\d\d)?)?"
)
# Abbreviations that mean one offset wherever they are used (IANA time zone database).
_OFFSETS: Final = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "MSK": 180,
    "EST": -300, "EDT": -240, "MDT": -360, "PST": -480, "PDT": -420, "JST": 540, "KST": 540, "AEST": 600,
    "AEDT": 660, "NZST": 720, "NZDT": 780, "HST": -600, "AKST": -540, "AKDT": -480, "BST": 60, "HKT": 480,
}  # fmt: skip


class Clock:
    """Reads moments; `zone` is the server's log_timezone, "" where it is not known."""

    def __init__(self, zone: str = "") -> None:
        self._zone: ZoneInfo | None = None
        try:
            self._zone = ZoneInfo(zone) if zone else None
        except (ZoneInfoNotFoundError, ValueError):
            self._zone = None
        self.doubtful = ""
        """An abbreviation that was taken for UTC because nothing tells what it means, "" where there was none."""

    def read(self, text: str) -> datetime | None:
        """Give the first moment in a text in UTC, None where there is none."""
        found = _STAMP.search(text)
        if found is None:
            return None
        year, month, day, hour, minute, second = (int(found[number]) for number in range(1, 7))
        micro = int((found[7] or "0").ljust(6, "0"))
        try:
            local = datetime(year, month, day, hour, minute, min(second, 59), micro, tzinfo=UTC)
        except ValueError:
            return None
        return self._in_utc(local, found[8] or "")

    def _in_utc(self, local: datetime, name: str) -> datetime:
        if name[:1] in {"+", "-"}:
            digits = name[1:].replace(":", "").ljust(4, "0")
            minutes = int(digits[:2]) * 60 + int(digits[2:])
            offset = timezone(timedelta(minutes=minutes if name[0] == "+" else -minutes))
            return local.replace(tzinfo=offset).astimezone(UTC)
        if self._zone is not None and name not in {"UTC", "GMT", "Z"}:
            # Of the hour that comes twice the abbreviation tells which it is.
            for fold in (0, 1):
                there = local.replace(tzinfo=self._zone, fold=fold)
                if not name or there.tzname() == name:
                    return there.astimezone(UTC)
        if name and name.upper() not in _OFFSETS:
            self.doubtful = name
        return local - timedelta(minutes=_OFFSETS.get(name.upper(), 0))
