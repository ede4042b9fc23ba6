"""Whoever has got hold of the table in which rows are to be kept, or of its schema, gets no row and runs no code."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.apply.events import RunOutcome
from fkdash.apply.journal.recovery import remaining
from fkdash.apply.proof.preflight import Standing
from fkdash.catalog.tables_of_fkdash import kept_table
from fkdash.fix.plan import Plan
from tests.support.changes import Workbench, good, owner_of
from tests.support.program import run
from tests.support.traffic import SCHEMA

_KEY = "select confdeltype::text || convalidated::text from pg_constraint where conname = 'ck'"
_YES = ("--yes", "--confirm", "ck")

TABLES = SCHEMA


async def stops(bench: Workbench, chosen: Plan) -> list[str]:
    lines = await bench.preflight(chosen)
    return [f"{line.what} - {line.next_step}" for line in lines if line.standing is Standing.STOP]


async def test_a_table_that_somebody_put_where_rows_or_the_journal_are_to_be_kept_is_not_written(
    bench: Workbench, tmp_path: Path
) -> None:
    database = bench.database
    await database.execute(
        "alter table children drop constraint ck; create schema ops;"
        "alter table children add constraint ck foreign key (parent_id) references parents not valid"
    )
    await bench.look()
    kept = kept_table(bench.key("ck"))
    trap = "create table {name} as select c.* from children c with no data"
    journal = "create table {name} (line bigint generated always as identity, run text, event text, facts jsonb)"
    await database.execute(trap.format(name=kept.sql) + ";" + journal.format(name="ops.fkdash_journal"))
    async with owner_of(database, kept.sql, "ops.fkdash_journal"):
        assert "belongs to plain_" in (await stops(bench, await bench.plan("ck", "delete-orphans")))[0]
        command = ("fix", "apply", "ck", database.dsn, "--option", "validate", *_YES)
        refused = await run(*command, "--journal-in-database", "ops", state=tmp_path)
        assert refused.code != 0
        assert "and what hangs on it would run as this role" in refused.err + refused.out
        assert await database.value("select count(*) from ops.fkdash_journal") == 0
    assert await database.value(_KEY) == "afalse"


_AN_ORPHAN = (
    "alter table children drop constraint ck; update children set parent_id = 999 where id = 1;"
    "alter table children add constraint ck foreign key (parent_id) references parents not valid"
)


async def test_a_table_that_somebody_puts_there_after_the_preflight_gets_not_a_row(bench: Workbench) -> None:
    database = bench.database
    await database.execute(_AN_ORPHAN)
    chosen = await bench.plan("ck", "delete-orphans")
    kept = kept_table(bench.key("ck")).sql
    await database.execute(
        f"create table {kept} as select now() as fkdash_kept_at, c.* from children c with no data;"
        "create function trap() returns trigger language plpgsql as 'begin raise exception ''ran''; end';"
        f"create trigger trap before insert on {kept} for each row execute function trap()"
    )
    rows = await database.value("select count(*) from children")
    async with owner_of(database, kept):
        ended = await bench.carry_out(chosen, look_first=False)
        assert ended.outcome is RunOutcome.ROLLED_BACK, ended.message
        assert "belongs to plain_" in ended.message
        assert "not a row was written there" in ended.message
        assert await database.value("select count(*) from children") == rows


async def what_is_left(bench: Workbench, chosen: Plan) -> Plan:
    catalog = await bench.look()
    async with bench.pool.session() as session:
        return await remaining(session, catalog, chosen)


async def test_the_rest_of_a_run_writes_nothing_where_somebody_has_got_hold_of_the_table(bench: Workbench) -> None:
    database = bench.database
    await database.execute(
        _AN_ORPHAN
        + "; create function stop() returns trigger language plpgsql as 'begin /* dblink */ raise exception ''no''; end';"
        "create trigger stop before delete on children for each row execute function stop()"
    )
    chosen = await bench.plan("ck", "delete-orphans")
    ended = await bench.carry_out(chosen, look_first=False)
    assert (ended.outcome, "keep" in [chosen.steps[done - 1].title for done in ended.steps_done]) == (
        RunOutcome.FAILED,
        True,
    ), ended.message
    await database.execute("drop trigger stop on children")
    rows = await database.value("select count(*) from children")
    rest = await what_is_left(bench, chosen)
    async with owner_of(database, kept_table(bench.key("ck")).sql):
        said = await stops(bench, rest)
        assert ["belongs to plain_" in each for each in said] == [True], said
        refused = await bench.carry_out(rest, look_first=False, continues=ended.journal)
        assert "belongs to plain_" in refused.message, refused.message
        assert await database.value("select count(*) from children") == rows
    good(await bench.carry_out(await what_is_left(bench, chosen), continues=ended.journal))


async def test_a_quarantine_in_somebody_else_s_schema_is_none(bench: Workbench) -> None:
    database = bench.database
    await database.execute(_AN_ORPHAN + "; create table theirs (id int)")
    chosen = await bench.plan("ck", "quarantine-orphans")
    async with owner_of(database, "theirs"):
        await database.execute(f"create schema fkdash_quarantine authorization plain_{database.name}")
        said = (await stops(bench, chosen))[0]
        assert "The schema fkdash_quarantine, in which the rows are to be kept, belongs to plain_" in said
        assert "ALTER SCHEMA fkdash_quarantine OWNER TO" in said
        ended = await bench.carry_out(chosen, look_first=False)
        assert ended.outcome is RunOutcome.ROLLED_BACK, ended.message
        assert await database.value("select to_regclass('fkdash_quarantine.children_1')") is None
        await database.execute("alter schema fkdash_quarantine owner to current_user")
        good(await bench.carry_out(await bench.plan("ck", "quarantine-orphans")))


@pytest.mark.newest_version
async def test_who_else_may_read_what_is_kept_is_said_before_it_is_kept(bench: Workbench) -> None:
    database = bench.database
    await database.execute(_AN_ORPHAN)
    async with owner_of(database) as dsn:
        role = dsn.partition("//")[2].partition("@")[0]
        await database.execute(f"alter default privileges grant select on tables to {role}")
        chosen = await bench.plan("ck", "delete-orphans")
        warned = (
            f"the rows are kept as they were in {kept_table(chosen.key)}, which {role} may read or write as well"
        )
        said = {line.what: line.next_step for line in await bench.preflight(chosen)}
        assert said[warned].endswith(f'FROM "{role}"')
        assert "quarantine" not in " ".join(said)
        quarantined = await bench.preflight(await bench.plan("ck", "quarantine-orphans"))
        assert not [line for line in quarantined if "may read or write" in line.what]
        good(await bench.undo(await bench.apply("ck", "delete-orphans")))
        await database.execute(f"revoke all on {kept_table(chosen.key).sql} from {role}")
        assert warned not in {
            line.what for line in await bench.preflight(await bench.plan("ck", "delete-orphans"))
        }
