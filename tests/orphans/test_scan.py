"""Counting rows that refer to rows that do not exist, for declared and undeclared references."""

from __future__ import annotations

import json
from pathlib import Path

import asyncpg
import pytest

from fkdash.catalog.model import Catalog, ForeignKey, undeclared
from fkdash.catalog.table_name import TableName
from fkdash.db.session import Sessions
from fkdash.errors import UnreachableError
from fkdash.orphans import scan as scanning
from fkdash.orphans.evidence import Orphan
from fkdash.orphans.references import doubtful, every
from fkdash.orphans.scan import OrphanCount, count_orphans, scan
from fkdash.report.orphans import orphan_words, orphans_document, orphans_text
from tests.support.changes import workbench
from tests.support.program import run
from tests.support.servers import TestDatabase

_TABLES = """
create table users (id int primary key, a int, b int, unique (a, b));
create table good (id int primary key, user_id int references users);
create table doubted (id int primary key, owner int);
create table undeclared (id int primary key, user_id int);
create table half (id int primary key, a int, b int);
insert into users select g, g, g from generate_series(1, 10) g;
insert into good select g, g from generate_series(1, 10) g;
insert into doubted select g, g from generate_series(1, 15) g;
insert into undeclared select g, g from generate_series(1, 17) g;
alter table doubted add constraint dk foreign key (owner) references users not valid;
insert into half values (1, 1, 1), (2, 1, null), (3, null, null), (4, 7, 8);
alter table half add constraint hk foreign key (a, b) references users (a, b) match full not valid;
"""


async def test_references_that_guarantee_nothing_are_counted(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_TABLES)
    async with workbench(database, tmp_path) as bench:
        scanned = await scan(bench.pool, bench.catalog, doubtful(bench.catalog), seconds=10)
        found = {(each.reference.key.table.name, each.reference.declared): each.orphans.rows for each in scanned}
        assert found == {("doubted", True): 5, ("half", True): 2, ("undeclared", False): 7}
        assert len(every(bench.catalog)) == len(scanned) + 1
    document = orphans_document(scanned, bench.catalog)
    assert (document["fkdash"], document["kind"]) == (1, "orphans")
    assert {result["constraint"] for result in document["results"]} == {"dk", "hk", None}
    assert orphans_text(scanned, bench.catalog).startswith("7 orphans")


_COMPOSITE = """
create type pair as (a int, b int);
create table wholes (k pair primary key, n int not null, unique (k, n), unique (n, k));
insert into wholes values (row(1, 2), 1), (row(1, null), 2), (row(null, null)::pair, 3);
create table parts (k pair, n int);
"""


@pytest.mark.parametrize("match", ["simple", "full"])
@pytest.mark.parametrize("columns", ["k", "k, n", "n, k"])
async def test_of_values_with_a_null_in_them_those_are_orphans_that_validating_stops_at(
    database: TestDatabase, tmp_path: Path, columns: str, match: str
) -> None:
    await database.execute(_COMPOSITE)
    differ = []
    for value in ("(1, 2)", "(1, null)", "(9, null)", "(9, 9)", "(null, null)", ""):
        for number in ("null", "1", "2", "3", "9"):
            row = f"row{value}::pair" if value else "null"
            await database.execute(
                f"alter table parts drop constraint if exists pk; delete from parts; insert into parts values ({row}, {number});"
                f"alter table parts add constraint pk foreign key ({columns}) references wholes ({columns}) match {match} not valid"
            )
            async with workbench(database, tmp_path) as bench:
                found = (await count_orphans(bench.pool, bench.catalog, bench.key("pk"), seconds=10)).rows
            try:
                await database.execute("alter table parts validate constraint pk")
                stopped = 0
            except asyncpg.ForeignKeyViolationError:
                stopped = 1
            differ += [(value, number, found, stopped)] if found != stopped else []
    assert differ == []


