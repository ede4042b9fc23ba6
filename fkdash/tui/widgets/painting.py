"""Lines of plain text in a few tones, and the widget that shows them and sends only what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, Protocol, get_args

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from fkdash.tui.lean_compositor import shows_below
from fkdash.tui.plain import UNICODE, Glyphs, wrapped_words

Tone = Literal[
    "plain",
    "strong",
    "muted",
    "title",
    "error",
    "warning",
    "good",
    "armed",
    "key",
    "code",
    "name",
    "deletes",
    "nulls",
    "refuses",
    "bar",
    "frame",
    "focus",
    "selected",
    "resting",
]
"""The ways a piece of text can look; the stylesheet says how. Meaning never rests on it alone.

`error`, `warning` and `muted` are the severities; `deletes`, `nulls` and `refuses` what a referential action does;
`name` is the name of a foreign key; `code` the words of SQL; `key` what can be pressed; `bar` is drawn
in its own colour in the row with the cursor too.
"""

TONES: frozenset[str] = frozenset(get_args(Tone)) - {"plain"}
TONE_CLASSES: frozenset[str] = frozenset(f"tone--{tone}" for tone in TONES)
"""Their names in the stylesheet. A screen has them for all that is painted in it: Textual looks up each of them
again whenever it styles what has them, and a screen has some twenty widgets."""
_WIDEST_LABEL = 20
_SEEN_WHEN_SELECTED = frozenset({"bar", "error", "warning", "good", "strong"})
_CELLS_LIKE_A_MOVE = 8
"""So many cells cost about as many bytes as going past them."""
FRAME_CELLS = 2
"""What a frame takes on each side: its line and a space."""


class Part(NamedTuple):
    """A piece of a line. Its text is made plain when painted, so anything may stand in it."""

    text: str
    tone: Tone = "plain"


Line = tuple[Part, ...]
"""One line, or one paragraph before it is wrapped."""


def line(*parts: Part | str) -> Line:
    """Give a line from parts and plain strings."""
    return tuple(part if isinstance(part, Part) else Part(part) for part in parts)


def spread(left: Line, right: Line, width: int, glyphs: Glyphs) -> Line:
    """Give one line with `right` at its right edge, whole; `left` is cut where both do not fit."""
    right_width = sum(cell_len(glyphs.plain(part.text)) for part in right)
    room = max(0, width - right_width - 1)
    fitted: list[Part] = []
    for part in left:
        text = glyphs.fit(part.text, room)
        fitted.append(Part(text, part.tone))
        room -= cell_len(text)
        if text != glyphs.plain(part.text):
            break
    return (*fitted, Part(" " * (room + 1)), *right)


def wrap(paragraph: Line, width: int, glyphs: Glyphs) -> list[Line]:
    """Give a paragraph as lines of at most `width` cells, broken between words where there are any.

    A name that an indented line has no room for stands further left, whole.
    """
    lines: list[list[Part]] = [[]]
    used = 0
    indent = " " * _indent(paragraph)
    for word in _words(paragraph, max(1, width), glyphs):
        together = sum(cell_len(piece.text) for piece in word)
        # A word in several tones stays whole where a line has room for it, so that no line ends in a bracket.
        keep = together <= width
        for number, piece in enumerate(word):
            text, cells = piece.text, cell_len(piece.text)
            if used + (together if keep and number == 0 else cells) > width and lines[-1]:
                spaces = len(text) - len(text.lstrip(" "))
                whole = (together if keep and number == 0 else cells) - spaces
                text = indent[: max(0, width - whole)] + text[spaces:]
                cells = cell_len(text)
                lines.append([])
                used = 0
            if text:
                lines[-1].append(Part(text, piece.tone))
                used += cells
    return [_joined(parts) for parts in lines]


def _words(paragraph: Line, width: int, glyphs: Glyphs) -> Iterator[list[Part]]:
    word: list[Part] = []
    for part in paragraph:
        for piece in wrapped_words(glyphs.plain(part.text), width):
            if word and piece.startswith(" "):
                yield word
                word = []
            word.append(Part(piece, part.tone))
    if word:
        yield word


def _indent(paragraph: Line) -> int:
    """Give how far further lines are indented: as the first one, or below what follows its label."""
    text = paragraph[0].text if paragraph else ""
    if len(paragraph) > 1 and text.endswith("  ") and text.strip():
        return min(len(text), _WIDEST_LABEL)
    whole = "".join(part.text for part in paragraph)
    return len(whole) - len(whole.lstrip(" ")) if whole.strip() else 0


def _joined(parts: Sequence[Part]) -> Line:
    joined: list[Part] = []
    for part in parts:
        if joined and joined[-1].tone == part.tone:
            joined[-1] = Part(joined[-1].text + part.text, part.tone)
        else:
            joined.append(part)
    return tuple(joined)


class Framing(Protocol):
    """A frame, as what it holds knows it."""

    @property
    def has_the_keys(self) -> bool:
        """Whether what is typed goes into it."""
        ...

    @property
    def shares_its_lower_edge(self) -> bool:
        """Whether nothing can stand on its lower edge."""
        ...


class Painter(Widget):
    """A widget that paints lines of parts and sends only what changed in them; the base of all others here."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._painted: dict[int, Strip] = {}
        # The frame around it says so. Whether its sides are painted here, beside the lines.
        self.frame: Framing | None = None
        self.framed = False

    @property
    def inner_width(self) -> int:
        """The cells of a line that are for text."""
        return max(0, self.size.width - (2 * FRAME_CELLS if self.framed else 0))

    def line_at(self, y: int) -> Strip:
        """Give the line at `y`, `inner_width` cells wide."""
        del y
        return self.paint((), self.inner_width)

    def render_line(self, y: int) -> Strip:
        """Give the line at `y` and remember it: the next one is compared with it."""
        strip = self._painted[y] = self._between_sides(self.line_at(y))
        return strip

    def _between_sides(self, strip: Strip) -> Strip:
        if not self.framed:
            return strip
        glyphs = self.glyphs
        focused = self.frame is not None and self.frame.has_the_keys
        side = (glyphs.focused_frame if focused else glyphs.frame)[1]
        style = _lean(self.rich_style) + self._style("focus" if focused else "frame")
        filling = Segment(" " * (FRAME_CELLS - 1), _lean(self.rich_style))
        return Strip([Segment(side, style), filling, *strip, filling, Segment(side, style)], self.size.width)

    def on_focus(self, event: events.Focus) -> None:
        """Take the focus as Textual does, but for painting everything anew: a frame shows where the keys go."""
        event.prevent_default()
        self.has_focus = True
        if self.parent is not None:
            self.parent.post_message(events.DescendantFocus(self))

    def on_blur(self, event: events.Blur) -> None:
        """Give the focus up likewise."""
        event.prevent_default()
        self.has_focus = False
        if self.parent is not None:
            self.parent.post_message(events.DescendantBlur(self))

    def watch_has_focus(self, _has_focus: bool) -> None:  # noqa: FBT001 - Textual's signature
        """Leave the styles alone: none of them depends on the focus."""

    def refresh_sides(self) -> None:
        """Send the sides of the frame anew: the keys go here from now on, or no more."""
        width, height = self.size
        if self.framed and width and height:
            self.refresh(Region(0, 0, 1, height), Region(width - 1, 0, 1, height))

    def refresh_lines(self, numbers: Sequence[int]) -> None:
        """Send what has changed in these lines, and no others."""
        regions: list[Region] = []
        for y in numbers:
            if not 0 <= y < self.size.height:
                continue
            before = self._painted.get(y)
            changes = [(0, self.size.width)]
            if before is not None:
                changes = _changed(before, self._between_sides(self.line_at(y)))
            regions += [Region(start, y, end - start, 1) for start, end in changes]
        if regions:
            self.refresh(*regions)

    @property
    def glyphs(self) -> Glyphs:
        """The characters to draw with."""
        found = getattr(self.app, "glyphs", UNICODE)
        return found if isinstance(found, Glyphs) else UNICODE

    def paint(self, parts: Line, width: int, *, under: Tone = "plain") -> Strip:
        """Give one line, cut at `width` cells and filled up to it; `under` lies below every part."""
        glyphs = self.glyphs
        below = _lean(self.rich_style) if under == "plain" else _lean(self.rich_style) + self._style(under)
        segments: list[Segment] = []
        room = width
        for part in parts:
            text = glyphs.fit(part.text, room)
            room -= cell_len(text)
            tone = "plain" if under == "selected" and part.tone not in _SEEN_WHEN_SELECTED else part.tone
            ground = _lean(self.rich_style) if part.tone == "bar" else below
            segments.append(Segment(text, ground if tone == "plain" else ground + self._style(tone)))
            if room <= 0:
                break
        if room > 0:
            segments.append(Segment(" " * room, below))
        return _with_filling_apart(Strip(segments, width).simplify())

    def _style(self, tone: Tone) -> Style:
        return self.screen.get_component_rich_style(f"tone--{tone}", partial=True)


