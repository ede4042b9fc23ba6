"""Opens the dashboard in a terminal and brings the terminal back whatever happens.

Imports Textual only when the dashboard really opens, after the environment that
Textual reads at import has been set.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, MutableMapping
from functools import partial
from typing import TYPE_CHECKING

from fkdash.errors import UsageError
from fkdash.faults import CRASHED, account_of

if TYPE_CHECKING:
    from fkdash.tui.safe_app import SafeApp

PASSWORD_WANTED = 77
"""The exit status that asks the caller for a password, to be typed where nothing is drawn: EX_NOPERM."""


def run_dashboard(app_factory: Callable[[], SafeApp], *, mouse: bool | None = None) -> int:
    """Run the application until it ends and give its exit status.

    129 after a hang-up, 143 after SIGTERM, CRASHED after a fault (the details
    are then in a file that the message names). `app_factory` is called once the
    environment is ready and may import Textual. Raises UsageError where there is
    no terminal to draw on.
    """
    refuse_unusable_terminal()
    prepare_environment(os.environ)
    # What is made until the first frame stays, and the collector would walk it again and again until it is woken.
    gc.disable()
    try:
        app = app_factory()
        asyncio.run(_run(app, mouse="SSH_CONNECTION" not in os.environ if mouse is None else mouse))
    finally:
        gc.enable()
    if app.fault is None and app.return_code is not None:
        status, message = app.return_code, app.farewell
    else:
        status, message = CRASHED, account_of(app.fault)
    _say(message)
    return status


def refuse_unusable_terminal() -> None:
    """Raise UsageError, naming the command that needs no terminal, where the dashboard cannot be drawn."""
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        what = "The dashboard needs a terminal, and input or output is not one."
    elif (os.environ.get("TERM") or "dumb") == "dumb":
        what = "The dashboard needs a terminal that can move its cursor, and TERM says that this one cannot."
    else:
        return
    raise UsageError(what, next_step="Use `fkdash check`, which only prints.")


def prepare_environment(environment: MutableMapping[str, str]) -> None:
    """Set what Textual reads when it is imported: few frames, no animation, unless the operator chose."""
    over_ssh = "SSH_CONNECTION" in environment
    # Exported sizes would be believed instead of the terminal's own, and no resize would be seen.
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)
    environment.setdefault("TEXTUAL_FPS", "10" if over_ssh else "20")
    environment.setdefault("TEXTUAL_ANIMATIONS", "none")
    environment.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    # What is painted before the application has its own theme; a name that Textual does not know would end it.
    environment["TEXTUAL_THEME"] = "ansi-dark"


async def _run(app: SafeApp, *, mouse: bool) -> None:
    loop = asyncio.get_running_loop()
    # SIGHUP is never left ignored (as nohup does): the program would poll its closed input without end.
    for number in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(number, partial(app.hang_up, 128 + number))
    try:
        await app.run_async(mouse=mouse)
    finally:
        for number in (signal.SIGHUP, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _say(message: str) -> None:
    """Print on the terminal, which may be gone; then nobody must stumble over its unwritten output."""
    try:
        if message:
            print(message, file=sys.stderr)  # noqa: T201 - the screen has been given back
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
