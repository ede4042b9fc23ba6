"""A row as a preview knows it."""

from __future__ import annotations

from typing import NamedTuple


class RowId(NamedTuple):
    """A row of the snapshot: its table, page and line; the order is the physical one."""

    table: int
    page: int
    line: int


RowValues = dict[str, str | None]
"""The values of a row by its columns, as text as the server prints them."""
