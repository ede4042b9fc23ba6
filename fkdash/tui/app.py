"""The dashboard: where it connects, the first screen, and what the screens share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.db.target import PasswordPrompt
from fkdash.errors import FkdashError, PasswordRequiredError
from fkdash.tui.applying import Applying
from fkdash.tui.connection import Connection
from fkdash.tui.safe_app import SafeApp
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.constraints import ConstraintsScreen
from fkdash.tui.terminal import PASSWORD_WANTED
from fkdash.tui.widgets.bars import Place

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey, TableName
    from fkdash.db.target import Target
    from fkdash.fix.plan import Plan
    from fkdash.preview.model import DeleteTarget
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.options import DashboardOptions


class DashboardApp(SafeApp):
    """The dashboard on one database. It connects after the first frame, and only looks."""

    TITLE = "fkdash"

    def __init__(self, target: Target, *, options: DashboardOptions) -> None:
        super().__init__(theme=options.theme, glyphs=options.glyphs)
        self.connection = Connection(target)
        self.applying = Applying(self.connection)
        self.options = options
        self.place = Place(
            server=", ".join(
                "local socket" if address.is_socket else str(address) for address in target.addresses
            ),
            database=target.database,
            role=target.user,
            environment=options.environment,
            production=options.production,
        )
        self.set_keymap(options.keymap)
        self.constraints = ConstraintsScreen(self)

    def on_mount(self) -> None:
        """Open the first screen."""
        self.push_screen(self.constraints)

    async def on_unmount(self) -> None:
        """Roll back what is being changed, and close the connection, which ends what it still runs."""
        await self.applying.cancel()
        await self.connection.close()

    def connected(self, knowledge: Knowledge) -> None:
        """Show in the header what the server said of itself."""
        server = knowledge.catalog.server
        if server is not None:
            self.show_place(
                replace(
                    self.place,
                    database=server.database,
                    version=server.version.split(" ")[0],
                    standing="standby" if server.standby else "primary",
                    role=server.role,
                    trouble="",
                )
            )

    def disconnected(self, error: FkdashError) -> None:
        """Say in the header that nothing answers; ask for a password where the server wants one."""
        if (
            isinstance(error, PasswordRequiredError)
            and self.connection.target.password_prompt is PasswordPrompt.AUTO
        ):
            self.exit(return_code=PASSWORD_WANTED)
        self.show_place(replace(self.place, trouble="NOT CONNECTED"))

    def show_place(self, place: Place) -> None:
        """Show a place in the header of the present screen; the others show it when they come back."""
        self.place = place
        if isinstance(self.screen, BaseScreen):
            self.screen.header_line.tell(place)

    def open_fix(self, knowledge: Knowledge, key: ForeignKey) -> None:
        """Open the walk through the fixes of a foreign key."""
        from fkdash.tui.screens.fix_options import FixOptionsScreen  # noqa: PLC0415 - loaded when it is wanted

        self.push_screen(FixOptionsScreen(self, knowledge, key))

    def open_preview(self, knowledge: Knowledge, target: DeleteTarget | TableName, *, named: str = "") -> None:
        """Show what a delete would do; for a table alone, ask first which rows are meant."""
        from fkdash.preview.model import DeleteTarget  # noqa: PLC0415 - loaded when it is wanted
        from fkdash.tui.screens.preview import PreviewScreen  # noqa: PLC0415
        from fkdash.tui.screens.preview_ask import PreviewAskScreen  # noqa: PLC0415

        if isinstance(target, DeleteTarget):
            self.push_screen(PreviewScreen(self, knowledge, target, named=named))
        else:
            self.push_screen(PreviewAskScreen(self, knowledge, target))

    def arm(self, *, armed: bool) -> None:
        """Show in the header whether the next key can change something."""
        if armed != self.place.armed:
            self.show_place(replace(self.place, armed=armed))

    def open_undo(self, plan: Plan) -> None:
        """Open the plan that leads back from a run of `plan`, made from what is declared now."""
        self.run_worker(self._open_undo(plan), group="undo", description="Planning the way back")

    async def _open_undo(self, plan: Plan) -> None:
        from fkdash.apply.recovery import rows_in_the_way, undo_plan  # noqa: PLC0415 - loaded when it is wanted
        from fkdash.catalog.postgres import read_catalog  # noqa: PLC0415
        from fkdash.tui.screens.fix_plan import FixPlanScreen  # noqa: PLC0415

        try:
            pool = await self.connection.pool()
            async with pool.session() as session:
                catalog = await read_catalog(session)
                in_the_way = await rows_in_the_way(session, catalog, plan)
            way_back = undo_plan(catalog, plan)
        except FkdashError as error:
            self.say(error.what)
            return
        if in_the_way:
            counts = ", ".join(f"{rows:,} rows have NULL in {column}" for column, rows in in_the_way.items())
            self.say(f"The undo cannot succeed any more: {counts}.")
            return
        self.push_screen(FixPlanScreen(self, catalog, way_back, "Undo"))

    def show_constraints(self) -> None:
        """Go back to the first screen and read again."""
        while self.screen is not self.constraints:
            self.pop_screen()
        self.constraints.read()

    async def action_quit(self) -> None:
        """Leave; while something is being changed, say how to stop it instead."""
        if self.applying.running:
            self.say("A change is going on: s stops after this step, c cancels now.")
        else:
            self.exit()
