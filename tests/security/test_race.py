"""What no check of the catalog can close: something planted between the check and the read. See SECURITY.md.

Raw statements, as no command of fkdash is needed for it: this is a property of PostgreSQL, kept here so that the
day on which it no longer holds is noticed.
"""

from __future__ import annotations

import asyncpg

from tests.security.stage import PLANTER, SUPERUSER, Stage, stage_for
from tests.support.servers import TestServer

_TABLES = """
SET search_path = public, pg_catalog;
CREATE TABLE race (id int, v int);
INSERT INTO race VALUES (1, 1);
CREATE TABLE grown (id int, v int) PARTITION BY RANGE (id);
CREATE TABLE grown_later (id int, v int);
INSERT INTO grown_later VALUES (1, 1);
CREATE INDEX ON grown_later ((v + evil.imm('attached')));
GRANT SELECT ON race, grown, grown_later TO public
"""
_PLANTED_MEANWHILE = (
    "CREATE INDEX ON public.race ((v + evil.imm('built meanwhile')))",
    "ALTER TABLE public.grown ATTACH PARTITION public.grown_later DEFAULT",
)
_CHECK = "SELECT count(*) FROM pg_index WHERE indrelid IN ('public.race'::regclass, 'public.grown'::regclass)"


async def _lost(stage: Stage, role: str) -> set[str]:
    """Check the catalog, let mallory plant, read what was checked; gives what ran."""
    looking = await asyncpg.connect(stage.dsn(role))
    planting = await asyncpg.connect(stage.dsn(PLANTER))
    try:
        await looking.execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp;"
            "LOCK TABLE public.race, public.grown IN ACCESS SHARE MODE"
            if role == SUPERUSER
            else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp"
        )
        assert await looking.fetchval(_CHECK) == 0
        for statement in _PLANTED_MEANWHILE:
            await planting.execute(statement)
        stage.ran()
        assert await looking.fetchval(_CHECK) == 0, "the snapshot does not show what the planner uses"
        await looking.execute("SELECT count(*) FROM public.race")
        await looking.execute("SELECT count(*) FROM public.grown")
        ran = stage.ran()
        assert all(role in each.reached for each in ran)
        return {each.tag for each in ran}
    finally:
        await looking.close()
        await planting.close()


async def test_what_is_planted_between_the_check_and_the_read_runs_even_under_a_lock(server: TestServer) -> None:
    async with stage_for(server, ()) as stage:
        await _make(stage)
        assert await _lost(stage, SUPERUSER) == {"built meanwhile", "attached"}


async def test_a_login_without_rights_of_its_own_loses_the_race_and_gives_the_planter_nothing_more(
    server: TestServer,
) -> None:
    async with stage_for(server, ()) as stage:
        await _make(stage)
        await stage.database.execute(f"CREATE ROLE {_LOOK} LOGIN" if not await _exists(stage) else "SELECT 1")
        looking = await asyncpg.connect(stage.dsn(_LOOK))
        planting = await asyncpg.connect(stage.dsn(PLANTER))
        try:
            await looking.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            await looking.fetchval("SELECT 1")
            await planting.execute(_PLANTED_MEANWHILE[0])
            stage.ran()
            await looking.execute("SELECT count(*) FROM public.race")
            [ran] = stage.ran()
            assert (ran.reached, ran.program) == ((_LOOK,), False)
        finally:
            await looking.close()
            await planting.close()


_LOOK = "only_looks"


async def _exists(stage: Stage) -> bool:
    return bool(await stage.database.value("SELECT count(*) FROM pg_roles WHERE rolname = $1", _LOOK))


async def _make(stage: Stage) -> None:
    planting = await asyncpg.connect(stage.dsn(PLANTER))
    try:
        await planting.execute(_TABLES)
    finally:
        await planting.close()
    stage.ran()
