"""A password is on no screen, in no message, in no file and in no suggested command, however it was given."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fkdash.cli.commands import COMMANDS
from fkdash.cli.main import main
from fkdash.errors import UsageError
from fkdash.faults import details_of
from fkdash.masking import masked, may_hold_a_password
from tests.support.commands import fkdash
from tests.support.servers import TestDatabase

SECRET = "hunter2-marked"
_NOBODY = "127.0.0.1:1"
_WORDS = (
    f"postgresql://u:{SECRET}@{_NOBODY}/db",
    f"postgresql://u:{SECRET}/x@y@{_NOBODY}/db",
    f"'postgresql://u:{SECRET}@{_NOBODY}/db'",
    f'"postgresql://u:{SECRET}@{_NOBODY}/db"',
    f" postgresql://u:{SECRET}@{_NOBODY}/db",
    f"postgressql://u:{SECRET}@{_NOBODY}/db",
    f"postgresql//u:{SECRET}@{_NOBODY}/db",
    f"postgresql:/u:{SECRET}@{_NOBODY}/db",
    f"postgresql:u:{SECRET}@{_NOBODY}/db",
    f"mysql://u:{SECRET}@{_NOBODY}/db",
    f"u:{SECRET}@{_NOBODY}/db",
    f"postgresql://{_NOBODY}/db?password={SECRET}",
    f"postgresql://{_NOBODY}/db?sslpassword={SECRET}&nonsense=1",
    f"host=127.0.0.1 port=1 password={SECRET}",
    f"host=127.0.0.1 port=1 password='{SECRET} and more",
    f"host=127.0.0.1 port=1 password={SECRET} and more=x",
    f"host=127.0.0.1 port=1 oauth_client_secret={SECRET} scram_client_key={SECRET} scram_server_key={SECRET}",
)
_COMMANDS: tuple[list[str], ...] = (
    ["list"], ["list", "-d"], ["list", "-h"], ["list", "-U"], ["list", "-p"], ["list", "--profile"], ["list", "app"], ["list", "--format"], ["list", "-d", "app", "--look"],
    ["check"], ["check", "--profiles"], ["check", "--fail-on"], ["report"], ["explain"], ["orphans", "scan"], ["fix", "plan"],
    ["fix", "plan", "constraint"], ["fix", "apply", "--plan"], ["fix", "apply", "constraint", "--option", "no-action"],
    ["fix", "rehearse", "constraint", "--option", "no-action"], ["fix", "export", "constraint", "--option", "no-action"],
    ["fix", "undo"], ["fix", "resume"], ["fix", "history", "--journal-in-database", "ops"], ["fix", "show"], ["guard", "t"], ["preview", "--table", "t", "--all"], [], ["-d"], ["--profile"], ["grants", "--look"],
    ["config", "check", "--config"], ["config", "show", "--config"], ["lint"], ["snapshot"], ["watch", "--log"],
)  # fmt: skip
_TAKE_NEITHER_DSN_NOR_FILE = {"demo", "rules", "schema", "completion"}
_VARIABLES = ("PGDATABASE", "PGHOST", "PGUSER", "PGSERVICE", "PGPORT", "DATABASE_URL", "PGPASSWORD")


@pytest.fixture
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine of one's own, where every file that a command leaves can be looked through."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in (
        "PGPASSWORD",
        "DATABASE_URL",
        "PGSERVICE",
        "PGHOST",
        "PGDATABASE",
        "PGUSER",
        "PGPORT",
        "FKDASH_CONFIG",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")
    with Path("/dev/null").open() as nothing_typed:
        monkeypatch.setattr("sys.stdin", nothing_typed)
        yield tmp_path
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.name not in {"config.toml", ".pgpass", ".pg_service.conf"}:
            assert SECRET not in file.read_text(), file


def _said(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    out, err = capfd.readouterr()
    assert code in {2, 3}, (arguments, out, err)
    return out + err


def test_every_command_that_takes_a_dsn_or_a_file_is_tried() -> None:
    tried = {name for name in COMMANDS if any(each[: len(name.split())] == name.split() for each in _COMMANDS)}
    assert set(COMMANDS) - tried == _TAKE_NEITHER_DSN_NOR_FILE


@pytest.mark.usefixtures("nothing_set")
@pytest.mark.parametrize("word", _WORDS)
def test_no_command_repeats_a_password_wherever_it_stands(word: str, capfd: pytest.CaptureFixture[str]) -> None:
    for command in _COMMANDS:
        assert SECRET not in _said(capfd, *command, word), command


@pytest.mark.usefixtures("nothing_set")
@pytest.mark.parametrize("variable", _VARIABLES)
def test_no_variable_is_repeated(
    variable: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for word in _WORDS:
        monkeypatch.setenv(variable, word)
        where = [] if variable in {"PGHOST", "DATABASE_URL", "PGSERVICE"} else ["-h", "127.0.0.1"]
        port = [] if variable == "PGPORT" or not where else ["-p", "1"]
        assert SECRET not in _said(capfd, "list", "-w", *where, *port), word


@pytest.mark.parametrize("word", _WORDS)
def test_no_file_of_the_operators_is_repeated(
    word: str, nothing_set: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = nothing_set / "fkdash" / "config.toml"
    config.parent.mkdir(exist_ok=True)
    for text in (
        f"[profiles.p]\ndsn = '''{word}'''\n",
        f"[profiles.p]\nservice = '''{word}'''\n",
        f"[profiles.p]\ndsn = [{word!r}]\n",
    ):
        config.write_text(text)
        assert SECRET not in _said(capfd, "list", "--profile", "p")
    shutil.rmtree(config.parent)
    (nothing_set / ".pg_service.conf").write_text(f"[s]\nhost=127.0.0.1\nport=1\n{word}\npassword={SECRET}\n")
    (nothing_set / ".pgpass").write_text(f"127.0.0.1:1:*:*:{SECRET}\n{word}\n")
    (nothing_set / ".pgpass").chmod(0o600)
    assert SECRET not in _said(capfd, "list", "service=s")


@pytest.mark.newest_version
async def test_the_way_back_that_is_suggested_has_no_secret_in_it(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    name = "users_primary_workspace_id_workspaces_id_fk"
    more = "&".join(
        f"{word}={SECRET}" for word in ("oauth_client_secret", "scram_client_key", "scram_server_key", "password")
    )
    applied = await fkdash(
        "fix", "apply", name, "--option", "no-action", "--yes", "--confirm", name, f"{incident_database.dsn}&{more}",
        environment={"XDG_STATE_HOME": str(tmp_path)},
    )  # fmt: skip
    assert applied.returncode == 0, applied.stderr
    assert "fkdash fix undo" in applied.stdout
    assert SECRET not in applied.stdout + applied.stderr
    assert not [file for file in tmp_path.rglob("*.*") if SECRET in file.read_text()]


def test_the_account_of_a_fault_has_no_secret_in_it(nothing_set: Path) -> None:
    assert SECRET not in details_of(ValueError(f"cannot read postgresql://u:{SECRET}@h/db"))
    [written] = (nothing_set / "fkdash").glob("crash-*")
    assert "postgresql://u:***@h/db" in written.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "app",
        "db-eu-1:5432",
        "app on db-eu-1:5432 as dba@corp",
        "a:b@c",
        "http://x/y",
        "10:30 mail dba@corp",
        "public.users.fk:x",
    ],
)
def test_what_is_no_password_stays(text: str) -> None:
    assert masked(text) == text
    assert not may_hold_a_password(text)


@given(
    st.text(st.characters(exclude_categories=["Cs", "Z", "C"], exclude_characters="@'"), min_size=1, max_size=20)
)
def test_a_password_is_masked_whatever_is_in_it(password: str) -> None:
    marked = f"{SECRET}{password}{SECRET}"
    assert SECRET not in str(UsageError(f"What is postgresql://u:{marked}@h/db?"))
