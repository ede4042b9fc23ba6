"""The garbage collector rests while a catalog is made, and is as it was afterwards."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from fkdash.catalog.garbage_collection import collector_at_rest
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.fix.options import options
from fkdash.rules.registry import findings
from fkdash.tui.knowledge import read_knowledge
from tests.support.servers import TestDatabase


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    was_enabled = gc.isenabled()
    yield
    gc.unfreeze()
    (gc.enable if was_enabled else gc.disable)()


def test_it_rests_and_comes_back_whatever_happens() -> None:
    gc.enable()
    enabled: list[bool] = []

    def fail() -> None:
        with collector_at_rest():
            enabled.append(gc.isenabled())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [*enabled, gc.isenabled()] == [False, True]


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with collector_at_rest():
        pass
    assert not gc.isenabled()


def test_very_many_objects_are_never_walked_again_and_few_are() -> None:
    gc.enable()
    with collector_at_rest():
        few: list[list[int]] = [[] for _ in range(1_000)]
    assert gc.get_freeze_count() == 0
    with collector_at_rest():
        many: list[list[int]] = [[] for _ in range(200_000)]
    assert gc.get_freeze_count() > len(many)
    assert len(few) == 1_000


async def test_a_catalog_that_was_judged_is_freed_as_soon_as_it_is_let_go(incident_database: TestDatabase) -> None:
    gc.disable()
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=incident_database.dsn), {}))
    try:
        knowledge = await read_knowledge(pool)
        catalog = knowledge.catalog
        offered = {finding.key.name: options(catalog, finding) for finding in findings(catalog)}
    finally:
        await pool.close()
    assert any(offered.values())
    let_go = weakref.ref(catalog)
    del knowledge, catalog
    assert let_go() is None
