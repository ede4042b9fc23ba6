"""The terminal driver: Textual's own, made safe for input that it does not expect.

The patches live here and nowhere else. Each has a test that fails once Textual
no longer needs it.
"""

from __future__ import annotations

import asyncio
import codecs
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from textual.message import Message

HUNG_UP = 129
"""The exit status after a hang-up: 128 and the number of SIGHUP."""

_X10_REPORT = re.compile(rb"\x1b\[M[\x20-\xff]{3}")
_X10_BEGINNING = re.compile(rb"\x1b\[M[\x20-\xff]{0,2}\Z")
# What may follow ESC in a sequence that a terminal sends: CSI, SS3, OSC, DCS and the other string
# introducers, a second ESC, and the two keys that stand for editing (backspace, back-tab).
_NOT_INTRODUCER = r"[^\x1b\[\]OPX^_\x7f\t]"
_ESCAPE_AND_KEY = re.compile(rf"\x1b(?={_NOT_INTRODUCER})")
_KEY = re.compile(_NOT_INTRODUCER)
_ESCAPE_KEY = "[27u"


class EndOfInputError(EOFError):
    """Nothing will ever be typed again: the terminal hung up or the input was closed."""


class LenientDecoder:
    """Decodes terminal input, dropping X10 mouse reports and replacing bytes that are not UTF-8.

    Raises EndOfInputError for a read that returned nothing.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = b""

    def decode(self, data: bytes, *, final: bool = False) -> str:
        """Give the text of `data`; a report cut in two by the read is held back until it is whole."""
        if not data and not final:
            raise EndOfInputError
        data = _X10_REPORT.sub(b"", self._held + data)
        beginning = None if final else _X10_BEGINNING.search(data)
        self._held = beginning.group() if beginning else b""
        return self._decoder.decode(data[: len(data) - len(self._held)], final)


class EscapeFirstParser(XTermParser):
    """Reads escape and a key that follows at once as two keys, where Textual reads alt and the key.

    Over tmux or a slow link the two often arrive in one piece.
    """

    def __init__(self, debug: bool = False) -> None:  # noqa: FBT001, FBT002 - Textual's signature
        self._escape_pending = False
        super().__init__(debug)

    def feed(self, data: str) -> Iterable[Message]:
        """Give the messages that `data` completes."""
        if self._escape_pending and _KEY.match(data):
            data = _ESCAPE_KEY + data
        if data:
            self._escape_pending = data.endswith("\x1b")
        yield from super().feed(_ESCAPE_AND_KEY.sub(f"\x1b{_ESCAPE_KEY}", data))

    def tick(self) -> Iterable[Message]:
        """Give the messages that waiting has completed."""
        for message in super().tick():
            self._escape_pending = False
            yield message


@runtime_checkable
class HangsUp(Protocol):
    """An application that wants to know when its terminal is gone."""

    def hang_up(self, exit_status: int) -> None:
        """Leave with this status."""
        ...


def _lenient_decoder(_encoding: str) -> Callable[[], LenientDecoder]:
    return LenientDecoder


class SafeDriver(LinuxDriver):
    """Textual's driver with lenient input, an end when the terminal hangs up, and no write after that."""

    def start_application_mode(self) -> None:
        """Take the terminal over."""
        self._loop = asyncio.get_running_loop()
        self._hung_up = False
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's

    def run_input_thread(self) -> None:
        """Read keys until the application ends or the terminal is gone."""
        # Textual decodes input as strict UTF-8 and dies on X10 mouse bytes, which a re-attached tmux
        # sends: Textualize/textual#6668. It also polls a closed input without end.
        vars(linux_driver).update(getincrementaldecoder=_lenient_decoder, XTermParser=EscapeFirstParser)
        try:
            super().run_input_thread()
        except (EndOfInputError, OSError):
            self._hung_up = True
            application = self._app
            if isinstance(application, HangsUp):
                self._loop.call_soon_threadsafe(application.hang_up, HUNG_UP)
            else:
                self._loop.call_soon_threadsafe(application.exit, None, HUNG_UP)

    def write(self, data: str) -> None:
        """Send output, unless nobody is there: a full queue would then block for ever."""
        writer = self._writer_thread
        if writer is not None and writer.is_alive() and not self._hung_up:
            writer.write(data)
