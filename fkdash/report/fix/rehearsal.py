"""A rehearsal for people: what was locked and for how long, and how the delete ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.db.text import plain

if TYPE_CHECKING:
    from fkdash.apply.proof.rehearsal import Rehearsal


def rehearsal_text(rehearsal: Rehearsal) -> str:
    """Give a rehearsal as text."""
    if rehearsal.detail:
        return plain(f"rehearsal: {rehearsal.detail}")
    steps = ", ".join(map(str, rehearsal.steps))
    lines = [f"rehearsal: step {steps}, then rolled back"]
    if rehearsal.left_out:
        left_out = ", ".join(map(str, rehearsal.left_out))
        lines.append(f"  left out: step {left_out}, which reads a whole table")
    lines += [
        f"  {lock.table} {lock.mode} for {lock.seconds * 1000:,.0f} ms"
        for lock in sorted(rehearsal.locks, key=lambda lock: (str(lock.table), lock.mode))
    ]
    if rehearsal.delete is not None:
        standing = {True: "ok", False: "NO", None: "--"}[rehearsal.delete.ok]
        who = f" (rehearsed as {rehearsal.delete.role})" if rehearsal.delete.role else ""
        lines.append(f"  {standing} {rehearsal.delete.check}: {rehearsal.delete.detail}{who}")
    return "\n".join(plain(line) for line in lines)
