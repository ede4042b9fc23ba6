"""The process that runs a throwaway server for as long as its parent lives.

`python -m fkdash.demo.keeper --binaries FOLDER [--set NAME=VALUE]...` makes a
private directory, starts a server in it and writes one JSON line to standard
output: {"dsn": ...}, or {"what": ..., "next_step": ...} when it cannot. Then it
waits. When standard input reaches its end (the parent has ended, however), or
on SIGTERM, SIGINT or SIGHUP, it stops the server and removes the directory.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from fkdash.demo import cluster, directories
from fkdash.demo.cluster import Cluster
from fkdash.errors import FkdashError

_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """Keep one server; gives the exit status, 0 also when the server could not be started."""
    parser = argparse.ArgumentParser(prog="python -m fkdash.demo.keeper")
    parser.add_argument("--binaries", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    options = parser.parse_args(arguments)
    settings = dict(setting.split("=", 1) for setting in options.settings)
    signals = _signals_as_bytes()
    try:
        account = cluster.server_account()
        directories.sweep(account)
        with directories.private_directory(account) as directory:
            _keep(Cluster(directory, options.binaries, account), settings, signals)
    except FkdashError as error:
        _tell_parent({"what": error.what, "next_step": error.next_step})
    except OSError as error:
        _tell_parent({"what": f"The throwaway server cannot be made: {error}", "next_step": ""})
    return 0


def _keep(kept: Cluster, settings: dict[str, str], signals: socket.socket) -> None:
    server = kept.start(settings)
    try:
        _tell_parent({"dsn": kept.dsn()})
        _wait_for_the_end(server, signals)
    finally:
        cluster.stop(server)


def _signals_as_bytes() -> socket.socket:
    # Signals are only noted while the server starts: stopping halfway would leave pieces behind.
    receiving, sending = socket.socketpair()
    for end in (receiving, sending):
        end.settimeout(0)
    signal.set_wakeup_fd(sending.detach())
    for number in (*_STOPPING, signal.SIGCHLD):
        signal.signal(number, _note)
    return receiving


def _note(_number: int, _frame: FrameType | None) -> None:
    """Let the wake-up descriptor tell of the signal."""


def _tell_parent(message: dict[str, str]) -> None:
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), json.dumps(message).encode() + b"\n")


def _wait_for_the_end(server: subprocess.Popen[bytes], signals: socket.socket) -> None:
    while server.poll() is None:
        readable, _, _ = select.select([sys.stdin, signals], [], [])
        if sys.stdin in readable and not os.read(sys.stdin.fileno(), 4096):
            return
        if signals in readable and set(signals.recv(4096)) & set(_STOPPING):
            return


if __name__ == "__main__":
    sys.exit(main())
