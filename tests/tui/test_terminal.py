"""The dashboard in a real pseudo-terminal: input that kills others, signals, faults, and bytes."""

from __future__ import annotations

import io
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from rich.segment import Segment
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from fkdash.tui.lean_compositor import LeanUpdate
from tests.support.terminal import Screen, Terminal, screen_of, terminal

LEAVE_ALTERNATE_SCREEN = b"\x1b[?1049l"
X10_MOUSE_REPORT = b"\x1b[M\x20\xe0\x30"
STOCK_APPLICATION = """
from textual.app import App
from textual.widgets import Static
class Stock(App):
    def compose(self):
        yield Static("stock application")
app = Stock()
app.run()
"""
IGNORING_HANG_UPS = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
COLOUR = re.compile(rb"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def dashboard(state: Path) -> Iterator[Terminal]:
    with terminal(["-m", "tests.tui.list_program", "50"], environment={"XDG_STATE_HOME": str(state)}) as running:
        running.read_until("1/50")
        running.read_quiet()
        yield running


def shows_after(running: Terminal, keys: bytes, wanted: str) -> None:
    running.send(keys)
    running.read_until(wanted)


def test_x10_mouse_bytes_neither_kill_it_nor_count_as_keys(dashboard: Terminal) -> None:
    dashboard.send(X10_MOUSE_REPORT)
    dashboard.send(b"\x1b[M\x20")
    dashboard.send(b"\xe0\x30")
    shows_after(dashboard, b"j", "2/50")
    dashboard.send(b"q")
    assert dashboard.wait() == 0


def test_bytes_that_are_not_utf8_do_not_kill_it(dashboard: Terminal) -> None:
    dashboard.send(b"\xff\xfe")
    shows_after(dashboard, b"j", "2/50")


def test_textual_still_needs_the_guard_against_x10_mouse_bytes() -> None:
    """Fails once Textual survives them (Textualize/textual#6668): then LenientDecoder can go."""
    with terminal(["-c", STOCK_APPLICATION]) as stock:
        stock.read_until("stock application")
        stock.read_quiet()
        stock.send(X10_MOUSE_REPORT)
        stock.read_until("UnicodeDecodeError")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_with_its_status_and_gives_the_terminal_back(
    dashboard: Terminal, number: signal.Signals, status: int
) -> None:
    dashboard.signal(number)
    assert dashboard.wait() == status
    assert LEAVE_ALTERNATE_SCREEN in dashboard.received


def test_a_lost_terminal_ends_it(dashboard: Terminal) -> None:
    dashboard.hang_up()
    assert dashboard.wait() == 129


def test_the_end_of_its_input_ends_it_even_where_hang_ups_are_ignored(state: Path) -> None:
    arguments = ["-c", IGNORING_HANG_UPS, "-m", "tests.tui.list_program", "50"]
    with terminal(arguments, environment={"XDG_STATE_HOME": str(state)}) as running:
        running.read_until("1/50")
        running.hang_up()
        assert running.wait() == 129


@pytest.mark.parametrize("key", [b"x", b"X"], ids=["in a handler", "in a worker"])
def test_a_fault_ends_it_with_a_status_and_a_file_but_no_traceback(
    dashboard: Terminal, state: Path, key: bytes
) -> None:
    dashboard.send(key)
    assert dashboard.wait() == 70
    logs = list((state / "fkdash").glob("crash-*.log"))
    assert len(logs) == 1
    assert str(logs[0]) in dashboard.screen.replace("\n", "").replace("\r", "")
    assert "Traceback" not in dashboard.screen
    log = logs[0].read_text()
    assert "ZeroDivisionError: on purpose" in log
    assert "hunter2" not in log.replace('password = "hunter2"', "")
    assert logs[0].stat().st_mode & 0o777 == 0o600


def test_the_screen_is_drawn_again_after_suspension(dashboard: Terminal) -> None:
    dashboard.send(b"\x1a")
    dashboard.wait_stopped()
    dashboard.read_quiet(0.1)
    assert "orders_5" not in dashboard.screen
    dashboard.signal(signal.SIGCONT)
    dashboard.read_until("orders_5.workspace_id")
    shows_after(dashboard, b"j", "2/50")


def test_an_arrow_key_costs_at_most_a_kilobyte_and_a_refresh_without_changes_nothing(dashboard: Terminal) -> None:
    for place in range(2, 15):
        before = len(dashboard.received)
        dashboard.send(b"\x1b[B")
        dashboard.read_until(f"{place}/50")
        dashboard.read_quiet(0.05)
        assert len(dashboard.received) - before <= 1024
    dashboard.send(b"r")
    assert dashboard.read_quiet(0.3) == 0
    assert dashboard.read_quiet(1.5) == 0


def test_what_was_sent_in_pieces_is_what_a_whole_screen_shows(dashboard: Terminal) -> None:
    walked = [
        (b"jjj", "4/50"),
        (b"G", "50/50"),
        (b"/orders_4\r", "/11 of 50"),
        (b"\x1b", "sort as"),
        (b"s", "sort name"),
    ]
    for keys, wanted in walked:
        shows_after(dashboard, keys, wanted)
    dashboard.read_quiet()
    in_pieces, before = dashboard.screen, len(dashboard.received)
    dashboard.send(b"\x0c")
    while screen_of(bytes(dashboard.received[before:])) != in_pieces:
        assert dashboard.read_quiet(), f"{in_pieces}\n is not\n{screen_of(bytes(dashboard.received[before:]))}"


def test_textual_still_sends_lines_from_the_beginning_of_their_widget() -> None:
    """Fails once Textual sends only what changed: then LeanUpdate can go."""
    update = ([{0: Strip([Segment("abcdef")])}], [(0, 4, 5)], [[6]])
    console = Console(file=io.StringIO())
    assert "abcde" in ChopsUpdate(*update).render_segments(console)
    assert LeanUpdate(*update).render_segments(console).endswith("He")


def test_escape_and_a_letter_in_one_piece_are_two_keys(dashboard: Terminal) -> None:
    shows_after(dashboard, b"/orders_3", "/11 of 50")
    dashboard.send(b"\r")
    dashboard.read_quiet(0.2)
    shows_after(dashboard, b"\x1bj", "/50")
    assert "b: nothing blocks" not in dashboard.screen
    shows_after(dashboard, b"\x1bb", "b: nothing blocks a delete here")


def test_no_colour_means_no_colour_codes(state: Path) -> None:
    environment = {"NO_COLOR": "1", "XDG_STATE_HOME": str(state)}
    with terminal(["-m", "tests.tui.list_program", "50"], environment=environment) as running:
        running.read_until("1/50")
        running.read_quiet()
        assert not COLOUR.search(running.received)


def test_a_small_terminal_says_so_and_takes_no_key_but_quit(dashboard: Terminal) -> None:
    dashboard.resize(50, 10)
    dashboard.read_until("Too small: 50x10")
    dashboard.read_quiet(0.5)
    dashboard.send(b"xj/")
    assert dashboard.read_quiet(0.3) == 0
    dashboard.resize(80, 24)
    dashboard.read_until("1/50")
    dashboard.resize(50, 10)
    dashboard.read_quiet(0.2)
    dashboard.send(b"q")
    assert dashboard.wait() == 0


def test_a_terminal_that_cannot_be_drawn_on_is_refused_with_the_other_command() -> None:
    program = (
        "from fkdash.errors import UsageError\nfrom fkdash.tui.terminal import run_dashboard\n"
        "try: run_dashboard(lambda: None)\nexcept UsageError as error: print(error)\nimport sys\n"
        "print('textual loaded' if 'textual' in sys.modules else 'textual not loaded')"
    )
    with terminal(["-c", program], environment={"TERM": "dumb"}) as running:
        running.read_until("`fkdash check`")
        running.read_until("textual not loaded")


def test_a_screen_is_the_same_in_whatever_pieces_it_comes() -> None:
    output = (
        "\x1b[?1049h\x1b[2;3Häöü 漢字\r\n\x1b]0;title\a\x1b[1mbold\x1b]52;c;eA==\x1b\\\x1b[4X\x1b[2;3H😀x".encode()
    )
    whole = screen_of(output)
    assert whole == "\n  😀x 漢字\nbold"
    for size in range(1, len(output)):
        screen = Screen()
        for begin in range(0, len(output), size):
            screen.take(output[begin : begin + size])
        assert str(screen) == whole
