"""The lines around a screen: where one is, what it means, what is going on, which keys work.

None of them ticks: an idle screen sends nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from fkdash.fact import fact
from fkdash.tui.widgets.painting import Line, Lines, Part, Tone, line, spread, wrap

if TYPE_CHECKING:
    from fkdash.tui.plain import Glyphs
    from fkdash.tui.widgets.row_list import RowList


_LONGEST_ENVIRONMENT = 16
_AROUND_EDGE = 8
"""The cells of an edge beside what it says: corners, and what sets the words apart."""
_LEAST_CONSEQUENCE, _CONSEQUENCE_SHARE = 2, 6
_TOP_CORNERS, _BOTTOM_CORNERS, _JOINTS = 2, 4, 6
_FRAME: Tone = "frame"
_FOCUS: Tone = "focus"
JOINS_NEVER = 0


@fact
class Place:
    """Where the operator is and whether harm can be done: the header. Unknown facts are ""."""

    server: str = ""
    database: str = ""
    version: str = ""
    standing: str = ""
    role: str = ""
    environment: str = ""
    production: bool = False
    read_only: bool = False
    armed: bool = False
    trouble: str = ""


class HeaderLine(Lines):
    """The first line: server, database, version, role, environment, and what can be done, always whole.

    LOOKING: nothing is written unless it is confirmed. READ-ONLY: this session cannot write. ARMED: the next key
    can change something, or something is being changed.
    """

    def __init__(self) -> None:
        super().__init__(id="header")
        self._place = Place()

    def tell(self, place: Place) -> None:
        """Show this place."""
        self._place = place
        self.set_class(place.production, "-production")
        self.set_class(place.armed, "-armed")
        self._paint_place()

    def on_resize(self) -> None:
        """Fit into the new width."""
        self._paint_place()

    def _paint_place(self) -> None:
        place = self._place
        where = f"{place.database} @ {place.server}" if place.database else place.server
        facts: list[Part] = [Part(where, "strong")]
        if place.trouble:
            facts.append(Part(place.trouble, "error"))
        version = f"{place.version} {place.standing}".strip()
        facts += [Part(said) for said in (version, f"role {place.role}" if place.role else "") if said]
        parts: list[Part] = []
        for told in facts:
            parts += [Part(" " if not parts else "  "), told]
        right: list[Part] = []
        if place.environment:
            environment = self.glyphs.fit(place.environment.upper(), _LONGEST_ENVIRONMENT)
            right += [Part(environment, "strong"), Part("  ")]
        harmless = "READ-ONLY" if place.read_only else "LOOKING"
        standing = Part(harmless, "strong" if place.production else "good")
        right += [Part("ARMED", "armed") if place.armed else standing, Part(" ")]
        self.show([spread(tuple(parts), tuple(right), self.room, self.glyphs)])


class Wrapped(Lines):
    """One paragraph in as many lines as it needs, up to `most`; the last one is cut."""

    def __init__(self, *, id: str, most: int) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._most = most
        self.said: Line = ()
        self._right: Line = ()

    def put(self, said: Line, right: Line = ()) -> None:
        """Show this paragraph; the height follows it. `right` stands at the end of the line, where it has room."""
        self.said, self._right = said, right
        # A terminal may be smaller than what stands around a line.
        width = max(1, self.inner_width if self.framed and self.size.width else self.room - 2)
        taken = sum(cell_len(part.text) for part in (*said, *right))
        if right and taken + 2 <= width:
            said = spread(said, right, width, self.glyphs)
        lines = wrap(said, width, self.glyphs)
        height = min(self._most, max(1, len(lines)))
        if len(lines) > height:
            words = " ".join(part.text.strip() for parts in lines[height - 1 :] for part in parts)
            tone: Tone = next((part.tone for parts in reversed(lines) for part in reversed(parts)), "plain")
            lines = [*lines[: height - 1], (Part(self.glyphs.fit(words, width), tone),)]
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
        self.show([line(*([] if self.framed else [" "]), *parts) for parts in lines])

    def on_resize(self) -> None:
        """Break the words anew."""
        self.put(self.said, self._right)


class ConsequenceLine(Wrapped):
    """What it all means, in words, above every table; long names may take a sixth of a high screen."""

    def __init__(self) -> None:
        super().__init__(id="consequence", most=_LEAST_CONSEQUENCE)
        self.words = ""
        """What it says, as a sentence for a report."""

    def put(self, said: Line, right: Line = ()) -> None:
        """Show this paragraph in as many lines as the screen's height allows."""
        self._most = max(_LEAST_CONSEQUENCE, self.app.size.height // _CONSEQUENCE_SHARE)
        super().put(said, right)

    def tell(self, text: str, tone: Tone = "strong") -> None:
        """Say this."""
        self.words = text
        self.put(line(Part(text, tone)))

    def tell_parts(self, words: str, parts: Line, right: Line = ()) -> None:
        """Show these parts, which say what `words` say; `right` stands at the end of the line."""
        self.words = words
        self.put(parts, right)


class Edge(Lines):
    """A line with something at its left and its right end; in a frame, the edge above or within it."""

    def __init__(self, *, classes: str) -> None:
        super().__init__(classes=classes)
        self.joins = JOINS_NEVER
        """From which width of the screen on, in cells, this is the top of a frame of its own."""

    def on_resize(self) -> None:
        """Fit into the new width."""
        self.tell_again()

    def tell_again(self) -> None:
        """Show the present state; the focus may have moved."""

    def draw(self, left: Line, right: Line = ()) -> None:
        """Show this on the line."""
        if self.frame is not None:
            corners = _JOINTS if self.app.size.width < self.joins else _TOP_CORNERS
            self.show([edge(left, right, self.room, self.glyphs, corners, focused=self.frame.has_the_keys)])
            return
        glyphs, width = self.glyphs, self.room
        fill = glyphs.rule * max(0, width - _cells_of(left, glyphs) - _cells_of(right, glyphs) - 6)
        said = (Part(" "), *left, Part(" ")) if left else ()
        self.show([(Part(glyphs.rule * 2, "frame"), *said, Part(fill, "frame"), Part(" "), *right)])


class RuleLine(Edge):
    """A title above a part of the screen.

    `heading` is one that says what the part is for, not what is in it, `enter` what the key does there, in a word.
    """

    def __init__(self, heading: str = "", enter: str = "") -> None:
        super().__init__(classes="rule-line")
        self.title, self.is_heading = heading, bool(heading)
        self._right: Line = (Part("enter", "key"), Part(f" {enter}")) if enter else ()

    def tell(self, title: str, right: Line | None = None) -> None:
        """Show this title; `right` stands at the other end."""
        self.title = title
        if right is not None:
            self._right = right
        self.tell_again()

    def tell_again(self) -> None:
        """Show the title again."""
        self.draw(line(Part(self.title, "strong")) if self.title else (), self._right)


class ListBar(Edge):
    """The edge above a list: its title, its filter while and after it is typed, its order, the cursor's place."""

    def __init__(self, row_list: RowList[Any], title: str = "") -> None:
        super().__init__(classes="list-bar")
        self.row_list, self.title = row_list, title
        self._beyond = ""

    def tell_title(self, title: str) -> None:
        """Show this title."""
        self.title = title
        self.tell()

    def tell_beyond(self, beyond: str) -> None:
        """Say after the count what exists beyond the rows that the list holds, such as "+ of 1,204"."""
        self._beyond = beyond
        self.tell()

    def tell(self) -> None:
        """Show the present state of the list."""
        rows = self.row_list
        left: Line = line(Part(self.title, "strong")) if self.title else ()
        order = f"sort {rows.order_title}  " if rows.order_title else ""
        if rows.typing or rows.filter_text:
            # What is typed must be seen; what the list is called is known by then.
            typed = Part(f"/{rows.filter_text}{self.glyphs.cursor if rows.typing else ''}", "strong")
            left, order = (line(typed, "  ", Part(self.title, "muted")) if self.title else line(typed)), ""
        place, count = rows.position
        total = len(rows.rows)
        counted = f"{place:,}/{count:,}" + (f" of {total:,}" if count != total else "") + self._beyond
        if self.frame is not None and self.frame.shares_its_lower_edge and rows.below and not self._beyond:
            counted += f", {rows.below:,} more {self.glyphs.more}"
        if _AROUND_EDGE + _cells_of(left, self.glyphs) + cell_len(f"{order}{counted}") > self.room:
            order = ""  # what is counted says more
        self.draw(left, line(Part(order, "muted"), counted) if order else line(counted))

    def tell_again(self) -> None:
        """Show the present state of the list."""
        self.tell()


class BottomEdge(Edge):
    """The edge below: how much more there is below what is in sight, and the key that leads there."""

    def __init__(self) -> None:
        super().__init__(classes="bottom-edge")
        self._more: Line = ()

    def tell(self, below: int, key: str) -> None:
        """Say that there are so many lines below, and which key shows them."""
        told = line(f"{below:,} more {self.glyphs.more}", *((" ", Part(key, "key")) if key else ()))
        self._more = told if below else ()
        self.tell_again()

    def tell_again(self) -> None:
        """Show it again."""
        focused = self.frame is not None and self.frame.has_the_keys
        self.show([edge((), self._more, self.room, self.glyphs, _BOTTOM_CORNERS, focused=focused)])


def edge(left: Line, right: Line, width: int, glyphs: Glyphs, corners: int, *, focused: bool) -> Line:
    """Give an edge of a frame, `width` cells wide; `corners` is their place among the glyphs of frames."""
    drawn, tone = (glyphs.focused_frame, _FOCUS) if focused else (glyphs.frame, _FRAME)
    line_of, closing = drawn[0], Part(f"{drawn[0]}{drawn[corners + 1]}", tone)
    after = (Part(" "), *right, Part(" "), closing) if right else (closing,)
    room = width - _cells_of(after, glyphs) - 2
    opening = Part(f"{drawn[corners]}{line_of}", tone)
    if not left:
        return (opening, Part(line_of * max(0, room), tone), *after)
    fitted = [Part(" ")]
    room -= 2
    for part in left:
        text = glyphs.fit(part.text, room)
        fitted.append(Part(text, _focused(part.tone) if focused else part.tone))
        room -= cell_len(text)
    return (opening, *fitted, Part(" "), Part(line_of * max(0, room), tone), *after)


def _focused(tone: Tone) -> Tone:
    return _FOCUS if tone == "strong" else tone


def _cells_of(parts: Line, glyphs: Glyphs) -> int:
    return sum(cell_len(glyphs.plain(part.text)) for part in parts)
