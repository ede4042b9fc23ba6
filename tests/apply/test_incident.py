"""The incident, from the first look to the verified fix, without a face: what both faces stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from fkdash.apply.events import Event, RunEnded, RunOutcome
from fkdash.apply.journal.journal import Journal, read
from fkdash.apply.proof.preflight import may_start, preflight
from fkdash.apply.run.run import Patience, Run
from fkdash.catalog.model import Catalog
from fkdash.catalog.postgres.read import read_catalog
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.db.writing import open_writer
from fkdash.fix.options import options
from fkdash.fix.planner import plan
from fkdash.preview.rows.blocked import BlockedRow, RowIdentity, blocked_rows, blocking_rows, impact
from fkdash.rules.finding import Finding
from fkdash.rules.registry import findings, rule
from tests.support.servers import TestDatabase

KEY = "users_primary_workspace_id_workspaces_id_fk"


@dataclass(frozen=True)
class Scene:
    database: TestDatabase
    pool: ReadPool
    catalog: Catalog
    finding: Finding


@asynccontextmanager
async def looking_at_all(database: TestDatabase) -> AsyncIterator[Catalog]:
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    try:
        async with pool.session() as session:
            yield await read_catalog(session)
    finally:
        await pool.close()


@asynccontextmanager
async def looking_at(database: TestDatabase) -> AsyncIterator[Scene]:
    target = resolve(ConnectionArguments(dsn=database.dsn), {})
    pool = await ReadPool.open(target)
    try:
        async with pool.session() as session:
            catalog = await read_catalog(session)
        found = [each for each in findings(catalog, [rule("FK101")]) if each.key.name == KEY]
        yield Scene(database, pool, catalog, found[0])
    finally:
        await pool.close()


async def carry_out(scene: Scene, option: str, folder: Path) -> RunEnded:
    heard: list[Event] = []
    chosen = plan(scene.catalog, scene.finding, option)
    with Journal.create(chosen.key.qualified, folder=folder) as journal:
        async with open_writer(scene.pool.target) as writer:
            lines = await preflight(scene.pool, writer, scene.catalog, chosen, seconds=10)
            assert may_start(lines), lines
            run = Run(
                writer, scene.pool, scene.catalog, chosen, journal, heard.append, patience=Patience(3, 0.01, 0.02)
            )
            ended = await run.carry_out()
    assert heard[-1] == ended
    return ended


async def sqlstate_of_delete(database: TestDatabase, *, referenced: bool) -> str:
    exists = "exists" if referenced else "not exists"
    connection = await database.connection()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(
            "delete from workspaces where id = (select id from workspaces w where "
            f"{exists} (select from users u where u.primary_workspace_id = w.id) limit 1)"
        )
    except asyncpg.PostgresError as error:
        return error.sqlstate or ""
    finally:
        await transaction.rollback()
    return "00000"


async def definition_of(database: TestDatabase) -> tuple[str, bool, bool]:
    rows = await database.fetch(
        "select confdeltype::text, convalidated, attnotnull from pg_constraint join pg_attribute "
        "on attrelid = conrelid and attnum = conkey[1] where conname = $1",
        KEY,
    )
    return tuple(rows[0])


async def test_the_one_biting_contradiction_is_found_and_counted(incident_database: TestDatabase) -> None:
    async with looking_at(incident_database) as scene:
        held = await impact(scene.pool, scene.catalog, scene.finding.key, seconds=10)
        truth = await incident_database.fetch(
            "select count(distinct primary_workspace_id), count(*) from users where primary_workspace_id is not null"
        )
        assert (held.referenced_rows, held.blocking_rows, held.state) == (*truth[0], "biting")
        assert held.all_rows == await incident_database.value("select count(*) from workspaces")


async def test_blocked_rows_come_largest_first_and_pages_join_without_gap(incident_database: TestDatabase) -> None:
    async with looking_at(incident_database) as scene, scene.pool.session() as session:
        key = scene.finding.key
        seen: list[BlockedRow] = []
        after: BlockedRow | None = None
        while True:
            page = await blocked_rows(session, scene.catalog, key, ("name",), after=after, limit=50)
            seen += page.items
            if not page.more:
                break
            after = page.items[-1]
        truth = await incident_database.fetch(
            "select w.id::text, w.name, count(*) as n from workspaces w join users u on u.primary_workspace_id = w.id "
            "group by w.id order by n desc, w.id"
        )
    assert [(*item.row.key, *item.row.labels, item.blocking_rows) for item in seen] == [
        tuple(row) for row in truth
    ]


async def test_the_rows_that_block_one_row_are_paged_by_their_key(incident_database: TestDatabase) -> None:
    async with looking_at(incident_database) as scene, scene.pool.session() as session:
        key = scene.finding.key
        largest = (await blocked_rows(session, scene.catalog, key, (), limit=1)).items[0]
        seen: list[RowIdentity] = []
        after: RowIdentity | None = None
        while True:
            page = await blocking_rows(
                session, scene.catalog, key, largest.row, ("email",), after=after, limit=500
            )
            seen += page.items
            if not page.more:
                break
            after = page.items[-1]
        truth = await incident_database.fetch(
            "select id::text, email from users where primary_workspace_id = $1::text::uuid order by id",
            *largest.row.key,
        )
    assert len(seen) == largest.blocking_rows
    assert [(*item.key, *item.labels) for item in seen] == [tuple(row) for row in truth]


async def test_option_a_makes_deletes_fail_cleanly_and_is_verified(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    assert await sqlstate_of_delete(incident_database, referenced=True) == "23502"
    async with looking_at(incident_database) as scene:
        ended = await carry_out(scene, "no-action", tmp_path)
    assert (ended.outcome, [each for each in ended.verification if not each.ok]) == (RunOutcome.VERIFIED, [])
    assert await definition_of(incident_database) == ("a", True, True)
    assert await sqlstate_of_delete(incident_database, referenced=True) == "23503"
    assert await sqlstate_of_delete(incident_database, referenced=False) == "00000"
    async with looking_at_all(incident_database) as after:
        assert KEY not in {each.key.name for each in findings(after, [rule("FK101")])}


async def test_option_b_lets_the_column_be_null_and_is_verified(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    async with looking_at(incident_database) as scene:
        ended = await carry_out(scene, "drop-not-null", tmp_path)
    assert (ended.outcome, [each for each in ended.verification if not each.ok]) == (RunOutcome.VERIFIED, [])
    assert await definition_of(incident_database) == ("n", True, False)
    assert await sqlstate_of_delete(incident_database, referenced=True) == "00000"


@pytest.mark.parametrize(("option", "letter"), [("restrict", "r"), ("cascade", "c")])
async def test_the_other_actions_are_declared_and_verified(
    incident_database: TestDatabase, tmp_path: Path, option: str, letter: str
) -> None:
    async with looking_at(incident_database) as scene:
        ended = await carry_out(scene, option, tmp_path)
    assert (ended.outcome, [each for each in ended.verification if each.ok is False]) == (RunOutcome.VERIFIED, [])
    assert await definition_of(incident_database) == (letter, True, True)


async def test_the_journal_holds_the_way_back_before_the_first_statement(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    async with looking_at(incident_database) as scene:
        ended = await carry_out(scene, "no-action", tmp_path)
    lines = read(ended.journal)
    assert [line.event for line in lines] == [
        "plan", "step-started", "committing", "step-done", "step-started", "committing", "step-done", "ended",
    ]  # fmt: skip
    assert "ON DELETE SET NULL" in lines[0].facts["plan"]["undo"][0]
    assert ended.journal.stat().st_mode & 0o777 == 0o600


async def test_the_options_say_what_each_would_mean(incident_database: TestDatabase) -> None:
    async with looking_at(incident_database) as scene:
        offered = {option.id: option for option in options(scene.catalog, scene.finding)}
    assert list(offered) == ["no-action", "drop-not-null", "restrict", "cascade"]
    assert not any(option.refused for option in offered.values())
    assert [name for name, option in offered.items() if option.frees] == ["drop-not-null", "cascade"]


async def test_a_lock_held_by_somebody_is_waited_for_in_short_tries_and_then_given_up(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    async with looking_at(incident_database) as scene:
        connection = await asyncpg.connect(incident_database.dsn)
        try:
            await connection.execute("begin; select count(*) from users")
            ended = await carry_out(scene, "no-action", tmp_path)
        finally:
            await connection.close()
    assert (ended.outcome, ended.steps_done) == (RunOutcome.ROLLED_BACK, ())
    assert "Nothing was changed" in ended.next_step
    assert await definition_of(incident_database) == ("n", True, True)
    waits = [line for line in read(ended.journal) if line.event == "step-waits"]
    assert "idle in transaction" in waits[0].facts["holders"][0]


async def test_nothing_runs_when_somebody_changed_the_key_meanwhile(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    async with looking_at(incident_database) as scene:
        chosen = plan(scene.catalog, scene.finding, "drop-not-null")
        await incident_database.execute("alter table users alter primary_workspace_id drop not null")
        await incident_database.execute(f'alter table users alter constraint "{KEY}" deferrable')
        with Journal.create("changed", folder=tmp_path) as journal:
            async with open_writer(scene.pool.target) as writer:
                ended = await Run(writer, scene.pool, scene.catalog, chosen, journal, lambda _: None).carry_out()
    assert (ended.outcome, ended.exit_code, ended.steps_done) == (RunOutcome.STOPPED, 1, ())
    assert "changed since the plan was made" in ended.message
