"""`check`, `list`, `explain` and `rules` from the outside: documents on stdout, words on stderr, exit codes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.support.commands import fkdash
from tests.support.servers import TestDatabase

NAME = "users_primary_workspace_id_workspaces_id_fk"
pytestmark = pytest.mark.newest_version


async def test_check_finds_the_incident_and_fails(incident_database: TestDatabase) -> None:
    ended = await fkdash("check", "--format", "json", incident_database.dsn)
    assert ended.returncode == 1, ended.stderr
    document = json.loads(ended.stdout)
    [incident] = [finding for finding in document["findings"] if finding["constraint"] == NAME][:1]
    assert (incident["rule"], incident["severity"]) == ("FK101", "error")
    assert incident["impact"]["state"] == "biting"


@pytest.mark.parametrize(("threshold", "code"), [("error", 1), ("warning", 1), ("never", 0)])
async def test_fail_on_decides_the_exit_code(incident_database: TestDatabase, threshold: str, code: int) -> None:
    ended = await fkdash("check", "--no-counts", "--fail-on", threshold, incident_database.dsn)
    assert ended.returncode == code


async def test_a_rule_a_table_and_a_schema_narrow_the_check(incident_database: TestDatabase) -> None:
    async def rules(*arguments: str) -> set[str]:
        ended = await fkdash("check", "--format", "json", *arguments, incident_database.dsn)
        return {finding["rule"] for finding in json.loads(ended.stdout)["findings"]}

    assert await rules("--rule", "set-null-on-not-null") == {"FK101"}
    assert "FK101" in await rules("--rule", "FK1", "--table", "workspaces")
    assert await rules("--rule", "FK1", "--schema", "elsewhere") == set()


@pytest.mark.parametrize("command", ["check", "list"])
async def test_a_choice_that_names_no_table_is_no_clean_result(
    incident_database: TestDatabase, command: str
) -> None:
    ended = await fkdash(command, "--table", "worksapces", incident_database.dsn)
    assert ended.returncode == 2
    assert "No table matches --table worksapces" in ended.stderr


async def test_a_partition_is_asked_about_by_the_keys_of_its_whole_table(
    database: TestDatabase, tmp_path: Path
) -> None:
    schema = (
        "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY LIST (id);"
        "CREATE TABLE p1 PARTITION OF p DEFAULT PARTITION BY HASH (id);"
        "CREATE TABLE p1a PARTITION OF p1 FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
        "CREATE TABLE c (id int, p_id int NOT NULL CONSTRAINT c_p REFERENCES p ON DELETE SET NULL)"
        " PARTITION BY LIST (id);"
        "CREATE TABLE c1 PARTITION OF c DEFAULT;"
        "CREATE TABLE other (id int PRIMARY KEY, up int CONSTRAINT other_up REFERENCES other);"
    )
    await database.execute(schema)
    file = tmp_path / "schema.sql"
    file.write_text(schema)
    for table in ("p", "p1", "p1a", "c", "c1"):
        listed = await fkdash("list", "--table", table, "--format", "json", database.dsn)
        assert [each["constraint"] for each in json.loads(listed.stdout)["foreign_keys"]] == ["c_p"], table
        for command, of in (("check", database.dsn), ("lint", str(file))):
            ended = await fkdash(command, "--table", table, "--rule", "FK101", "--format", "json", of)
            assert ended.returncode == 1, ended.stderr
            assert [each["constraint"] for each in json.loads(ended.stdout)["findings"]] == ["c_p"], table
    listed = await fkdash("list", "--table", "other", "--format", "json", database.dsn)
    assert [each["constraint"] for each in json.loads(listed.stdout)["foreign_keys"]] == ["other_up"]


async def test_a_baseline_makes_it_green_until_something_is_new(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    baseline = str(tmp_path / "baseline.json")
    written = await fkdash("check", "--no-counts", "--write-baseline", baseline, incident_database.dsn)
    assert written.returncode == 0, written.stderr
    known = await fkdash(
        "check", "--no-counts", "--baseline", baseline, "--fail-on", "info", incident_database.dsn
    )
    assert known.returncode == 0, known.stdout
    await incident_database.execute("CREATE TABLE more (id uuid NOT NULL REFERENCES users ON DELETE SET NULL)")
    new = await fkdash("check", "--no-counts", "--baseline", baseline, incident_database.dsn)
    assert new.returncode == 1


async def test_several_databases_are_one_report_and_one_that_is_away_is_not_green(
    incident_database: TestDatabase,
) -> None:
    missing = incident_database.server.dsn_of("no_such_database")
    arguments = ("check", "--format", "json", "--rule", "FK105", incident_database.dsn)
    assert (await fkdash(*arguments)).returncode == 0
    ended = await fkdash(*arguments, missing)
    assert ended.returncode == 3
    parts = json.loads(ended.stdout)["databases"]
    assert [part["server"]["database"] for part in parts] == [incident_database.name, "no_such_database"]
    assert "failure" in parts[1]


async def test_all_databases_of_a_server_are_checked(incident_database: TestDatabase) -> None:
    ended = await fkdash(
        "check", "--all-databases", "--format", "json", "--rule", "FK101", "--no-counts", incident_database.dsn
    )
    assert ended.returncode == 1
    document = json.loads(ended.stdout)
    assert incident_database.name in {part["server"]["database"] for part in document["databases"]}
    assert incident_database.name in {finding["database"] for finding in document["findings"]}


@pytest.mark.parametrize(
    "arguments", [["--rule", "FK999"], ["--fail-on", "sometimes"], ["--config", "nowhere.toml"]]
)
async def test_wrong_usage_exits_2_with_nothing_on_stdout(
    incident_database: TestDatabase, arguments: list[str]
) -> None:
    ended = await fkdash("check", *arguments, incident_database.dsn)
    assert (ended.returncode, ended.stdout) == (2, "")


async def test_list_gives_every_foreign_key_once(incident_database: TestDatabase) -> None:
    count = await incident_database.value(
        "select count(*) from pg_constraint where contype = 'f' and conparentid = 0"
    )
    text = await fkdash("list", incident_database.dsn)
    assert (text.returncode, len(text.stdout.splitlines())) == (0, count)
    document = json.loads((await fkdash("list", "--format", "json", incident_database.dsn)).stdout)
    assert (document["kind"], len(document["foreign_keys"])) == ("list", count)
    nulls = await fkdash("list", "--format", "csv", "--on-delete", "set null", incident_database.dsn)
    rows = list(csv.DictReader(io.StringIO(nulls.stdout)))
    assert NAME in {row["constraint"] for row in rows}
    assert {row["on_delete"] for row in rows} == {"SET NULL"}
    none = await fkdash("list", "--format", "csv", "--not-valid", "--on-update", "set null", incident_database.dsn)
    assert none.stdout.splitlines() == nulls.stdout.splitlines()[:1]


async def test_explain_reads_an_argument_or_stdin(incident_database: TestDatabase) -> None:
    error = 'null value in column "primary_workspace_id" of relation "users" violates not-null constraint'
    assert (await fkdash("explain", incident_database.dsn, error)).returncode == 0
    assert (await fkdash("explain", incident_database.dsn, typed=error)).returncode == 0
    assert (await fkdash("explain", incident_database.dsn, *error.split())).returncode == 2
    ended = await fkdash("explain", error, "-d", incident_database.dsn)
    assert ended.returncode == 0, ended.stderr
    assert NAME in ended.stdout
    nothing = await fkdash("explain", "connection refused", "-d", incident_database.dsn, "--format", "json")
    assert nothing.returncode == 1
    assert json.loads(nothing.stdout)["answers"] == []
    column = 'null value in column "primary_workspace_id" violates not-null constraint'
    unsure = await fkdash("explain", column, "-d", incident_database.dsn)
    assert (unsure.returncode, "To be certain, paste more of it" in unsure.stdout) == (0, True)
    document = json.loads(
        (await fkdash("explain", column, "-d", incident_database.dsn, "--format", "json")).stdout
    )
    assert (document["ambiguous"], document["answers"][0]["constraint"]) == (True, NAME)


async def test_rules_are_listed_and_explained_without_a_database() -> None:
    every = await fkdash("rules")
    assert every.returncode == 0
    assert every.stdout.startswith("FK101")
    one = await fkdash("rules", "FK101")
    assert "CREATE TABLE" in one.stdout
    assert json.loads((await fkdash("rules", "FK5", "--format", "json")).stdout)["rules"][0]["rule"] == "FK501"
