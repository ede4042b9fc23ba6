"""The dashboard: where it connects, the first screen, and what the screens share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from fkdash.db.target import PasswordPrompt
from fkdash.errors import FkdashError, PasswordRequiredError
from fkdash.tui import keys
from fkdash.tui.applying import Applying
from fkdash.tui.connection import Connection
from fkdash.tui.safe_app import SafeApp
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.screens.constraints import ConstraintsScreen
from fkdash.tui.terminal import PASSWORD_WANTED
from fkdash.tui.widgets.bars import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from fkdash.catalog.model import ForeignKey, TableName
    from fkdash.db.target import Target
    from fkdash.fix.plan import Plan
    from fkdash.preview.model import DeleteTarget
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.options import DashboardOptions


class DashboardApp(SafeApp):
    """The dashboard on one database. It connects after the first frame, and only looks."""

    TITLE = "fkdash"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.APPLICATION, *keys.EVERYWHERE]

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

    def get_default_screen(self) -> ConstraintsScreen:
        """Give the first screen; an empty one below it would delay the first frame."""
        return self.constraints

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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what `why_not` has a reason against."""
        return None if self.why_not(action) else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"explain", "relations", "go_to_table", "preview_of"} and self.constraints.knowledge is None:
            return "no foreign key has been read yet"
        return ""

    def action_explain(self) -> None:
        """Take a pasted error."""
        from fkdash.tui.screens.explain import ExplainScreen  # noqa: PLC0415 - loaded when it is wanted

        if self.constraints.knowledge is not None and not isinstance(self.screen, ExplainScreen):
            self.push_screen(ExplainScreen(self, self.constraints.knowledge))

    def action_history(self) -> None:
        """Show what has been changed."""
        from fkdash.tui.screens.history import HistoryScreen  # noqa: PLC0415 - loaded when it is wanted

        if not isinstance(self.screen, HistoryScreen):
            knowledge = self.constraints.knowledge
            server = knowledge.catalog.server if knowledge is not None else None
            self.push_screen(HistoryScreen(self, server.database if server is not None else ""))

    def action_relations(self) -> None:
        """Show the relations of the table that the present screen is about; without one, ask for it."""
        table = self.screen.table_here if isinstance(self.screen, BaseScreen) else None
        if table is None or table not in self._tables:
            self.action_go_to_table()
        else:
            self._show_relations(table)

    def action_go_to_table(self) -> None:
        """Ask for a table, and show its relations."""
        self._ask_for_table("Which table?", self._show_relations)

    def action_preview_of(self) -> None:
        """Ask for a table, and what deleting rows of it would do."""
        self._ask_for_table("A delete from which table?", self._preview_table)

    def _ask_for_table(self, question: str, chosen: Callable[[TableName], None]) -> None:
        from fkdash.tui.screens.tables import TablesScreen  # noqa: PLC0415 - loaded when it is wanted

        if self.constraints.knowledge is not None and not isinstance(self.screen, TablesScreen):
            self.push_screen(TablesScreen(self.constraints.knowledge.catalog, question, chosen))

    def _show_relations(self, table: TableName) -> None:
        from fkdash.tui.screens.relations import RelationsScreen  # noqa: PLC0415 - loaded when it is wanted

        if self.constraints.knowledge is not None:
            self.push_screen(RelationsScreen(self, self.constraints.knowledge, table))

    def _preview_table(self, table: TableName) -> None:
        if self.constraints.knowledge is not None:
            self.open_preview(self.constraints.knowledge, table)

    @property
    def _tables(self) -> Collection[TableName]:
        knowledge = self.constraints.knowledge
        return knowledge.catalog.tables if knowledge is not None else ()

    def arm(self, *, armed: bool) -> None:
        """Show in the header whether the next key can change something."""
        if armed != self.place.armed:
            self.show_place(replace(self.place, armed=armed))

    def open_undo(self, plan: Plan, journal: Path) -> None:
        """Open the plan that leads back from a run of `plan`, made from what is declared now."""
        self.run_worker(self._open_undo(plan, journal), group="undo", description="Planning the way back")

    async def _open_undo(self, plan: Plan, journal: Path) -> None:
        from fkdash.tui.recovering import way_back  # noqa: PLC0415 - loaded when it is wanted
        from fkdash.tui.screens.fix_plan import FixPlanScreen  # noqa: PLC0415

        try:
            way = await way_back(self.connection, plan)
        except FkdashError as error:
            self.say(error.what)
        else:
            self.push_screen(FixPlanScreen(self, way.catalog, way.plan, "Undo", continues=journal))

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
