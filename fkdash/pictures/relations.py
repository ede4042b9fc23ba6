"""The references of one table as a map: what it refers to above, what refers to it below, arrows by action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from fkdash.fact import fact
from fkdash.pictures.cells import filled
from fkdash.pictures.picture import LEAST_CELLS, Picture, Role, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fkdash.pictures.picture import Pen

ROLES: Final[dict[str, Role]] = {
    "CASCADE": "deletes",
    "SET NULL": "nulls",
    "SET DEFAULT": "nulls",
    "NO ACTION": "refuses",
    "RESTRICT": "refuses",
}
"""What a referential action does, as the role of its arrow."""
_BEFORE_A_NAME: Final = 7
"""Guide, arrow and mark, in cells."""
_GAP: Final = 2


@fact
class Reference:
    """A foreign key seen from the map's table: the other table, its columns, its action, whether it conflicts.

    For one above, `name` is the referenced table and `columns` those of the map's table; for one below, `name`
    is the referencing table. `here` is the one that everything is about just now.
    """

    name: str
    columns: str
    action: str
    conflicts: bool = False
    here: bool = False


def arrow(action: str, pen: Pen) -> str:
    """Give the arrow of an action: it goes on (CASCADE), empties, sets a default, or stops."""
    kinds = {"CASCADE": pen.cascade, "SET NULL": pen.nulls, "SET DEFAULT": pen.defaults}
    return kinds.get(action, pen.refuses)


def relation_map(
    table: str, above: Sequence[Reference], below: Sequence[Reference], width: int, pen: Pen, *, most: int = 12
) -> Picture:
    """Give the map; of each side at most `most` references, the conflicting ones first, and how many more."""
    if width < LEAST_CELLS:
        return ()
    shown_above, shown_below = _worst_first(above)[:most], _worst_first(below)[:most]
    shown = (*shown_above, *shown_below)
    names = max((cell_len(pen.plain(each.name)) for each in shown), default=0)
    columns = max((cell_len(pen.plain(each.columns)) + 2 * each.here for each in shown), default=0)
    actions = max((len(each.action) for each in shown), default=0)
    room = width - actions - _BEFORE_A_NAME
    gap = _GAP if names + columns + 2 * _GAP <= room else 1
    room -= 2 * gap
    names = min(names, max(room * 3 // 5, room - columns))
    rows: list[tuple[Span, ...]] = []
    if len(above) > most:
        rows.append((Span(f"{pen.above}{len(above) - most:,} more that it refers to", "muted"),))
    for number, each in enumerate(reversed(shown_above)):
        guide = pen.above if not rows and number == 0 else pen.branch
        rows.append(_row(guide, each, (names, actions, gap, width), pen))
    rows.append((Span(pen.fit(table, width), "strong"),))
    for number, each in enumerate(shown_below, 1):
        guide = pen.last if number == len(below) else pen.branch
        rows.append(_row(guide, each, (names, actions, gap, width), pen))
    if len(below) > most:
        rows.append((Span(f"{pen.last}{len(below) - most:,} more that refer to it", "muted"),))
    return tuple(rows)


def _worst_first(references: Iterable[Reference]) -> list[Reference]:
    return sorted(references, key=lambda each: not each.conflicts)


def _row(guide: str, each: Reference, widths: tuple[int, int, int, int], pen: Pen) -> tuple[Span, ...]:
    names, actions, gap, width = widths
    role = ROLES.get(each.action, "refuses")
    mark = pen.fails if each.conflicts else " "
    head = (
        Span(guide.rstrip(), "muted"),
        Span(f"{arrow(each.action, pen)} ", role),
        Span(f"{mark} ", "blocks"),
        Span(filled(pen.fit(each.name, names), names) + " " * gap),
        Span(each.action.ljust(actions), role),
    )
    here = f" {pen.here}" if each.here else ""
    room = width - sum(cell_len(span.text) for span in head) - gap - len(here)
    columns = " " * gap + pen.fit(each.columns, room) if room > 0 else ""
    return (*head, Span(columns, "name"), Span(here, "strong"))
