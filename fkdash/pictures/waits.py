"""Who waits for whom: chains of sessions as trees, each with the one that holds everybody up at its root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from fkdash.fact import fact
from fkdash.pictures.picture import LEAST_CELLS, Picture, Span
from fkdash.pictures.timeline import duration
from fkdash.pictures.tree import guides

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from fkdash.pictures.picture import Pen

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@fact
class Waiting:
    """A session that waits for a lock, or that others wait for; `waits_for` has the ids of those it waits for.

    `id` is its process id, negative for what has none (a prepared transaction). `seconds` is how long its
    transaction is open, None where that may not be seen; `ours` marks fkdash's own.
    """

    id: int
    name: str
    state: str
    seconds: float | None
    waits_for: tuple[int, ...] = ()
    waited_seconds: float | None = None
    ours: bool = False
    does: str = ""


def concerning(sessions: Sequence[Waiting], ids: Collection[int]) -> tuple[Waiting, ...]:
    """Give those that sessions `ids` wait for, however far away, and all that wait for these."""
    by_id = {each.id: each for each in sessions}
    wanted: set[int] = set()
    towards = [each for each in ids if each in by_id]
    while towards:
        at = towards.pop()
        if at not in wanted:
            wanted.add(at)
            towards += [other for other in by_id[at].waits_for if other in by_id]
    grown = True
    while grown:
        behind = {each.id for each in sessions if not wanted.isdisjoint(each.waits_for)} - wanted
        grown = bool(behind)
        wanted |= behind
    return tuple(each for each in sessions if each.id in wanted)


def waits(sessions: Sequence[Waiting], width: int, pen: Pen, *, most: int = 20) -> Picture:
    """Give the chains, the root that most wait for first; what waits for several stands below one of them.

    At most `most` sessions, then how many more. Sessions that wait for each other begin with the oldest.
    """
    if width < LEAST_CELLS or not sessions:
        return ()
    placed = list(_placed({each.id: each for each in sessions}))
    shown = placed[:most]
    ways = guides([depth for depth, _ in shown], pen)
    rows: list[tuple[Span, ...]] = []
    for way, (depth, each) in zip(ways, shown, strict=True):
        bounded = way if len(way) <= width // 3 else pen.ellipsis + way[-(width // 3 - 3) :]
        root = depth == 0
        head = f"{each.id} " if each.id > 0 else ""
        told = _told(each)
        room = width - len(bounded) - len(head)
        name = pen.fit(each.name, max(0, min(room - cell_len(pen.plain(told)) - 2, width // 3)))
        words = pen.fit(f"{name}, {told}" if name else told, room)
        left = room - cell_len(words) - 2
        rows.append(
            (
                Span(bounded, "muted"),
                Span(head, "blocks" if root else "plain"),
                Span(words, "blocks" if root else "waits" if each.ours else "plain"),
                Span(
                    f"  {pen.fit(each.does, left)}" if each.does and left > len(pen.ellipsis) + 4 else "", "muted"
                ),
            )
        )
    beyond = len(placed) - len(shown)
    return (*rows, (Span(f"{beyond:,} more wait", "muted"),)) if beyond else tuple(rows)


def _placed(by_id: dict[int, Waiting]) -> Iterator[tuple[int, Waiting]]:
    behind: dict[int, list[Waiting]] = {}
    for each in by_id.values():
        for other in each.waits_for:
            if other in by_id and other != each.id:
                behind.setdefault(other, []).append(each)

    def weight(each: Waiting) -> tuple[int, float]:
        return -len(behind.get(each.id, ())), -(each.seconds or 0)

    seen: set[int] = set()
    free = [each for each in by_id.values() if not any(other in by_id for other in each.waits_for)]
    # Where all wait for each other there is no root: the oldest transaction stands for it.
    for root in (*sorted(free, key=weight), *sorted(by_id.values(), key=lambda each: -(each.seconds or 0))):
        stack = [(0, root)]
        while stack:
            depth, each = stack.pop()
            if each.id in seen:
                continue
            seen.add(each.id)
            yield depth, each
            following = sorted(behind.get(each.id, ()), key=lambda other: other.waited_seconds or 0)
            stack += [(depth + 1, other) for other in following]


def _told(each: Waiting) -> str:
    if each.waits_for:
        return "waits" + (f" {age(each.waited_seconds)}" if each.waited_seconds is not None else "")
    return each.state + (f" {age(each.seconds)}" if each.seconds is not None else "")


def age(seconds: float) -> str:
    """Give a time in its two largest units: `2 s`, `3 min 4 s`, `5 h 12 min`, `2 d 3 h`."""
    whole = max(0, int(seconds))
    for unit, name, smaller, smaller_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // smaller
            return f"{whole // unit:,} {name}" + (f" {rest} {smaller_name}" if rest else "")
    return duration(max(0.0, seconds))
