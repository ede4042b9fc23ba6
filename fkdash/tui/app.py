"""The dashboard: where it begins, which database the present screen is about, and the ways that lead anywhere."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from fkdash.counted import counted
from fkdash.db.target import Target
from fkdash.errors import reason_of
from fkdash.profiles import Destination
from fkdash.tui import keys
from fkdash.tui.host import Host
from fkdash.tui.known_databases import KnownDatabases, survey_of_profiles
from fkdash.tui.marking import Marking
from fkdash.tui.open_database import OpenDatabase
from fkdash.tui.screens.base import BaseScreen, Refreshing
from fkdash.tui.screens.help import HelpScreen
from fkdash.tui.terminal import PASSWORD_WANTED
from fkdash.tui.widgets.bars import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.tui.applying import Applying
    from fkdash.tui.connection import Connection
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.screens.commands import Command
    from fkdash.tui.screens.findings.constraints import ConstraintsScreen
    from fkdash.tui.screens.findings.databases import DatabasesScreen
    from fkdash.tui.settings import DashboardOptions

_NEEDS_KNOWLEDGE = frozenset({"explain", "relations", "go_to_table", "describe", "preview_of", "watch", "orphans"})
_SEVERAL_DATABASES = Place(server="several databases")


class DashboardApp(Host):
    """The dashboard on one database or several. It connects after the first frame, and only looks.

    `wants_password` is the database whose server demands one, once the application has ended for that;
    `wants_it_for_looking` says of which of its logins.
    """

    TITLE = "fkdash"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.APPLICATION, *keys.EVERYWHERE]

    def __init__(self, start: Target | Destination | KnownDatabases, *, options: DashboardOptions) -> None:
        super().__init__(theme=options.theme, glyphs=options.glyphs)
        self.options = options
        self.wants_password: Target | None = None
        self.wants_it_for_looking = True
        self.marking = Marking()
        self._open: list[OpenDatabase] = []
        self._databases: DatabasesScreen | None = None
        self._start = start
        self._first: BaseScreen
        if isinstance(start, KnownDatabases):
            self._first = self._databases = self._list_of(start)
        else:
            self._first = self._opened_at(start).constraints
        if options.keymap:
            from fkdash.tui.rebinding import checked_keymap  # few operators have keys of their own

            self.set_keymap(checked_keymap(options.keymap))

    def get_default_screen(self) -> BaseScreen:
        """Give the first screen; an empty one below it would delay the first frame."""
        return self._first

    async def on_unmount(self) -> None:
        """Roll back what is being changed, and close the connections, which ends what they still run.

        What was marked and stands in no file yet is kept in one.
        """
        for database in self._open:
            await database.close()
        if self.marking.unsaved:
            with suppress(OSError):
                self.farewell = f"The report on what you marked is in {self.marking.save()}"

    # Which database

    @property
    def database(self) -> OpenDatabase | None:
        """The database that the present screen is about, None on the list of databases."""
        homes = {database.constraints: database for database in self._open}
        for screen in reversed(self.screen_stack):
            if screen is self._databases:
                return None
            if screen in homes:
                return homes[screen]
        return None

    @property
    def constraints(self) -> ConstraintsScreen:
        """The first screen of that database; raises LookupError where there is none."""
        return self._database_here().constraints

    @property
    def connection(self) -> Connection:
        """The connection to that database; raises LookupError where there is none."""
        return self._database_here().connection

    @property
    def applying(self) -> Applying:
        """What is being changed in that database; raises LookupError where there is none."""
        return self._database_here().applying

    @property
    def knowledge(self) -> Knowledge | None:
        """What is known of that database, None where nothing is."""
        return self.database.knowledge if self.database is not None else None

    @property
    def place(self) -> Place:
        """What the header of the present screen says."""
        return self.database.place if self.database is not None else _SEVERAL_DATABASES

    def _database_here(self) -> OpenDatabase:
        if self.database is None:
            raise LookupError("The present screen is not about one database.")
        return self.database

    def _opened_at(self, place: Target | Destination) -> OpenDatabase:
        """Open a database; what its profile says is for it alone, what the command line says for all."""
        options = self.options
        if isinstance(place, Destination):
            options, place = replace(options, environment=place.environment), place.target
        read_only = options.read_only or place.read_only
        own = replace(options, read_only=read_only)
        database = OpenDatabase(self, replace(place, read_only=read_only), own, self.left)
        self._open.append(database)
        return database

    def _list_of(self, survey: KnownDatabases) -> DatabasesScreen:
        from fkdash.tui.screens.findings.databases import DatabasesScreen  # the first frame waits for this

        return DatabasesScreen(survey, self.enter, self.options.jobs)

    def enter(self, destination: Destination) -> None:
        """Go into a database; escape comes back."""
        self.push_screen(self._opened_at(destination).constraints)

    def left(self, database: OpenDatabase) -> None:
        """Close a database whose first screen has gone."""
        if database in self._open and not self._exit:
            self._open.remove(database)
            self.run_worker(database.close(), group="closing", description="Closing")

    def action_databases(self) -> None:
        """Show the databases of the profiles, or go back to the list that this one came from."""
        if self._databases in self.screen_stack:
            while self.screen is not self._databases:
                self.pop_screen()
            return
        survey, unusable = survey_of_profiles(self.options.profiles.values())
        self._databases = self._list_of(survey)
        self.push_screen(self._databases)
        if unusable:
            self.call_after_refresh(self.say, unusable)

    def show_place(self) -> None:
        """Show where one is in the header of the present screen; the others show it when they come back."""
        if isinstance(self.screen, BaseScreen):
            self.screen.header_line.tell(self.place)

    def ask_password_for(self, target: Target, *, looking: bool) -> None:
        """End, so that the caller asks for a password where nothing is drawn, and begins again."""
        self.wants_password, self.wants_it_for_looking = target, looking
        self.exit(return_code=PASSWORD_WANTED)

    def begin_again(self, asked: Target) -> Target | Destination | KnownDatabases:
        """Give where to begin once the password for a database has been typed."""
        if self._databases is not None:
            return self._databases.survey.with_password(asked)
        return replace(self._start, target=asked) if isinstance(self._start, Destination) else asked

    # What works on every screen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what `why_not` has a reason against."""
        return None if self.why_not(action) else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Give the reason why an action is not available."""
        if action in {"along", "against"}:
            return self._why_not_along(action)
        if action == "databases":
            return self._why_not_databases()
        if action in _NEEDS_KNOWLEDGE and self.knowledge is None:
            return "go into a database first" if self.database is None else "no foreign key has been read yet"
        if action in {"history", "whereabouts"} and self.database is None:
            return "go into a database first"
        screen = self.screen
        if action == "mark" and not (isinstance(screen, BaseScreen) and screen.MARKABLE):
            return "there is nothing here that a report could show"
        return "this is it" if isinstance(screen, BaseScreen) and screen.crumb == action else ""

    def _why_not_databases(self) -> str:
        if self._changing:
            return "a change is going on"
        if self._databases not in self.screen_stack and not self.options.profiles:
            return "there are no profiles in config.toml; fkdash --all-databases lists those of a server"
        return ""

    def _why_not_along(self, action: str) -> str:
        key, table = self._reference_here, self.screen.table_here if isinstance(self.screen, BaseScreen) else None
        if key is None or self.knowledge is None:
            return "there is no reference under the cursor"
        from fkdash.tui.screens.findings.relations import RelationsScreen  # loaded when it is wanted

        if not isinstance(self.screen, RelationsScreen) or (action == "against" and self.screen.came_along):
            return ""
        if table == (key.referenced if action == "along" else key.table):
            return "this is the table at that end"
        return ""

    def action_explain(self) -> None:
        """Take a pasted error."""
        from fkdash.tui.screens.findings.explain import ExplainScreen  # loaded when it is wanted

        database, knowledge = self.database, self.knowledge
        if database is not None and knowledge is not None and not isinstance(self.screen, ExplainScreen):
            self.push_screen(ExplainScreen(database, knowledge))

    def action_whereabouts(self) -> None:
        """Tell where one is and what this session may do."""
        from fkdash.tui.screens.whereabouts import WhereaboutsScreen  # loaded when it is wanted

        database, knowledge = self.database, self.knowledge
        if database is not None and not isinstance(self.screen, WhereaboutsScreen):
            self.push_screen(WhereaboutsScreen(database, knowledge.catalog if knowledge is not None else None))

    def action_along(self) -> None:
        """Go to the table that the reference under the cursor refers to."""
        key = self._reference_here
        if key is not None:
            self._show_relations(key.referenced, at=key)

    def action_against(self) -> None:
        """Go back along the reference: to where one came from along it, else to the table that refers."""
        from fkdash.tui.screens.findings.relations import RelationsScreen  # loaded when it is wanted

        key = self._reference_here
        if isinstance(self.screen, RelationsScreen) and self.screen.came_along:
            self.screen.action_back()
        elif key is not None:
            self._show_relations(key.table, at=key)

    @property
    def _reference_here(self) -> ForeignKey | None:
        return self.screen.reference_here if isinstance(self.screen, BaseScreen) else None

    def places(self) -> Sequence[Command]:
        """Give every table and every foreign key."""
        from fkdash.tui.screens.findings.places import places_of  # loaded when it is wanted

        database, knowledge = self.database, self.knowledge
        if database is None or knowledge is None:
            return ()
        return places_of(database, knowledge, self.push_screen)

    def action_history(self) -> None:
        """Show what has been changed."""
        from fkdash.tui.screens.fix.history import HistoryScreen  # loaded when it is wanted

        database, knowledge = self.database, self.knowledge
        if database is not None and not isinstance(self.screen, HistoryScreen):
            self.push_screen(HistoryScreen(database, knowledge.catalog if knowledge is not None else None))

    def action_orphans(self) -> None:
        """Show which rows refer to rows that do not exist."""
        from fkdash.tui.screens.orphans import OrphansScreen  # loaded when it is wanted

        database, knowledge = self.database, self.knowledge
        if database is not None and knowledge is not None and not isinstance(self.screen, OrphansScreen):
            self.push_screen(OrphansScreen(database, knowledge))

    def action_watch(self) -> None:
        """Show whether there are still errors; after a change, of the foreign key that was changed."""
        from fkdash.tui.screens.fix.run import FixRunScreen  # loaded when it is wanted
        from fkdash.tui.screens.watch import WatchScreen

        database, knowledge, screen = self.database, self.knowledge, self.screen
        if database is not None and knowledge is not None and not isinstance(screen, WatchScreen):
            about = screen.walk.plan.goal.key if isinstance(screen, FixRunScreen) else None
            self.push_screen(WatchScreen(database, knowledge, about))

    def action_reconnect(self) -> None:
        """Connect and read again, now: what all screens stand on, and what the present one shows."""
        screen, first = self.screen, self.database.constraints if self.database is not None else None
        if first is not None:
            first.read()
        if screen is not first and isinstance(screen, Refreshing):
            screen.action_refresh()

    def action_mark(self) -> None:
        """Mark what the present screen shows, under a title or none."""
        from fkdash.tui.screens.mark import MarkScreen  # loaded when it is wanted

        marked = self.screen
        if isinstance(marked, BaseScreen) and marked.MARKABLE:
            shown, place = marked.shown(), self.place
            where = f"{place.database} @ {place.server}" if place.database else place.server

            def keep(title: str) -> None:
                self.marking.add(where, shown, title)
                self.pop_screen()
                marked.say(f"Marked for the report, {counted(len(self.marking.marks), 'marks')} now; E writes it.")

            self.push_screen(MarkScreen(shown, keep))

    def action_report(self) -> None:
        """Write the report on this session into a file, and say where it is."""
        if not self.marking.marks:
            self.say("Nothing is marked yet: m marks what is shown. `fkdash report` writes the whole diagnosis.")
            return
        try:
            self.say(f"Written to {self.marking.save()}")
        except OSError as error:
            self.say(f"The report could not be written: {reason_of(error)}")

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

    def action_describe(self) -> None:
        """Ask for a table as the describe command of psql does: its letter is not taken for a part of the name."""
        self._ask_for_table("Which table?", self._show_relations, passed_over="d+ ")

    def action_preview_of(self) -> None:
        """Ask for a table, and what deleting rows of it would do."""
        self._ask_for_table("A delete from which table?", self._preview_table)

    def _ask_for_table(self, question: str, chosen: Callable[[TableName], None], *, passed_over: str = "") -> None:
        from fkdash.tui.screens.findings.tables import TablesScreen  # loaded when it is wanted

        if self.knowledge is not None and not isinstance(self.screen, TablesScreen):
            self.push_screen(TablesScreen(self.knowledge.catalog, question, chosen, passed_over=passed_over))

    def _show_relations(self, table: TableName, at: ForeignKey | None = None) -> None:
        from fkdash.tui.screens.findings.relations import RelationsScreen  # loaded when it is wanted

        database, knowledge = self.database, self.knowledge
        if database is not None and knowledge is not None:
            self.push_screen(RelationsScreen(database, knowledge, table, at=at))

    def _preview_table(self, table: TableName) -> None:
        database, knowledge = self.database, self.knowledge
        if database is not None and knowledge is not None:
            database.open_preview(knowledge, table)

    @property
    def _tables(self) -> Collection[TableName]:
        return self.knowledge.catalog.tables if self.knowledge is not None else ()

    @property
    def _changing(self) -> bool:
        return any(database.applying.running for database in self._open)

    async def action_quit(self) -> None:
        """Leave; help is left alone, and while something is being changed, say how to stop it instead."""
        if isinstance(self.screen, HelpScreen):
            self.screen.action_back()
        elif self._changing:
            self.answer("A change is going on: . stops after this step, ctrl+c cancels now.")
        else:
            self.exit()
