"""What one finds by a few letters, along references and by digits, and what the screens say of where one is."""

from __future__ import annotations

import pytest

from fkdash.tui.screens.findings.constraints import ConstraintsScreen
from fkdash.tui.screens.findings.relations import RelationsScreen
from fkdash.tui.screens.fix.plan import FixPlanScreen
from fkdash.tui.screens.help import HelpScreen
from fkdash.tui.settings import DashboardOptions
from fkdash.tui.widgets.fuzzy import score
from fkdash.tui.widgets.text_pane import TextPane
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import Session, dashboard

PLAIN = DashboardOptions()


def row_texts(session: Session) -> list[str]:
    screen = session.app.screen
    assert isinstance(screen, ConstraintsScreen)
    return [f"{row.key.table.name}.{row.key.columns[0]}" for row in screen.list.shown_rows]


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        ("user", "users.id", "a user"),
        ("user", "a user", "superuser"),
        ("user", "superuser", "u s e r"),
        ("uid", "user_id", "u...i...d"),
        ("fix plan", "plan of a fix", "fox plan in xyz f i x"),
    ],
)
def test_the_nearer_answer_comes_first(typed: str, better: str, worse: str) -> None:
    scores = score(typed, better), score(typed, worse)
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0] > scores[1]


def test_what_lacks_a_letter_is_no_answer() -> None:
    assert score("userz", "users") is None
    assert score("users zz", "users") is None


@pytest.mark.minimum_version(18)
async def test_digits_filter_by_severity_and_esc_shows_all_again(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412", "42 orphans")
        await session.press("1")
        assert row_texts(session) == ["users.primary_workspace_id", "cases.tenant_id"]
        await session.press("2")
        assert "workspace_members.workspace_id" in row_texts(session)
        await session.press("2")
        assert len(row_texts(session)) == 58
        await session.press("3", "escape")
        assert len(row_texts(session)) == 58


@pytest.mark.minimum_version(18)
async def test_orphans_and_undeclared_references_are_rows_of_the_first_screen(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("~ workspace_members.workspace_id", "42 orphans", "1 undeclared")
        assert "~ audit_log.actor_id" in session.screen
        await session.press("2", "f")
        await session.until_shown("no foreign key is declared here")


@pytest.mark.minimum_version(18)
async def test_brackets_lead_along_a_reference_and_back(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("right_square_bracket")
        await session.until_shown("7 foreign keys refer to workspaces")
        screen = session.app.screen
        assert isinstance(screen, RelationsScreen)
        assert screen.list.row is not None
        assert screen.list.row.key.name == "users_primary_workspace_id_workspaces_id_fk"
        await session.press("left_square_bracket")
        assert isinstance(session.app.screen, ConstraintsScreen)
        await session.press("left_square_bracket")
        await session.until_shown("17 foreign keys refer to users")


@pytest.mark.minimum_version(18)
async def test_a_few_letters_lead_to_a_table_and_to_a_foreign_key(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("ctrl+p", *"relworkspa")
        await session.until_shown("relations of workspaces")
        await session.press("enter")
        await session.until_shown("7 foreign keys refer to workspaces")
        await session.press("colon", *"primwork", "enter")
        await session.until_shown("Evidence")
        await session.press("question_mark", "slash", *"undo")
        assert isinstance(session.app.screen, HelpScreen)


@pytest.mark.minimum_version(18)
async def test_where_one_is_says_who_may_do_what_and_gives_a_dsn_that_psql_takes(
    incident_database: TestDatabase,
) -> None:
    await incident_database.execute(
        "CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL,"
        " tstamp timestamp DEFAULT now());"
        "INSERT INTO goose_db_version (version_id, is_applied, tstamp) VALUES (20260702, true, '2026-07-02 21:40:22')"
    )
    async with dashboard(f"{incident_database.dsn}&password=hidden-one", options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("i")
        await session.until_shown("READ ONLY, as the server says", "superuser", "none needed: a unix socket")
        await session.until(lambda: "2026-07-02 21:40:22" in session.app.screen.query_one(TextPane).text)
        assert f"dbname='{incident_database.name}'" in session.screen or incident_database.name in session.screen
        assert "hidden-one" not in session.screen


@pytest.mark.minimum_version(18)
async def test_the_text_beside_the_list_is_scrolled_without_leaving_the_list(
    incident_database: TestDatabase,
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("42 orphans", "409 more: b", " ▼ J ")
        lines = session.app.constraints.pane.below
        await session.press("J")
        assert session.app.constraints.pane.below < lines
        assert session.app.constraints.list.has_focus
        await session.press("K")
        assert session.app.constraints.pane.below == lines


@pytest.mark.minimum_version(18)
async def test_a_new_parent_is_found_by_its_label(incident_database: TestDatabase) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await session.press("f")
        await session.until_shown("re-parent orphans")
        await session.press("6", "enter")
        await session.until_shown("words to search for")
        await session.press(*"acme", "enter")
        await session.until_shown("Acme GmbH", "Choose a row of workspaces")
        await session.press("enter")
        await session.until(lambda: isinstance(session.app.screen, FixPlanScreen))
        screen = session.app.screen
        assert isinstance(screen, FixPlanScreen)
        key = await incident_database.value("SELECT id::text FROM workspaces WHERE slug = 'acme'")
        assert any(key in step.sql for step in screen.plan.steps)


@pytest.mark.minimum_version(18)
async def test_what_another_session_declares_is_noticed_and_named(database: TestDatabase) -> None:
    await database.execute("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a_id int)")
    async with dashboard(database.dsn, options=DashboardOptions(refresh=0.2)) as session:
        await session.until_shown("0 foreign keys of 2 tables")
        await database.execute(
            "ALTER TABLE b ADD CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES a ON DELETE SET NULL"
        )
        await session.until_shown("1 foreign key of 2 tables", "1 foreign key new: public.b.b_a")
        await database.execute("ALTER TABLE b ALTER a_id SET NOT NULL")
        await session.until_shown("! b.a_id", "1 foreign key changed: public.b.b_a")
        await database.execute("ALTER TABLE b DROP CONSTRAINT b_a")
        await session.until_shown("1 foreign key gone: public.b.b_a")
