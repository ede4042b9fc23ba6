"""What keys cost in the list: time and bytes at 50 and at 50,000 rows, and over a slow line.

    python -m tests.benchmarks.list_keys [--rows 50000] [--presses 60]

Aims: at 50,000 rows an arrow key's p95 is at most twice that of 50 rows and at most 1 KB, a page at most
10 KB, an idle screen sends nothing; at 20 KB/s forty arrows end within 2 s and quitting within 1 s.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from time import monotonic

from tests.support.terminal import Terminal, terminal

_DOWN, _PAGE_DOWN, _REFRESH, _QUIT = b"\x1b[B", b"\x1b[6~", b"r", b"q"
_FEW_ROWS = 50
_SLOW_LINE = 20_000
_FORTY = 40
_QUIET = 0.12
_IDLE_SECONDS = 3.0
_BETWEEN_KEYS = 0.05


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--presses", type=int, default=60)
    arguments = parser.parse_args()
    yardstick = 0.0
    for rows in (_FEW_ROWS, arguments.rows):
        with _list_of(rows) as running:
            seconds, sizes = _presses(running, _DOWN, min(arguments.presses, rows - 2))
            p95 = quantiles(seconds, n=20)[-1]
            yardstick = yardstick or p95
            _say(
                f"arrow at {rows:>6,} rows: p50 {median(seconds) * 1000:4.0f} ms, p95 {p95 * 1000:4.0f} ms "
                f"({p95 / yardstick:.2f} x {_FEW_ROWS} rows); at most {max(sizes):,} bytes"
            )
            _, pages = _presses(running, _PAGE_DOWN, 10)
            running.send(_REFRESH)
            refreshed = running.read_quiet()
            before = len(running.received)
            running.read_for(_IDLE_SECONDS)
            idle = len(running.received) - before
            _say(f"  page at most {max(pages):,} bytes; refresh without changes {refreshed:,}; idle {idle:,}")
    _over_a_slow_line(arguments.rows)


def _over_a_slow_line(rows: int) -> None:
    with _list_of(rows) as running:
        running.bytes_per_second = _SLOW_LINE
        for _ in range(_FORTY):
            running.send(_DOWN)
            running.read_for(_BETWEEN_KEYS)
        last_key = monotonic()
        running.read_until(f"{_FORTY + 1}/")
        running.read_quiet(_QUIET)
        after = max(0.0, running.heard - last_key)
        began = monotonic()
        running.send(_QUIT)
        running.wait()
        _say(f"at {_SLOW_LINE // 1000} KB/s: {_FORTY} arrows end {after:.2f} s after the last, quit takes "
             f"{monotonic() - began:.2f} s")  # fmt: skip


@contextmanager
def _list_of(rows: int) -> Iterator[Terminal]:
    with terminal(["-m", "tests.tui.list_program", str(rows)]) as running:
        running.read_until(f"1/{rows:,}")
        running.read_quiet()
        yield running


def _presses(running: Terminal, key: bytes, times: int) -> tuple[list[float], list[int]]:
    """Press a key, each time until its answer has come; give the seconds and the bytes of each."""
    seconds, sizes = [], []
    for _ in range(times):
        pressed = monotonic()
        running.send(key)
        sizes.append(running.read_quiet(_QUIET))
        seconds.append(max(0.0, running.heard - pressed))
    return seconds, sizes


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
