"""Marks for the report: what was looked at and done, in order, under the operator's titles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual import events

from fkdash.apply.events import RunOutcome
from fkdash.db.text import plain
from fkdash.report.markdown import escaped
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import Session, dashboard
from tests.tui.walk import NAME, PLAIN, Walk

pytestmark = pytest.mark.usefixtures("state")

HEADING = re.compile(r"^## (.*)$", re.MULTILINE)


def the_report(state: Path) -> str:
    [file] = (state / "fkdash").glob("report-*.md")
    assert file.stat().st_mode & 0o777 == 0o600
    return file.read_text()


async def mark(session: Session, title: str = "") -> None:
    await session.press("m")
    await session.until_shown("Mark this for the report?")
    session.app.screen.post_message(events.Paste(title))
    await session.pilot.pause()
    await session.press("enter")
    await session.until_shown("Marked for the report")


async def test_the_report_tells_what_was_looked_at_in_order_and_what_was_done(
    incident_database: TestDatabase, state: Path
) -> None:
    async with dashboard(incident_database.dsn, options=PLAIN) as session:
        await session.until_shown("BITES 412")
        await mark(session, "The conflict of INC-42")
        await session.press("b")
        await session.until_shown("412 of 1,208", "1/100 read of 1,204")
        await mark(session)
        await session.press("p")
        await session.until_shown("BLOCKS 1,204 rows")
        await mark(session)
        await session.press("x")
        session.app.screen.post_message(
            events.Paste('null value in column "primary_workspace_id" of relation "users"')
        )
        await session.until_shown("23502 comes from")
        await mark(session)
        await session.press("escape", "escape", "escape")
        walk = Walk(session)
        await walk.to_plan()
        await walk.confirm(NAME)
        assert await walk.to_end() is RunOutcome.VERIFIED
        await mark(session)
        await session.press("E")
        await session.until_shown("Written to")
    report = the_report(state)
    assert HEADING.findall(report) == [
        "1. The conflict of INC-42",
        f"2. {escaped(f'public.users.{NAME}')}",
        '3. Deleting workspaces "Acme GmbH" ' + HEADING.findall(report)[2].rpartition('" ')[2],
        f"4. {escaped(f'public.users.{NAME}')}",
        f"5. {escaped(f'public.users.{NAME}')}",
        "What was applied",
    ]
    assert "Deleting any of 412 workspaces fails: 5,000 users have primary_workspace_id" in report
    assert "1,204 rows of public.users would get no primary_workspace_id, which cannot be NULL." in report
    assert "| acme | 1,204 |" in report
    assert "80 more rows were shown." in report
    assert "BLOCKS 1,204 rows, 23502" in report
    assert 'null value in column "primary_workspace_id" of relation "users"' in report
    assert f"no-action on public.users.{NAME}: **verified**" in report
    assert f"{incident_database.name} @ local socket" in report


async def test_what_was_marked_is_kept_in_a_file_when_the_operator_just_leaves(
    incident_database: TestDatabase, state: Path
) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        await mark(session, "kept")
        await session.press("q")
    assert "## 1. kept" in the_report(state)
    assert "report-" in session.app.farewell


async def test_nothing_is_marked_by_escape_and_a_report_on_nothing_says_how_to_mark(
    incident_database: TestDatabase, state: Path
) -> None:
    async with dashboard(incident_database.dsn) as session:
        await session.until_shown("BITES 412")
        await session.press("m", *"title", "escape", "E")
        await session.until_shown("Nothing is marked yet: m marks what is shown.")
        await session.press("question_mark", "m")
        await session.until_shown("there is nothing here that a report could show")
    assert not list(state.rglob("report-*"))


@pytest.mark.parametrize(
    "name", ["|# *x*", "[a](b)", "``` ````", "a\nb", "\x1b[31mred", "evil\u202egnp", "<b>&amp;"]
)
async def test_a_name_is_never_markup_in_the_report(database: TestDatabase, state: Path, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    await database.execute(
        f"CREATE TABLE {quoted} (id int PRIMARY KEY); INSERT INTO {quoted} VALUES (1); CREATE TABLE child "
        f"(id int PRIMARY KEY, {quoted} int NOT NULL REFERENCES {quoted} ON DELETE SET NULL); "
        "INSERT INTO child VALUES (1, 1)"
    )
    async with dashboard(database.dsn, size=(140, 40)) as session:
        await session.until_shown("BITES 1")
        await mark(session, name.replace("\n", " "))
        await session.press("b")
        await session.until_shown("1 of 1")
        await session.until(lambda: bool(session.blocked.blocking.rows))
        await mark(session)
        await session.press("E")
        await session.until_shown("Written to")
    report = the_report(state)
    fence = "`" * (5 if "````" in name else 3)
    prose = re.sub(rf"^{fence}text\n.*?^{fence}$", "", report, flags=re.MULTILINE | re.DOTALL)
    assert escaped(name) in prose
    assert name not in prose
    assert plain(name) in report
    assert "\x1b" not in report
    assert [heading[:2] for heading in HEADING.findall(prose)] == ["1.", "2."]
