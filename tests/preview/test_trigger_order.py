"""Which of two keys refuses first, where their triggers' names do not sort as their numbers do.

PostgreSQL names the triggers of a foreign key after an OID and fires them in the order of their names
("Overview of Trigger Behavior"): that of 100000 comes before that of 99999.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fkdash.preview.model import Verdict
from tests.preview.agree import differences, predict
from tests.preview.reality import run_delete
from tests.support.servers import TestDatabase, fresh_database, running_server, versions_under_test

_SIX_DIGITS = 100_000
_AT_ONCE = 1_000


@pytest.fixture
async def untouched() -> AsyncIterator[TestDatabase]:
    """A database on a server of its own: numbers are used up for good."""
    with running_server(versions_under_test()[-1]) as server:
        async with fresh_database(server) as made:
            yield made


async def test_the_keys_of_a_delete_fire_in_the_order_of_names_not_of_numbers(untouched: TestDatabase) -> None:
    database = untouched
    await database.execute(
        "CREATE SCHEMA f; SET search_path = f; CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);"
        "CREATE TABLE c (gone int REFERENCES p ON DELETE CASCADE, kept int); INSERT INTO c VALUES (1, 1)"
    )
    await _use_up_five_digits(database)
    await database.execute("ALTER TABLE c ADD FOREIGN KEY (kept) REFERENCES p ON DELETE RESTRICT")
    connection = await database.connection()
    predicted = await predict(connection, "f", "p", "true")
    truth = await run_delete(connection, "DELETE FROM p WHERE true", [], effects=False)
    assert differences(predicted, truth, {}) == []
    assert predicted.verdict is Verdict.BLOCKED, "by their numbers the row would be gone before it is asked for"


async def _use_up_five_digits(database: TestDatabase) -> None:
    """Use up numbers; a large object uses up one."""
    while (last := await database.value("SELECT lo_create(0)::int8")) < _SIX_DIGITS:
        left = min(_AT_ONCE, _SIX_DIGITS - last)
        await database.value("SELECT count(lo_create(0)) FROM generate_series(1, $1)", left)
