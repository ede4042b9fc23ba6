"""Reads the plants: what an unprivileged role leaves in a database for a more powerful one to run.

A file of `plants/` is a group, planted in one database. Each plant begins with a line `-- plant: NAME`; its
`-- fires: SQL` is what a careless tool would run as superuser, and proves that the plant is alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent
PROBE = (_FOLDER / "probe.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Plant:
    name: str
    sql: str
    fires: str
    extensions: tuple[str, ...]


def plants_of(group: str) -> tuple[Plant, ...]:
    """Give the plants of a group, in the order of its file."""
    text = (_FOLDER / "plants" / f"{group}.sql").read_text(encoding="utf-8")
    return tuple(_plant(part) for part in text.split("\n-- plant: ")[1:])


def _plant(text: str) -> Plant:
    name, _, sql = text.partition("\n")
    marks = dict(
        line.removeprefix("-- ").split(": ", 1)
        for line in sql.splitlines()
        if line.startswith(("-- fires: ", "-- extensions: "))
    )
    return Plant(name.strip(), sql, marks["fires"], tuple(marks.get("extensions", "").split()))
