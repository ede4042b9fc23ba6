"""Pieces of Markdown that several documents are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def fenced(text: str, language: str) -> Iterator[str]:
    """Fence text with more backticks than it holds, so that nothing in it can end the block."""
    fence = "```"
    while fence in text:
        fence += "`"
    yield from (f"{fence}{language}", text.rstrip("\n"), fence)
