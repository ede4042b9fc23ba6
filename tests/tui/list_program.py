"""A program for the terminal tests: a screen with one long list and a pane; `x` fails on purpose.

Arguments: the number of rows, and optionally "late" for a fault in a worker.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fkdash.tui.terminal import run_dashboard

if TYPE_CHECKING:
    from fkdash.tui.safe_app import SafeApp


def _make_app() -> SafeApp:
    from tests.tui.list_app import ListApp  # noqa: PLC0415 - Textual is imported once the environment is set

    return ListApp(int(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(run_dashboard(_make_app))
