"""Runs `python -m fkdash` without starting Python each time: a child that has loaded fkdash forks for each command.

What an operator would start is a process of its own here as well, with its own folder, environment, files, signals
and end; only what the interpreter does before the first line of fkdash is done once. That is most of what a short
command costs.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO

_READ_BY_THE_INTERPRETER = ("PYTHON", "LC_", "LANG")
_SERVED = """
import json, os, pkgutil, runpy, signal, socket, sys
import fkdash

for module in pkgutil.walk_packages(fkdash.__path__, "fkdash."):
    if not module.name.startswith("fkdash.tui") and module.name != "fkdash.__main__":
        __import__(module.name)

asked = socket.socket(fileno=int(sys.argv[1]))
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    message, handles, _, _ = socket.recv_fds(asked, 1, 5)
    if not message:
        sys.exit()
    if os.fork():
        for handle in handles:
            os.close(handle)
        continue
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked.close()
    request, *streams, answer = handles
    command = os.fork()
    if command:
        for stream in streams:
            os.close(stream)
        os.write(answer, b"%d\\n" % command)
        code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
        os.write(answer, str(code).encode())
        os._exit(0)
    break

os.close(answer)
with open(request, encoding="utf-8", errors="surrogateescape") as file:
    wanted = json.load(file)
for number, stream in enumerate(streams):
    os.dup2(stream, number)
    os.close(stream)
sys.stdin = open(0, closefd=False)
sys.stdout = sys.__stdout__ = open(1, "w", closefd=False, errors=sys.__stdout__.errors)
sys.stderr = sys.__stderr__ = open(2, "w", closefd=False, errors="backslashreplace", buffering=1)
os.environ.clear()
os.environ.update(wanted["environment"])
os.chdir(wanted["folder"])
sys.argv = ["fkdash", *wanted["arguments"]]
runpy.run_module("fkdash", run_name="__main__", alter_sys=True)
"""


def run(
    arguments: Sequence[str], environment: Mapping[str, str], typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command with this environment to its end, `typed` being its standard input; a signal's code is negative.

    It is started afresh where the environment has what the interpreter itself reads.
    """
    given = (name for name, value in environment.items() if os.environ.get(name) != value)
    if any(name.startswith(_READ_BY_THE_INTERPRETER) for name in given):
        return subprocess.run(
            [sys.executable, "-m", "fkdash", *arguments],
            capture_output=True, text=True, input=typed, env=environment, check=False,
        )  # fmt: skip
    running = start(arguments, environment, typed)
    code, out, err = running.ended()
    return subprocess.CompletedProcess(list(arguments), code, out, err)


@dataclass
class Running:
    """A command under way as process `pid`; what it prints is kept in files until it has ended."""

    pid: int
    _answer: IO[bytes]
    _out: IO[bytes]
    _err: IO[bytes]
    _code: int | None = None
    _waiting: Lock = field(default_factory=Lock)

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it has not ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self) -> int:
        """Wait for its end, and give its code, negative for a signal."""
        with self._waiting:
            if self._code is None:
                with self._answer:
                    self._code = int(self._answer.read())
            return self._code

    def ended(self) -> tuple[int, str, str]:
        """Wait for its end; give its code and, the first time, what it printed."""
        code = self.wait()
        with self._out, self._err:
            return code, _text(self._out), _text(self._err)


def start(arguments: Sequence[str], environment: Mapping[str, str], typed: str = "") -> Running:
    """Start a command with this environment, of which the interpreter itself reads nothing."""
    request = json.dumps(
        {"arguments": list(arguments), "environment": dict(environment), "folder": str(Path.cwd())}
    )
    mine, theirs = os.pipe()
    out, err = _holding(""), _holding("")
    with _holding(request) as asked, _holding(typed) as given_in:
        try:
            files = (asked, given_in, out, err)
            socket.send_fds(_server(), [b"!"], [*(file.fileno() for file in files), theirs])
        finally:
            os.close(theirs)
    answer = os.fdopen(mine, "rb")
    return Running(int(answer.readline()), answer, out, err)


def _holding(text: str) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever holds it closes it: what is printed outlives this
    file.write(text.encode("utf-8", "surrogateescape"))
    file.seek(0)
    return file


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


@cache
def _server() -> socket.socket:
    """Start the child that forks; it ends with this process, whose end of the connection is closed then."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        server = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", _SERVED, str(there.fileno())],
            pass_fds=[there.fileno()],
            stdin=subprocess.DEVNULL,
        )

    def end() -> None:
        here.close()
        server.wait()

    atexit.register(end)
    return here
