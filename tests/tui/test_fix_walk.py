"""The walk from the conflict to a verified fix, with keys only, on a real server."""

from __future__ import annotations

import re

import asyncpg
import pytest

from fkdash.apply.events import RunOutcome
from fkdash.tui.screens.fix.confirm import FixConfirmScreen
from fkdash.tui.screens.fix.options import FixOptionsScreen
from fkdash.tui.screens.fix.plan import FixPlanScreen
from fkdash.tui.screens.fix.run import FixRunScreen
from fkdash.tui.settings import DashboardOptions
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import dashboard
from tests.tui.walk import NAME, PLAIN, Walk, asks, state_of

pytestmark = pytest.mark.usefixtures("state")

MOST_KEYSTROKES = 12
_EXCLUSIVE = "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation >= 16384"


async def delete_a_referenced_workspace(database: TestDatabase) -> str:
    try:
        await database.execute(
            "delete from workspaces where id = (select primary_workspace_id from users "
            "where primary_workspace_id is not null order by id limit 1)"
        )
    except asyncpg.PostgresError as error:
        return error.sqlstate or ""
    return "00000"


async def test_option_a_is_applied_within_twelve_keystrokes_and_the_finding_is_gone(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        await walk.confirm(NAME)
        assert await walk.to_end() is RunOutcome.VERIFIED
        assert walk.keystrokes <= MOST_KEYSTROKES
        await session.press("escape")
        await session.until(lambda: not session.app.constraints.list.rows[0].key.name.startswith("users_primary"))
        row = next(row for row in session.app.constraints.list.rows if row.key.name == NAME)
        assert "FK101" not in {finding.rule for finding in row.findings}
    assert await state_of(incident_database) == ("a", True)
    assert await delete_a_referenced_workspace(incident_database) == "23503"


async def test_option_b_frees_the_blocked_rows(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan("down")
        await walk.confirm(NAME)
        assert await walk.to_end() is RunOutcome.VERIFIED
        assert walk.keystrokes <= MOST_KEYSTROKES
    assert await state_of(incident_database) == ("n", False)
    assert await delete_a_referenced_workspace(incident_database) == "00000"
    assert await incident_database.value("select count(*) from users where primary_workspace_id is null") > 0


async def test_the_list_of_fixes_cuts_no_undo_without_saying_so_and_has_the_whole_of_the_chosen_one(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("f")
        await session.until_shown("CASCADE", "the constraint any time…")
        await session.press("4")
        await session.until_shown("Undo         the constraint any time, the deleted rows never")


async def test_the_fixes_of_a_sound_key_begin_with_that_nothing_is_wrong(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("slash", *"customers_currency", "enter", "f")
        await session.until_shown("How should deletes of billing.currencies behave?", "Nothing is wrong with")
        assert "Suggested" not in session.screen


async def test_a_wrong_name_is_said_to_be_one_and_the_right_one_leads_to_the_button_that_applies(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=DashboardOptions(environment="production")) as session:
        walk = Walk(session)
        await walk.to_plan()
        await walk.press("a")
        await session.until(lambda: asks(session))
        await walk.press(*"nonsense", "enter")
        await session.until_shown("That is not it. Type the constraint's name")
        assert asks(session)
        assert session.app.focused is not None
        assert session.app.focused.id == "constraint"
        await walk.press("ctrl+u")
        await walk.paste(NAME)
        await walk.press("enter")
        assert session.app.focused.id == "database"
        await walk.press("x", "enter")
        await session.until_shown("That is not it. Type the database's name")
        await walk.press("ctrl+u")
        await walk.paste(incident_database.name)
        await walk.press("enter")
        assert asks(session)
        assert session.app.focused.id == "apply"
        await walk.press("escape")
        await session.until(lambda: not asks(session))
    assert await state_of(incident_database) == ("n", True)


async def test_each_option_says_what_it_would_do_to_the_most_blocked_row(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("f")
        await session.until(lambda: isinstance(session.app.screen, FixOptionsScreen))
        screen = session.app.screen
        assert isinstance(screen, FixOptionsScreen)
        await session.until(lambda: all(row.supposed for row in screen.list.rows if row.answers))
        supposed = {row.option.id: row.supposed for row in screen.list.rows}
    assert supposed["no-action"] == 'deleting "Acme GmbH": refused with 23503 (1,204 users)'
    assert supposed["drop-not-null"].startswith('deleting "Acme GmbH": works')
    assert "1,204 lose their reference" in supposed["drop-not-null"]


async def test_the_fix_is_undone_from_where_it_was_made(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        await walk.confirm(NAME)
        await walk.to_end()
        await session.press("u")
        await session.until_shown("Undo", "a apply")
        await walk.confirm(NAME)
        await session.until(
            lambda: session.app.applying.plan is not None and session.app.applying.plan.option == "undo"
        )
        assert await walk.to_end() is RunOutcome.VERIFIED
    assert await state_of(incident_database) == ("n", True)


async def test_escape_before_the_last_key_leaves_the_database_untouched(still_database: TestDatabase) -> None:
    before = await still_database.value("select pg_current_snapshot()::text")
    async with dashboard(still_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        await walk.press("a")
        await walk.paste(NAME)
        await session.until_shown("ARMED")
        for _ in range(4):
            await session.press("escape")
        await session.until_shown("LOOKING", "BITES 412")
    assert await state_of(still_database) == ("n", True)
    assert await still_database.value("select pg_current_snapshot()::text") == before


@pytest.mark.parametrize("typed", ["", NAME[:-1], NAME + "x", NAME.upper(), f" {NAME}", f"{NAME} "])
async def test_apply_stays_inert_for_a_near_miss(incident_database: TestDatabase, typed: str) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        await walk.confirm(typed)
        await session.pilot.pause()
        assert not session.app.applying.running
        assert session.app.applying.plan is None
    assert await state_of(incident_database) == ("n", True)


async def test_production_asks_for_the_databases_name_as_well(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=DashboardOptions(environment="production")) as session:
        walk = Walk(session)
        await walk.to_plan()
        await walk.press("a")
        await session.press(*NAME)
        await session.pilot.pause()
        assert "ARMED" not in session.screen
        await session.press("enter", *incident_database.name)
        await session.until_shown("ARMED")
        await session.press("enter", "right", "enter")
        assert await walk.to_end() is RunOutcome.VERIFIED


@pytest.mark.parametrize("key", ["a", "d"])
async def test_a_read_only_session_says_why_it_neither_applies_nor_rehearses(
    incident_database: TestDatabase, key: str
) -> None:
    async with dashboard(incident_database.dsn, options=DashboardOptions(read_only=True)) as session:
        await session.until_shown("BITES 412", "READ-ONLY")
        await session.press("f", "enter")
        await session.until(lambda: "ok a primary" in session.screen)
        await session.press(key)
        await session.until_shown("read-only")
        assert not isinstance(session.app.screen, FixConfirmScreen)


async def test_a_run_that_waits_shows_whom_it_waits_for_and_can_be_cancelled(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        holder = await asyncpg.connect(incident_database.dsn, server_settings={"application_name": "web-7"})
        try:
            await holder.execute("begin; select count(*) from users")
            await walk.confirm(NAME)
            await session.until_shown("no lock on try 1", "web-7", "idle in transaction", "ARMED")
            await session.until_shown("Who waits for whom", "└─ step 1 swap")
            await session.press("q")
            await session.until_shown("A change is going on")
            await session.press("escape")
            assert isinstance(session.app.screen, FixRunScreen)
            await session.press("ctrl+c")
            await session.until(lambda: not session.app.applying.running)
            await session.until_shown("Cancelled", "LOOKING", "Who waited for whom")
            assert "the next one" not in session.screen
        finally:
            await holder.close()
    assert await state_of(incident_database) == ("n", True)


async def test_a_step_is_tried_at_once_when_the_blocker_has_gone(
    incident_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fkdash.apply.run.patience.Patience.pause", lambda _patience, _attempt: 3600.0)
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        await session.until(lambda: "ok a primary" in session.screen)
        holder = await asyncpg.connect(incident_database.dsn)
        try:
            await holder.execute("begin; select count(*) from users")
            await walk.confirm(NAME)
            await session.until_shown("no lock on try 1", "r now")
        finally:
            await holder.close()
        await session.press("r")
        await session.until_shown("Done and verified")
        await session.press("r")
        await session.until_shown("no step is waiting for a lock")


async def test_a_rehearsal_says_what_was_locked_and_for_how_long_and_changes_nothing(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        walk = Walk(session)
        await walk.to_plan()
        await session.until(lambda: "ok a primary" in session.screen)
        screen = session.app.screen
        assert isinstance(screen, FixPlanScreen)
        # The letter asks; nothing is locked before the name is typed, and the header says when it can be.
        await session.press("d")
        await session.until(lambda: asks(session))
        await session.press("enter", "right", "enter")
        assert asks(session)
        assert session.screen.splitlines()[0].endswith("LOOKING")
        assert await incident_database.value(_EXCLUSIVE) == 0
        await walk.paste(NAME)
        await session.until_shown("ARMED")
        await session.press("enter", "right", "enter")
        await session.until(lambda: session.app.screen is screen)
        await session.until(lambda: "Rehearsal, rolled back" in screen.pane.text)
        assert re.search(r"public\.users ACCESS EXCLUSIVE for \d+ ms", screen.pane.text)
        assert "ok deleting a referenced row of workspaces: refused with 23503" in screen.pane.text
        await session.until_shown("LOOKING")
    assert await state_of(incident_database) == ("n", True)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("line\nbreak", "line\\nbreak"),
        ("line\nbreak", "paste"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("evil\u202egnp", "paste"),
        ("n" * 63, "n" * 63),
        ("fk ", '"fk "'),
    ],
)
async def test_a_name_that_no_keyboard_has_is_typed_as_it_is_shown_or_pasted(
    database: TestDatabase, name: str, typed: str
) -> None:
    await database.execute(
        "create table parents (id int primary key); create table children (id int primary key, parent_id int not null, "
        f'constraint "{name}" foreign key (parent_id) references parents on delete set null);'
        "insert into parents values (1); insert into children values (1, 1)"
    )
    async with dashboard(database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 1")
        await session.press("f", "enter")
        await session.until(lambda: "a apply" in session.screen)
        walk = Walk(session)
        if typed == "paste":
            await walk.confirm(name)
        else:
            await walk.press("a")
            await session.until(lambda: asks(session))
            await session.until_shown(f"Type the constraint's name: {typed[:20]}")
            await session.press(*(_KEYS.get(letter, letter) for letter in typed))
            await session.press("enter", "right", "enter")
        assert await walk.to_end() is RunOutcome.VERIFIED


_KEYS = {"\\": "backslash", "[": "left_square_bracket", '"': "quotation_mark", " ": "space"}


async def test_orphans_are_given_another_row_from_the_keyboard(database: TestDatabase) -> None:
    await database.execute(
        "create table parents (id int primary key); create table children (id int primary key, parent_id int);"
        "insert into parents values (1), (2); insert into children values (1, 1), (2, 77);"
        "alter table children add constraint ck foreign key (parent_id) references parents not valid"
    )
    async with dashboard(database.dsn, options=PLAIN) as session:
        await session.until_shown("children.parent_id")
        await session.press("f")
        await session.until(lambda: isinstance(session.app.screen, FixOptionsScreen))
        screen = session.app.screen
        assert isinstance(screen, FixOptionsScreen)
        place = [row.option.id for row in screen.list.rows].index("reparent-orphans")
        await session.press(*["down"] * place, "enter")
        await session.until_shown("which row of parents? Type its key, or", "parent_id, integer")
        await session.press("9", "enter")
        await session.until_shown("NO public.parents has no row id = 9")
        await session.press("escape", "backspace", "2", "enter")
        await session.until_shown("ok public.parents has the row id = 2")
        walk = Walk(session)
        await walk.confirm("ck")
        assert await walk.to_end() is RunOutcome.VERIFIED
        await session.press("u")
        await session.until_shown("Undo", "a apply")
    assert await database.value("select parent_id from children where id = 2") == 2