def _lean(style: Style) -> Style:
    """Give a style without the terminal's default colours: naming them costs bytes in every line."""
    colour, background = style.color, style.bgcolor
    return style.without_color + Style(
        color=None if colour is None or colour.is_default else colour,
        bgcolor=None if background is None or background.is_default else background,
    )


def _with_filling_apart(strip: Strip) -> Strip:
    """Give the strip with its trailing spaces in a segment of their own, which need not be sent each time."""
    *others, last = strip or [Segment("")]
    text = last.text.rstrip(" ")
    if not text or len(text) == len(last.text):
        return strip
    return Strip(
        [*others, Segment(text, last.style), Segment(" " * (len(last.text) - len(text)), last.style)],
        strip.cell_length,
    )


def _changed(before: Strip, after: Strip) -> list[tuple[int, int]]:
    """Give each stretch of cells that differs: its first cell, and the one after its last."""
    width = after.cell_length
    if before.cell_length != width:
        return [(0, width)]
    old, new = _cells(before), _cells(after)
    if old == new:
        return []
    if len(old) != width or len(new) != width:
        return [(0, width)]  # wide or combining characters: a character is not a cell
    stretches: list[tuple[int, int]] = []
    for place in (n for n in range(width) if old[n] != new[n]):
        if stretches and place - stretches[-1][1] < _CELLS_LIKE_A_MOVE:
            stretches[-1] = (stretches[-1][0], place + 1)
        else:
            stretches.append((place, place + 1))
    return stretches


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    """Give what can be seen of each cell: of a space only what lies below it."""
    return [
        (character, segment.style if character != " " or shows_below(segment.style) else None)
        for segment in strip
        for character in segment.text
    ]


class Lines(Painter):
    """Some lines of text; showing the same lines again sends nothing."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._shown: tuple[Line, ...] = ()

    @property
    def text(self) -> str:
        """What is shown, without tones."""
        return "\n".join("".join(part.text for part in parts) for parts in self._shown)

    @property
    def room(self) -> int:
        """The width in cells; before the first layout the screen's, so that the first frame has its text."""
        return self.size.width or self.app.size.width

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines instead of the present ones."""
        before, self._shown = self._shown, tuple(lines)
        longest = max(len(before), len(self._shown))
        self.refresh_lines([y for y in range(longest) if _at(before, y) != _at(self._shown, y)])

    def line_at(self, y: int) -> Strip:
        """Give the line at `y`."""
        return self.paint(_at(self._shown, y) or (), self.inner_width)


def _at(lines: Sequence[Line], y: int) -> Line | None:
    return lines[y] if y < len(lines) else None
