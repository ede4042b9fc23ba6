"""Rows that refer to a period are moved and come back where rows cover it: one that overlaps it is not enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.apply.proof.preflight import may_start
from tests.support.changes import Workbench, good, workbench
from tests.support.servers import TestDatabase

_TABLES = """
create table rooms (id int4range, during daterange, primary key (id, during without overlaps));
create table stays (id int primary key, room int4range, during daterange,
  constraint sk foreign key (room, period during) references rooms (id, period during));
insert into rooms values ('[1,2)', '[2020-01-01,2021-01-01)'), ('[1,2)', '[2021-01-01,2022-01-01)'),
  ('[2,3)', '[2020-01-01,2020-07-01)'), ('[2,3)', '[2020-07-01,2025-01-01)');
insert into stays values (1, '[1,2)', '[2020-03-01,2020-04-01)'), (2, '[1,2)', '[2020-11-01,2021-03-01)');
"""
_OF = ["id=[1,2),during=[2020-01-01,2021-01-01)"]
_STAYS = "select array_agg(format('%s %s', room, during) order by id) from stays"


def under_test(database: TestDatabase) -> None:
    if database.version < 18:
        pytest.skip("PERIOD came with 18")


@pytest.mark.newest_version
@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("move-blockers", ["room=[2,3)", "during=[2020-05-01,2020-09-01)"]),
        ("null-blockers", []),
        ("delete-blockers", []),
    ],
)
async def test_rows_come_back_whose_whole_period_is_covered_and_the_others_stay_kept(
    database: TestDatabase, tmp_path: Path, option: str, words: list[str]
) -> None:
    under_test(database)
    await database.execute(_TABLES)
    async with workbench(database, tmp_path) as bench:
        before = await database.value(_STAYS)
        ended = await bench.apply_of("sk", option, of=_OF, words=words)
        good(ended)
        good(await bench.undo(ended))
        assert await database.value(_STAYS) == before
        ended = await bench.apply_of("sk", option, of=_OF, words=words)
        good(ended)
        await database.execute(
            "update rooms set during = '[2020-03-15,2021-01-01)' where during = '[2020-01-01,2021-01-01)'"
        )
        good(await bench.undo(ended))
        assert await _kept(bench) == 1
        assert await database.value("select during from stays where id = 2 and room = '[1,2)'") is not None


@pytest.mark.newest_version
async def test_rows_are_moved_to_no_period_that_rows_do_not_cover(database: TestDatabase, tmp_path: Path) -> None:
    under_test(database)
    await database.execute(_TABLES)
    async with workbench(database, tmp_path) as bench:
        words = ["room=[2,3)", "during=[2024-12-01,2025-02-01)"]
        lines = await bench.preflight(await bench.plan("sk", "move-blockers", of=_OF, words=words))
        assert not may_start(lines)
        assert any("rooms has no row id = [2,3), during = [2024-12-01,2025-02-01)" in each.what for each in lines)


async def _kept(bench: Workbench) -> int:
    name = "select oid::regclass from pg_class where relkind = 'r' and relname like 'fkdash_blockers%'"
    return int(await bench.database.value(f"select count(*) from {await bench.database.value(name)}"))
