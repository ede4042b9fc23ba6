"""`fkdash lint` as it is used: places, exit codes, formats, comments, what is new, and input that is broken."""

from __future__ import annotations

import gc
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from fkdash.cli.main import main

Lint = Callable[..., tuple[int, Any]]

TABLES = "CREATE TABLE workspaces (id int PRIMARY KEY);\nCREATE TABLE users (\n  id int PRIMARY KEY,\n  w int NOT NULL\n);\n"
KEY = "ALTER TABLE users ADD CONSTRAINT users_w_fk FOREIGN KEY (w) REFERENCES workspaces ON DELETE SET NULL;\n"


@pytest.fixture
def lint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lint:
    """Run `fkdash lint` in an empty folder and give the exit code and the document."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gc, "disable", lambda: None)

    def run(*arguments: str, form: str = "json") -> tuple[int, Any]:
        code = main(["lint", *arguments, "--format", form])
        said = capsys.readouterr()
        run.stderr = said.err  # type: ignore[attr-defined] # for the tests that look
        return code, json.loads(said.out) if form == "json" and said.out else said.out + said.err

    return run


def write(files: dict[str, str | bytes], folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def found(document: dict[str, Any], rule: str) -> list[Any]:
    return [each for each in document["findings"] if each["rule"] == rule]


def test_a_finding_stands_at_the_statement_that_completed_it_and_names_the_one_that_began_it(
    lint: Lint, tmp_path: Path
) -> None:
    write({"m/1.sql": TABLES, "m/2.sql": "CREATE INDEX ON users (w);\n", "m/3.sql": f"-- why\n  {KEY}"}, tmp_path)
    code, document = lint("m")
    [finding] = found(document, "FK101")
    assert (code, finding["file"], finding["line"], finding["column"]) == (1, "m/3.sql", 2, 3)
    assert (finding["began"]["file"], finding["began"]["line"]) == ("m/1.sql", 2)
    assert {"line": 4, "text": "  w int NOT NULL"} in finding["began"]["excerpt"]
    assert document["kind"] == "lint"
    assert document["coverage"]["statements"] == 4
    assert document["complete"] is True
    text = lint("m", form="text")[1]
    assert "m/3.sql:2:3" in text
    assert "began at m/1.sql:2:1" in text


_COMPLETED = {
    "NOT NULL": ("int", "SET NULL", "ALTER TABLE c ALTER w SET NOT NULL", "FK101"),
    "a domain that refuses NULL": ("d", "SET NULL", "ALTER DOMAIN d SET NOT NULL", "FK101"),
    "a check": ("int", "SET NULL", "ALTER TABLE c ADD CHECK (w IS NOT NULL)", "FK102"),
    "a check of a domain": ("d", "SET NULL", "ALTER DOMAIN d ADD CHECK (VALUE IS NOT NULL)", "FK102"),
    "a default of a domain": ("d", "SET DEFAULT", "ALTER DOMAIN d SET DEFAULT 2", "FK106"),
    "an index": ("int", "SET NULL", "CREATE UNIQUE INDEX ON c (w) NULLS NOT DISTINCT", "FK104"),
    "a default that goes": (
        "int NOT NULL DEFAULT 1",
        "SET DEFAULT",
        "ALTER TABLE c ALTER w DROP DEFAULT",
        "FK105",
    ),
    "another default": ("int DEFAULT 1", "SET DEFAULT", "ALTER TABLE c ALTER w SET DEFAULT 2", "FK106"),
    "another type": ("int", "CASCADE", "ALTER TABLE c ALTER w TYPE bigint", "FK401"),
}


@pytest.mark.parametrize("case", _COMPLETED)
def test_what_completes_a_finding_may_be_any_statement_that_it_hangs_on(
    lint: Lint, tmp_path: Path, case: str
) -> None:
    column, action, statement, rule = _COMPLETED[case]
    tables = (
        "CREATE DOMAIN d AS int;\nCREATE TABLE p (id int PRIMARY KEY);\n"
        f"CREATE TABLE c (w {column} REFERENCES p ON DELETE {action});\nCREATE INDEX ON c (w);\n"
    )
    write({"m/1.sql": tables, "m/2.sql": f"SET lock_timeout = '1s';\n{statement};\n"}, tmp_path)
    _, document = lint("m")
    [finding] = found(document, rule)
    assert (finding["file"], finding["line"]) == ("m/2.sql", 2)
    assert (finding["began"]["file"], finding["began"]["line"]) == ("m/1.sql", 3)


def test_a_not_null_that_comes_later_completes_it(lint: Lint, tmp_path: Path) -> None:
    nullable = TABLES.replace("w int NOT NULL", "w int")
    write({"m/1.sql": nullable + KEY, "m/2.sql": "ALTER TABLE users ALTER w SET NOT NULL;"}, tmp_path)
    [finding] = found(lint("m")[1], "FK101")
    assert (finding["file"], finding["began"]["file"]) == ("m/2.sql", "m/1.sql")


def test_a_repair_in_a_later_file_ends_it(lint: Lint, tmp_path: Path) -> None:
    repair = "ALTER TABLE users DROP CONSTRAINT users_w_fk, ADD CONSTRAINT users_w_fk FOREIGN KEY (w) REFERENCES workspaces NOT VALID;"
    write({"m/1.sql": TABLES + KEY, "m/2.sql": repair}, tmp_path)
    code, document = lint("m")
    assert (code, found(document, "FK101")) == (0, [])


def test_every_format_says_how_far_it_was_understood(lint: Lint, tmp_path: Path) -> None:
    write({"m/1.sql": TABLES + KEY + "CREATE TABLE x AS SELECT 1;"}, tmp_path)
    for form in ("json", "text", "sarif", "junit", "github", "markdown"):
        code, said = lint("m", form=form)
        shown = json.dumps(said) if form == "json" else said
        assert code == 1
        assert "the columns of a table made of a query are not known" in shown, form
        for rule in ("FK118", "FK119", "FK303"):
            assert rule in shown, (form, rule)
    sarif = json.loads(lint("m", form="sarif")[1])["runs"][0]
    [result] = [each for each in sarif["results"] if each["ruleId"] == "FK101"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 6, "startColumn": 1}
    assert result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 2
    assert sarif["invocations"][0]["executionSuccessful"] is False
    junit = ET.fromstring(lint("m", form="junit")[1])
    assert junit.find(".//testcase[@classname='fkdash.FK101']").get("file") == "m/1.sql"  # type: ignore[union-attr] # it is there
    assert "::error title=FK101 set-null-on-not-null,file=m/1.sql,line=6,col=1::" in lint("m", form="github")[1]


def test_nothing_found_in_what_was_not_understood_is_no_success(lint: Lint, tmp_path: Path) -> None:
    write({"m/1.sql": TABLES + "CREATE TABLE x AS SELECT 1;"}, tmp_path)
    assert lint("m")[0] == 4
    assert lint("m", "--fail-on", "never")[0] == 0


def test_a_comment_with_a_reason_accepts_a_finding(lint: Lint, tmp_path: Path) -> None:
    write(
        {"m/1.sql": f"{TABLES}-- fkdash: ignore FK101, no-index because nobody deletes workspaces\n{KEY}"},
        tmp_path,
    )
    code, document = lint("m")
    assert (code, found(document, "FK101"), found(document, "FK301")) == (0, [], [])
    assert {each["reason"] for each in document["ignored"]} == {"nobody deletes workspaces"}


def test_a_comment_without_a_reason_accepts_nothing(lint: Lint, tmp_path: Path) -> None:
    write({"m/1.sql": f"{TABLES}-- fkdash: ignore FK101\n{KEY}"}, tmp_path)
    code, document = lint("m")
    assert (code, len(found(document, "FK101")), len(document["incomplete"])) == (1, 1, 1)


def test_only_what_new_files_bring_is_judged(lint: Lint, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments], check=True, cwd=tmp_path)

    write({"m/1.sql": TABLES + KEY}, tmp_path)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    assert found(lint("m", "--changed-since", "HEAD")[1], "FK101") == []
    write(
        {
            "m/2.sql": "CREATE TABLE more (id int PRIMARY KEY, w int NOT NULL REFERENCES workspaces ON DELETE SET NULL);"
        },
        tmp_path,
    )
    [finding] = found(lint("m", "--changed-since", "HEAD")[1], "FK101")
    assert finding["file"] == "m/2.sql"
    code, said = lint("m", "--changed-since", "nowhere")
    assert (code, "git knows no revision nowhere" in said) == (2, True)


def test_the_way_is_judged_and_the_statements_to_write_instead_are_said(lint: Lint, tmp_path: Path) -> None:
    nullable = TABLES.replace("w int NOT NULL", "w int")
    drop = "ALTER TABLE users DROP CONSTRAINT users_w_fk;"
    again = (
        "BEGIN;\n" + KEY.replace(";", " NOT VALID;") + "ALTER TABLE users VALIDATE CONSTRAINT users_w_fk;\nCOMMIT;"
    )
    write({"m/1.sql": nullable, "m/2.sql": KEY}, tmp_path)
    rules = {each["rule"]: each for each in lint("m", "--rule", "FK6")[1]["findings"]}
    assert set(rules) == {"FK601", "FK604", "FK605"}
    assert any(each.endswith("NOT VALID;") for each in rules["FK601"]["evidence"])
    write({"m/3.sql": drop, "m/4.sql": again}, tmp_path)
    rules = {each["rule"]: each for each in lint("m", "--rule", "FK6")[1]["findings"]}
    assert set(rules) == {"FK602", "FK603", "FK604", "FK605"}
    assert (rules["FK603"]["file"], rules["FK603"]["began"]["file"]) == ("m/4.sql", "m/3.sql")


def test_what_is_said_of_the_way_quotes_names_that_could_be_taken_for_others(lint: Lint, tmp_path: Path) -> None:
    odd = KEY.replace("users_w_fk", '"users.fk"').replace("ALTER TABLE users", 'ALTER TABLE "us.ers"')
    write({"m/1.sql": TABLES.replace("TABLE users", 'TABLE "us.ers"'), "m/2.sql": odd}, tmp_path)
    said = {each["rule"]: each["message"] for each in lint("m", "--rule", "FK6")[1]["findings"]}
    assert said["FK601"].startswith('ADD CONSTRAINT "users.fk" reads all of "us.ers" while writers')
    assert 'before any index on "us.ers" (w)' in said["FK605"]


def test_a_key_that_one_statement_replaces_costs_no_more_than_before(lint: Lint, tmp_path: Path) -> None:
    swap = KEY.replace("ADD CONSTRAINT", "DROP CONSTRAINT users_w_fk, ADD CONSTRAINT").replace(";", " NOT VALID;")
    write(
        {
            "m/1.sql": f"{TABLES.replace('w int NOT NULL', 'w int')}{KEY}",
            "m/2.sql": f"SET lock_timeout = '5s';\n{swap}",
            "m/3.sql": "ALTER TABLE users VALIDATE CONSTRAINT users_w_fk;",
        },
        tmp_path,
    )
    assert lint("m", "--rule", "FK6")[1]["findings"] == []


def test_a_migration_as_it_should_be_has_nothing_to_say_about_its_way(lint: Lint, tmp_path: Path) -> None:
    nullable = TABLES.replace("w int NOT NULL", "w int")
    added = "SET lock_timeout = '5s';\n" + KEY.replace(";", " NOT VALID;")
    write(
        {
            "m/1.sql": nullable,
            "m/2.sql": "CREATE INDEX CONCURRENTLY ON users (w);",
            "m/3.sql": added,
            "m/4.sql": "ALTER TABLE users VALIDATE CONSTRAINT users_w_fk;",
        },
        tmp_path,
    )
    assert lint("m", "--fail-on", "info")[0] == 0


def test_a_project_is_searched_for_its_migrations(lint: Lint, tmp_path: Path) -> None:
    write(
        {
            "seed.sql": "INSERT INTO t VALUES (1);",
            "app/drizzle/meta/_journal.json": '{"entries": [{"tag": "0_a"}]}',
            "app/drizzle/0_a.sql": TABLES,
            "node_modules/x/migrations/1.sql": "x",
        },
        tmp_path,
    )
    code, document = lint(".")
    assert (code, document["coverage"]["source"]) == (0, "Drizzle 0.x (meta/_journal.json)")
    write({"other/meta/_journal.json": '{"entries": [{"tag": "0_a"}]}', "other/0_a.sql": TABLES}, tmp_path)
    assert lint(".")[0] == 2


def test_the_configuration_names_paths_and_tool(lint: Lint, tmp_path: Path) -> None:
    write(
        {"db/V2__b.sql": KEY, "db/V1__a.sql": TABLES, "fkdash.toml": '[lint]\npaths = ["db"]\ntool = "flyway"\n'},
        tmp_path,
    )
    code, document = lint()
    assert (code, document["coverage"]["source"]) == (1, "Flyway (V1__name.sql)")


def test_ignores_and_baseline_are_those_of_check(lint: Lint, tmp_path: Path) -> None:
    write({"m/1.sql": TABLES + KEY}, tmp_path)
    assert lint("m", "--write-baseline", "known.json", "--fail-on", "info")[0] == 0
    assert lint("m", "--baseline", "known.json", "--fail-on", "info")[0] == 0
    write({"fkdash.toml": '[[ignore]]\nrule = "FK101"\nreason = "decided"\n'}, tmp_path)
    code, document = lint("m")
    assert (code, document["ignored"][0]["reason"]) == (0, "decided")


def test_the_hook_runs_what_it_says() -> None:
    hooks = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    [entry] = [line.split(":", 1)[1].strip() for line in hooks.splitlines() if line.strip().startswith("entry:")]
    assert entry == "fkdash lint"
    assert "pass_filenames: false" in hooks


SWALLOWING = (
    "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN {} ; END $$;\n"
    "CREATE TRIGGER t BEFORE {} ON users FOR EACH ROW EXECUTE FUNCTION gone();\n"
)


@pytest.mark.parametrize(
    ("triggers", "severity"),
    [
        (SWALLOWING.format("NULL", "DELETE"), "warning"),
        (SWALLOWING.format("OLD", "DELETE"), None),
        (SWALLOWING.format("NULL", "UPDATE OF id"), None),
        ("CREATE TRIGGER t BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION made_elsewhere();", "info"),
    ],
)
def test_what_a_trigger_does_is_read_from_its_function_and_is_not_guessed_without_it(
    lint: Lint, tmp_path: Path, triggers: str, severity: str | None
) -> None:
    write({"m/1.sql": TABLES + KEY.replace("SET NULL", "CASCADE") + triggers}, tmp_path)
    assert [each["severity"] for each in found(lint("m")[1], "FK204")] == ([severity] if severity else [])


def test_a_function_that_a_later_file_replaces_is_the_one_that_triggers_run(lint: Lint, tmp_path: Path) -> None:
    better = "CREATE OR REPLACE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;"
    cascading = TABLES + KEY.replace("SET NULL", "CASCADE") + SWALLOWING.format("NULL", "DELETE")
    write({"m/1.sql": cascading, "m/2.sql": better}, tmp_path)
    assert found(lint("m")[1], "FK204") == []


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        ("FK204", SWALLOWING.format("NULL", "DELETE").splitlines()[1]),
        ("FK204", SWALLOWING.format("NULL", "DELETE").splitlines()[0].replace("CREATE", "CREATE OR REPLACE")),
        ("FK204", "ALTER TABLE users ENABLE TRIGGER t;"),
        ("FK204", SWALLOWING.format("NULL", "DELETE").splitlines()[1].replace("TRIGGER t", 'TRIGGER "t.1"')),
        ("FK208", "CREATE RULE r AS ON DELETE TO users DO INSTEAD NOTHING;"),
        ("FK208", 'CREATE RULE "r.1" AS ON DELETE TO users DO INSTEAD NOTHING;'),
        ("FK208", 'CREATE RULE "r.1" AS ON DELETE TO users WHERE old.w = 1 DO INSTEAD NOTHING;'),
        ("FK208", "CREATE RULE r AS ON DELETE TO users WHERE old.w = 1 DO INSTEAD NOTHING;"),
    ],
)
def test_a_trigger_a_function_or_a_rule_that_comes_last_completes_a_finding(
    lint: Lint, tmp_path: Path, rule: str, last: str
) -> None:
    made, fires = SWALLOWING.format("NULL", "DELETE").splitlines()
    before = {
        "CREATE TR": [made],
        "CREATE OR": [made.replace("NULL", "OLD"), fires],
        "ALTER TAB": [made, fires, "ALTER TABLE users DISABLE TRIGGER t;"],
    }.get(last[:9], [])
    write({"m/1.sql": TABLES + KEY.replace("SET NULL", "CASCADE") + "\n".join(before), "m/2.sql": last}, tmp_path)
    [finding] = found(lint("m")[1], rule)
    assert finding["file"] == "m/2.sql"
    write({"m/2.sql": "SELECT 1;"}, tmp_path)
    assert found(lint("m")[1], rule) == []
