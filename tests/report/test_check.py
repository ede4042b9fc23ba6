"""`check` on a live database: what it reports, in every format, and what it says when it cannot know."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from fkdash.catalog.action import Action
from fkdash.catalog.model import Catalog, Column
from fkdash.checking.database import CheckOptions, check, failed
from fkdash.checking.policy import baseline_document, baseline_from, configuration_from
from fkdash.checking.result import CheckReport, Reported, Scope
from fkdash.db.pool import Limits, ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import UnreachableError
from fkdash.report.check.as_github import check_github
from fkdash.report.check.as_json import check_document, check_json_pieces
from fkdash.report.check.as_junit import check_junit
from fkdash.report.check.as_markdown import check_markdown
from fkdash.report.check.as_sarif import MOST_RESULTS, check_sarif
from fkdash.report.check.as_text import check_lines, check_text
from fkdash.report.markdown import escaped
from fkdash.rules.registry import EVERY_RULE, findings, rule
from fkdash.rules.severity import Severity
from tests.rules.catalogs import catalog, reference, table
from tests.support.commands import fkdash
from tests.support.servers import TestDatabase

_HOSTILE = "col|umn\n[red]\x1b[31m<b>&`"
_SCHEMA = f"""
CREATE TABLE workspaces (id int PRIMARY KEY);
CREATE TABLE users (
  id int PRIMARY KEY,
  primary_workspace_id int NOT NULL REFERENCES workspaces ON DELETE SET NULL
);
CREATE INDEX ON users (primary_workspace_id);
CREATE TABLE odd ("{_HOSTILE}" int NOT NULL CONSTRAINT "k%:,{_HOSTILE}" REFERENCES workspaces ON DELETE SET NULL);
INSERT INTO workspaces SELECT generate_series(1, 3);
INSERT INTO users VALUES (1, 1), (2, 1), (3, 2);
"""


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[ReadPool]:
    opened = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}), limits=Limits(connections=2))
    yield opened
    await opened.close()


@pytest.fixture
async def report(database: TestDatabase, pool: ReadPool) -> CheckReport:
    await database.execute(_SCHEMA)
    return await check(pool, CheckOptions(), where="here")


async def test_the_json_document_is_the_contract(database: TestDatabase, pool: ReadPool) -> None:
    await database.execute(_SCHEMA.partition("CREATE TABLE odd")[0])
    report = await check(pool, CheckOptions())
    document = json.loads("".join(check_json_pieces([report])))
    assert list(document)[:6] == ["fkdash", "kind", "server", "tables", "foreign_keys", "findings"]
    assert (document["fkdash"], document["kind"]) == (1, "check")
    assert document["server"]["database"] == database.name
    assert re.match(rf"{database.version}\b", document["server"]["version"])
    assert (document["tables"], document["foreign_keys"]) == (2, 1)
    [finding] = document["findings"]
    expected = {
        "rule": "FK101",
        "name": "set-null-on-not-null",
        "severity": "error",
        "schema": "public",
        "table": "users",
        "constraint": "users_primary_workspace_id_fkey",
        "columns": ["primary_workspace_id"],
        "referenced": {"schema": "public", "table": "workspaces", "columns": ["id"]},
        "sqlstate": "23502",
    }
    assert {name: finding[name] for name in expected} == expected
    assert finding["fixes"][:2] == ["no-action", "drop-not-null"]
    assert re.fullmatch(r"[0-9a-f]{16}", finding["fingerprint"])
    assert finding["message"].endswith(".")
    rules = len(CheckOptions().rules)
    assert document["coverage"] == {"rules": rules, "asked": rules, "not_asked": [], "source": "a database"}


async def test_the_rows_that_an_error_holds_back_are_counted(report: CheckReport) -> None:
    impacts = {each.finding.key.table.name: each.impact for each in report.findings if each.impact}
    assert impacts["users"].state == "biting"
    assert (impacts["users"].referenced_rows, impacts["users"].blocking_rows) == (2, 3)
    assert impacts["odd"].state == "latent"


async def test_several_databases_share_one_document(report: CheckReport) -> None:
    other = failed("elsewhere", "gone", UnreachableError("nobody answers"))
    document = check_document([report, other])
    assert len(document["findings"]) == len(report.findings)
    assert {finding["database"] for finding in document["findings"]} == {report.database}
    assert [part["server"]["database"] for part in document["databases"]] == [report.database, "gone"]
    assert document["databases"][1]["failure"] == "nobody answers"
    assert document["complete"] is False


async def test_text_shows_everything_in_plain_sight(report: CheckReport) -> None:
    text = check_text([report])
    assert text.splitlines()[0] == "here"
    assert "FK101 set-null-on-not-null  public.users.users_primary_workspace_id_fkey" in text
    assert "ERROR 23502: null value in column" in text
    assert "biting: " in text
    assert "\x1b" not in text
    assert "[red]\\x1b[31m" in text
    assert text == "".join(f"{line.plain}\n" for line in check_lines([report]))


@pytest.mark.newest_version
async def test_sarif_is_what_its_schema_and_github_ask_for(report: CheckReport) -> None:
    twice = replace(
        report, findings=(*report.findings, *report.findings), decided_in=str(Path("team folder/fkdash.toml"))
    )
    document = json.loads(check_sarif([twice, failed("elsewhere", "gone", UnreachableError("nobody answers"))]))
    schema = os.environ.get("FKDASH_TEST_SARIF_SCHEMA")
    if schema is not None:
        jsonschema.validate(document, json.loads(Path(schema).read_text(encoding="utf-8")))
    [run] = document["runs"]
    for each in run["tool"]["driver"]["rules"]:
        assert len(each["name"]) <= 255
        assert all(0 < len(each[name]["text"]) <= 1024 for name in ("shortDescription", "fullDescription"))
        assert each["help"]["text"]
        assert len(each["properties"]["tags"]) <= 20
        assert each["properties"]["problem.severity"] in {"error", "warning", "recommendation"}
    for result in run["results"]:
        [location] = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "team%20folder/fkdash.toml"
        assert location["physicalLocation"]["region"]["startLine"] == 1
    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(hashes)) == len(hashes) == 2 * len(report.findings)
    assert [each["level"] for each in run["results"]] == sorted(
        (each["level"] for each in run["results"]), key=["error", "warning", "note"].index
    )
    without = json.loads(check_sarif([report]))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert without["artifactLocation"]["uri"] == "fkdash.toml"


def test_sarif_has_no_more_results_than_github_takes_and_says_so() -> None:
    [first, *_] = findings(_of_many())
    many = CheckReport("here", "app", Scope(1, 1), tuple(Reported(first) for _ in range(MOST_RESULTS + 1)))
    [run] = json.loads(check_sarif([many]))["runs"]
    assert len(run["results"]) == MOST_RESULTS
    assert "1 results are left out" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def _of_many() -> Catalog:
    workspaces = table("workspaces")
    users = table("users", Column(2, "workspace_id", "bigint", not_null=True))
    return catalog(workspaces, users, reference(users, "workspace_id", workspaces, Action.SET_NULL))


async def test_sarif_is_version_2_1_0_with_all_rules_and_stable_fingerprints(report: CheckReport) -> None:
    document = json.loads(check_sarif([report]))
    assert document["version"] == "2.1.0"
    [run] = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == [each.id for each in EVERY_RULE]
    assert {each["defaultConfiguration"]["level"] for each in rules} <= {"error", "warning", "note"}
    for result, reported in zip(run["results"], report.findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == reported.finding.rule
        assert result["partialFingerprints"]["fkdash/v1"] == reported.finding.fingerprint
        assert result["message"]["text"]
        assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].startswith(report.database)


async def test_github_annotations_are_one_line_each_with_their_properties_escaped(report: CheckReport) -> None:
    lines = check_github([report]).splitlines()
    assert len(lines) == len(report.findings) + 1
    assert lines[0].startswith("::error title=FK101 set-null-on-not-null::public.")
    odd = next(line for line in lines if "odd" in line)
    assert "k%25:,col|umn\\n[red]" in odd


async def test_junit_has_a_case_per_finding_and_is_well_formed(report: CheckReport) -> None:
    suite = ET.fromstring(check_junit([report])).find("testsuite")
    assert suite is not None
    assert int(suite.attrib["tests"]) == len(suite.findall("testcase")) == len(report.findings)
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
    clean = ET.fromstring(check_junit([replace(report, findings=())])).find("testsuite")
    assert clean is not None
    assert (clean.attrib["tests"], clean.attrib["failures"]) == ("1", "0")


async def test_markdown_interprets_nothing_from_the_database(report: CheckReport) -> None:
    text = check_markdown([report])
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == len(report.findings) + 2
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)
    assert "\\<b\\>" in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    "text",
    [
        "7c1e0f8e-5d5f-4a8c-9f60-2c41de2f5a10",
        "public.users.users_workspace_id_fkey",
        "/home/dba/.local/state/fkdash/runs/x-1.jsonl",
    ],
)
def test_what_is_pasted_from_markdown_is_what_was_meant(text: str) -> None:
    assert escaped(text) == text


async def test_the_scope_names_what_the_role_cannot_read(database: TestDatabase) -> None:
    await database.execute(_SCHEMA)
    role = f"looker_{database.name}"
    await database.execute(f"CREATE ROLE {role} LOGIN; GRANT SELECT ON workspaces TO {role}")
    target = resolve(ConnectionArguments(dsn=database.dsn.replace("postgres@", f"{role}@")), {})
    limited = await ReadPool.open(target)
    try:
        report = await check(limited, CheckOptions())
    finally:
        await limited.close()
        await database.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert report.scope.words == f"2 foreign keys in 3 tables, 2 tables not readable by role {role}"
    assert report.findings[0].finding.rule == "FK101"
    assert report.findings[0].impact is not None
    assert report.findings[0].impact.state == "unknown"


async def test_a_default_that_does_not_exist_is_an_error_and_one_that_does_is_a_note(
    database: TestDatabase, pool: ReadPool
) -> None:
    await database.execute("""
        CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE c (pid int DEFAULT 0 REFERENCES p ON DELETE SET DEFAULT);
    """)
    options = CheckOptions(rules=(rule("FK106"),))
    missing = await check(pool, options)
    assert [each.finding.severity for each in missing.findings] == [Severity.ERROR]
    await database.execute("INSERT INTO p VALUES (0)")
    there = await check(pool, options)
    assert [each.finding.severity for each in there.findings] == [Severity.INFO]


async def test_a_question_that_is_not_answered_in_time_is_unknown_and_never_green(
    database: TestDatabase, pool: ReadPool
) -> None:
    await database.execute("""
        CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE c (pid int DEFAULT 0 REFERENCES p ON DELETE SET DEFAULT, CHECK (pid > 0));
    """)
    connection = await database.connection()
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("LOCK TABLE p, c")
    try:
        report = await check(pool, CheckOptions(rules=(rule("FK106"), rule("FK107")), seconds=1))
    finally:
        await transaction.rollback()
    assert not report.complete
    assert any("public.c" in unknown.what for unknown in report.unknowns)
    assert [each.finding.severity for each in report.findings] == [Severity.WARNING]


async def test_a_question_that_the_statement_timeout_stops_makes_the_check_incomplete(
    database: TestDatabase,
) -> None:
    # Without its index the absent default row is looked for in every row, which takes more than a millisecond.
    await database.execute(f"""
        CREATE TABLE p (id int PRIMARY KEY);
        INSERT INTO p SELECT generate_series(1, 200000);
        CREATE TABLE c (pid int DEFAULT 0 REFERENCES p ON DELETE SET DEFAULT);
        ALTER DATABASE {database.name} SET enable_indexscan = off;
        ALTER DATABASE {database.name} SET enable_indexonlyscan = off;
        ALTER DATABASE {database.name} SET enable_bitmapscan = off;
    """)
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    try:
        stopped = await check(pool, CheckOptions(rules=(rule("FK106"),), seconds=0.001))
        answered = await check(pool, CheckOptions(rules=(rule("FK106"),), seconds=20))
    finally:
        await pool.close()
    command = await fkdash("check", database.dsn, "--rule", "FK106", "--seconds", "0.001", "--format", "json")
    document = json.loads(command.stdout)
    assert (command.returncode, document["complete"], len(document["unknown"])) == (4, False, 1)
    [unknown] = stopped.unknowns
    assert unknown.what == "whether public.p has the default row of public.c.c_pid_fkey"
    assert "reached its limit of 0.001 s" in unknown.reason
    assert unknown.hides_findings
    assert not stopped.complete
    assert [each.finding.severity for each in stopped.findings] == [Severity.WARNING]
    assert answered.complete
    assert [each.finding.severity for each in answered.findings] == [Severity.ERROR]


async def test_joins_in_views_are_read(database: TestDatabase, pool: ReadPool) -> None:
    await database.execute("""
        CREATE TABLE users (id int PRIMARY KEY);
        CREATE TABLE orders (id int PRIMARY KEY, buyer int);
        CREATE VIEW bought AS SELECT o.id FROM orders o JOIN users u ON u.id = o.buyer;
    """)
    report = await check(pool, CheckOptions(rules=(rule("FK207"),)))
    [reported] = report.findings
    assert reported.finding.evidence == ("view public.bought joins public.orders.buyer to public.users.id",)
    assert json.loads("".join(check_json_pieces([report])))["findings"][0]["constraint"] is None


async def test_only_chosen_tables_count(database: TestDatabase, pool: ReadPool) -> None:
    await database.execute(_SCHEMA)
    report = await check(pool, CheckOptions(concerns=lambda name: name.name == "users"))
    assert report.scope.foreign_keys == 1
    assert {each.finding.key.table.name for each in report.findings} == {"users"}


async def test_the_baseline_and_the_configuration_decide_what_fails(
    database: TestDatabase, pool: ReadPool, report: CheckReport
) -> None:
    assert report.reaches(Severity.ERROR)
    baseline = baseline_from(baseline_document([each.finding for each in report.findings]), "b")
    known = await check(pool, CheckOptions(baseline=baseline))
    assert not known.reaches(Severity.INFO)
    assert check_github([known]).count("::error") == 0
    sarif: dict[str, Any] = json.loads(check_sarif([known]))
    assert all(result["baselineState"] == "unchanged" for result in sarif["runs"][0]["results"])
    ignored = [{"rule": "FK101", "constraint": "public.users.*", "reason": "known since May"}]
    configuration = configuration_from({"rules": {"FK301": "off"}, "ignore": ignored}, "fkdash.toml")
    judged = await check(pool, CheckOptions(configuration=configuration))
    assert [each.reason for each in judged.ignored] == ["known since May"]
    assert {each.finding.key.table.name for each in judged.findings} == {"odd"}
    await database.execute("ALTER TABLE users ALTER primary_workspace_id DROP NOT NULL")
    repaired = await check(pool, CheckOptions(baseline=baseline))
    assert "FK101 public.users.users_primary_workspace_id_fkey" in repaired.gone


async def test_many_of_one_rule_are_folded_into_a_line_that_says_how_to_see_them(report: CheckReport) -> None:
    finding = report.findings[-1]
    many = replace(report, findings=(*report.findings[:1], *[finding] * 5_000))
    folded = check_text([many])
    assert len(folded.splitlines()) < 40
    summary = next(line for line in folded.splitlines() if finding.finding.rule in line)
    assert summary.rstrip().endswith(("5,000", "5,001", "biting"))
    assert f"--each --rule {finding.finding.rule} tells them all" in folded
    assert folded.index(summary) < folded.index(report.findings[0].finding.message)
    unfolded = check_text([many], each=True)
    assert unfolded.count(f"\nnote {finding.finding.rule} ") == 5_000
    assert len(check_document([many])["findings"]) == 5_001
