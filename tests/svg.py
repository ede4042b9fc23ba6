"""Terminal screens as small SVG: a still one, and a moving one that needs no player.

Every stretch of cells that look alike is one text of exactly its width, so that columns stand below each other
whatever monospaced font there is. Textual's own export takes five times the room.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.app import App
from textual.strip import Strip

CELL, LINE, EDGE = 8.4, 17, 14
FONT = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace"
GROUND, INK = "#16181d", "#d5d8de"
PALETTE = TerminalTheme(
    (22, 24, 29),
    (213, 216, 222),
    [
        (40, 44, 52),
        (240, 98, 106),
        (126, 200, 118),
        (229, 181, 92),
        (97, 160, 240),
        (202, 128, 230),
        (76, 190, 200),
        (213, 216, 222),
    ],
    [
        (110, 118, 130),
        (255, 123, 130),
        (152, 224, 140),
        (247, 206, 120),
        (130, 182, 255),
        (222, 155, 248),
        (104, 214, 222),
        (255, 255, 255),
    ],
)


# What differs from run to run, cell by cell: the time of day, and the folder of the demo's socket.
_FLEETING = (
    (re.compile(r"(?<=read at )[\d:]{8}"), "03:00:00"),
    (re.compile(r"(?<=fkdash-demo-)\w{8}"), "incident"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """Cells of one line that look alike: where they begin, how many they are, their text and their look."""

    start: int
    cells: int
    text: str
    look: str


Row = tuple[Run, ...]
Screen = tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What is on the screen for `seconds`, and which keys led there."""

    screen: Screen
    seconds: float
    keys: str = ""


def screen_of(app: App[Any]) -> Screen:
    """Give what an application under the pilot shows, without what differs from run to run."""
    return tuple(tuple(_runs(strip)) for strip in app.screen._compositor.render_strips())


def still(screen: Screen, title: str) -> str:
    """Give one screen."""
    width, height = _cells(screen)
    looks = _Looks()
    rows = "\n".join(part for y, row in enumerate(screen) for part in _drawn(row, y, looks))
    return _document(width, height, title, looks.css(), rows)


def moving(frames: Sequence[Frame], title: str) -> str:
    """Give frames one after the other, again and again; a line that stays the same is there only once.

    Where nothing moves (a reader without animation, or who asked for less motion) the first frame stands.
    """
    width, height = _cells(frames[0].screen)
    whole = sum(frame.seconds for frame in frames)
    begins = [sum(frame.seconds for frame in frames[:number]) for number in range(len(frames) + 1)]
    looks, parts = _Looks(), []
    times: dict[tuple[int, int], str] = {}
    for y in range(height + 2):
        place = 0
        for row, same in groupby(
            frame.screen[y] if y < height else _caption(frame, y - height) for frame in frames
        ):
            first, place = place, place + len(list(same))
            drawn = "\n".join(_drawn(row, y, looks))
            if not drawn:
                continue
            if (first, place) == (0, len(frames)):
                parts.append(drawn)
                continue
            name = times.setdefault((first, place), f"t{len(times)}")
            parts.append(f'<g class="t {name}">\n{drawn}\n</g>')
    moves = ["@media (prefers-reduced-motion:no-preference){"]
    for (first, last), name in times.items():
        begin, end = 100 * begins[first] / whole, 100 * begins[last] / whole
        shown = "visible" if first == 0 else "hidden"
        stops = [f"0%{{visibility:{shown}}}"]
        stops += [f"{begin:.3f}%{{visibility:visible}}"] if first else []
        stops += [f"{end:.3f}%{{visibility:hidden}}"] if last < len(frames) else ["100%{visibility:visible}"]
        moves.append(f"@keyframes {name}{{{''.join(stops)}}}")
        moves.append(f".{name}{{animation:{name} {whole:g}s step-end infinite}}")
    still_hidden = "".join(f".{name}{{visibility:hidden}}" for (first, _), name in times.items() if first)
    css = "\n".join([looks.css(), still_hidden, *moves, "}"])
    return _document(width, height + 2, title, css, "\n".join(parts))


def _caption(frame: Frame, line: int) -> Row:
    return (
        (Run(1, len(frame.keys), frame.keys, "fill:#e5b55c;font-weight:700|"),) if line == 1 and frame.keys else ()
    )


class _Looks:
    """Each look gets a class of one or two letters."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, look: str) -> str:
        return self._names.setdefault(look, f"c{len(self._names)}") if look else ""

    def css(self) -> str:
        return "\n".join(f".{name}{{{look}}}" for look, name in self._names.items())


def _drawn(row: Row, y: int, looks: _Looks) -> Iterator[str]:
    baseline = round(y * LINE + 13)
    for run in row:
        x, width = _number(run.start * CELL), _number(run.cells * CELL)
        ink, _, ground = run.look.partition("|")
        if ground:
            yield f'<rect x="{x}" y="{y * LINE}" width="{width}" height="{LINE}" fill="{ground}"/>'
        if run.text.strip():
            kind = f' class="{name}"' if (name := looks.name(ink)) else ""
            yield f'<text x="{x}" y="{baseline}" textLength="{width}"{kind}>{escape(run.text, quote=False)}</text>'


def _document(width: int, height: int, title: str, css: str, body: str) -> str:
    across, down = _number(width * CELL + 2 * EDGE), height * LINE + 2 * EDGE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>text{{font:14px {FONT};fill:{INK};white-space:pre}}\n{css}</style>\n"
        f'<rect width="{across}" height="{down}" rx="8" fill="{GROUND}"/>\n'
        f'<g transform="translate({EDGE} {EDGE})" xml:space="preserve">\n{body}\n</g>\n</svg>\n'
    )


def _runs(strip: Strip) -> Iterator[Run]:
    line = strip.text
    for fleeting, instead in _FLEETING:
        line = fleeting.sub(instead, line)
    start = place = 0
    for look, segments in groupby(strip, key=lambda segment: _look(segment.style)):
        together = list(segments)
        cells = sum(segment.cell_length for segment in together)
        length = sum(len(segment.text) for segment in together)
        text = line[place : place + length]
        place += length
        if look.partition("|")[2]:
            yield Run(start, cells, text, look)
        else:
            yield from _words(start, text, look, wide=cells != length)
        start += cells


def _words(start: int, text: str, look: str, *, wide: bool) -> Iterator[Run]:
    """Leave out the spaces around, and set words apart that have several between them."""
    if wide:
        yield Run(start, cell_len(text), text, look)
        return
    for found in re.finditer(r"\S+(?: \S+)*", text):
        yield Run(start + found.start(), len(found.group()), found.group(), look)


def _look(style: Style | None) -> str:
    """Give `css|ground`, each empty where it is the terminal's own."""
    if style is None:
        return "|"
    ink = style.color.get_truecolor(PALETTE).hex if style.color and not style.color.is_default else ""
    ground = style.bgcolor.get_truecolor(PALETTE).hex if style.bgcolor and not style.bgcolor.is_default else ""
    if style.reverse:
        ink, ground = ground or GROUND, ink or INK
    css = [f"fill:{ink}"] if ink else []
    css += ["font-weight:700"] if style.bold else []
    css += ["opacity:.62"] if style.dim else []
    css += ["text-decoration:underline"] if style.underline else []
    css += ["font-style:italic"] if style.italic else []
    return f"{';'.join(css)}|{ground}"


def _cells(screen: Screen) -> tuple[int, int]:
    return max((run.start + run.cells for row in screen for run in row), default=0), len(screen)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
