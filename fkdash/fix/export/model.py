"""What an exported migration is, whichever tool it is for."""

from __future__ import annotations

import hashlib
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from fkdash.errors import StoppedError
from fkdash.fact import fact

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from fkdash.fix.plan import Plan

LOCK_TIMEOUT = "5s"
"""How long a migration waits for a lock: nobody stands by to try again, so longer than a live fix does."""


class UnfitFolderError(StoppedError):
    """A folder is none of the tool's, or its files do not fit each other; nothing was written."""


class Kind(StrEnum):
    """What a part of a migration asks of its transaction."""

    CHANGE = "change"
    """Takes milliseconds; goes into any transaction."""

    CHECK = "check"
    """Reads existing rows (VALIDATE CONSTRAINT); stops nobody only in a transaction after the change's."""

    ALONE = "alone"
    """Refused inside a transaction (CREATE INDEX CONCURRENTLY)."""


@fact
class Statement:
    """One statement without its semicolon; `done` is a condition that is true where it took effect already.

    It is "" where running it once more does no harm and replaces nothing. `step` is the title of the plan's step.
    """

    sql: str
    step: str
    done: str = ""


@fact
class Part:
    """Statements that commit together, and those that lead back."""

    kind: Kind
    up: tuple[Statement, ...]
    down: tuple[Statement, ...] = ()


@fact
class Migration:
    """A fix as parts in order; `slug` is its name, `title` says in one line what it does."""

    plan: Plan
    slug: str
    title: str
    parts: tuple[Part, ...]


@fact
class Request:
    """What is to be exported, and where to: `folder` is a project's root or its folder of migrations.

    `edit_schema` asks for the change of the team's own schema file as well. `now` gives names and numbers.
    """

    migration: Migration
    folder: Path
    now: datetime
    edit_schema: bool = False


@fact
class FileChange:
    """A file to create, or to edit where `before` is what stands in it; `content` is all of the new text."""

    path: Path
    content: bytes
    before: bytes | None = None

    @property
    def action(self) -> str:
        """`create` or `edit`."""
        return "create" if self.before is None else "edit"

    @property
    def sha256_before(self) -> str | None:
        """Identifies what is edited; None for a new file."""
        return None if self.before is None else hashlib.sha256(self.before).hexdigest()


@fact
class Transaction:
    """Statements that the tool runs in one transaction, in which file, and what that means."""

    file: Path
    statements: tuple[str, ...]
    note: str = ""


@fact
class Missing:
    """What the export leaves to the team: in which file, on which line (0 where not known), and what to do."""

    file: Path | None
    line: int
    reason: str


@fact
class Exported:
    """What an export would write, in this order: the last file is the one that makes the tool see the rest.

    `mark_applied` are commands or statements that tell the tool that a database has the change already.
    `suggested` are edits that are shown but written only where they were asked for.
    """

    tool: str
    files: tuple[FileChange, ...]
    mark_applied: tuple[str, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    incomplete: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    suggested: tuple[FileChange, ...] = field(default=())
