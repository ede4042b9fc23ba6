"""What a tired operator does: types wrongly, pastes where no field is, reads what was said a while ago."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual import events

from fkdash.tui.app import DashboardApp
from fkdash.tui.screens.findings.explain import ExplainScreen
from fkdash.tui.screens.fix.options import FixOptionsScreen
from fkdash.tui.screens.preview.ask import PreviewAskScreen
from fkdash.tui.settings import DashboardOptions
from tests.support.servers import TestDatabase
from tests.support.targets import target_at
from tests.tui.test_dashboard import Session, dashboard
from tests.tui.walk import PLAIN

pytestmark = pytest.mark.usefixtures("state")

LONG = "a_very_long_table_name_that_uses_every_one_of_the_63_bytes_ther"
HOLDING = "another_very_long_table_name_which_uses_every_one_of_its_bytes2"
_NAMES = {
    ":": "colon",
    "\\": "backslash",
    " ": "space",
    "?": "question_mark",
    "/": "slash",
    "\r": "enter",
}
COLUMN = "a_column_name_that_is_as_long_as_postgresql_will_let_it_be_here"


async def paste(session: Session, text: str) -> None:
    session.app.post_message(events.Paste(text))
    await session.pilot.pause()


async def test_what_was_typed_wrongly_is_not_reproached_any_more_once_it_is_mended(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("p")
        await session.until(lambda: isinstance(session.app.screen, PreviewAskScreen))
        await session.press("enter")
        await session.until_shown("ERROR Nothing says which rows.")
        await session.press("a")
        await session.until(lambda: "ERROR" not in session.screen)


async def test_what_is_pasted_where_nothing_takes_it_is_answered(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await paste(session, "ERROR:  something")
        await session.until_shown("Nothing here takes what was pasted; x takes an error, and explains it.")


async def test_a_second_error_is_explained_while_the_keys_go_to_the_answers_of_the_first(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("x")
        await session.until(lambda: isinstance(session.app.screen, ExplainScreen))
        await paste(session, 'null value in column "primary_workspace_id" of relation "users" violates not-null')
        await session.until_shown("23502 comes from public.users.users_primary_workspace_id")
        screen = session.app.screen
        assert isinstance(screen, ExplainScreen)
        await session.until(lambda: screen.list.has_focus)
        await paste(session, 'violates foreign key constraint "audit_log_actor_id_users_id_fk"')
        await session.until_shown("audit_log.actor_id")
        await session.until(lambda: screen.list.has_focus)


async def test_pasted_words_are_searched_while_the_keys_go_to_what_was_found(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("p", *"acme", "enter")
        await session.until_shown("Choose a row of workspaces")
        screen = session.app.screen
        assert isinstance(screen, PreviewAskScreen)
        await session.until(lambda: screen.found.has_focus)
        await paste(session, "!")
        await session.until(lambda: screen.field.has_focus and screen.field.value == "acme!")


def type_in_one_piece(session: Session, typed: str) -> None:
    for character in typed:
        session.app.post_message(events.Key(_NAMES.get(character, character), character))


@pytest.mark.parametrize(
    ("typed", "texts"),
    [
        (":users", ("/users▏  go",)),
        ("Tevents", ("/events▏  tables",)),
        ("b/acme", ("/acme▏", "constraints > ")),
        ("\\d users", ("/users▏  tables",)),
        ("pacme\r", ("Choose a row of workspaces", "Acme GmbH")),
        ("fjj", ("users.primary_workspace_id to workspaces", " 3/11")),
        ("tG", ("17 foreign keys refer to users", "40/40")),
        ("?jj", ("These keys work", " 3/51")),
    ],
)
async def test_what_is_typed_in_one_piece_goes_where_its_first_key_leads(
    incident_database: TestDatabase, typed: str, texts: tuple[str, ...]
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412", "42 orphans")
        type_in_one_piece(session, typed)
        await session.until_shown(*texts)


async def test_a_list_with_one_order_offers_no_other(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("t")
        await session.until_shown("foreign keys refer to")
        assert "s sort" not in session.screen
        await session.press("s")
        await session.until_shown("s: these rows have one order")


async def test_the_key_line_says_when_there_is_a_filter_to_leave(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412", "/ filter")
        await session.press("2")
        await session.until_shown("esc back")
        await session.press("2")
        await session.until(lambda: "esc back" not in session.screen)


async def test_advice_nobody_asked_for_leaves_the_line_once_it_could_be_read(
    incident_database: TestDatabase,
) -> None:
    target = replace(target_at(incident_database.dsn), looks_as_itself=False)
    app = DashboardApp(target, options=DashboardOptions())
    async with app.run_test(size=(80, 24)) as pilot:
        session = Session(app, pilot)
        await session.until_shown("You look as a superuser.", "42 orphans")
        await session.press("j")
        assert "You look as a superuser." in session.screen
        app.constraints.status._read_by = 0.0
        await session.press("k")
        await session.until(lambda: "You look as a superuser." not in session.screen)


@pytest.mark.minimum_version(18)
async def test_orphans_that_are_known_are_repaired_before_anything_is_checked(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("23 orphans")
        await session.press("slash", *"audit_log", "enter", "f")
        await session.until(lambda: isinstance(session.app.screen, FixOptionsScreen))
        await session.until_shown("Suggested tonight: 3 set orphans to NULL, because rows refer to nothing")


async def test_numbers_stand_in_sight_whatever_the_tables_are_called(database: TestDatabase) -> None:
    await database.execute(
        f"create table {LONG} ({COLUMN} int primary key, name text);"
        f"create table {HOLDING} (id int primary key, {COLUMN} int not null references {LONG} on delete set null);"
        f"insert into {LONG} select i, 'name ' || i from generate_series(1, 50) i;"
        f"insert into {HOLDING} select i, 1 + i % 40 from generate_series(1, 500) i"
    )
    async with dashboard(database.dsn, options=PLAIN, size=(80, 24)) as session:
        await session.until_shown("BITES 40")
        await session.press("b")
        await session.until_shown("rows holding it", "name 2", "13 ██████")
        # The sentence takes the lines that such names need.
        await session.until_shown("cannot be deleted; 500", f"{HOLDING} hold them.")


async def test_where_one_wanted_to_be_is_told_though_nothing_answers() -> None:
    async with dashboard("postgresql://nobody@/nothing?host=/nonexistent", options=PLAIN) as session:
        await session.until_shown("Not connected", "R tries again, q quits.")
        await session.press("i")
        await session.until_shown("Decided by", "DSN (y copies)", "nobody", "ERROR Cannot connect")
