"""Names that break other tools, through every screen, notification, copy and export."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from rich.cells import cell_len
from textual import events

from fkdash.catalog.table_name import quoted
from fkdash.db.text import plain
from fkdash.profiles import Destination
from fkdash.tui.app import DashboardApp
from fkdash.tui.known_databases import KnownDatabases
from fkdash.tui.plain import ASCII, UNICODE, Glyphs
from fkdash.tui.settings import DashboardOptions
from tests.support.servers import TestServer
from tests.support.targets import target_at
from tests.tui.test_dashboard import Session

pytestmark = pytest.mark.usefixtures("state")

NAMES = {
    "markup and quotes": """[@click=app.quit]o[/] [red]x[/ a"b'c\\d$$e`f|g""",
    "escapes, line breaks and directions": "\x1b]0;owned\x07\x1b[31mred\nb\tt \u202egnp\u2066x",
    "nothing to be seen, and combined": "zero\u200bwidth\u3164\xad \u0301a\u0301e👩\u200d👩\u200d👧",
    "wide and 63 bytes": "表の名前" * 5 + "x" * 3,
}

SIDES = re.compile(r"[ │┃]*\n[ │┃]*")
CUT_OFF = ("escapes, line breaks and directions", "nothing to be seen, and combined", "wide and 63 bytes")


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@asynccontextmanager
async def connected(dsn: str, database: str = "postgres") -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(dsn, database=database)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    assert len(chosen.encode()) <= 63
    return chosen


@pytest.fixture
async def survey(server: TestServer, name: str) -> AsyncIterator[KnownDatabases]:
    """A database, role, schema, tables, columns, constraint, comment and rows that are all called `name`."""
    it = quoted(name)
    async with connected(server.dsn) as administrator:
        await administrator.execute(f"CREATE ROLE {it} SUPERUSER LOGIN")
        await administrator.execute(f"CREATE DATABASE {it} TEMPLATE template0")
        try:
            async with connected(server.dsn, database=name) as connection:
                await connection.execute(
                    f"CREATE SCHEMA {it}; CREATE TABLE {it}.{it} ({it} text PRIMARY KEY); "
                    f"CREATE TABLE {it}.child (id text PRIMARY KEY, name text, {it} text NOT NULL "
                    f"CONSTRAINT {it} REFERENCES {it}.{it} ON DELETE SET NULL); "
                    f"COMMENT ON CONSTRAINT {it} ON {it}.child IS {literal(name)}; "
                    f"INSERT INTO {it}.{it} VALUES ({literal(name)}); "
                    f"INSERT INTO {it}.child VALUES ({literal(name)}, {literal(name)}, {literal(name)})"
                )
            target = target_at(server.dsn)
            yield KnownDatabases((Destination(name, replace(target, database=name, user=name), environment=name),))
        finally:
            await administrator.execute(f"DROP DATABASE {it} WITH (FORCE)")
            await administrator.execute(f"DROP ROLE {it}")


class Looker:
    """Looks at every screen that it comes to: nothing but plain text within the terminal, the name in it whole."""

    def __init__(self, session: Session, seen: str, size: tuple[int, int]) -> None:
        self.session, self.seen, self.size = session, seen, size

    async def press(self, *keys: str, shown: str) -> None:
        await self.session.press(*keys)
        await self.see(shown)

    async def see(self, *wanted: str, named: bool = True) -> None:
        session = self.session
        if named and self.size[0] > 100:
            await session.until(lambda: self.seen in SIDES.sub("", session.screen))
        await session.until_shown(*wanted)
        lines = session.screen.split("\n")
        assert len(lines) == self.size[1]
        for text in lines:
            assert cell_len(text) <= self.size[0]
            assert plain(text) == text, session.screen
        assert lines[0].endswith(("LOOKING", "ARMED"))
        if session.app.glyphs.ascii_only:
            assert session.screen.isascii()

    async def paste(self, text: str) -> None:
        self.session.app.screen.post_message(events.Paste(text))
        await self.session.pilot.pause()


@pytest.mark.parametrize(
    ("name", "size", "glyphs"),
    [
        *(pytest.param(name, (180, 50), UNICODE, id=which) for which, name in NAMES.items()),
        # Where names are spelled out and cut off.
        *(pytest.param(NAMES[which], (60, 16), ASCII, id=f"{which}, narrow and in ASCII") for which in CUT_OFF),
    ],
    indirect=["name"],
)
async def test_a_name_is_only_ever_text(
    survey: KnownDatabases, name: str, size: tuple[int, int], glyphs: Glyphs, state: Path
) -> None:
    app = DashboardApp(survey, options=DashboardOptions(glyphs=glyphs))
    async with app.run_test(size=size) as pilot:
        session = Session(app, pilot)
        looker = Looker(session, glyphs.plain(name), size)
        await looker.see("1 contradiction in 1 of 1 database")
        await session.press("e")
        await looker.see("Written to")
        await looker.press("F", shown="2 findings in 1 database")
        await looker.press("escape", "enter", shown="BITES 1")
        for key in ("e", "y"):
            await session.press(key)
            await session.until_shown("Written to" if key == "e" else "Sent")
        await session.press("slash", "x", "y", "z", "enter")
        await looker.see("No row matches")
        await session.press("escape", "enter")
        await looker.see("Evidence" if size[1] > 20 else "FK101")
        await session.press("b")
        await looker.see("1 of 1")
        await session.until(lambda: bool(session.blocked.blocking.rows))
        await session.press("e")
        await session.until_shown("Written to")
        await session.press("m")
        await looker.see("Mark this for the report?")
        await looker.paste(name)
        await session.press("enter", "p")
        await looker.see("BLOCKS 1 row," if size[0] > 100 else "BLOCKS")
        await session.press("w")
        await looker.see()
        await session.press("e")
        await session.until_shown("Written to")
        await session.press("m", "enter", "x")
        await looker.paste(f'ERROR:  23502: null value in column "{name}" of relation "child"')
        await looker.see("23502")
        await session.press("escape", "t")
        await looker.see("No foreign key refers to")
        await session.press("T")
        await looker.see("Which table?")
        await session.press("escape", "escape", "f")
        await looker.see("stay blocked" if size[0] > 100 else "option")
        await session.press("e")
        await session.until_shown("Written to")
        await session.press("enter")
        await looker.see("a apply")
        await session.press("a")
        await looker.see("Type the constraint's name")
        await looker.paste(name)
        await session.press("escape", "H")
        await looker.see("There is no journal", named=False)
        await session.press("m", "enter", "E")
        await session.until_shown("Written to")
    assert_plain_files(state)


def assert_plain_files(state: Path) -> None:
    files = list(exported(state))
    assert {file.suffix for file in files} >= {".md", ".tsv", ".sql"}
    for file in files:
        assert file.stat().st_mode & 0o777 == 0o600
        text = file.read_text()
        allowed = "\n\t" if file.suffix == ".tsv" else "\n"
        # A script and a copied statement must hold the very name; what is read by people is made plain.
        if file.suffix != ".sql" and not file.name.startswith("copy-"):
            assert all(
                plain(character) == character or character in allowed or character in "\u0301\u200d"
                for character in text
            ), text


def exported(state: Path) -> Iterator[Path]:
    return (file for file in (state / "fkdash").iterdir() if file.is_file())
