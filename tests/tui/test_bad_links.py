"""A link that hangs and a server without a connection to spare: said, and everything stays where it was."""

from __future__ import annotations

import pytest

from tests.db.listeners import wire_to
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import dashboard

pytestmark = pytest.mark.newest_version


async def test_a_link_that_hangs_is_said_and_after_it_everything_is_where_it_was(
    incident_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire_to(incident_database.socket_directory) as wire:
        dsn = f"postgresql://postgres@127.0.0.1:{wire.port}/{incident_database.name}?sslmode=disable"
        async with dashboard(dsn) as session:
            await session.until_shown("BITES 412")
            await session.press("slash", *"workspaces", "enter")
            constraints = session.app.constraints
            row, place = constraints.list.row, constraints.list.position
            await session.press("b")
            await session.until_shown("412 of 1,208", "1/100 read of 1,204")
            await session.press("j", "j", "j")
            held = session.blocked.blocked.row
            assert held is not None
            with monkeypatch.context() as impatient:
                impatient.setattr("fkdash.db.opening._GRACE_SECONDS", 0.3)
                impatient.setattr("fkdash.db.pool._BESIDE_SECONDS", 0.2)
                wire.hold()
                await session.press("r")
                await session.until_shown("NOT CONNECTED, as of ", "does not answer")
            wire.let_through()
            await session.press("R")
            await session.until(lambda: "NOT CONNECTED" not in session.screen)
            await session.until_shown("412 of 1,208", "4/100 read of 412")
            assert session.blocked.blocked.row is not None
            assert session.blocked.blocked.row.row == held.row
            await session.press("escape")
            assert row is not None
            assert constraints.list.row is not None
            assert (constraints.list.row.key, constraints.list.position) == (row.key, place)
            assert constraints.list.filter_text == "workspaces"


async def test_one_connection_left_is_enough_to_be_told_what_is_wrong(database: TestDatabase) -> None:
    await database.execute(
        "create role lonesome login connection limit 1; create table p (id int primary key); insert into p values (1);"
        "create table c (p int not null references p on delete set null); insert into c values (1);"
        "grant select on p, c to lonesome"
    )
    try:
        async with dashboard(database.dsn.replace("//postgres@", "//lonesome@")) as session:
            await session.until_shown("c.p", "BITES 1", "lonesome")
            await session.press("b")
            await session.until_shown("1 of 1 p cannot be deleted")
    finally:
        await database.execute("drop owned by lonesome; drop role lonesome")