async def test_a_connection_that_is_lost_meanwhile_is_an_error_with_words_and_no_fault(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    async with workbench(database, tmp_path) as bench:
        references = doubtful(bench.catalog)
        assert references
        administrator = await asyncpg.connect(database.dsn, database="postgres")
        try:
            await administrator.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS false")
            with pytest.raises(UnreachableError, match=database.name):
                await scan(bench.pool, bench.catalog, references, seconds=10)
        finally:
            await administrator.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS true")
            await administrator.close()


async def test_a_count_that_takes_too_long_is_not_a_guess(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_TABLES)
    await database.execute(
        "create table many (owner int); insert into many select -g from generate_series(1, 1500000) g;"
        "alter table many add constraint mk foreign key (owner) references users not valid"
    )
    async with workbench(database, tmp_path) as bench:
        hasty = await count_orphans(bench.pool, bench.catalog, bench.key("mk"), seconds=0.001)
        assert (hasty.status, hasty.rows) == ("unknown", None)
        assert "cut short" in hasty.reason
        # A thousand rows are found long before all are, however fast the machine is.
        count, seconds = hasty, 0.005
        while count.status == "unknown":
            count = await count_orphans(bench.pool, bench.catalog, bench.key("mk"), seconds=seconds)
            seconds *= 2
    assert (count.status, count.rows) == ("at-least", 1000)
    assert "cut short" in count.reason


async def test_rows_that_a_role_may_not_see_are_not_called_none(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_TABLES)
    role = f"looker_{database.name}"
    await database.execute(
        f"create role {role} login; grant select on doubted, users to {role}; alter table doubted enable row level security"
    )
    try:
        async with workbench(database, tmp_path, dsn=database.dsn.replace("postgres@", f"{role}@")) as bench:
            count = await count_orphans(bench.pool, bench.catalog, bench.key("dk"), seconds=5)
            other = await count_orphans(bench.pool, bench.catalog, bench.key("hk"), seconds=5)
        assert (count.rows, count.status) == (None, "unknown")
        assert "row security" in count.reason
        assert (other.rows, other.status) == (None, "unknown")
    finally:
        await database.execute(f"drop owned by {role} cascade; drop role {role}")


async def test_only_a_policy_that_is_forced_hides_rows_from_their_owner(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    role = f"owner_{database.name}"
    await database.execute(
        f"create role {role} login; alter table doubted owner to {role}; alter table users owner to {role};"
        "alter table doubted enable row level security"
    )
    try:
        async with workbench(database, tmp_path, dsn=database.dsn.replace("postgres@", f"{role}@")) as bench:
            seen = await count_orphans(bench.pool, bench.catalog, bench.key("dk"), seconds=5)
            await database.execute("alter table doubted force row level security")
            await bench.look()
            hidden = await count_orphans(bench.pool, bench.catalog, bench.key("dk"), seconds=5)
        assert (seen.rows, seen.status) == (5, "complete")
        assert (hidden.rows, hidden.status) == (None, "unknown")
        assert "row security may hide rows of public.doubted" in hidden.reason
    finally:
        await database.execute(f"drop owned by {role} cascade; drop role {role}")


@pytest.mark.newest_version
async def test_the_command_prints_the_document_and_says_that_there_are_orphans(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    result = await run("orphans", "scan", database.dsn, "--format", "json", state=tmp_path)
    assert (result.code, len(json.loads(result.out)["results"])) == (1, 3), result.err
    one = await run("orphans", "scan", "--constraint", "good_user_id_fkey", database.dsn, state=tmp_path)
    assert (one.code, one.out.split("  ")[0]) == (0, "no orphans")


@pytest.mark.newest_version
async def test_the_command_does_not_pass_for_clean_what_nobody_could_count(
    database: TestDatabase, tmp_path: Path
) -> None:
    role = f"scan_{database.name}"
    await database.execute(
        f"create table p (id int primary key); create table c (p_id int); create role {role} login;"
        "alter table c add constraint ck foreign key (p_id) references p not valid"
    )
    try:
        dsn = database.dsn.replace("postgres@", f"{role}@")
        result = await run("orphans", "scan", dsn, state=tmp_path)
        assert result.code == 4, result.err
        assert "not known: " in result.out
    finally:
        await database.execute(f"drop owned by {role} cascade; drop role {role}")


async def test_a_locked_table_is_named_and_the_others_are_counted(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_TABLES)
    async with workbench(database, tmp_path) as bench:
        holder = await asyncpg.connect(database.dsn)
        try:
            await holder.execute("begin; lock table doubted in access exclusive mode")
            scanned = await scan(bench.pool, bench.catalog, doubtful(bench.catalog), seconds=10)
        finally:
            await holder.close()
    found = {each.reference.key.table.name: each.orphans for each in scanned}
    assert (found["half"].rows, found["undeclared"].rows) == (2, 7)
    assert (found["doubted"].rows, found["doubted"].status) == (None, "unknown")
    assert "ACCESS EXCLUSIVE on public.doubted is held by pid" in found["doubted"].reason
    assert "cut short" not in found["doubted"].reason


@pytest.mark.newest_version
@pytest.mark.parametrize("jobs", [1, 2])
async def test_no_more_references_are_counted_at_a_time_than_asked_for(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    await database.execute(_TABLES)
    under_way, most = 0, 0

    async def counted(sessions: Sessions, catalog: Catalog, key: ForeignKey, *, seconds: float) -> OrphanCount:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            return await count_orphans(sessions, catalog, key, seconds=seconds)
        finally:
            under_way -= 1

    monkeypatch.setattr(scanning, "count_orphans", counted)
    async with workbench(database, tmp_path) as bench:
        found = await scan(bench.pool, bench.catalog, every(bench.catalog), seconds=10, jobs=jobs)
    assert most == jobs
    assert {each.orphans.status for each in found} == {"complete"}


async def test_a_scan_goes_on_from_what_an_earlier_one_has_counted_to_the_end(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    holder = await asyncpg.connect(database.dsn)
    try:
        await holder.execute("begin; lock table doubted in access exclusive mode")
        first = await run("orphans", "scan", "--format", "json", database.dsn, state=tmp_path)
    finally:
        await holder.close()
    earlier = tmp_path / "first.json"
    earlier.write_text(first.out)
    await database.execute("insert into undeclared values (99, 99)")
    second = await run(
        "orphans", "scan", "--format", "json", "--resume", str(earlier), database.dsn, state=tmp_path
    )
    before, after = (
        {result["table"]: result for result in json.loads(each.out)["results"]} for each in (first, second)
    )
    assert {table: result["status"] for table, result in before.items()} == {
        "half": "complete",
        "undeclared": "complete",
        "doubted": "unknown",
    }
    assert {table: result["status"] for table, result in after.items()} == dict.fromkeys(before, "complete")
    # What was counted is taken over as it was, with its samples; the rest is counted now.
    assert {table: result["rows"] for table, result in after.items()} == {"half": 2, "undeclared": 7, "doubted": 5}
    assert after["half"] == before["half"]
    assert after["undeclared"] == before["undeclared"]
    assert (first.code, second.code) == (1, 1)


@pytest.mark.newest_version
@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "7",
        "{}",
        '{"fkdash": 1, "kind": "check", "results": []}',
        '{"kind": "orphans"}',
        '{"kind": "orphans", "results": 7}',
        '{"kind": "orphans", "results": [{"status": "complete"}]}',
        '{"kind": "orphans", "results": [[]]}',
    ],
)
async def test_anything_but_a_scan_is_refused_by_name(database: TestDatabase, tmp_path: Path, text: str) -> None:
    await database.execute(_TABLES)
    there = tmp_path / "odd.json"
    there.write_text(text)
    refused = await run("orphans", "scan", "--resume", str(there), database.dsn, state=tmp_path)
    assert refused.code == 2, refused.err
    assert str(there) in refused.err
    assert "Traceback" not in refused.err


def test_a_value_that_would_be_taken_for_another_one_stands_in_quotes() -> None:
    key = undeclared(TableName("public", "c"), ("a", "b "), TableName("public", "p"), ("a", "b"))
    row = Orphan(identity=(("id", " 1"),), refers_to=(None, "NULL"))
    assert orphan_words(row, key) == "id = ' 1' has a = NULL, \"b \" = 'NULL'"
