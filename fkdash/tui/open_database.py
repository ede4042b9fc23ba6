"""One database in the dashboard: its connection, its first screen, what is being changed in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.db.look import advice
from fkdash.db.target import PasswordPrompt
from fkdash.errors import FkdashError, PasswordRequiredError
from fkdash.tui.applying import Applying
from fkdash.tui.connection import Connection
from fkdash.tui.fix_walk import FixWalk
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.findings.constraints import ConstraintsScreen
from fkdash.tui.widgets.bars import Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.db.target import Target
    from fkdash.fix.plan import Plan
    from fkdash.preview.model import DeleteTarget
    from fkdash.tui.host import Host
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.settings import DashboardOptions


class OpenDatabase:
    """What the screens about one database share: the `Database` that they ask."""

    def __init__(
        self, app: Host, target: Target, options: DashboardOptions, leave: Callable[[OpenDatabase], None]
    ) -> None:
        self.app, self.options = app, options
        self._leave = leave
        self.connection = Connection(target)
        self.applying = Applying()
        self.place = Place(
            server=", ".join(
                "local socket" if address.is_socket else str(address) for address in target.addresses
            ),
            database=target.database,
            role=target.user,
            environment=options.environment,
            production=options.production,
            read_only=options.read_only,
        )
        self.constraints = ConstraintsScreen(self)

    @property
    def knowledge(self) -> Knowledge | None:
        """What was read last, None as long as nothing was."""
        return self.constraints.knowledge

    async def close(self) -> None:
        """Roll back what is being changed, and close the connection, which ends what it still runs."""
        await self.applying.cancel()
        await self.connection.close()

    def left(self) -> None:
        """Close what is open."""
        self._leave(self)

    def connected(self, knowledge: Knowledge) -> None:
        """Show in the header what the server said of itself."""
        server = knowledge.catalog.server
        if server is not None:
            self.app.marking.went_into(server.database)
            advised = advice(self.connection.target, superuser=server.superuser)
            self._be_at(
                replace(
                    self.place,
                    database=server.database,
                    version=server.version.split(" ")[0],
                    standing="standby" if server.standby else "primary",
                    role=f"{server.role}, superuser" if advised else server.role,
                    trouble="",
                )
            )
            for screen in self.app.screen_stack:
                if isinstance(screen, BaseScreen) and getattr(screen, "database", None) is self:
                    screen.reached_again()

    def disconnected(self, error: FkdashError) -> None:
        """Say in the header that nothing answers, and how old that makes what is shown; try again by itself.

        Where the server wants a password, have one asked for.
        """
        target = self.connection.target
        if isinstance(error, PasswordRequiredError) and target.password_prompt is PasswordPrompt.AUTO:
            # Where looking goes on, it is the login that writes that has none.
            self.app.ask_password_for(target, looking=not (target.look and self.connection.is_open))
        as_of = f", as of {self.constraints.read_at}" if self.constraints.read_at else ""
        self._be_at(replace(self.place, trouble=f"NOT CONNECTED{as_of}"))
        if self.knowledge is not None:
            self.constraints.try_again_later()

    def arm(self, *, armed: bool) -> None:
        """Show in the header whether the next key can change something."""
        if armed != self.place.armed:
            self._be_at(replace(self.place, armed=armed))

    def _be_at(self, place: Place) -> None:
        self.place = place
        self.app.show_place()

    def open_fix(self, knowledge: Knowledge, key: ForeignKey) -> None:
        """Open the walk through the fixes of a foreign key."""
        from fkdash.tui.screens.fix.options import FixOptionsScreen  # loaded when it is wanted

        self.app.push_screen(FixOptionsScreen(self, knowledge, key))

    def open_preview(self, knowledge: Knowledge, target: DeleteTarget | TableName, *, named: str = "") -> None:
        """Show what a delete would do; for a table alone, ask first which rows are meant."""
        from fkdash.preview.model import DeleteTarget  # loaded when it is wanted
        from fkdash.tui.screens.preview.ask import PreviewAskScreen
        from fkdash.tui.screens.preview.preview import PreviewScreen

        if isinstance(target, DeleteTarget):
            self.app.push_screen(PreviewScreen(self, knowledge, target, named=named))
        else:
            self.app.push_screen(PreviewAskScreen(self, knowledge, target))

    def open_undo(self, plan: Plan, journal: Path) -> None:
        """Open the plan that leads back from a run of `plan`, made from what is declared now."""
        self.app.run_worker(self._open_undo(plan, journal), group="undo", description="Planning the way back")

    async def _open_undo(self, plan: Plan, journal: Path) -> None:
        from fkdash.tui.recovering import way_back  # loaded when it is wanted
        from fkdash.tui.screens.fix.plan import FixPlanScreen

        try:
            way = await way_back(self.connection, plan)
        except FkdashError as error:
            self.app.say(error.what)
        else:
            self.app.push_screen(FixPlanScreen(self, FixWalk(way.catalog, way.plan, "Undo", journal)))

    def show_constraints(self) -> None:
        """Go back to the first screen of this database and read again."""
        while self.app.screen is not self.constraints:
            self.app.pop_screen()
        self.constraints.read()
