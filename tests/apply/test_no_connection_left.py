"""A server that has no connection left while a change goes on: what is known by then is said, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.apply.events import RunOutcome
from tests.support.changes import Workbench, good, owner_of, workbench
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version

_TABLES = """
create table parents (id int primary key);
create table children (id int primary key, parent_id int not null,
  constraint ck foreign key (parent_id) references parents on delete set null);
insert into parents values (1), (2);
insert into children values (1, 1);
grant create on schema public to public;
"""


async def _with_two(bench: Workbench, limit: int = 2) -> None:
    """Leave the role so many connections: one looks, one writes, and a probe would be the third."""
    await bench.database.execute(f"alter role {bench.pool.target.user} connection limit {limit}")


@pytest.mark.parametrize("option", ["drop-not-null", "create-index", "no-action"])
async def test_a_change_that_is_made_is_said_to_be_where_no_probe_gets_a_connection(
    database: TestDatabase, tmp_path: Path, option: str
) -> None:
    await database.execute(_TABLES)
    async with owner_of(database, "parents", "children") as dsn, workbench(database, tmp_path, dsn=dsn) as bench:
        chosen = await bench.plan("ck", option)
        await _with_two(bench)
        ended = await bench.carry_out(chosen)
        good(ended)
        tried = [each for each in ended.verification if "deleting a referenced row" in each.check]
        assert [each.ok for each in tried] == ([True] if option == "no-action" else [None])
        assert all("too many connections" in each.detail for each in tried if each.ok is None)


async def test_a_change_that_fails_is_said_to_have_changed_nothing_where_no_other_connection_is_left(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    async with owner_of(database, "parents", "children") as dsn, workbench(database, tmp_path, dsn=dsn) as bench:
        chosen = await bench.plan("ck", "no-action")
        await database.execute("begin; lock table children in access share mode")
        await _with_two(bench)
        ended = await bench.carry_out(chosen)
        await database.execute("rollback")
        assert (ended.outcome, ended.exit_code) == (RunOutcome.ROLLED_BACK, 4), ended.message
        assert "Nothing was changed" in ended.next_step
