"""A real pseudo-terminal around a program: what it sends, how many bytes, and how it ends.

Nothing here sleeps: every wait is for output, for an end or for a state, with a
deadline.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic, sleep

from rich.cells import cell_len

from tests.support.patience import LONG_ENOUGH, in_time

_PIECE = re.compile(
    r"\x1b\[(?P<arguments>[0-?]*)[ -/]*(?P<final>[@-~])|\x1b\][^\a\x1b]*(?:\a|\x1b\\)|\x1b[^\[\]]"
    r"|(?P<move>[\r\n])|(?P<text>[^\x1b\r\n]+)",
    re.DOTALL,
)
_UNFINISHED = re.compile(r"\x1b(\[[ -?]*|\][^\a\x1b]*\x1b?)?\Z")
# What a login does: make the terminal the controlling one, then become the program.
_TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
SECONDS = 20.0
"""For what the program has to do promptly on an idle machine: end, stop, fall silent."""
_SLOW_PIECE = 256


class Terminal:
    """A program running in a pseudo-terminal of its own.

    `received` is everything it has sent, `heard` the moment (monotonic) when the last of it came.
    `bytes_per_second` makes the terminal as slow as a link.
    """

    bytes_per_second: int | None = None

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process = process
        self._descriptor = descriptor
        self.received = bytearray()
        self.heard = monotonic()
        self.hung_up = False
        self._screen = Screen()

    @property
    def screen(self) -> str:
        """What an operator sees now, line by line, or what was printed since the screen was given back."""
        return str(self._screen)

    def send(self, keys: bytes) -> None:
        """Type `keys`."""
        os.write(self._descriptor, keys)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        _set_size(self._descriptor, columns, rows)
        self.signal(signal.SIGWINCH)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self.process.pid, number)

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does."""
        os.close(self._descriptor)
        self.hung_up = True

    def read_for(self, seconds: float) -> None:
        """Read whatever comes in this time."""
        deadline = monotonic() + seconds
        while (left := deadline - monotonic()) > 0:
            self._read(left)

    def read_until(self, wanted: str, *, seconds: float = LONG_ENOUGH) -> None:
        """Read until `wanted` stands on the screen."""
        deadline = monotonic() + seconds
        while wanted not in self.screen:
            left = deadline - monotonic()
            if left <= 0 or not self._read(left):
                message = f"{wanted!r} did not appear; exit {self.process.poll()}; the screen is:\n{self.screen}"
                raise AssertionError(message)

    def read_until_gone(self, unwanted: str, *, seconds: float = LONG_ENOUGH) -> None:
        """Read until `unwanted` stands on the screen no more."""
        deadline = monotonic() + seconds
        while unwanted in self.screen:
            left = deadline - monotonic()
            assert left > 0, f"{unwanted!r} stays; the screen is:\n{self.screen}"
            assert self._read(left), f"{unwanted!r} stays; the screen is:\n{self.screen}"

    def read_quiet(self, quiet: float = 0.4, *, seconds: float = SECONDS) -> int:
        """Read until nothing has come for `quiet` seconds and give the number of bytes read."""
        before = len(self.received)
        deadline = monotonic() + in_time(seconds)
        while self._read(quiet):
            assert monotonic() < deadline, "the output never ends"
        return len(self.received) - before

    def wait(self, seconds: float = SECONDS) -> int:
        """Give the exit status, negative for a signal, reading what is still sent."""
        deadline = monotonic() + in_time(seconds)
        while self.process.poll() is None:
            assert monotonic() < deadline, "the program does not end"
            if self.hung_up or not self._read(0.05):
                try:
                    self.process.wait(0.05)
                except subprocess.TimeoutExpired:
                    continue
        while not self.hung_up and self._read(0.05):
            pass
        return self.process.returncode

    def wait_stopped(self, seconds: float = SECONDS) -> None:
        """Wait until the program has been stopped, as by ctrl+z."""
        deadline = monotonic() + in_time(seconds)
        while True:
            pid, status = os.waitpid(self.process.pid, os.WUNTRACED | os.WNOHANG)
            if pid and os.WIFSTOPPED(status):
                return
            assert monotonic() < deadline, "the program does not stop"
            self._read(0.05)

    def _read(self, seconds: float) -> bool:
        """Read once; False when nothing came in time or nothing will come any more."""
        readable, _, _ = select.select([self._descriptor], [], [], seconds)
        if not readable:
            return False
        try:
            data = os.read(self._descriptor, 65536 if self.bytes_per_second is None else _SLOW_PIECE)
        except OSError as error:
            if error.errno == errno.EIO:
                return False
            raise
        self.received += data
        self._screen.take(data)
        if self.bytes_per_second is not None:
            sleep(len(data) / self.bytes_per_second)
        self.heard = monotonic()
        return bool(data)


