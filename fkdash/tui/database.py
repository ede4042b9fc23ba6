"""What the screens about a database may ask of the dashboard; `fkdash.tui.open_database` answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.errors import FkdashError
    from fkdash.fix.plan import Plan
    from fkdash.preview.model import DeleteTarget
    from fkdash.tui.applying import Applying
    from fkdash.tui.connection import Connection
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.settings import DashboardOptions


class Database(Protocol):
    """The connection, the options, and what several screens have a part in."""

    connection: Connection
    options: DashboardOptions
    applying: Applying

    def connected(self, knowledge: Knowledge) -> None:
        """Take note of what the server said of itself."""
        ...

    def disconnected(self, error: FkdashError) -> None:
        """Take note that what is shown may be old."""
        ...

    def left(self) -> None:
        """Take note that the first screen has gone: nothing is asked of this database any more."""
        ...

    def open_preview(self, knowledge: Knowledge, target: DeleteTarget | TableName, *, named: str = "") -> None:
        """Show what a delete would do; for a table alone, ask first which rows are meant."""
        ...

    def arm(self, *, armed: bool) -> None:
        """Show in the header whether the next key can change something."""
        ...

    def open_undo(self, plan: Plan, journal: Path) -> None:
        """Open the plan that leads back from a run of `plan`, which has this journal."""
        ...

    def show_constraints(self) -> None:
        """Go back to the first screen and read again."""
        ...

    def open_fix(self, knowledge: Knowledge, key: ForeignKey) -> None:
        """Open the walk through the fixes of a foreign key."""
        ...
