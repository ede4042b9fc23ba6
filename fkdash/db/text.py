"""Words from outside, made fit for a message."""

from __future__ import annotations


def plain(text: str) -> str:
    """Give the text with every unprintable character written as its escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
