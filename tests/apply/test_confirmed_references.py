"""A reference that was only confirmed becomes a foreign key, orphans in its way or not, and can go again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.apply.test_killed import killed_at
from tests.apply.test_repair_killed import finished, newest, undone
from tests.support.changes import workbench
from tests.support.gate import Moment
from tests.support.program import Ended, run
from tests.support.servers import TestDatabase

_ODD = '"odd, "' + '"m"'
_TABLES = f"""
create table spaces (tenant int, id int, name text, primary key (tenant, id), unique (id));
create table members (id int primary key, space_id bigint, note text);
create table {_ODD} (id int primary key, "te nant" int, "s.id" int);
insert into spaces select g % 2, g, 's' || g from generate_series(1, 10) g;
insert into members select g, g, 'n' || g from generate_series(1, 14) g;
insert into {_ODD} select g, g % 2, g from generate_series(1, 12) g;
"""
_COMPOSITE = _ODD + '.("te nant", "s.id")'
_CONFIRMED = f"""
[references]
"members.space_id" = "spaces.id"
'{_COMPOSITE}' = "spaces.(tenant, id)"
"""
_KEYS = "select string_agg(conname || convalidated, ' ' order by conname) from pg_constraint where contype = 'f'"
_ROWS = "select md5(string_agg(c::text, '|' order by id)) from members c"


@pytest.fixture
def confirmed(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "fkdash.toml").write_text(_CONFIRMED)
    return "--config", str(tmp_path / "fkdash.toml")


async def applied(state: Path, *arguments: str, confirm: str) -> Ended:
    return await run("fix", "apply", *arguments, "--yes", "--confirm", confirm, "--format", "json", state=state)


async def taken_back(database: TestDatabase, state: Path, ended: Ended, confirm: str) -> Mapping[str, object]:
    journal = json.loads(ended.out)["journal"]
    back = await run(
        "fix", "undo", journal, database.dsn, "--yes", "--confirm", confirm, "--format", "json", state=state
    )
    assert back.code == 0, back.err
    found: dict[str, object] = json.loads(back.out)
    return found


@pytest.mark.newest_version
async def test_a_confirmed_reference_is_declared_cleaned_and_validated_and_goes_again(
    database: TestDatabase, tmp_path: Path, confirmed: tuple[str, str]
) -> None:
    await database.execute(_TABLES)
    before = await database.value(_ROWS)
    offered = await run("fix", "plan", "members.space_id", database.dsn, *confirmed, state=tmp_path)
    assert "add-key" in offered.out, offered.err
    assert "quarantine-orphans" in offered.out
    assert "cascade" not in offered.out
    what = ("members.space_id", database.dsn, *confirmed)
    stopped = await applied(tmp_path, *what, "--option", "add-key", confirm="members_space_id_fkey")
    assert (stopped.code, await database.value(_KEYS)) == (4, None), stopped.err
    assert "4 rows refer to a row that does not exist" in stopped.err
    # What it says to do next can be typed as it is.
    advised = shlex.split(stopped.err.split("Repair them first: ")[1].split(", or ")[0])
    shown = await run(*advised[1:4], "quarantine-orphans", *what[1:], state=tmp_path)
    assert shown.code == 2, shown.out
    for option in ("quarantine-orphans", "null-orphans"):
        ended = await applied(tmp_path, *what, "--option", option, confirm="members_space_id_fkey")
        assert ended.code == 0, ended.err
        assert await database.value(_KEYS) == "members_space_id_fkeytrue"
        assert await database.value("select count(*) from members where space_id > 10") == 0
        await taken_back(database, tmp_path, ended, "members_space_id_fkey")
        assert await database.value(_KEYS) is None
        assert await database.value(_ROWS) == before


@pytest.mark.newest_version
async def test_without_orphans_a_composite_key_in_odd_names_is_one_plan(
    database: TestDatabase, tmp_path: Path, confirmed: tuple[str, str]
) -> None:
    await database.execute(_TABLES)
    name = 'odd, "m_te nant_s.id_fkey'
    what = (_COMPOSITE, database.dsn, *confirmed)
    await database.execute(f"delete from {_ODD} where id > 10")
    plan = await run("fix", "plan", *what, "--option", "add-key", "--format", "json", state=tmp_path)
    (tmp_path / "plan.json").write_text(plan.out)
    ended = await applied(tmp_path, database.dsn, "--plan", str(tmp_path / "plan.json"), confirm=name)
    assert ended.code == 0, ended.err
    assert await database.value(_KEYS) == f"{name}true"
    again = await applied(tmp_path, database.dsn, "--plan", str(tmp_path / "plan.json"), confirm=name)
    assert (again.code, json.loads(again.out).get("already")) == (0, True), again.err
    await taken_back(database, tmp_path, ended, name)
    assert await database.value(_KEYS) is None


@pytest.mark.newest_version
async def test_a_reference_that_nobody_confirmed_is_not_declared(
    database: TestDatabase, tmp_path: Path, confirmed: tuple[str, str]
) -> None:
    await database.execute(_TABLES)
    ended = await run("fix", "plan", "members.space_id", database.dsn, state=tmp_path)
    assert ended.code == 2
    assert '[references] "members.space_id"' in ended.err
    await database.execute("alter table spaces drop constraint spaces_id_key")
    ended = await run(
        "fix", "plan", "members.space_id", database.dsn, "--option", "add-key", *confirmed, state=tmp_path
    )
    assert "no primary key or unique constraint is on id of public.spaces" in ended.err


@pytest.mark.newest_version
async def test_a_key_added_by_a_run_that_was_killed_goes_again_or_is_finished(
    database: TestDatabase, tmp_path: Path, confirmed: tuple[str, str]
) -> None:
    await database.execute(_TABLES)
    before = await database.value(_ROWS)
    told = ("members.space_id", *confirmed, "--option", "delete-orphans", "--batch-rows", "2", "--pause-ms", "0")
    async with workbench(database, tmp_path / "fkdash" / "runs") as bench:
        for moment, finish in (
            (Moment(b"COMMIT\x00", 1, answered=True), False),
            (Moment(b"WITH broken", 2, answered=True), False),
            (Moment(b"VALIDATE CONSTRAINT", 1), True),
        ):
            command = ("fix", "apply", *told, "--yes", "--confirm", "members_space_id_fkey")
            await killed_at(moment, database, tmp_path, *command)
            assert await database.value(_KEYS) == "members_space_id_fkeyfalse", moment
            journal = await newest(tmp_path)
            if finish:
                await finished(bench, journal)
                assert await database.value(_KEYS) == "members_space_id_fkeytrue"
            await undone(bench, journal)
            assert await database.value(_KEYS) is None, moment
            assert await database.value(_ROWS) == before, moment
