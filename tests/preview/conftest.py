"""A database that the many small tests of this room share, because making one takes longer than a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest

from tests.preview.experiments import EXPERIMENTS, Experiment
from tests.support.servers import EMBEDDED_VERSIONS, TestDatabase, TestServer, versions_under_test

_NAME = "shared_by_previews"


@pytest.fixture(scope="module")
def shared_name(server: TestServer) -> Iterator[str]:
    """The name of a database of its own for this module."""
    # In a thread: the tests' own event loop belongs to this one.
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(asyncio.run, _administer(server, f"CREATE DATABASE {_NAME} TEMPLATE template0")).result()
        yield _NAME
        elsewhere.submit(asyncio.run, _administer(server, f"DROP DATABASE {_NAME} WITH (FORCE)")).result()


@pytest.fixture
async def shared_database(server: TestServer, shared_name: str) -> AsyncIterator[TestDatabase]:
    """The module's database without the schemas that earlier tests made."""
    database = TestDatabase(server, shared_name)
    await database.execute('DROP SCHEMA IF EXISTS f, s1, "S 2", g CASCADE')
    await database.execute("DROP PUBLICATION IF EXISTS changes, whole")
    yield database
    await database.close()


async def _administer(server: TestServer, statement: str) -> None:
    connection = await asyncpg.connect(server.dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Thin out what versions hardly change.

    The random deletes run on every version, and the many more of them on the embedded ones only; an experiment runs
    on the newest, and on one of the others.
    """
    others = versions_under_test()[:-1]
    numbers = {experiment.name: number for number, experiment in enumerate(EXPERIMENTS)}
    items[:] = [
        item for item in items if not _is_one_of_many_more(item) and not _runs_elsewhere(item, others, numbers)
    ]


def _runs_elsewhere(item: pytest.Item, others: Sequence[int], numbers: Mapping[str, int]) -> bool:
    """Tell whether an experiment runs on another of the older versions than this one."""
    experiment, version = _parameters(item).get("experiment"), _parameters(item).get("server")
    if not isinstance(experiment, Experiment) or version not in others:
        return False
    return others[numbers[experiment.name] % len(others)] != version


def _is_one_of_many_more(item: pytest.Item) -> bool:
    first = _parameters(item).get("first")
    return isinstance(first, int) and first > 1 and _parameters(item).get("server") not in EMBEDDED_VERSIONS


def _parameters(item: pytest.Item) -> Mapping[str, object]:
    return item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
