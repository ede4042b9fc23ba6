"""What is called by blanks can be seen where names are listed, and is taken back as it was shown."""

from __future__ import annotations

import pytest

from tests.support.commands import fkdash
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import dashboard

_SCHEMA = """
create table " " (id int primary key);
create table child (id int primary key, " x" int not null constraint blank references " " on delete set null);
insert into " " values (1); insert into child values (1, 1);
"""


async def test_a_table_called_by_a_blank_is_seen_in_lists_and_its_shown_name_is_taken_back(
    database: TestDatabase,
) -> None:
    await database.execute(_SCHEMA)
    listed = await fkdash("list", database.dsn)
    assert 'public.child(" x") -> public." "(id)' in listed.stdout
    previewed = await fkdash("preview", "--table", 'public." "', "--key", "id=1", database.dsn)
    assert previewed.returncode == 1
    assert 'public." "' in previewed.stdout
    scanned = await fkdash("orphans", "scan", "--all", database.dsn)
    assert 'public.child (" x") -> public." " (id)' in scanned.stdout
    planned = await fkdash("fix", "plan", "public.child.blank", "--option", "no-action", database.dsn)
    assert 'public." " SHARE ROW EXCLUSIVE' in planned.stdout or 'public." " ACCESS EXCLUSIVE' in planned.stdout


@pytest.mark.newest_version
async def test_a_table_called_by_a_blank_is_seen_on_the_screens_that_list_it(database: TestDatabase) -> None:
    await database.execute(_SCHEMA)
    async with dashboard(database.dsn, size=(120, 40)) as session:
        await session.until_shown('child." x"', '" "', "BITES 1")
        await session.press("f")
        await session.until_shown('child." x" to " "')
        await session.press("escape", "b")
        await session.until_shown('" "', "1 of 1")


_IN_PARTS = """
create schema audit; create table audit.users (id int primary key); create table "audit.users" (id int primary key);
create table members (id int primary key, a int constraint fk references audit.users, b int constraint "members.fk" references "audit.users");
create table others (id int primary key, c int constraint "public.members.fk" references members on delete cascade);
"""


@pytest.mark.newest_version
async def test_a_dot_in_a_name_makes_it_nobody_elses(database: TestDatabase) -> None:
    await database.execute(_IN_PARTS)
    listed = await fkdash("list", database.dsn)
    assert "public.members(a) -> audit.users(id)" in listed.stdout
    assert 'public.members(b) -> public."audit.users"(id)' in listed.stdout
    for name, column in {
        "public.members.fk": "a",
        'public.members."members.fk"': "b",
        "others.public.members.fk": "c",
    }.items():
        planned = await fkdash("fix", "plan", name, "--option", "restrict", database.dsn)
        assert f'FOREIGN KEY ("{column}")' in planned.stdout, planned
