"""Whatever stands in a file or on the command line: words, a file's name, what to do; never a fault of fkdash."""

from __future__ import annotations

import copy
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fkdash.cli.commands import COMMANDS
from fkdash.cli.main import main
from fkdash.fix.plan import Plan
from fkdash.fix.plan_file.document import plan_document
from tests.reading.mutations import files, torn
from tests.support.changes import workbench
from tests.support.patience import in_time
from tests.support.servers import TestDatabase

_KEY = "users_primary_workspace_id_workspaces_id_fk"
_CONFIG = b"""[profiles.prod]
dsn = "postgresql://dba@127.0.0.1:1/app"
environment = "production"
read_only = true
look = "service=x"
[profiles.prod.trust]
owners = ["app_owner"]
[profiles."my lab"]
service = "lab"
[labels]
"public.users" = ["email", "name"]
[keys]
"screen.refresh" = "f5"
"""
_TEAM = b"""baseline = "known.json"
[rules]
FK301 = "info"
[[override]]
rule = "FK301"
constraint = "public.*"
severity = "off"
[[ignore]]
rule = "FK101"
reason = "decided"
until = 2030-01-01
[labels]
"public.users" = ["email"]
[references]
"a.b" = "c.d"
[lint]
paths = ["drizzle"]
tool = "drizzle"
"""
_BASELINE = {
    "fkdash": 1,
    "kind": "baseline",
    "findings": [{"rule": "FK101", "constraint": "public.a.b", "fingerprint": "ab"}],
}
_TIMES = int(os.environ.get("FKDASH_TEST_TIMES", "1"))
_SNAPSHOT: dict[str, Any] = {
    "fkdash": 1,
    "kind": "snapshot",
    "version": 1,
    "server": {"version_number": 180004, "version": "18.4"},
    "domains": [],
    "tables": [
        {"schema": "public", "name": "p", "columns": [{"number": 1, "name": "id", "type": "integer", "not_null": True}, {"number": 2, "name": "b", "type": "text"}],
         "indexes": [{"name": "p_pkey", "columns": [1], "unique": True, "primary": True, "opclasses": ["pg_catalog.int4_ops"]}], "triggers": []},
        {"schema": "public", "name": "c", "columns": [{"number": 1, "name": "pid", "type": "integer"}], "triggers": []},
    ],
    "foreign_keys": [
        {"schema": "public", "table": "c", "name": "fk", "columns": ["pid"], "referenced": ["public", "p"], "referenced_columns": ["id"], "order": 0,
         "operators": ["pg_catalog.="], "index": "p_pkey"}
    ],
}  # fmt: skip
_many = settings(max_examples=60 * _TIMES, suppress_health_check=[HealthCheck.function_scoped_fixture])
_some = settings(max_examples=15 * _TIMES, suppress_health_check=[HealthCheck.function_scoped_fixture])

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command where nothing is set and nobody answers; gives its exit code and all it said."""
    for name in [each for each in os.environ if each.startswith("PG")] + ["DATABASE_URL", "FKDASH_CONFIG"]:
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PGHOST", str(tmp_path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str]:
        with Path("/dev/null").open() as nothing_typed:
            monkeypatch.setattr("sys.stdin", nothing_typed)
            try:
                code = main(arguments)
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 1
        out, err = capfd.readouterr()
        assert code in {0, 1, 2, 3, 4}, (arguments, code, err)
        assert "Traceback" not in out + err
        assert "\x1b" not in err
        return code, out + err

    return command


@_many
@given(text=torn(_CONFIG) | torn(_CONFIG).flatmap(torn))
def test_a_broken_configuration_is_named(run: Run, tmp_path: Path, text: bytes) -> None:
    place = tmp_path / "fkdash" / "config.toml"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(text)
    code, said = run("list", "--profile", "prod", "-w")
    assert code in {2, 3}
    assert code == 3 or str(place) in said or "prod" in said or "connection" in said or "service" in said, said
    assert run("config", "check")[0] in {0, 2}
    assert run("config", "show")[0] in {0, 2}


@_many
@given(text=torn(_TEAM) | torn(_TEAM).flatmap(torn))
def test_a_broken_team_file_is_named(run: Run, tmp_path: Path, text: bytes) -> None:
    place = tmp_path / "fkdash.toml"
    place.write_bytes(text)
    code, said = run("check", "-w")
    assert code == 3 or str(place) in said or "baseline" in said, said
    assert run("config", "check")[0] in {0, 2}


@_many
@given(text=files(_BASELINE))
def test_a_broken_baseline_is_named(run: Run, tmp_path: Path, text: bytes) -> None:
    place = tmp_path / "known.json"
    place.write_bytes(text)
    code, said = run("check", "--baseline", str(place), "-w")
    assert code == 3 or str(place) in said
    assert "None" not in said


_words = st.sampled_from(
    ["nan", "inf", "-1", "0", "9" * 5000, "1e999", "(" * 5000, "\x1b[2J", "'", '"', "", " ", "-", "--", "=", ".", "..", "a.b.c.d.e", "\udcff",
     "%", "%s", "{}", "postgresql://", "postgresql://[", "postgresql://h:99999/x", "postgresql://%zz", "host=", "port=x", "service=none",
     "/dev/zero", "/dev/null", "/", "[" * 5000, '[{"id": 1e999}]', '{"id": [[]]}', "--no-such", "-Z", "x" * 5000, "é", "--seconds=nan",
     "connect_timeout=" + "9" * 400, "port=" + "9" * 5000, "sslmode=x", "sslrootcert=/dev/zero", "FK", "json", "no-action"]
)  # fmt: skip
_OPTIONS = (
    "-h", "-p", "-U", "-d", "--profile", "--format", "--seconds", "--table", "--schema", "--key", "--keys-json", "--where", "--list", "--max-rows",
    "--rule", "--fail-on", "--config", "--baseline", "--plan", "--option", "--value", "--constraint", "--confirm", "--journal-in-database", "--look",
)  # fmt: skip
_arguments = st.lists(_words | st.tuples(st.sampled_from(_OPTIONS), _words), max_size=4).map(
    lambda drawn: [word for each in drawn for word in ([each] if isinstance(each, str) else each)]
)


@settings(max_examples=250 * _TIMES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(command=st.sampled_from([name for name in COMMANDS if name != "demo"]), arguments=_arguments)
def test_no_words_are_too_odd_to_be_answered(run: Run, command: str, arguments: list[str]) -> None:
    run(*command.split(), *arguments, "-w")


@pytest.fixture
async def made(incident_database: TestDatabase, tmp_path: Path) -> Plan:
    async with workbench(incident_database, tmp_path / "bench") as bench:
        return await bench.plan(_KEY, "no-action")


@pytest.fixture
def document(made: Plan) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(plan_document(made)))
    return found


def _journal(document: dict[str, Any]) -> list[dict[str, Any]]:
    at = {"at": "2026-11-29T03:04:05+00:00"}
    facts = {"database": "app", "server": "18", "cluster": "1", "database_oid": 5, "where": "here", "role": "dba", "operator": "me", "host": "h",
             "reason": "", "continues": None}  # fmt: skip
    return [
        {"event": "plan", **at, "plan": document, **facts},
        {"event": "step-started", **at, "step": 1, "sql": "x"},
        {"event": "committing", **at, "steps": [1]},
        {"event": "step-done", **at, "step": 1},
        {"event": "ended", **at, "outcome": "failed", "message": "no", "steps_done": [1], "verification": [{"check": "a", "ok": True, "detail": ""}]},
    ]  # fmt: skip


@_some
@given(text=files(_SNAPSHOT))
def test_a_broken_snapshot_is_named(run: Run, tmp_path: Path, text: bytes) -> None:
    place = tmp_path / "snapshot.json"
    place.write_bytes(text)
    for command in ("list", "check"):
        code, said = run(command, "--from", str(place))
        assert code in {0, 1} or str(place) in said, said


@pytest.mark.parametrize(
    ("place", "junk"),
    [
        (("tables", 0, "columns", 0, "type"), None),
        (("tables", 0, "columns", 1, "not_null"), "yes"),
        (("tables", 1, "name"), 5),
        (("foreign_keys", 0, "referenced_columns"), []),
        (("foreign_keys", 0, "comment"), 5),
        (("server", "version_number"), "18"),
    ],
)
def test_a_value_of_another_type_in_a_snapshot_is_named(
    run: Run, tmp_path: Path, place: tuple[Any, ...], junk: object
) -> None:
    document = copy.deepcopy(_SNAPSHOT)
    inside: Any = document
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = junk
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps(document))
    code, said = run("check", "--from", str(path))
    assert code == 2
    assert f"{path} is a damaged snapshot" in said


@pytest.mark.newest_version
@_some
@given(data=st.data())
def test_a_broken_plan_is_named_and_nothing_is_changed(
    run: Run, tmp_path: Path, document: dict[str, Any], incident_database: TestDatabase, data: st.DataObject
) -> None:
    place = tmp_path / "plan.json"
    place.write_bytes(data.draw(files(document)))
    code, said = run("fix", "apply", "--plan", str(place), incident_database.dsn)
    assert code in {1, 2, 3, 4}
    assert len(said.splitlines()) > 1


@pytest.mark.newest_version
@_some
@given(data=st.data())
def test_a_broken_journal_is_named_and_nothing_is_changed(
    run: Run, tmp_path: Path, document: dict[str, Any], incident_database: TestDatabase, data: st.DataObject
) -> None:
    place = tmp_path / "fkdash" / "runs" / "20261129T030405.000000Z-a.jsonl"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data.draw(files(_journal(document), lines=True)))
    place.chmod(0o600)
    code, said = run("fix", "show", str(place))
    assert code == 0 or str(place) in said
    assert run("fix", "history")[0] == 0
    for command in ("undo", "resume"):
        run("fix", command, str(place), "--another-database", incident_database.dsn)


@pytest.mark.newest_version
@_some
@given(text=st.lists(_words, min_size=1, max_size=3).map(" ".join) | st.text(max_size=30))
def test_a_condition_and_keys_that_cannot_be_read_are_refused(
    run: Run, incident_database: TestDatabase, text: str
) -> None:
    dsn = incident_database.dsn
    for chosen in (f"--where={text}", f"--keys-json={text}", f"--key={text}"):
        run("preview", "--table", "workspaces", chosen, "--seconds", "2", dsn)
    run("explain", "-d", dsn, f" {text}")


_FILES = {
    "--config": ("check", "--config"),
    "--baseline": ("check", "--baseline"),
    "--plan": ("fix", "apply", "--plan"),
    "journal": ("fix", "show"),
    "undo": ("fix", "undo"),
    "snapshot": ("check", "--from"),
    "export": ("fix", "export", "ck", "--option", "no-action", "--tool", "psql", "--dir", "/", "--from"),
}
_PLACES = {"FKDASH_CONFIG": ("list", "--profile", "x"), "PGSERVICEFILE": ("list", "service=x"), "PGPASSFILE": ("list", "-h", "127.0.0.1", "-p", "1"), "PGSSLROOTCERT": ("list", "-h", "127.0.0.1", "-p", "1")}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, "device") for name in (*_FILES, *_PLACES)),
        ("journal", "pipe"),
        ("--plan", "pipe"),
        ("snapshot", "pipe"),
        ("export", "pipe"),
        ("--config", "folder"),
    ],
)
def test_a_device_a_pipe_or_a_folder_given_as_a_file_is_refused_at_once(
    tmp_path: Path, name: str, kind: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    place = {"device": "/dev/zero", "pipe": str(tmp_path / "pipe"), "folder": str(tmp_path)}[kind]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environment |= {
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
        "PGSSLMODE": "prefer",
        "PGHOST": str(tmp_path),
    }
    arguments = (*_FILES[name], place) if name in _FILES else _PLACES[name]
    if name in _PLACES:
        environment[name] = place
    most = 2 * 1024**3
    ended = subprocess.run(
        [sys.executable, "-m", "fkdash", *arguments], env=environment, capture_output=True, text=True, timeout=in_time(20), check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
    )  # fmt: skip
    assert ended.returncode in {2, 3}, ended.stderr
    assert place in ended.stderr or name in {"PGSSLROOTCERT", "PGPASSFILE"}, ended.stderr


@pytest.mark.parametrize(
    "deep", ["[" * 5000, '{"a":' * 5000, '{"fkdash":1,"kind":"snapshot","tables":' + "[" * 5000]
)
def test_a_file_nested_too_deeply_is_named_wherever_one_is_read(run: Run, tmp_path: Path, deep: str) -> None:
    path = tmp_path / "deep.json"
    path.write_text(deep)
    migrations = tmp_path / "migrations"
    (migrations / "meta").mkdir(parents=True)
    (migrations / "meta" / "_journal.json").write_text(deep)
    (migrations / "0000_x.sql").write_text("create table x (id int);")
    for arguments in (
        ("list", "--from", str(path)),
        ("check", "--from", str(path)),
        ("lint", str(path)),
        ("lint", str(migrations)),
    ):
        code, said = run(*arguments)
        assert (arguments[0], code) == (arguments[0], 2), said
        assert "json" in said
