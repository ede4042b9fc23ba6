"""What is very many of one thing takes no more waits than a few of it; a way through many tables one for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fkdash.catalog.table_name import TableName
from fkdash.checking.database import CheckOptions, check
from fkdash.db.pool import Limits as PoolLimits
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.preview.model import DeleteTarget, Limits, Verdict
from fkdash.preview.preview import preview
from tests.support import odd_sizes
from tests.support.servers import TestDatabase
from tests.support.slow_link import slow_link

pytestmark = pytest.mark.newest_version


@pytest.mark.parametrize(
    ("shape", "few", "many", "for_each"),
    [
        pytest.param(odd_sizes.partitions, 3, 40, 0, id="partitions"),
        pytest.param(odd_sizes.chain, 3, 40, 1, id="chain"),
        pytest.param(odd_sizes.cycle, 3, 20, 1, id="cycle"),
        pytest.param(odd_sizes.keys, 3, 80, 0, id="keys"),
        pytest.param(odd_sizes.columns, 3, 1600, 0, id="columns"),
    ],
)
async def test_many_take_hardly_more_waits_than_few(
    database: TestDatabase, shape: Callable[[int], Iterator[str]], few: int, many: int, for_each: int
) -> None:
    table = "t0" if shape in {odd_sizes.chain, odd_sizes.cycle} else "p"
    verdict = Verdict.BLOCKED if shape is odd_sizes.columns else Verdict.ALLOWED
    waits = []
    for schema, number in (("few", few), ("many", many)):
        await database.execute(f"create schema {schema}")
        await database.execute(f"set search_path = {schema};" + ";".join(shape(number)))
        async with slow_link(database.socket_directory, 0.0) as link:
            pool = await ReadPool.open(
                resolve(ConnectionArguments(dsn=link.dsn(database.name)), {}), limits=PoolLimits(connections=1)
            )
            try:
                async with pool.session() as session:
                    target = DeleteTarget(TableName(schema, table), condition="id = 1")
                    assert (await preview(session, target, Limits())).verdict is verdict
                waits.append(link.waits)
                await check(pool, CheckOptions())
                waits.append(link.waits - waits[-1])
            finally:
                await pool.close()
    previews, checks = waits[::2], waits[1::2]
    assert previews[1] <= previews[0] + for_each * (many - few) + 3, waits
    assert checks[1] <= checks[0] + 3, waits
