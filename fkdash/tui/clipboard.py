"""Copies text where the operator can paste it, as far as that can be known.

Whether a terminal takes OSC 52 cannot be known, so a file is always written
and named, and success is never claimed.
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections.abc import Callable, Mapping

from fkdash.errors import reason_of
from fkdash.private_file import write_private

OSC_52_LIMIT = 74_994
"""The longest base64 text that terminals are known to take."""
_TMUX_SECONDS = 2


async def copy(
    text: str, to_terminal: Callable[[str], object], environment: Mapping[str, str] = os.environ
) -> str:
    """Give `text` to `to_terminal` (which sends OSC 52), to tmux where it runs in one, and to a file.

    Gives the message for the operator, which says what was tried and names the
    file. Raises nothing: what fails is said in the message.
    """
    tried: list[str] = []
    if len(b64encode(text.encode("utf-8"))) <= OSC_52_LIMIT:
        to_terminal(text)
        tried.append("to the terminal, which may ignore it")
        if "TMUX" in environment and await _to_tmux(text, environment):
            tried.append("to tmux's buffer")
    else:
        tried.append("not to the terminal, for which it is too long")
    try:
        saved = f"it is also in {write_private('copy', '.txt', text)}"
    except OSError as error:
        saved = f"no file could be written: {reason_of(error)}"
    return f"Sent {' and '.join(tried)}; {saved}"


async def _to_tmux(text: str, environment: Mapping[str, str]) -> bool:
    """Give whether tmux took the text; by default it drops OSC 52, but passes on its own buffer."""
    try:
        process = await asyncio.create_subprocess_exec(
            "tmux", "load-buffer", "-w", "-",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            env=environment,
        )  # fmt: skip
    except OSError:
        return False
    try:
        await asyncio.wait_for(process.communicate(text.encode("utf-8")), _TMUX_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
    return process.returncode == 0
