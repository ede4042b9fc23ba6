"""Several databases as the first screen: the worst first, each in words, one key into each and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from fkdash.checking.databases import AT_ONCE, check_each
from fkdash.checking.result import CheckReport, Scope
from fkdash.checking.turns import Room
from fkdash.db.target import Target
from fkdash.errors import FkdashError, PasswordRequiredError
from fkdash.profiles import Destination, Profile
from fkdash.tui.app import DashboardApp
from fkdash.tui.known_databases import KnownDatabases
from fkdash.tui.screens.findings.databases import DatabasesScreen
from fkdash.tui.screens.findings.shapes import ShapesScreen
from fkdash.tui.settings import DashboardOptions
from fkdash.tui.terminal import PASSWORD_WANTED
from tests.db.listeners import listener, never_answers
from tests.support.patience import in_time
from tests.support.servers import TestDatabase, fresh_database
from tests.support.targets import target_at
from tests.tui.test_dashboard import Session, dashboard

pytestmark = pytest.mark.usefixtures("state")

WARNED = (
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int, p int);"
    "ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p NOT VALID"
)
WRONG = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int NOT NULL REFERENCES p ON DELETE SET NULL)"
NOBODY = "postgresql://nobody@/nothing?host=/nonexistent"


def destination(name: str, dsn: str, **more: str | bool) -> Destination:
    target = replace(target_at(dsn), read_only=bool(more.get("read_only")))
    return Destination(name, target, str(more.get("environment", "")))


def _hanging(port: int) -> Destination:
    return destination("hangs", f"postgresql://x@127.0.0.1:{port}/x?sslmode=disable&connect_timeout=600")


@asynccontextmanager
async def survey(start: KnownDatabases, *, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Session]:
    app = DashboardApp(start, options=DashboardOptions())
    async with app.run_test(size=size) as pilot:
        yield Session(app, pilot)


def listed(session: Session) -> list[tuple[str, str]]:
    screen = session.app.screen
    assert isinstance(screen, DatabasesScreen)
    return [(row.destination.name, row.state) for row in screen.list.shown_rows]


@pytest.fixture
async def three(database: TestDatabase) -> AsyncIterator[KnownDatabases]:
    """A database with a contradiction, one with a warning, and one that nobody listens for, the best first."""
    async with fresh_database(database.server) as other:
        await database.execute(WRONG)
        await other.execute(WARNED)
        yield KnownDatabases(
            (
                destination("staging", other.dsn, environment="staging"),
                destination("gone", NOBODY),
                destination("prod", database.dsn, environment="production", read_only=True),
            )
        )


async def test_the_worst_database_comes_first_and_one_that_does_not_answer_says_why(three: KnownDatabases) -> None:
    async with survey(three) as session:
        await session.until_shown("1 contradiction in 1 of 3 databases; 1 could not be looked into.")
        names, states = zip(*listed(session), strict=True)
        assert names == ("prod", "gone", "staging")
        assert states[0] == "contradictions"
        assert states[1].startswith("cannot connect: ")
        assert states[2] == "warnings"
        assert "several databases" in session.screen.splitlines()[0]
        assert "LOOKING" in session.screen.splitlines()[0]


async def test_enter_goes_into_a_database_with_its_profile_and_escape_comes_back_to_the_same_row(
    three: KnownDatabases, database: TestDatabase
) -> None:
    mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fkdash' AND datname = $1"
    async with survey(three) as session:
        await session.until_shown("1 could not be looked into.")
        await session.press("g", "enter")
        await session.until_shown("c.p", "latent")
        header = session.screen.splitlines()[0]
        assert database.name in header
        assert "PRODUCTION" in header
        assert session.app.constraints.database.options.read_only
        await session.press("escape", "j", "enter")
        await session.until_shown("NOT CONNECTED", "R tries again")
        await session.press("escape")
        await session.until_shown("several databases")
        assert session.app.screen.list.row.destination.name == "gone"  # type: ignore[attr-defined]
        async with asyncio.timeout(in_time(20)):
            while await database.value(mine, database.name):
                await session.pilot.pause(0.01)


async def test_a_refresh_finds_what_changed_and_keeps_the_position(
    three: KnownDatabases, database: TestDatabase
) -> None:
    async with survey(three) as session:
        await session.until_shown("1 could not be looked into.")
        await session.press("G")
        await database.execute("ALTER TABLE c ALTER p DROP NOT NULL")
        await session.press("r")
        await session.until_shown("0 contradictions in 0 of 3 databases")
        assert session.app.screen.list.row.destination.name == "staging"  # type: ignore[attr-defined]
        assert listed(session)[0][0] == "gone"


async def test_every_database_of_a_server_is_listed(database: TestDatabase) -> None:
    await database.execute(WRONG)
    start = KnownDatabases((destination("any", database.server.dsn),), every_database=True)
    async with survey(start) as session:
        await session.until(
            lambda: (
                {database.name: "contradictions", "postgres": "nothing wrong found"}.items()
                <= dict(listed(session)).items()
            )
        )
        names = [name for name, _ in listed(session)]
        assert names.index(database.name) < names.index("postgres")


async def test_a_server_that_cannot_list_its_databases_is_said() -> None:
    async with survey(KnownDatabases((destination("any", NOBODY),), every_database=True)) as session:
        await session.until(lambda: listed(session)[0][1].startswith("cannot connect"))


async def test_what_was_found_goes_into_a_private_file(three: KnownDatabases, tmp_path: Path) -> None:
    async with survey(three) as session:
        await session.until_shown("1 could not be looked into.")
        await session.press("e")
        await session.until_shown("Written to")
    [file] = (tmp_path / "fkdash").glob("databases*.md")
    assert "FK101" in file.read_text()
    assert "Not checked" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


async def test_questions_about_one_database_say_to_go_into_one(three: KnownDatabases) -> None:
    async with survey(three) as session:
        await session.until_shown("1 could not be looked into.")
        for key in ("t", "x", "H"):
            await session.press(key)
            await session.until_shown(f"{key}: go into a database first")


async def test_the_profiles_are_announced_and_one_key_away(incident_database: TestDatabase) -> None:
    profiles = {
        "mine": Profile("mine", dsn=incident_database.dsn),
        "gone": Profile("gone", dsn=NOBODY),
        "broken": Profile("broken", dsn="postgresql://h:nonsense/x"),
    }
    async with dashboard(incident_database.dsn, options=DashboardOptions(profiles=profiles)) as session:
        await session.until_shown("D lists the databases of your 3 profiles", "BITES 412")
        await session.press("colon", *"go to database", "enter")
        await session.until_shown("several databases", "profile broken:")
        await session.until_shown("2 contradictions in 1 of 2 databases; 1 could not be looked into.")
        await session.press("g", "enter")
        await session.until_shown("BITES 412")
        assert len(session.app.screen_stack) == 3
        await session.press("b")
        await session.until_shown("412 of 1,208")
        await session.press("D")
        await session.until_shown("several databases")
        assert len(session.app.screen_stack) == 2
        await session.press("escape")
        await session.until_shown("BITES 412")


async def test_what_one_profile_forbids_is_not_forbidden_in_another(database: TestDatabase) -> None:
    profiles = {
        "first": Profile("first", dsn=database.dsn, environment="production", read_only=True),
        "other": Profile("other", dsn=database.dsn, environment="staging"),
    }
    start = destination("first", database.dsn, environment="production", read_only=True)
    app = DashboardApp(start, options=DashboardOptions(profiles=profiles))
    async with app.run_test(size=(100, 30)) as pilot:
        session = Session(app, pilot)
        await session.until_shown("Nothing wrong found", "PRODUCTION")
        assert app.constraints.database.options.read_only
        await session.press("D")
        await session.until_shown("0 contradictions in 0 of 2 databases.")
        await session.press("G", "enter")
        await session.until_shown("Nothing wrong found", "STAGING")
        assert not app.constraints.database.options.read_only


async def test_without_profiles_the_key_says_what_lists_databases(database: TestDatabase) -> None:
    async with dashboard(database.dsn) as session:
        await session.until_shown("Nothing wrong found")
        await session.press("D")
        await session.until_shown("fkdash --all-databases")


async def test_a_password_is_asked_for_once_for_all_databases_of_the_same_login(three: KnownDatabases) -> None:
    twin = replace(three.destinations[0], name="twin")
    async with survey(replace(three, destinations=(*three.destinations, twin))) as session:
        await session.until_shown("1 could not be looked into.")
        await session.press("G", "enter")
        await session.until_shown("c.p")
        session.app.constraints.database.disconnected(PasswordRequiredError("password"))
        await session.pilot.pause()
    assert session.app.return_code == PASSWORD_WANTED
    wanted = session.app.wants_password
    assert wanted is not None
    again = session.app.begin_again(wanted.with_password("secret"))
    assert isinstance(again, KnownDatabases)
    known = {each.name: each.target.addresses[0].password for each in again.destinations}
    assert known["gone"] is None
    assert known["staging"] == known["twin"] is not None
    assert "secret" not in repr(again)


async def test_databases_are_looked_into_a_few_at_a_time_and_an_error_stops_no_other() -> None:
    going_on: list[int] = []
    most: list[int] = []
    heard: dict[int, CheckReport | FkdashError] = {}

    async def look(number: int) -> CheckReport:
        going_on.append(number)
        most.append(len(going_on))
        for _ in range(3):
            await asyncio.sleep(0)
        going_on.remove(number)
        if number % 2:
            raise FkdashError("no")
        return CheckReport(str(number), "", Scope(0, 0))

    await check_each([lambda number=number: look(number) for number in range(11)], heard.__setitem__)  # type: ignore[misc]
    assert max(most) == AT_ONCE
    assert sorted(heard) == list(range(11))
    assert [number for number, found in heard.items() if isinstance(found, FkdashError)] == [1, 3, 5, 7, 9]


_TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.mark.newest_version
async def test_what_many_databases_have_alike_is_one_line_though_one_hangs_and_enter_unfolds_it_and_goes_into(
    database: TestDatabase,
) -> None:
    alike = f"3 {_TIMES} c.p → p"
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(listener(never_answers))
        others = [await stack.enter_async_context(fresh_database(database.server)) for _ in range(3)]
        tenants = [*others, database]
        for tenant in tenants:
            await tenant.execute(WRONG.replace("SET NULL", "CASCADE") if tenant is others[1] else WRONG)
        start = KnownDatabases(
            (_hanging(port), *(destination(f"t{number}", each.dsn) for number, each in enumerate(tenants, 1)))
        )
        async with survey(start, size=(120, 30)) as session:
            await session.until_shown("3 contradictions in 3 of 5 databases; 1 still to read.")
            assert dict(listed(session))["hangs"] == "reading"
            await session.press("F")
            await session.until_shown(alike, "t1, t3, t4", "Otherwise in t2", "1 still to read.")
            screen = session.app.screen
            assert isinstance(screen, ShapesScreen)
            await session.press("1")
            await session.until(lambda: len(screen.list.shown_rows) == 1)
            await session.press("enter")
            await session.until(lambda: len(screen.list.shown_rows) == 3)
            assert alike not in session.screen
            await session.press("r")
            await session.until_shown(alike)
            await session.press("enter", "G", "enter")
            await session.until_shown(database.name, "c.p")
            await session.press("escape")
            await session.until(lambda: session.app.screen is screen)


@pytest.mark.newest_version
async def test_a_server_that_hangs_does_not_keep_the_databases_of_another_from_being_listed(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fkdash.checking.databases.PATIENT_SECONDS", 0.5)
    await database.execute(WRONG)
    async with listener(never_answers) as port:
        start = KnownDatabases((_hanging(port), destination("any", database.server.dsn)), every_database=True)
        async with survey(start) as session:
            await session.until(lambda: dict(listed(session)).get(database.name) == "contradictions")
            assert dict(listed(session))["hangs"] == "reading"


@pytest.mark.newest_version
async def test_the_next_dashboard_begins_with_what_was_worst_and_shows_it_there(three: KnownDatabases) -> None:
    async with survey(three) as session:
        await session.until_shown("1 could not be looked into.")
    begun: list[str] = []

    async def look(target: Target) -> CheckReport:
        begun.append(target.database)
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("fkdash.tui.screens.findings.databases.look_into", look)
        async with survey(three) as session:
            await session.until(lambda: len(begun) == len(three.destinations))
            known = [
                ("prod", "reading, had contradictions"),
                ("gone", "reading, was not checked"),
                ("staging", "reading, had warnings"),
            ]
            await session.until(lambda: listed(session) == known)
    names = [each.target.database for each in three.destinations]
    assert begun == [names[2], names[1], names[0]]


@pytest.mark.newest_version
async def test_no_more_databases_are_looked_into_at_a_time_than_asked_for_or_than_the_server_has_free(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = KnownDatabases(tuple(destination(str(number), NOBODY) for number in range(5)))
    at_once: list[int] = []
    now: list[str] = []

    async def look(target: Target) -> CheckReport:
        now.append(target.database)
        at_once.append(len(now))
        for _ in range(10):
            await asyncio.sleep(0)
        now.remove(target.database)
        return CheckReport(target.describe(), target.database, Scope(0, 0))

    async def unknown(_targets: object, place: str) -> Room:
        return Room(place)

    monkeypatch.setattr("fkdash.tui.screens.findings.databases.look_into", look)
    monkeypatch.setattr("fkdash.checking.databases.room_at", unknown)
    app = DashboardApp(start, options=DashboardOptions(jobs=2))
    async with app.run_test(size=(100, 30)) as pilot:
        await Session(app, pilot).until_shown("0 contradictions in 0 of 5 databases.")
    assert max(at_once) == 2
    at_once.clear()

    async def one_free(_sessions: object) -> tuple[list[str], Room]:
        return [each.name for each in start.destinations], Room("one", 3)

    monkeypatch.setattr("fkdash.checking.databases.databases_of", one_free)
    every = KnownDatabases((destination("any", database.dsn),), every_database=True)
    async with survey(every) as session:
        await session.until_shown("0 contradictions in 0 of 5 databases.")
    assert max(at_once) == 1
