"""No table is read before somebody has looked at what reading it would run, and no name is left to anybody's path."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from fkdash.catalog.postgres import planted
from fkdash.db.pool import ReadPool
from fkdash.db.session import Row, Session
from fkdash.db.statements import OpenTransaction
from tests.security.faces import database_faces, ended, plan_faces, preview_faces, walk
from tests.support.servers import TestDatabase

pytestmark = [pytest.mark.newest_version, pytest.mark.usefixtures("own_folders")]
_READ = """
    select distinct c.oid::regclass::text as name, c.oid
      from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
     where l.pid = pg_backend_pid() and l.mode = 'AccessShareLock' and c.relkind in ('r', 'p')
       and c.oid >= 16384 and n.nspname <> 'information_schema'"""
_COVERED = """
    with recursive below (oid) as (
      select unnest($1::oid[]) union select i.inhrelid from below b join pg_inherits i on i.inhparent = b.oid
    ) select oid from below"""
_SCHEMA = """
    create table hub (id int primary key, name text);
    create table a01 (id int primary key, hub_id int not null references hub on delete set null);
    create table parts (id int, hub_id int references hub on delete cascade, primary key (id)) partition by range (id);
    create table part1 partition of parts for values from (0) to (100);
    create table loose (id int primary key, hub_id int);
    insert into hub select g, 'n' || g from generate_series(1, 5) g;
    insert into a01 values (1, 1), (2, 2); insert into parts values (1, 3); insert into loose values (1, 9);
    alter table loose add constraint loose_hub foreign key (hub_id) references hub not valid;
"""


async def test_every_table_that_is_read_was_looked_at_in_the_same_session(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: dict[Session, set[int]] = {}
    unseen: list[str] = []
    sessions = 0
    found_in, session_of = planted.planted_in, ReadPool.session

    async def looking(session: Session, tables: Sequence[int]) -> object:
        # Previews side by side share a session.
        looked.setdefault(getattr(session, "session", session), set()).update(tables)
        return await found_in(session, tables)

    async def read_by(session: OpenTransaction) -> Sequence[Row]:
        return await session.rows(_READ)

    @asynccontextmanager
    async def watched(
        pool: ReadPool, seconds: float | None = None, *, snapshot: str | None = None
    ) -> AsyncIterator[OpenTransaction]:
        nonlocal sessions
        async with session_of(pool, seconds, snapshot=snapshot) as session:
            yield session
            sessions += 1
            read = await read_by(session)
            covered = {row["oid"] for row in await session.rows(_COVERED, sorted(looked.get(session, ())))}
            unseen.extend(row["name"] for row in read if row["oid"] not in covered)

    monkeypatch.setattr(planted, "planted_in", looking)
    monkeypatch.setattr(ReadPool, "session", watched)
    await database.execute(_SCHEMA)
    commands = database_faces(database.dsn) | preview_faces("public.hub", 1, database.dsn)
    for name, arguments in (commands | plan_faces("a01_hub_id_fkey", database.dsn)).items():
        await ended(*arguments)
        assert unseen == [], name
    await walk(database.dsn)
    assert unseen == []
    assert sessions > len(commands)
