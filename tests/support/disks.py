"""Real disks that are full or read-only, where the machine lets us mount them (as root, outside most containers)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_FILLING = "filling"
_BLOCK = 4096


@dataclass(frozen=True)
class Disk:
    """A small disk of its own at `folder`, in memory."""

    folder: Path

    def fill(self) -> None:
        """Take all the room there is; a file may still grow to the end of its last block."""
        with (self.folder / _FILLING).open("ab", buffering=0) as filling, suppress(OSError):
            while True:
                filling.write(bytes(_BLOCK))

    def make_room(self) -> None:
        """Give the room back."""
        (self.folder / _FILLING).unlink(missing_ok=True)

    def turn(self, how: str) -> None:
        """Mount it again, `ro` or `rw`; nobody may have a file of it open for writing."""
        _run("mount", "-o", f"remount,{how}", str(self.folder))


@contextmanager
def disk(folder: Path, size: str = "256k") -> Iterator[Disk | None]:
    """Mount a disk of `size` at a folder that is there; None where mounting is refused."""
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "fkdash-test", str(folder))
    except (OSError, subprocess.CalledProcessError):
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
