"""What a query picked for rows that are to be moved, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.counted import counted
from fkdash.db.text import plain

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.fix.value_from import Picked


def picked_text(picked: Picked, key: ForeignKey) -> str:
    """Give each row with what it refers to now and then; those that get nothing come first, and are counted."""
    left = [row for row in picked.rows if not row.then]
    moved = [row for row in picked.rows if row.then]
    names = ", ".join(key.columns)
    lines = [f"{counted(len(moved), 'rows')} of {key.table} are moved; {names} now -> then:"]
    if left:
        lines = [f"{counted(len(left), 'rows')} of {key.table} get nothing, and stay:"]
        lines += [f"  {row.named}: {', '.join(row.now)}, {row.why}" for row in left]
        lines.append(f"{counted(len(moved), 'rows')} are moved; {names} now -> then:")
    lines += [f"  {row.named}: {', '.join(row.now)} -> {', '.join(row.then)}" for row in moved]
    return "".join(f"{plain(line)}\n" for line in (*lines, ""))
