"""The way of a delete from the row that goes to where it fails, as arrows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from fkdash.fact import fact
from fkdash.pictures.picture import LEAST_CELLS, Picture, Span
from fkdash.pictures.relations import ROLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.pictures.picture import Pen

_INDENT = "  "
_DEEPEST = 2


@fact
class Hop:
    """One foreign key on the way: its action, and the columns it writes to or the table it deletes from."""

    action: str
    leads_to: str


def path(table: str, hops: Sequence[Hop], sqlstate: str, width: int, pen: Pen) -> Picture:
    """Give the way on one line where it fits, else a line a hop; it ends in the error."""
    if width < LEAST_CELLS or not hops:
        return ()
    to = f" {pen.line * 2}{pen.arrow} "
    delete = f" {pen.line}delete{pen.line}{pen.arrow} "
    spans = [Span(_INDENT), Span(pen.plain(table), "strong"), Span(delete, "muted")]
    for number, hop in enumerate(hops):
        spans += [Span(to, "muted")] if number else []
        spans += [Span(hop.action, ROLES.get(hop.action, "refuses")), Span(to, "muted")]
        spans.append(Span(pen.plain(hop.leads_to), "name"))
    spans.append(Span(f"  {pen.fails} {sqlstate}", "blocks"))
    if sum(cell_len(span.text) for span in spans) <= width:
        return (tuple(spans),)
    rows: list[tuple[Span, ...]] = [
        (Span(_INDENT), Span(pen.fit(table, width - 2 - len(" delete")), "strong"), Span(" delete", "muted"))
    ]
    for number, hop in enumerate(hops, 1):
        guide = _INDENT + len(pen.last) * " " * min(number - 1, _DEEPEST) + pen.last
        room = width - cell_len(guide) - len(hop.action) - cell_len(to)
        end = f"  {pen.fails} {sqlstate}" if number == len(hops) else ""
        apart = bool(end) and cell_len(pen.plain(hop.leads_to)) + len(end) > room
        room -= 0 if apart else len(end)
        rows.append(
            (
                Span(guide, "muted"),
                Span(hop.action, ROLES.get(hop.action, "refuses")),
                Span(to, "muted"),
                Span(pen.fit(hop.leads_to, room), "name"),
                Span("" if apart else end, "blocks"),
            )
        )
        if apart:
            rows.append((Span(" " * cell_len(guide) + end.lstrip(), "blocks"),))
    return tuple(rows)