@contextmanager
def terminal(
    arguments: Sequence[str],
    *,
    columns: int = 80,
    rows: int = 24,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Terminal]:
    """Run Python with `arguments` in a pseudo-terminal; whatever is left of it afterwards is killed."""
    ours, theirs = pty.openpty()
    _set_size(theirs, columns, rows)
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKE_TERMINAL, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=_environment(environment or {}),
        start_new_session=True,
    )
    os.close(theirs)
    running = Terminal(process, ours)
    try:
        yield running
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if not running.hung_up:
            os.close(ours)


class Screen:
    """What stands on a screen, as far as cursor movements and text make it; colours are ignored.

    A program is asked for its screen after each piece that it sends, so each piece is read once.
    """

    def __init__(self) -> None:
        self._rows: list[list[str]] = [[]]
        self._row = self._column = 0
        self._decoded = getincrementaldecoder("utf-8")("replace")
        self._begun = ""

    def __str__(self) -> str:
        return "\n".join("".join(line).rstrip() for line in self._rows)

    def take(self, output: bytes) -> None:
        """Draw what was sent next; a sequence or character whose end has not come waits for it."""
        text = self._begun + self._decoded.decode(output)
        unfinished = _UNFINISHED.search(text)
        whole = unfinished.start() if unfinished else len(text)
        self._begun = text[whole:]
        for piece in _PIECE.finditer(text, 0, whole):
            if (characters := piece["text"]) is not None:
                self._write(characters)
            elif piece["move"] == "\r":
                self._column = 0
            elif piece["move"]:
                self._row += 1
            elif piece["final"]:
                self._obey(piece["final"], piece["arguments"])

    def _obey(self, final: str, arguments: str) -> None:
        if final == "H":
            numbers = [int(number or 1) for number in (arguments or "1;1").split(";")]
            self._row, self._column = numbers[0] - 1, numbers[1] - 1
        elif final == "X" and self._row < len(self._rows):
            blank = int(arguments or 1)
            line = self._rows[self._row]
            line[self._column : self._column + blank] = [" "] * len(line[self._column : self._column + blank])
        elif final in {"h", "l"} and arguments == "?1049":
            self._rows, self._row, self._column = [[]], 0, 0

    def _write(self, text: str) -> None:
        for character in filter(str.isprintable, text):
            self._rows.extend([] for _ in range(self._row + 1 - len(self._rows)))
            line = self._rows[self._row]
            line.extend(" " * (self._column + 1 - len(line)))
            line[self._column] = character
            self._column += 1
            for _ in range(cell_len(character) - 1):
                line[self._column : self._column + 1] = [""]
                self._column += 1


def screen_of(output: bytes) -> str:
    """Give the screen after `output`."""
    screen = Screen()
    screen.take(output)
    return str(screen)


def _environment(changes: Mapping[str, str]) -> dict[str, str]:
    dropped = {"NO_COLOR", "COLORTERM", "SSH_CONNECTION", "TMUX", "TERM_PROGRAM"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8", **changes}


def _set_size(descriptor: int, columns: int, rows: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
