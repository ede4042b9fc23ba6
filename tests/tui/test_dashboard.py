"""The dashboard on a real server: what it shows, how it waits, and what it does when the server goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from textual.pilot import Pilot

from fkdash.catalog.table_name import visible
from fkdash.errors import PasswordRequiredError
from fkdash.rules.severity import Severity
from fkdash.tui.app import DashboardApp
from fkdash.tui.screens.findings.finding import FindingScreen
from fkdash.tui.screens.preview.blocked import BlockedScreen
from fkdash.tui.settings import DashboardOptions
from fkdash.tui.terminal import PASSWORD_WANTED
from tests.support.patience import LONG_ENOUGH, in_time
from tests.support.screens import shown
from tests.support.servers import TestDatabase
from tests.support.targets import target_at
from tests.tui.hostile import HOSTILE

CONFLICT = "public.users.users_primary_workspace_id_workspaces_id_fk"


class Session:
    """A dashboard under the pilot."""

    def __init__(self, app: DashboardApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def screen(self) -> str:
        return shown(self.app)

    @property
    def blocked(self) -> BlockedScreen:
        assert isinstance(self.app.screen, BlockedScreen)
        return self.app.screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, condition: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(LONG_ENOUGH):
                while not condition():
                    await self.pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(self.screen) from None

    async def until_shown(self, *texts: str) -> None:
        await self.until(lambda: all(text in self.screen for text in texts))


@asynccontextmanager
async def dashboard(
    dsn: str, *, size: tuple[int, int] = (80, 24), options: DashboardOptions | None = None
) -> AsyncIterator[Session]:
    app = DashboardApp(target_at(dsn), options=options or DashboardOptions(environment="production"))
    async with app.run_test(size=size) as pilot:
        yield Session(app, pilot)


# As `check` counts them: a partition is a part of its table.
_TABLES = (
    "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
    "AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
)


async def test_the_conflict_is_first_and_marked_with_its_consequence_and_the_very_error(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        lines = session.screen.splitlines()
        assert "LOOKING" in lines[0]
        assert "PRODUCTION" in lines[0]
        assert f"{incident_database.version}." in lines[0]
        tables = await incident_database.value(_TABLES)
        assert "[1] ! 2 contradictions   [2] ~ 3 warnings   [3] - 4 notes" in lines[1]
        assert f" 57 foreign keys of {tables} tables " in lines[2]
        assert lines[4].startswith("┃ ! users.primary_workspace_id")
        pane = session.app.constraints.pane
        await session.until(lambda: "Deleting any of 412 workspaces fails: 5,000 users have" in pane.text)
        with pytest.raises(asyncpg.NotNullViolationError) as refused:
            await incident_database.execute(
                "DELETE FROM workspaces WHERE id = (SELECT primary_workspace_id FROM users LIMIT 1)"
            )
        assert f"ERROR {refused.value.sqlstate}: {refused.value.args[0]}" in pane.text


async def test_conditions_find_foreign_keys(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        await session.press("slash", *"severity:error table:users", "enter")
        rows = session.app.constraints.list.shown_rows
        assert [row.key.qualified for row in rows] == [CONFLICT]


async def test_the_blocked_rows_come_largest_first_each_with_those_that_hold_it(
    incident_database: TestDatabase,
) -> None:
    truth = await incident_database.fetch(
        "SELECT w.id::text, count(*) AS n FROM workspaces w JOIN users u ON u.primary_workspace_id = w.id "
        "GROUP BY w.id ORDER BY n DESC, w.id"
    )
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        await session.press("b")
        await session.until_shown(
            "412 of 1,208 workspaces cannot be deleted; 5,000 users hold them", "@acme.example"
        )
        screen = session.blocked
        first = [(row.row.key[0], row.blocking_rows) for row in screen.blocked.rows]
        assert first == [(row["id"], row["n"]) for row in truth[:100]]
        while len(screen.blocked.rows) < len(truth):
            read = len(screen.blocked.rows)
            await session.press("G")
            await session.until(lambda read=read: len(screen.blocked.rows) > read)  # type: ignore[misc]
        assert [row.row.key[0] for row in screen.blocked.rows] == [row["id"] for row in truth]
        await session.press("g", "enter")
        assert screen.blocking.has_focus
        await session.until(lambda: len(screen.blocking.rows) == 100 and "@acme" in session.screen)
        await session.press("G")
        await session.until(lambda: len(screen.blocking.rows) == 200)
        holders = await incident_database.fetch(
            "SELECT id::text FROM users WHERE primary_workspace_id = $1::text::uuid ORDER BY id LIMIT 200",
            truth[0]["id"],
        )
        assert [row.key[0] for row in screen.blocking.rows] == [row["id"] for row in holders]


async def test_what_is_shown_goes_into_a_private_file(
    incident_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        await session.press("slash", *"severity:error", "enter", "e")
        await session.until_shown("Written to")
        await session.press("b")
        await session.until(lambda: len(session.blocked.blocked.rows) == 100)
        await session.press("e")
        await session.until_shown("Written to")
        assert_exported(tmp_path / "fkdash")


def assert_exported(folder: Path) -> None:
    constraints, rows = sorted(folder.iterdir())
    assert constraints.read_text().splitlines()[1].startswith("error\tusers\tpublic\tworkspaces\tSET NULL\tFK101")
    assert rows.read_text().splitlines()[0] == "id\tname\tslug\tblocking_rows"
    assert rows.read_text().splitlines()[1].endswith("\tAcme GmbH\tacme\t1204")
    assert {file.stat().st_mode & 0o777 for file in (constraints, rows)} == {0o600}


async def test_the_labels_of_rows_can_be_chosen(incident_database: TestDatabase) -> None:
    options = DashboardOptions(label_columns={"public.workspaces": ("created_at",)})
    async with dashboard(incident_database.dsn, options=options) as session:
        await session.until_shown("BITES 412")
        await session.press("b")
        await session.until_shown("created_at")


async def test_escape_walks_back_to_the_same_row_and_filter(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        await session.press("slash", *"users", "enter", "j", "k", "enter")
        await session.until(lambda: isinstance(session.app.screen, FindingScreen))
        await session.press("b")
        await session.until(lambda: isinstance(session.app.screen, BlockedScreen))
        await session.press("escape", "escape")
        assert session.app.screen.query_one("#constraints") is session.app.constraints.list
        assert session.app.constraints.list.filter_text == "users"
        row = session.app.constraints.list.row
        assert row is not None
        assert row.key.qualified == CONFLICT


async def test_a_key_that_holds_no_row_back_says_so(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        await session.press("slash", *"!severity:error action:cascade", "enter", "b")
        await session.until_shown("b: CASCADE holds no row back")


async def test_refreshing_shows_what_changed_meanwhile(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        await incident_database.execute(
            "ALTER TABLE users DROP CONSTRAINT users_primary_workspace_id_workspaces_id_fk, "
            "ADD CONSTRAINT users_primary_workspace_id_workspaces_id_fk FOREIGN KEY (primary_workspace_id) "
            "REFERENCES workspaces"
        )
        await session.press("r")
        await session.until(lambda: "BITES" not in session.screen)
        assert session.app.constraints.list.go_to((CONFLICT, ("primary_workspace_id",)))


async def test_a_database_that_does_not_exist_is_said_and_tried_again(database: TestDatabase) -> None:
    missing = f"{database.name}_missing"
    async with dashboard(database.server.dsn_of(missing)) as session:
        await session.until_shown(f'database "{missing}" does not exist', "R tries again", "NOT CONNECTED")
        await database.execute(f"CREATE DATABASE {missing} TEMPLATE template0")
        await session.press("R")
        await session.until_shown("Nothing wrong found", "0 foreign keys of 0 tables")
        assert "NOT CONNECTED" not in session.screen
    await database.execute(f"DROP DATABASE {missing} WITH (FORCE)")


async def test_what_was_read_stays_in_sight_when_the_server_goes_away(
    incident_database: TestDatabase, database: TestDatabase
) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        name = incident_database.name
        await database.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await database.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        await session.press("r")
        await session.until_shown("NOT CONNECTED", "is not currently accepting", "Trying again in ", "BITES 412")
        await database.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await session.press("R")
        await session.until(lambda: "NOT CONNECTED" not in session.screen)
        await session.until_shown("BITES 412")


async def test_a_lost_connection_comes_back_by_itself_wherever_it_was_noticed_and_that_is_said_there(
    incident_database: TestDatabase, database: TestDatabase
) -> None:
    name = incident_database.name
    async with dashboard(incident_database.dsn, options=DashboardOptions()) as session:
        await session.until_shown("BITES 412")
        await session.press("b")
        await session.until_shown("412 of 1,208", "1/100 read of 1,204")
        await database.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await database.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        await session.press("r")
        await session.until_shown("NOT CONNECTED, as of ", "ERROR ", "Acme GmbH")
        assert session.app.constraints.read_at in session.screen
        await database.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await session.until_shown("Connected again; r asks once more.")
        assert "ERROR" not in session.screen
        assert "NOT CONNECTED" not in session.screen
        await session.press("R")
        await session.until_shown("Acme GmbH")


async def test_the_time_until_the_next_try_doubles_up_to_a_minute(database: TestDatabase) -> None:
    async with dashboard(database.dsn) as session:
        await session.until_shown("Nothing wrong found")
        constraints, pauses = session.app.constraints, []
        for _ in range(8):
            pauses.append(constraints.try_again_later())
            assert constraints.try_again_later() == pauses[-1]
            assert constraints._retry is not None
            constraints._retry.stop()
            constraints._retry = None
        assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


async def test_cancelling_stops_the_query_on_the_server(database: TestDatabase) -> None:
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60%' AND pid <> pg_backend_pid()"

    async def wait_long(session: Session) -> None:
        pool = await session.app.connection.pool()
        async with pool.session(70) as transaction:
            await transaction.value("SELECT pg_sleep(60)")

    async def count_becomes(number: int) -> None:
        async with asyncio.timeout(in_time(20)):
            while await database.value(running + " AND state = 'active'") != number:
                pass

    async with dashboard(database.dsn) as session:
        await session.until_shown("Nothing wrong found")
        # What is still read in the background says so on the same line when it is done.
        await session.until(lambda: all(worker.is_finished for worker in session.app.workers))
        session.app.constraints.run_cancellable(lambda: wait_long(session), doing="Waiting long", group="test")
        await session.until_shown("Waiting long ...")
        await count_becomes(1)
        await session.press("ctrl+c")
        await session.until_shown("Cancelled")
        await count_becomes(0)


async def test_hostile_names_are_shown_verbatim_on_every_screen(database: TestDatabase) -> None:
    parents = {name: f'"p {name.replace(chr(34), chr(34) * 2)}"'[:60] for name in HOSTILE if len(name) < 40}
    for number, (name, table) in enumerate(parents.items()):
        column = '"' + name.replace('"', '""') + '"'
        await database.execute(
            f"CREATE TABLE {table} (id int PRIMARY KEY, name text); INSERT INTO {table} VALUES (1, 'x'); "
            f"CREATE TABLE c{number} (id int PRIMARY KEY, name text, "
            f"{column} int NOT NULL REFERENCES {table} ON DELETE SET NULL); "
            f"INSERT INTO c{number} VALUES (1, {_literal(name)}, 1)"
        )
    async with dashboard(database.dsn, size=(160, 40)) as session:
        await session.until_shown(*(f"c{number}." for number in range(len(parents))))
        await session.until(lambda: "counting" not in session.screen)
        for number, name in enumerate(parents):
            assert f"c{number}.{visible(name)}" in session.screen
            assert visible(f"p {name}") in session.screen
        for _ in parents:
            row = session.app.constraints.list.row
            assert row is not None
            name = row.key.columns[0]
            await session.press("enter")
            await session.until(lambda: isinstance(session.app.screen, FindingScreen))
            await session.until_shown(name)
            await session.press("b")
            await session.until_shown(f"{visible(f'p {name}')} cannot be deleted")
            await session.until(lambda: bool(session.blocked.blocking.rows))
            await session.until_shown(name)
            await session.press("escape", "escape", "j")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


async def test_a_password_that_is_wanted_is_asked_for_outside_the_screen(database: TestDatabase) -> None:
    async with dashboard(database.dsn) as session:
        session.app.constraints.database.disconnected(PasswordRequiredError("password"))
        await session.pilot.pause()
    assert session.app.return_code == PASSWORD_WANTED


async def test_a_superuser_without_a_login_for_looking_is_told_how_to_have_one(
    incident_database: TestDatabase,
) -> None:
    app = DashboardApp(
        replace(target_at(incident_database.dsn), looks_as_itself=False), options=DashboardOptions()
    )
    async with app.run_test(size=(80, 24)) as pilot:
        session = Session(app, pilot)
        await session.until_shown("superuser", "You look as a superuser. fkdash grants prints", "--look")
    async with dashboard(incident_database.dsn, options=DashboardOptions()) as session:
        await session.until_shown("412 workspaces fails")
        assert "superuser" not in session.screen


async def test_what_only_the_rows_can_tell_of_a_finding_is_asked_as_check_asks_it(database: TestDatabase) -> None:
    await database.execute("""
        CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE missing (p_id int DEFAULT 0 REFERENCES p ON DELETE SET DEFAULT);
        CREATE TABLE there (p_id int DEFAULT 7 REFERENCES p ON DELETE SET DEFAULT);
        INSERT INTO p VALUES (1), (2), (7);
        CREATE INDEX ON missing (p_id);
        CREATE INDEX ON there (p_id);
        INSERT INTO missing VALUES (1), (1), (2);
    """)
    async with dashboard(database.dsn) as session:
        await session.until_shown("[1] ! 1 contradiction", "2 foreign keys of 3 tables", "BITES 2")
        first, second = session.app.constraints.list.rows
        assert [finding.rule for finding in first.findings] == ["FK106"]
        assert (first.key.table.name, first.findings[0].severity) == ("missing", Severity.ERROR)
        assert (second.key.table.name, second.findings[0].severity) == ("there", Severity.INFO)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await database.execute("DELETE FROM p WHERE id = 1")


async def test_a_filter_takes_the_headings_names_and_says_which_there_are(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, size=(160, 40)) as session:
        await session.until_shown("BITES 412")
        every = session.app.constraints.list.position[1]
        for typed in ("references:workspaces", "severity:contradiction", 'on_delete:"set null"'):
            await session.press("slash", "ctrl+u", *typed, "enter")
            await session.until(lambda: 0 < session.app.constraints.list.position[1] < every)
        await session.press("slash", "ctrl+u", *"colour:red", "enter")
        await session.until_shown(
            "There is no colour: to filter by; there is foreign_key, references", "severity", "schema"
        )


async def test_q_on_help_leaves_help_alone(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        await session.press("question_mark")
        await session.until_shown("These keys work")
        await session.press("q")
        await session.until_shown("BITES 412")
        assert session.app.is_running
