"""Run README's first command in a pseudo-terminal until the first finding is on the screen, then quit it."""

import contextlib
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

from readme_command import command

EXPECTED = (b"primary_workspace_id", b"BITES")
DEADLINE_SECONDS = 600
COLUMNS, LINES = 80, 24


def read_until(terminal: int, expected: tuple[bytes, ...], deadline: float) -> bytes:
    """Collect what the program draws until all of `expected` stood in it; b"" at the end of output."""
    drawn = b""
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            drawn += piece
        if all(text in drawn for text in expected):
            return drawn
    sys.exit(f"README's first command did not show {expected} in time. It drew last:\n{drawn[-4000:]!r}")


child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execvp("sh", ["sh", "-c", command("demo")])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
read_until(terminal, EXPECTED, time.monotonic() + DEADLINE_SECONDS)
os.write(terminal, b"q")
stop = time.monotonic() + 30
while time.monotonic() < stop:
    if select.select([terminal], [], [], 0.2)[0]:
        with contextlib.suppress(OSError):
            os.read(terminal, 65536)
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        sys.exit(os.waitstatus_to_exitcode(status))
sys.exit("The dashboard did not end after q")
