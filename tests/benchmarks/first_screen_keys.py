"""What an arrow key costs on the whole first screen of the demo: list, text beside it, edges and key line.

    python -m tests.benchmarks.first_screen_keys [--columns 80] [--rows 24]

Aims at 80x24: at most 1 KB for an arrow key (one in some ten, at which the list scrolls, may cost half as much
again), and an idle screen sends nothing.
"""

from __future__ import annotations

import argparse
import sys
from statistics import median

from fkdash.demo.demonstration import incident_server
from tests.support.terminal import terminal

_DOWN = b"\x1b[B"
_KEYS = 56
_RESTED = 1.2
_IDLE_SECONDS = 4.0
_KILOBYTE = 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--rows", type=int, default=24)
    given = parser.parse_args()
    with (
        incident_server() as dsn,
        terminal(["-m", "fkdash", dsn, "--refresh", "0"], columns=given.columns, rows=given.rows) as running,
    ):
        running.read_until("BITES 412", seconds=120)
        running.read_quiet(3, seconds=120)
        before = len(running.received)
        running.read_for(_IDLE_SECONDS)
        idle = len(running.received) - before
        sizes = []
        for _ in range(_KEYS):
            running.send(_DOWN)
            sizes.append(running.read_quiet(_RESTED))
        dearer = sum(size > _KILOBYTE for size in sizes)
        sys.stdout.write(
            f"{given.columns}x{given.rows}: idle {idle:,} bytes in {_IDLE_SECONDS:g} s; an arrow key {min(sizes):,} "
            f"to {max(sizes):,} bytes, median {median(sizes):,.0f}; {dearer} of {_KEYS} above 1 KB\n"
        )


if __name__ == "__main__":
    main()
