"""Every screen as it was when somebody last looked at it: `python -m tests.tui.snapshots` makes them anew.

They are cells and looks as text, not SVG. What an operator sees on a terminal is exactly that; a change shows
in a review as the lines that changed, where an SVG of 40 KB differs throughout as soon as one style or the
library's template does; and all of them take less room than ten of the images in `screenshots/`.
"""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from rich.style import Style
from textual.app import App
from textual.strip import Strip

FOLDER = Path(__file__).with_name("snapshots")
WRITING = "FKDASH_WRITE_SNAPSHOTS"
# What differs from run to run, cell by cell: times of day, the folder of the socket, the program's own number.
_FLEETING = re.compile(r"(?<=read at )[\d:]{8}|(?<=fkdash-demo-)\w{8}|(?<=fkdash-pid-)\d{7}|\b18\.\d\b")


def snapshot(app: App[Any]) -> str:
    """Give the present screen: its cells, and below them how each stretch that is not plain looks."""
    strips = app.screen._compositor.render_strips()
    cells = [strip.text.rstrip() for strip in strips]
    looks = [f"{y:>3} {looked}" for y, strip in enumerate(strips) if (looked := " ".join(_looks(strip)))]
    return "\n".join([*map(_steady, cells), "~~~", *looks]) + "\n"


def difference(name: str, size: tuple[int, int], taken: str) -> str:
    """Give what differs from the snapshot on the disk, "" where nothing does."""
    path = FOLDER / f"{name}-{size[0]}x{size[1]}.txt"
    if os.environ.get(WRITING):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(taken, encoding="utf-8")
        return ""
    known = path.read_text(encoding="utf-8") if path.exists() else ""
    return "\n".join(
        difflib.unified_diff(known.split("\n"), taken.split("\n"), f"{path.name}, kept", "now", lineterm="", n=1)
    )


def _steady(line: str) -> str:
    return _FLEETING.sub(lambda match: "0" * len(match.group()), line)


def _looks(strip: Strip) -> Iterator[str]:
    """Give `first-last look` for each stretch of cells that look alike and not plain."""
    start = 0
    for look, segments in groupby(strip, key=lambda segment: _look(segment.style)):
        end = start + sum(segment.cell_length for segment in segments)
        if look and end > start:
            yield f"{start}-{end - 1}:{look}"
        start = end


def _look(style: Style | None) -> str:
    if style is None:
        return ""
    attributes = [name for name in ("bold", "dim", "italic", "underline", "reverse") if getattr(style, name)]
    colour, ground = style.color, style.bgcolor
    attributes += [colour.name] if colour is not None and not colour.is_default else []
    attributes += [f"on-{ground.name}"] if ground is not None and not ground.is_default else []
    return ",".join(attributes)


if __name__ == "__main__":
    os.environ[WRITING] = "1"
    os.environ["FKDASH_TEST_VERSIONS"] = "18"
    sys.exit(pytest.main(["-q", str(Path(__file__).with_name("test_snapshots.py"))]))
