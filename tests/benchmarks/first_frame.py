"""The time until the dashboard's first frame, beside a minimal Textual application in the same run.

    python -m tests.benchmarks.first_frame [--runs 9]

Prints the medians and their ratio (at most 1.3 is the aim), and the same for `--version` beside a bare Python.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import gettempdir
from time import monotonic

from tests.support.terminal import terminal

_COMPILED = Path(gettempdir()) / "fkdash-benchmark-compiled"
# Nothing answers there: the first frame does not wait for a server.
_DASHBOARD = ["-m", "fkdash", "postgresql://nobody@/nothing?host=/nonexistent"]
_MINIMAL = """
from textual.app import App
from textual.widgets import Static
class Minimal(App):
    def compose(self):
        yield Static("minimal application")
Minimal().run()
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    _compare(
        runs,
        ("minimal Textual", lambda: _until_shown(["-c", _MINIMAL], "minimal application")),
        ("fkdash", lambda: _until_shown(_DASHBOARD, "Connecting to")),
    )
    _compare(
        runs,
        ("bare Python", lambda: _until_shown(["-c", "print('fkdash')"], "fkdash")),
        ("fkdash --version", lambda: _until_shown(["-m", "fkdash", "--version"], "fkdash")),
    )


def _compare(runs: int, *programs: tuple[str, Callable[[], float]]) -> None:
    """Run the programs in turns, so that a busy moment hits both; the first run only warms the files up."""
    seconds: dict[str, list[float]] = {name: [] for name, _ in programs}
    for number in range(runs + 1):
        for name, measured in programs:
            taken = measured()
            if number:
                seconds[name].append(taken)
    yardstick = median(seconds[programs[0][0]])
    for name, taken_each in seconds.items():
        middle = median(taken_each)
        sys.stdout.write(f"{name:<18} {middle * 1000:6.0f} ms   {middle / yardstick:5.2f} x {programs[0][0]}\n")


def _until_shown(arguments: list[str], wanted: str) -> float:
    """Give the seconds from the start of a program until a text stands on its screen."""
    # Compiled modules are kept, as where fkdash is installed.
    environment = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(_COMPILED)}
    began = monotonic()
    with terminal(arguments, environment=environment) as running:
        running.read_until(wanted)
        return running.heard - began


if __name__ == "__main__":
    main()
