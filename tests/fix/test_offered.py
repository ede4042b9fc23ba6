"""What is offered can work: an index that is used, an action that nothing else refuses, in the turn it really has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import asyncpg
import pytest

from fkdash.catalog.action import Statement
from fkdash.catalog.names import find_foreign_key
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.fix.fix_for import anything_about
from fkdash.fix.planner import plan
from fkdash.preview.model import DeleteTarget, Limits, Verdict
from fkdash.report.preview.what_if import what_if
from tests.fix.test_promises import offered_for
from tests.support.looking import reading

if TYPE_CHECKING:
    from tests.support.servers import TestDatabase


@pytest.mark.parametrize(
    ("own", "theirs", "refused"),
    [
        ("char(3)", "text", "an index on pid would not be used: each look-up casts it from character(3) to text"),
        ("int", "numeric", "an index on pid would not be used: each look-up casts it from integer to numeric"),
        ("varchar(3)", "text", ""),
        ("smallint", "bigint", ""),
    ],
)
async def test_an_index_is_offered_only_where_it_serves_the_key(
    database: TestDatabase, own: str, theirs: str, refused: str
) -> None:
    await database.execute(f"""
        CREATE TABLE p (id {theirs} PRIMARY KEY);
        CREATE TABLE c (pid {own} CONSTRAINT c_p REFERENCES p ON DELETE CASCADE);
        INSERT INTO p SELECT g FROM generate_series(1, 900) g; INSERT INTO c SELECT g FROM generate_series(1, 900) g;
    """)
    offered = (await offered_for(database, "c_p"))["create-index"]
    assert offered.refused == refused
    await database.execute("CREATE INDEX ON c (pid); ANALYZE c")
    read = "SELECT idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'c'"
    async with (await database.connection()).transaction():
        await database.execute("SET LOCAL enable_seqscan = off; DELETE FROM p WHERE id = '7'")
        assert bool(await database.value(read)) is not bool(refused)


@pytest.mark.parametrize("option", ["set-null", "set-default"])
async def test_an_action_that_breaks_another_key_of_the_same_columns_is_refused(
    database: TestDatabase, option: str
) -> None:
    await database.execute("""
        CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE elsewhere (x int, y int, PRIMARY KEY (x, y));
        CREATE TABLE c (
            pid int CONSTRAINT c_p REFERENCES p, y int,
            CONSTRAINT whole FOREIGN KEY (pid, y) REFERENCES elsewhere MATCH FULL);
        INSERT INTO p VALUES (1); INSERT INTO elsewhere VALUES (1, 1); INSERT INTO c VALUES (1, 1);
    """)
    assert "MATCH FULL" in (await offered_for(database, "c_p", anything=True))[option].refused
    action = option.replace("-", " ")
    await database.execute(
        f"ALTER TABLE c DROP CONSTRAINT c_p, ADD FOREIGN KEY (pid) REFERENCES p ON DELETE {action}"
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError, match='violates foreign key constraint "whole"'):
        await database.execute("DELETE FROM p")


async def test_a_key_with_another_on_update_is_previewed_as_acting_after_those_that_were_there(
    database: TestDatabase,
) -> None:
    await database.execute("""
        CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE c (pid int CONSTRAINT takes REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
        ALTER TABLE c ADD CONSTRAINT holds FOREIGN KEY (pid) REFERENCES p;
        INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);
    """)
    async with reading(database) as pool:
        catalog = await read_whole_catalog(pool)
        subject = replace(anything_about(find_foreign_key(catalog, "takes")), statements=(Statement.UPDATE,))
        made = plan(catalog, subject, "no-action")
        target = DeleteTarget(made.key.referenced, condition="true")
        today, then = [each.preview async for each in what_if(pool, catalog, target, [made], Limits(seconds=9))]
    assert (today.verdict, then.verdict) == (Verdict.ALLOWED, Verdict.BLOCKED)
    for step in made.steps:
        await database.execute(step.sql)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match='constraint "holds"'):
        await database.execute("DELETE FROM p")
