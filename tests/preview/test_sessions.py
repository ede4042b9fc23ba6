"""Previews through the pool that operators use: read-only, with the privileges of a role that may only look."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fkdash.catalog.table_name import TableName
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import NotPermittedError
from fkdash.preview.model import DeleteTarget, Limits, Preview, Verdict
from fkdash.preview.preview import preview
from tests.support.servers import TestDatabase

SCHEMA = """
    CREATE TABLE p(id int PRIMARY KEY);
    CREATE TABLE c(id int, p int CONSTRAINT c_p REFERENCES p ON DELETE SET NULL, CHECK (p IS NOT NULL OR id > 0));
    INSERT INTO p VALUES (1), (2);
    INSERT INTO c VALUES (1, 1), (-1, 1), (2, 2);
    DROP ROLE IF EXISTS looker;
    CREATE ROLE looker LOGIN;
    GRANT SELECT ON p TO looker;
"""


@pytest.fixture
async def looking(database: TestDatabase) -> AsyncIterator[ReadPool]:
    """A pool of a role that may read p, and nothing else."""
    await database.execute(SCHEMA)
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn.replace("postgres@", "looker@")), {}))
    yield pool
    await pool.close()
    await database.execute("DROP OWNED BY looker; DROP ROLE looker")


async def _preview(pool: ReadPool, target: DeleteTarget) -> Preview:
    async with pool.session() as session:
        return await preview(session, target, Limits())


async def test_a_role_that_may_only_read_gets_the_whole_answer(looking: ReadPool, database: TestDatabase) -> None:
    await database.execute("GRANT SELECT ON c TO looker")
    found = await _preview(looking, DeleteTarget(TableName("public", "p"), keys=({"id": 1},)))
    assert found.verdict is Verdict.BLOCKED
    assert [(blocker.sqlstate, blocker.rows) for blocker in found.blockers] == [("23514", 1)]
    assert {effect.table.name: (effect.deleted, effect.set_null) for effect in found.effects} == {
        "p": (1, 0),
        "c": (0, 2),
    }


async def test_a_condition_finds_what_the_role_finds(looking: ReadPool, database: TestDatabase) -> None:
    await database.execute("GRANT SELECT ON c TO looker")
    found = await _preview(
        looking, DeleteTarget(TableName("public", "p"), condition="id IN (SELECT c.p FROM c WHERE c.id < 0)")
    )
    assert found.target_rows == 1


async def test_a_table_the_role_may_not_read_makes_it_unknown_and_is_named(looking: ReadPool) -> None:
    found = await _preview(looking, DeleteTarget(TableName("public", "p"), keys=({"id": 1},)))
    assert found.verdict is Verdict.UNKNOWN
    assert "public.c" in found.notes[0]


async def test_the_target_itself_must_be_readable(looking: ReadPool) -> None:
    with pytest.raises(NotPermittedError):
        await _preview(looking, DeleteTarget(TableName("public", "c"), condition="id = 1"))


async def test_a_type_the_role_may_not_use_makes_it_unknown(looking: ReadPool, database: TestDatabase) -> None:
    await database.execute("CREATE SCHEMA closed; CREATE TYPE closed.mood AS ENUM ('fine')")
    await database.execute("CREATE TABLE q(m closed.mood PRIMARY KEY); CREATE TABLE d(m closed.mood REFERENCES q)")
    await database.execute("INSERT INTO q VALUES ('fine'); GRANT SELECT ON q, d TO looker")
    found = await _preview(looking, DeleteTarget(TableName("public", "q"), keys=({"m": "fine"},)))
    assert found.verdict is Verdict.UNKNOWN
    assert "closed" in found.notes[0]


async def test_a_role_that_may_not_delete_is_told_whom_the_answer_is_for(
    looking: ReadPool, database: TestDatabase
) -> None:
    await database.execute("GRANT SELECT ON c TO looker")
    target = DeleteTarget(TableName("public", "p"), condition="id = 2")
    assert "may not delete" in (await _preview(looking, target)).notes[-1]
    await database.execute("GRANT DELETE ON p TO looker")
    assert (await _preview(looking, target)).notes == ()


async def test_row_level_security_that_hides_rows_makes_it_unknown(
    looking: ReadPool, database: TestDatabase
) -> None:
    await database.execute("GRANT SELECT ON c TO looker; ALTER TABLE c ENABLE ROW LEVEL SECURITY")
    found = await _preview(looking, DeleteTarget(TableName("public", "p"), keys=({"id": 1},)))
    assert found.verdict is Verdict.UNKNOWN
    assert "Row-level security" in found.notes[0]


async def test_row_level_security_on_the_target_makes_it_unknown(
    looking: ReadPool, database: TestDatabase
) -> None:
    await database.execute("GRANT SELECT ON c TO looker; ALTER TABLE p ENABLE ROW LEVEL SECURITY")
    await database.execute("CREATE POLICY visible ON p USING (id = 2)")
    found = await _preview(looking, DeleteTarget(TableName("public", "p")))
    assert found.verdict is Verdict.UNKNOWN


REFUSED = """
    CREATE ROLE "ow'n\"\"er";
    CREATE FUNCTION tidy(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END';
    ALTER TABLE c ADD CONSTRAINT tidied CHECK (tidy(id));
    REVOKE EXECUTE ON FUNCTION tidy FROM PUBLIC;
    CREATE SCHEMA "ow'n\"\"er" AUTHORIZATION "ow'n\"\"er"; -- in the owner's search_path the name means another function
    CREATE FUNCTION "ow'n\"\"er".tidy(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
    ALTER FUNCTION "ow'n\"\"er".tidy OWNER TO "ow'n\"\"er";
    GRANT SELECT ON c TO looker; ALTER TABLE c OWNER TO "ow'n\"\"er";
"""


@pytest.fixture
async def refused(looking: ReadPool, database: TestDatabase) -> AsyncIterator[ReadPool]:
    """The pool of the role that may only look, with a CHECK on c whose function the owner of c may not execute."""
    await database.execute(REFUSED)
    yield looking
    await database.execute('DROP TABLE c; DROP OWNED BY "ow\'n""er" CASCADE; DROP ROLE "ow\'n""er"')


@pytest.mark.usefixtures("refused")
async def test_a_function_that_the_owner_may_not_execute_is_named(database: TestDatabase) -> None:
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    try:
        found = await _preview(pool, DeleteTarget(TableName("public", "p"), keys=({"id": 2},)))
    finally:
        await pool.close()
    assert found.verdict is Verdict.BLOCKED
    assert found.exact
    assert [(blocker.constraint, blocker.sqlstate, blocker.rows) for blocker in found.blockers] == [
        ("tidied", "42501", 1)
    ]
    assert found.notes == (
        "The action runs as ow'n\"er, who may not execute public.tidy(integer) in CHECK tidied on public.c.",
    )


async def test_a_session_that_may_not_act_as_the_owner_does_not_claim_what_planning_leaves_of_a_check(
    refused: ReadPool,
) -> None:
    found = await _preview(refused, DeleteTarget(TableName("public", "p"), keys=({"id": 2},)))
    assert found.verdict is Verdict.UNKNOWN
    assert "may not execute public.tidy(integer) in CHECK tidied on public.c" in found.notes[0]


async def test_a_locked_table_on_the_way_makes_the_answer_unknown_and_is_named(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p_id int REFERENCES p ON DELETE CASCADE);"
        "INSERT INTO p VALUES (1)"
    )
    await database.execute("BEGIN; LOCK TABLE c IN ACCESS EXCLUSIVE MODE")
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    try:
        found = await _preview(pool, DeleteTarget(TableName("public", "p"), keys=({"id": 1},)))
    finally:
        await pool.close()
    assert found.verdict is Verdict.UNKNOWN
    assert "ACCESS EXCLUSIVE on public.c is held" in found.notes[0]
