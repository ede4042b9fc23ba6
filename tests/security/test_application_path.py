"""A writer keeps the application's search_path; nothing that somebody put before pg_catalog in it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from fkdash.apply.change import Change, try_out, wanted
from tests.security.faces import ended
from tests.support.changes import Workbench, good, workbench
from tests.support.servers import TestDatabase

_SHADOWS = (Path(__file__).parent / "shadows.sql").read_text(encoding="utf-8")
_SCHEMA = """
create table parents (id int primary key, n int);
create table children (id int primary key, parent_id int, note text,
  constraint ck foreign key (parent_id) references parents);
create table broken (id int primary key, parent_id int);
insert into parents select generate_series(1, 20);
insert into children select g, 1 + g % 20 from generate_series(1, 300) g;
insert into broken select g, g from generate_series(15, 30) g;
alter table broken add constraint bk foreign key (parent_id) references parents not valid;
"""
_UNPROVEN = """
select pg_catalog.count(*) from pg_catalog.pg_constraint
 where contype operator(pg_catalog.=) 'f'::pg_catalog."char" and not convalidated
"""


@dataclass
class Shadowed:
    """A database with doubles of pg_catalog before it in the application's path."""

    database: TestDatabase
    _log: Path
    _read: int = 0

    def ran(self) -> list[str]:
        """Give which doubles ran since the last time."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            lines = log.read().decode(errors="replace").splitlines()
            self._read = log.tell()
        return [line.partition("SHADOW ")[2] for line in lines if "LOG:  SHADOW " in line]


@pytest.fixture
async def shadowed(database: TestDatabase) -> Shadowed:
    await database.execute(_SCHEMA)
    await database.execute(_SHADOWS)
    await database.execute(f"alter database {database.name} set search_path = shadow, pg_catalog, public")
    await database.close()
    made = Shadowed(database, Path(database.socket_directory) / "server.log")
    made.ran()
    return made


async def test_nothing_before_pg_catalog_runs_while_a_database_is_changed(
    shadowed: Shadowed, tmp_path: Path
) -> None:
    database = shadowed.database

    async def looks(*command: str, code: int) -> str:
        end = await ended(*command, database.dsn)
        assert shadowed.ran() == [], command
        assert end.code == code, (command, end.out, end.err)
        return end.out

    async def changes(bench: Workbench, key: str, option: str) -> None:
        chosen = await bench.plan(key, option)
        change = Change(bench.pool, bench.catalog, chosen, folder=tmp_path)
        rehearsal = await try_out(change, wanted(change))
        assert shadowed.ran() == [], ("rehearse", option)
        assert rehearsal.ok is not False, rehearsal
        done = await bench.carry_out(chosen)
        assert shadowed.ran() == [], option
        good(done)
        if option != "delete-orphans":
            good(await bench.undo(done))
            assert shadowed.ran() == [], ("undo", option)

    assert "2 foreign keys" in await looks("check", code=0)
    delete = ("preview", "--table", "parents", "--keys-json", '[{"id": 3}]', "--rehearse")
    assert "23503" in await looks(*delete, code=1)
    async with workbench(database, tmp_path) as bench:
        await changes(bench, "ck", "cascade")
        await changes(bench, "ck", "create-index")
        await changes(bench, "ck", "set-null")
        await changes(bench, "bk", "delete-orphans")
    assert await database.value(_UNPROVEN) == 0
    shadowed.ran()
    await database.value("select count(*) from pg_class where now() > '2000-01-01'::text::date")
    assert set(shadowed.ran()) >= {"now()", "type text"}
