"""Questions that go out together: their arguments mean what they say, and an error or a cancellation is everybody's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fkdash.db.at_once import at_once
from fkdash.db.batches import with_arguments
from fkdash.db.literals import literal
from fkdash.db.pool import ReadPool
from fkdash.errors import ServerRefusedError, TimedOutError
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version
_ODD = ["", "'", "\\", "\n", "\r", "a\nb\\'\"$1--", "{,}", "NULL", "ünï€𝄞", "\t\x01\x7f", "$1", "%s"]


async def test_every_argument_arrives_as_it_is(pool: ReadPool) -> None:
    async with pool.session() as session:
        for text in _ODD:
            [row] = await session.asked(
                "select $1::text as one, $2::text[] as many -- $1 is a text", text, [text, None]
            )
            assert (row["one"], row["many"], row[0]) == (text, [text, None], text)
        [row] = await session.asked(
            "select $1::int as a, $2::bool as b, $3::int8[] as c, $4::text as d", -1, True, [2], None
        )
        assert (row["a"], row["b"], row["c"], row["d"]) == (-1, True, [2], None)


async def test_a_session_of_any_setting_reads_the_same_arguments(pool: ReadPool) -> None:
    async with pool.session() as session:
        await session.execute("set local standard_conforming_strings = off")
        for text in _ODD:
            assert (await session.asked("select $1::text as one", text))[0]["one"] == text


@given(st.text(), st.text())
@settings(max_examples=200)
def test_an_argument_is_put_in_no_string_name_or_comment(text: str, other: str) -> None:
    before = f'select {literal(text)}, "' + text.replace('"', '""') + '"'
    line = "-- $1 " + text.replace("\n", " ").replace("\r", " ")
    sql = f"{before}\n{line}\n"
    assert with_arguments(sql, [other]) == sql
    assert "\n" not in with_arguments("$1", [other])


async def test_what_is_asked_at_the_same_time_is_one_statement(pool: ReadPool) -> None:
    async with pool.session() as session:
        asked = "select $1::int as n, pg_catalog.statement_timestamp()::text as at"
        rows = await asyncio.gather(*(session.asked(asked, number) for number in range(20)))
        assert [row[0]["n"] for row in rows] == list(range(20))
        assert len({row[0]["at"] for row in rows}) == 1


async def test_an_error_of_one_is_the_error_of_all_and_the_next_session_works(pool: ReadPool) -> None:
    async def asking() -> None:
        async with pool.session() as session, at_once() as group:
            group.create_task(session.asked("select 1 as one"))
            group.create_task(session.asked("select 1 / 0 as none"))

    with pytest.raises(ServerRefusedError, match="22012"):
        await asking()
    async with pool.session() as session:
        assert (await session.asked("select 1 as one"))[0]["one"] == 1


async def test_nobody_waiting_ends_the_statement_on_the_server(
    pool: ReadPool,
    database: TestDatabase,
    eventually: Any,  # noqa: ANN401 - a fixture
) -> None:
    async def asking() -> None:
        async with pool.session() as session:
            await session.asked("select pg_catalog.pg_sleep(60)::text as marked_for_the_test")

    running = "select count(*) from pg_stat_activity where state = 'active' and query like '%marked_for_the_test%' and pid <> pg_backend_pid()"
    task = asyncio.create_task(asking())

    async def runs() -> bool:
        return bool(await database.value(running) == 1)

    async def ended() -> bool:
        return bool(await database.value(running) == 0)

    await eventually(runs)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await eventually(ended)


async def test_one_by_one_has_an_answer_or_a_refusal_for_each_and_keeps_what_came_before_the_limit(
    pool: ReadPool, database: TestDatabase
) -> None:
    await database.execute("create table hidden (id int); create table \"a $1 'q' $$ %\" (id int)")
    answers: dict[int, Mapping[str, Any]] = {}
    refused: dict[int, str] = {}
    queries = [
        "select 1 as n, 'it''s \\ % $fkdash$' as t",
        "select 1 / 0 as n",
        "select count(*) as n from public.\"a $1 'q' $$ %\"",
        "select count(*) as n from public.missing",
    ]
    async with pool.session() as session:
        await session.one_by_one(queries, answers.__setitem__, refused.__setitem__)
        assert answers == {0: {"n": 1, "t": "it's \\ % $fkdash$"}, 2: {"n": 0}}
        assert "division by zero" in refused[1]
        assert "missing" in refused[3]
    answers.clear()
    with pytest.raises(TimedOutError):
        async with pool.session(0.5) as session:
            await session.one_by_one(
                ["select 1 as n", "select pg_catalog.pg_sleep(5)::text as n", "select 3 as n"],
                answers.__setitem__,
                refused.__setitem__,
            )
    assert answers == {0: {"n": 1}}
