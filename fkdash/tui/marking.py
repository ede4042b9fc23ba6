"""What the operator has marked for the report in this session."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fkdash.private_file import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.report.marks import Mark, Shown


class Marking:
    """The marks, oldest first. `unsaved` says that the last of them stands in no file yet."""

    def __init__(self) -> None:
        self.begun = datetime.now(UTC)
        self.marks: list[Mark] = []
        self.unsaved = False
        self._databases: set[str] = set()

    def went_into(self, database: str) -> None:
        """Take note that this session has to do with a database."""
        self._databases.add(database)

    def add(self, where: str, shown: Shown, title: str) -> None:
        """Mark what is shown; `where` names the database and its server."""
        from fkdash.report.marks import Mark  # loaded when it is wanted

        self.marks.append(Mark(datetime.now(UTC), where, shown, title.strip()))
        self.unsaved = True

    def document(self) -> str:
        """Give the report: the marks, and the runs in the databases gone into since this session began."""
        from fkdash.apply.journal.records import history  # loaded when it is wanted
        from fkdash.report.marks import session_markdown

        begun = self.begun.isoformat()
        runs = [run for run in history() if run.started >= begun and run.database in self._databases]
        return session_markdown(self.marks, runs[::-1], begun=self.begun)

    def save(self) -> Path:
        """Write the report into a private file and give its path; raises OSError."""
        path = write_private("report", ".md", self.document())
        self.unsaved = False
        return path
