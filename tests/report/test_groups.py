"""Many schemas and many databases that have the same wrong are told once, and who differs is told first."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from fkdash.checking.database import CheckOptions, check
from fkdash.checking.groups import groups_of
from fkdash.checking.result import CheckReport
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.report.check.as_github import check_github
from fkdash.report.check.as_json import check_json_pieces
from fkdash.report.check.as_junit import check_junit
from fkdash.report.check.as_markdown import check_markdown
from fkdash.report.check.as_sarif import check_sarif
from fkdash.report.check.as_text import check_text
from fkdash.report.documents.kinds import schema_of
from tests.support.commands import fkdash
from tests.support.servers import TestDatabase, TestServer, fresh_database

pytestmark = pytest.mark.newest_version
_TENANTS = 40
_TIMES = "\N{MULTIPLICATION SIGN}"
_SHAPE = "users.workspace_id → workspaces"


def _tenant(name: str, null: str = "not null", action: str = "set null") -> str:
    return f"""
        create schema {name};
        create table {name}.workspaces (id int primary key);
        create table {name}.users (id int primary key,
          workspace_id int {null} references {name}.workspaces on delete {action});
        create index on {name}.users (workspace_id);
        insert into {name}.workspaces values (1); insert into {name}.users values (1, 1);
    """


async def _checked(dsn: str) -> CheckReport:
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=dsn), {}))
    try:
        return await check(pool, CheckOptions(), where="here")
    finally:
        await pool.close()


@pytest.fixture
async def tenants(database: TestDatabase) -> CheckReport:
    """Forty tenants, of which t7 may have NULL there and t9 cascades."""
    odd = {7: ("", "set null"), 9: ("not null", "cascade")}
    for number in range(1, _TENANTS + 1):
        await database.execute(_tenant(f"t{number}", *odd.get(number, ())))
    return await _checked(database.dsn)


@pytest.mark.parametrize(("nullable", "differ"), [(2, ("t1", "t2")), (3, ())])
async def test_nobody_differs_from_what_no_more_than_half_of_them_have(
    database: TestDatabase, nullable: int, differ: tuple[str, ...]
) -> None:
    for number in range(1, 7):
        await database.execute(_tenant(f"t{number}", "" if number <= nullable else "not null"))
    [group] = [each for each in groups_of([await _checked(database.dsn)]) if each.first.finding.rule == "FK101"]
    assert (len(group.members), group.differs) == (6 - nullable, differ)


async def test_of_alike_severity_the_group_that_somebody_differs_from_comes_before_a_larger_one(
    database: TestDatabase,
) -> None:
    for number in range(1, 7):
        await database.execute(_tenant(f"t{number}", "" if number == 1 else "not null"))
        await database.execute(
            f"create table t{number}.teams (workspace_id int not null references t{number}.workspaces on delete set null);"
            f"create index on t{number}.teams (workspace_id); insert into t{number}.teams values (1)"
        )
    groups = [each for each in groups_of([await _checked(database.dsn)]) if each.first.finding.rule == "FK101"]
    assert [(each.first.finding.key.table.name, len(each.members)) for each in groups] == [
        ("users", 5),
        ("teams", 6),
    ]


async def test_what_tenants_have_in_common_is_one_line_that_says_who_differs(tenants: CheckReport) -> None:
    text = check_text([tenants])
    [line] = [line for line in text.splitlines() if _SHAPE in line]
    assert line.startswith(f"contradiction FK101 set-null-on-not-null  38 {_TIMES} {_SHAPE} in t1 … t40, 38 bite")
    assert "  2 differ: t7, t9" in text.splitlines()
    assert len(text.splitlines()) <= 60
    assert check_text([tenants], each=True).count("contradiction FK101 set-null-on-not-null  t") == 38


async def test_markdown_and_annotations_tell_it_once_as_well(tenants: CheckReport) -> None:
    for lines in (check_markdown([tenants]).splitlines(), check_github([tenants]).splitlines()):
        [line] = [line for line in lines if f"{_TIMES} {_SHAPE} in t1 … t40" in line and "FK101" in line]
        assert f"38 {_TIMES} {_SHAPE} in t1 … t40, 38 bite; 2 differ: t7, t9" in line
        assert len(lines) <= 60
        assert any("t9" in line and "FK506" in line for line in lines)


async def test_the_one_that_differs_is_a_finding_of_its_own(tenants: CheckReport) -> None:
    odd = {
        each.finding.key.table.schema: each.finding.message
        for each in tenants.findings
        if each.finding.rule == "FK506"
    }
    assert odd.keys() == {"t7", "t9"}
    assert "may be NULL" in odd["t7"]
    assert "ON DELETE" in odd["t9"]


async def test_a_list_tells_once_what_many_schemas_have_and_the_odd_ones_first(
    tenants: CheckReport, database: TestDatabase
) -> None:
    assert tenants.findings
    lines = (await fkdash("list", database.dsn)).stdout.splitlines()
    assert [line.partition("(")[0] for line in lines] == ["t7.users", "t9.users", f"38 {_TIMES} users"]
    assert lines[2].endswith("  in t1 … t40; 2 differ: t7, t9")
    assert len((await fkdash("list", "--each", database.dsn)).stdout.splitlines()) == _TENANTS


async def test_the_document_keeps_every_finding_and_names_the_groups(tenants: CheckReport) -> None:
    document = json.loads("".join(check_json_pieces([tenants])))
    jsonschema.validate(document, schema_of("check"))
    assert sum(each["rule"] == "FK101" for each in document["findings"]) == 38
    [group] = [each for each in document["groups"] if each["rule"] == "FK101"]
    assert (group["shape"], group["count"], group["differs"]) == (_SHAPE, 38, ["t7", "t9"])
    assert len(group["places"]) == 38


async def test_a_group_is_one_result_with_all_its_places(tenants: CheckReport) -> None:
    sarif = json.loads(check_sarif([tenants]))
    [result] = [each for each in sarif["runs"][0]["results"] if each["ruleId"] == "FK101"]
    names = {each["logicalLocations"][0]["fullyQualifiedName"] for each in result["locations"]}
    assert len(names) == 38
    assert all(name.endswith("users_workspace_id_fkey") for name in names)
    [case] = [
        each
        for each in ET.fromstring(check_junit([tenants])).iter("testcase")
        if "FK101" in str(each.get("classname"))
    ]
    assert case.get("name") == f"38 {_TIMES} {_SHAPE}"


async def test_two_of_a_kind_are_no_group(database: TestDatabase) -> None:
    for name in ("a", "b"):
        await database.execute(_tenant(name))
    assert groups_of([await _checked(database.dsn)]) == ()


async def test_a_key_that_one_tenant_lacks_is_said(database: TestDatabase) -> None:
    for number in range(1, 6):
        await database.execute(_tenant(f"t{number}", "", "cascade"))
    await database.execute("alter table t4.users drop constraint users_workspace_id_fkey")
    [missing] = [each.finding for each in (await _checked(database.dsn)).findings if each.finding.rule == "FK506"]
    assert str(missing.key.table) == "t4.users"
    assert "lacks a foreign key on workspace_id" in missing.message


async def test_databases_that_agree_are_told_once(server: TestServer, database: TestDatabase) -> None:
    dsns = [database.dsn]
    await database.execute(_tenant("app"))
    async with fresh_database(server) as two, fresh_database(server) as three, fresh_database(server) as odd:
        for each in (two, three):
            await each.execute(_tenant("app"))
            dsns.append(each.dsn)
        await odd.execute(_tenant("app", "", "cascade"))
        text = (await fkdash("check", "--jobs", "2", *dsns, odd.dsn)).stdout
        assert f"3 {_TIMES} {_SHAPE}" in text
        assert f"1 differs: {odd.name}" in text
        ended = await fkdash("check", "--format", "jsonl", *dsns, odd.dsn)
        documents = [json.loads(line) for line in ended.stdout.splitlines()]
        assert (ended.returncode, [each["kind"] for each in documents]) == (1, ["check"] * 4 + ["check-summary"])
        jsonschema.validate(documents[-1], schema_of("check-summary"))
        assert documents[-1]["groups"][0]["differs"] == [odd.name]
