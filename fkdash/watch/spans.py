"""Moments and spans of time as operators type them: `10m`, `2026-07-02 21:40`, `21:40`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from fkdash.errors import UsageError

_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(s|sec|m|min|h|d)?", re.IGNORECASE)
_SECONDS: Final = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_TIME: Final = re.compile(r"\d{1,2}:\d\d(?::\d\d)?")


def seconds_of(text: str, *, argument: str) -> float:
    """Give a span in seconds; a bare number is seconds. Raises UsageError."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{argument}: {text!r} is no span of time.", next_step="For example 30s, 10m, 2h or 1d.")
    return float(found[1]) * _SECONDS[(found[2] or "s").lower()]


def moment_of(text: str, *, now: datetime, argument: str) -> datetime:
    """Give a moment in UTC: a span before `now`, a time of that day, or a date with or without one.

    What has no time zone is in that of `now`. Raises UsageError.
    """
    text = text.strip()
    if _SPAN.fullmatch(text) and not text.isdigit():
        return (now - timedelta(seconds=seconds_of(text, argument=argument))).astimezone(UTC)
    if _TIME.fullmatch(text):
        text = f"{now:%Y-%m-%d}T{text:0>5}" if text.count(":") == 1 else f"{now:%Y-%m-%d}T{text:0>8}"
    try:
        read = datetime.fromisoformat(text.replace(" ", "T", 1))
    except ValueError:
        raise UsageError(
            f"{argument}: {text!r} is no moment.", next_step="For example 2h, 21:40 or 2026-07-02T21:40:00Z."
        ) from None
    return (read if read.tzinfo is not None else read.replace(tzinfo=now.tzinfo)).astimezone(UTC)
