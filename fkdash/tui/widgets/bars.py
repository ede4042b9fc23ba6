"""The lines around a screen: where one is, what it means, what is going on, which keys work.

None of them ticks: an idle screen sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from fkdash.tui import keys
from fkdash.tui.widgets.painting import Line, Lines, Part, Tone, line, spread, wrap

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.timer import Timer

    from fkdash.tui.widgets.row_list import RowList


_KEYS_AT_THE_END = {"list.filter": 1, "screen.back": 2, "app.help": 3}
_LONGEST_ENVIRONMENT = 16
_ANSWER_SECONDS = 10.0
_KEYS_THAT_STAY = ("screen.back", "app.help")


@dataclass(frozen=True, slots=True)
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
        facts += [Part(fact) for fact in (version, f"role {place.role}" if place.role else "") if fact]
        parts: list[Part] = []
        for fact in facts:
            parts += [Part(" " if not parts else "  "), fact]
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

    def put(self, said: Line) -> None:
        """Show this paragraph; the height follows it."""
        self.said = said
        width = self.room - 2
        lines = wrap(said, width, self.glyphs)
        height = min(self._most, max(1, len(lines)))
        if len(lines) > height:
            words = " ".join(part.text.strip() for parts in lines[height - 1 :] for part in parts)
            lines = [*lines[: height - 1], (Part(self.glyphs.fit(words, width), lines[-1][-1].tone),)]
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
        self.show([line(" ", *parts) for parts in lines])

    def on_resize(self) -> None:
        """Break the words anew."""
        self.put(self.said)


class ConsequenceLine(Wrapped):
    """What it all means, in words, above every table."""

    def __init__(self) -> None:
        super().__init__(id="consequence", most=2)

    def tell(self, text: str, tone: Tone = "strong") -> None:
        """Say this."""
        self.put(line(Part(text, tone)))


class RuleLine(Lines):
    """A rule with a title in it, above a part of the screen."""

    def __init__(self) -> None:
        super().__init__(classes="rule-line")
        self.title = ""

    def tell(self, title: str) -> None:
        """Show this title."""
        self.title = title
        self._fill()

    def on_resize(self) -> None:
        """Fit into the new width."""
        self._fill()

    def _fill(self) -> None:
        glyphs, width = self.glyphs, self.room
        title = f" {glyphs.fit(self.title, width - 4)} " if self.title else ""
        rest = glyphs.rule * max(0, width - 2 - cell_len(title))
        self.show([line(Part(glyphs.rule * 2, "muted"), title, Part(rest, "muted"))])


class StatusLine(Wrapped):
    """The last message, or what has been going on for more than a second, with the time, once a second."""

    def __init__(self) -> None:
        super().__init__(id="status", most=3)
        self._timer: Timer | None = None
        self._doing = ""
        self._since = 0.0
        self._shows_time = False
        self._way = ""
        self._answered: Line = ()

    def stand_at(self, way: str) -> None:
        """Say, while there is nothing else to say, on which way one came here; "" says nothing."""
        shows_way = self.said == line(Part(self._way, "muted")) or not self.said
        self._way = way
        if shows_way:
            self._rest()

    def working(self, doing: str) -> None:
        """Take note of what is being done until `done`, `say` or `fail`; "Reading the catalog", for example."""
        self._stop()
        self._doing, self._since = doing, monotonic()
        self._timer = self.set_interval(1, self._tick)

    def done(self, *, mended: Line = ()) -> None:
        """Say no more of what was being done; a message that came since stays, unless it is the fault `mended`."""
        self._stop()
        if self._shows_time or (mended and self.said == mended):
            self._rest()

    def say(self, message: str) -> None:
        """Show a message."""
        self._stop()
        self._put(line(message))

    def answer(self, message: str) -> None:
        """Answer a key; the answer leaves with the next key, with what it was about, or after some seconds."""
        self.say(message)
        self._answered = self.said
        self._timer = self.set_timer(_ANSWER_SECONDS, self.leave)

    def leave(self) -> None:
        """Take the answer to a key away, if it still stands there."""
        if self._answered and self.said == self._answered:
            self._stop()
            self._rest()
        self._answered = ()

    def fail(self, message: str) -> None:
        """Show what went wrong, until something else is said."""
        self._stop()
        self._put(line(Part("ERROR ", "error"), message))

    def _rest(self) -> None:
        self._put(line(Part(self._way, "muted")) if self._way else ())

    def _put(self, said: Line, *, time: bool = False) -> None:
        self._shows_time = time
        self.put(said)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _tick(self) -> None:
        elapsed = int(monotonic() - self._since)
        self._put(line(Part(f"{self._doing} ... {elapsed} s   ctrl+c cancels", "muted")), time=True)


class KeyLine(Lines):
    """The last line: the keys that work here, made from the bindings in force."""

    def __init__(self) -> None:
        super().__init__(id="keys")

    def on_mount(self) -> None:
        """Follow the bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def on_resize(self) -> None:
        """Fit into the new width."""
        self._follow(self.screen)

    def _follow(self, screen: Screen[Any]) -> None:
        room = self.room
        parts: list[Part] = []
        entries = [entry for entry in keys.help_for(screen) if entry.show and entry.enabled]
        # What the screen is for comes first. The way back and help stay whatever the width.
        entries.sort(key=lambda entry: _KEYS_AT_THE_END.get(entry.binding_id, 0))
        kept = sum(_cells(entry) for entry in entries if entry.binding_id in _KEYS_THAT_STAY)
        for entry in entries:
            cells = _cells(entry)
            if entry.binding_id in _KEYS_THAT_STAY:
                kept -= cells
            elif cells > room - kept:
                continue
            parts += [Part("  " if parts else " "), Part(entry.keys[0], "key"), Part(f" {entry.description}")]
            room -= cells
        self.show([tuple(parts)])


def _cells(entry: keys.Help) -> int:
    return 2 + cell_len(entry.keys[0]) + 1 + cell_len(entry.description)


class ListBar(Lines):
    """The line above a list: its filter while and after it is typed, its order, and the cursor's place."""

    def __init__(self, row_list: RowList[Any]) -> None:
        super().__init__(classes="list-bar")
        self.row_list = row_list
        self._beyond = ""

    def tell_beyond(self, beyond: str) -> None:
        """Say after the count what exists beyond the rows that the list holds, such as "+ of 1,204"."""
        self._beyond = beyond
        self.tell()

    def tell(self) -> None:
        """Show the present state of the list."""
        rows = self.row_list
        left: Line = ()
        if rows.typing or rows.filter_text:
            cursor = self.glyphs.cursor if rows.typing else ""
            left = line(" /", Part(rows.filter_text + cursor, "strong"))
        place, count = rows.position
        total = len(rows.rows)
        counted = f"{place:,}/{count:,}" + (f" of {total:,}" if count != total else "") + self._beyond
        order = f"sort {rows.order_title}  " if rows.order_title else ""
        self.show([spread(left, line(Part(order, "muted"), counted, " "), self.room, self.glyphs)])

    def on_resize(self) -> None:
        """Fit into the new width."""
        self.tell()
