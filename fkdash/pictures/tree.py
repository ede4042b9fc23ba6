"""Trees: what branches from what, drawn with lines; the branch that matters is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from fkdash.fact import fact
from fkdash.pictures.cells import filled, in_lines
from fkdash.pictures.picture import LEAST_CELLS, Picture, Role, Span, bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.pictures.picture import Pen

_DEEPEST_SHARE = 3
_LEAST_NAME = 6
_LONGEST_BAR = 12


@fact
class Node:
    """One line of a tree: how deep it stands, its name, what leads there, what happens there.

    `rows` is drawn as a bar where given. `stops` says that it is this branch that stops everything.
    """

    depth: int
    name: str
    action: str = ""
    says: str = ""
    rows: int | None = None
    role: Role = "plain"
    stops: bool = False


def guides(depths: Sequence[int], pen: Pen) -> list[str]:
    """Give the lines that lead to each node of a tree, whose depths stand in the order shown, root first.

    A depth may at most be one more than that of the line before; what is deeper is taken as that.
    """
    levels: list[int] = []
    for depth in depths:
        levels.append(max(0, min(depth, levels[-1] + 1 if levels else depth)))
    first = min(levels, default=0)
    open_below: set[int] = set()
    found: list[str] = []
    for level in reversed(levels):
        ways = [pen.down if at in open_below else "   " for at in range(first + 1, level)]
        own = [pen.branch if level in open_below else pen.last] if level > first else []
        found.append("".join([*ways, *own]))
        open_below = {at for at in open_below if at < level} | {level}
    return found[::-1]


def tree(nodes: Sequence[Node], width: int, pen: Pen) -> Picture:
    """Give a line for each node: way, mark, name, action, what happens and, where there is room, a bar.

    What happens is never cut on one line: where it does not fit it goes on below.
    """
    if width < LEAST_CELLS or not nodes:
        return ()
    ways = [_bounded(way, width // _DEEPEST_SHARE, pen) for way in guides([node.depth for node in nodes], pen)]
    actions = max(cell_len(pen.plain(node.action)) for node in nodes)
    actions = min(actions, width // 4)
    names = max(
        cell_len(way) + (cell_len(pen.fails) + 1) * node.stops + cell_len(pen.plain(node.name))
        for way, node in zip(ways, nodes, strict=True)
    )
    says = min(max(cell_len(pen.plain(node.says)) for node in nodes), width // 2)
    names = max(min(names, width - actions - says - 2 * 2), width // 4)
    cells = min(_LONGEST_BAR, width - names - actions - says - 3 * 2)
    largest = max((node.rows or 0 for node in nodes), default=0)
    rows: list[tuple[Span, ...]] = []
    for way, node in zip(ways, nodes, strict=True):
        mark = f"{pen.fails} " if node.stops else ""
        room = max(_LEAST_NAME, names - cell_len(way) - cell_len(mark))
        row = [
            Span(way, "muted"),
            Span(mark, "blocks"),
            Span(filled(pen.fit(node.name, room), room), "strong" if node.depth == nodes[0].depth else "plain"),
            Span("  " + filled(pen.fit(node.action, actions), actions) if actions else "", node.role),
        ]
        used = sum(cell_len(span.text) for span in row)
        said = list(in_lines(pen.plain(node.says), width - used - 2, width - 4))
        row.append(Span(f"  {said[0]}" if said[0] else "", "blocks" if node.stops else "plain"))
        drawn = bar(node.rows or 0, largest, cells, pen)
        if drawn and len(said) == 1:
            filled_up = filled(said[0], says)
            if used + 2 + cell_len(filled_up) + 2 + cell_len(drawn) <= width:
                row.append(Span(f"{filled_up[len(said[0]) :]}  {drawn}", node.role))
        rows.append(tuple(row))
        rows += [(Span(f"    {piece}", "blocks" if node.stops else "plain"),) for piece in said[1:]]
    return tuple(rows)


def _bounded(way: str, most: int, pen: Pen) -> str:
    """Give a way that leaves room for names: the lines of the outermost levels become an ellipsis and a count."""
    if cell_len(way) <= most:
        return way
    levels = len(way) // len(pen.down)
    sign = f"{pen.ellipsis}{levels} "
    kept = max(1, (most - cell_len(sign)) // len(pen.down))
    return sign + way[-kept * len(pen.down) :]
