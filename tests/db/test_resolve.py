"""Where to connect is found out as psql does it."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

import pytest

from fkdash.db.target import Address, PasswordPrompt, Target
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import UsageError
from tests.support.servers import TestDatabase, psql

_SERVICES = """\
# the lab
[lab]
host=/nowhere/lab
port=6001
dbname=labdb
user=dba
application_name=from-service

[ lab]
host=/never
[lab]
host=/never
[bad]
hosst=x
[nested]
service=lab
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".pg_service.conf").write_text(_SERVICES)
    return tmp_path


def _resolve(
    home: Path,
    environment: dict[str, str] | None = None,
    *,
    dsn: str | None = None,
    host: str | None = None,
    port: str | int | None = None,
    user: str | None = None,
    dbname: str | None = None,
) -> Target:
    arguments = ConnectionArguments(dsn=dsn, host=host, port=port, user=user, dbname=dbname)
    return resolve(arguments, {"HOME": str(home), **(environment or {})})


_AS_PSQL: list[tuple[list[str], dict[str, str]]] = [
    (["-h", "/nowhere/a", "-p", "6010"], {}),
    (["-h", "/nowhere/a"], {"PGPORT": "6011"}),
    (["-h", "/nowhere/a"], {"PGPORT": ""}),
    ([], {"PGHOST": "/nowhere/b", "PGPORT": "6012"}),
    (["-h", ""], {"PGHOST": "/nowhere/b"}),
    (["-h", "/nowhere/a"], {"PGHOST": "/nowhere/b"}),
    (["-h", "/nowhere/a", "-p", "6013", "-d", "host=/nowhere/c"], {}),
    (["-p", "6013", "-d", "postgresql://%2Fnowhere%2Fc:6014/x"], {}),
    (["-h", "/nowhere/a", "-d", "postgresql:///x?host=/nowhere/c"], {"PGPORT": "6015"}),
    (["-d", "service=lab"], {"PGHOST": "/nowhere/b", "PGPORT": "6016"}),
    (["-d", "service=lab port=6017"], {}),
    ([], {"PGSERVICE": "lab", "PGHOST": "/nowhere/b"}),
    (["-h", "/nowhere/a"], {"PGSERVICE": "lab"}),
    (["-d", "postgresql:///?service=lab"], {}),
    (["-d", "host=/nowhere/a,/nowhere/b port=6018,6019"], {}),
    (["-d", "postgresql://%2Fnowhere%2Fa:6020,%2Fnowhere%2Fb/x"], {"PGPORT": "6021"}),
]


@pytest.mark.parametrize(("flags", "environment"), _AS_PSQL)
def test_psql_goes_to_the_same_addresses(flags: list[str], environment: dict[str, str], home: Path) -> None:
    names = {"-h": "host", "-p": "port", "-d": "dbname"}
    arguments = {names[flag]: value for flag, value in zip(flags[::2], flags[1::2], strict=True)}
    ours = _resolve(home, environment, **arguments)
    run = subprocess.run(
        [psql(), "-X", "-w", *flags],
        env={"HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    tried = re.findall(r'"(/\S*?)/\.s\.PGSQL\.(\d+)"', run.stderr)
    assert tried, run.stderr
    assert [(address.host, str(address.port)) for address in ours.addresses] == tried


_ON_A_SERVER: list[tuple[list[str], dict[str, str]]] = [
    (["-U", "db_one", "-d", "{name}"], {"PGUSER": "db_two", "PGDATABASE": "nowhere"}),
    (["-d", "dbname={name}", "-U", "db_one"], {"PGUSER": "db_two"}),
    (["-d", "user=db_one dbname={name}", "-U", "db_two"], {}),
    (["-d", "user=db_one dbname={name} application_name=mine"], {"PGAPPNAME": "theirs"}),
    ([], {"PGUSER": "db_two", "PGDATABASE": "{name}", "PGAPPNAME": "theirs", "PGOPTIONS": "-c work_mem=3MB"}),
    (["-d", "{name}", "-U", "db_one"], {"PGTZ": "Asia/Tokyo", "PGOPTIONS": "-c statement_timeout=7s"}),
]


@pytest.mark.newest_version
@pytest.mark.parametrize(("flags", "environment"), _ON_A_SERVER)
async def test_psql_gets_the_same_session(
    flags: list[str], environment: dict[str, str], home: Path, database: TestDatabase
) -> None:
    from fkdash.db.connect import connect  # noqa: PLC0415 - the other tests here need no driver

    await database.execute("drop role if exists db_one; drop role if exists db_two")
    await database.execute("create role db_one login; create role db_two login")
    flags = [flag.format(name=database.name) for flag in flags]
    environment = {name: value.format(name=database.name) for name, value in environment.items()}
    environment |= {"PGHOST": database.socket_directory}
    question = (
        "select concat_ws(' ', current_user, current_database(), current_setting('work_mem'),"
        " current_setting('TimeZone'), current_setting('statement_timeout'),"
        " nullif(nullif(current_setting('application_name'), 'psql'), 'fkdash'))"
    )
    names = {"-U": "user", "-d": "dbname"}
    arguments = {names[flag]: value for flag, value in zip(flags[::2], flags[1::2], strict=True)}
    opened = await connect(_resolve(home, environment, **arguments))
    ours = await opened.connection.fetchval(question)
    await opened.connection.close()
    theirs = await asyncio.create_subprocess_exec(
        psql(),
        *("-XwAtc", question, *flags),
        env={"HOME": str(home), **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    answer, _ = await theirs.communicate()
    assert ours == answer.decode().strip()
    await database.execute("drop role db_one; drop role db_two")


def test_without_anything_the_usual_places_are_tried(home: Path) -> None:
    target = _resolve(home)
    assert target.tried == ("/var/run/postgresql:5432", "/tmp:5432", "localhost:5432")
    assert not target.given
    assert target.database == target.user
    assert target.application_name == "fkdash"
    assert target.connect_seconds == 10


def test_the_service_says_where_it_came_from(home: Path) -> None:
    target = _resolve(home, {"PGSERVICE": "lab", "PGAPPNAME": "mine"})
    assert target.describe() == "labdb on /nowhere/lab:6001 as dba (PGSERVICE=lab)"
    assert target.application_name == "from-service"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PGSERVICE": "unknown"}, "unknown is not defined"),
        ({"PGSERVICE": "lab", "PGSERVICEFILE": "/nowhere/services"}, "/nowhere/services does not exist"),
        ({"PGSERVICE": "bad"}, "hosst"),
        ({"PGSERVICE": "nested"}, "cannot be used"),
        ({"PGPORT": "many"}, "port is not a number"),
        ({"PGHOST": "a,b,c", "PGPORT": "1,2"}, "2 ports do not go with 3 hosts"),
        ({"PGHOST": "a,b", "PGHOSTADDR": "10.0.0.1"}, "2 hosts do not go with 1 address\\."),
        ({"PGSSLMODE": "sometimes"}, "sslmode cannot be sometimes"),
        ({"PGCONNECT_TIMEOUT": "soon"}, "connect_timeout"),
        ({"PGREQUIREAUTH": "scram-sha-256"}, "require_auth"),
        ({"PGREQUIREPEER": "postgres"}, "requirepeer"),
        ({"PGGSSENCMODE": "require"}, "gssencmode"),
        ({"PGTARGETSESSIONATTRS": "best"}, "target_session_attrs cannot be best"),
        ({"PGSSLROOTCERT": "system", "PGSSLMODE": "require"}, "too weak"),
        ({"DATABASE_URL": "postgresql://db/app?colour=red"}, "DATABASE_URL .* colour"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(home: Path, environment: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        _resolve(home, environment)
    assert refused.value.next_step


def test_two_databases_are_refused(home: Path) -> None:
    with pytest.raises(UsageError, match="Two databases"):
        _resolve(home, dsn="a", dbname="b")


@pytest.mark.parametrize("dsn", ["postgresql://db/app?lock_timeout=3s", "host=db schema=x", "hots=db"])
def test_a_parameter_that_libpq_does_not_know_is_refused(home: Path, dsn: str) -> None:
    with pytest.raises(UsageError, match=r"not known: (lock_timeout|schema|hots)"):
        _resolve(home, dsn=dsn)


def test_the_service_file_of_the_system_comes_after_the_operators(home: Path, tmp_path: Path) -> None:
    system = tmp_path / "system"
    system.mkdir()
    (system / "pg_service.conf").write_text("[lab]\nhost=/system\n[shared]\nhost=/shared\n")
    environment = {"PGSYSCONFDIR": str(system)}
    assert _resolve(home, environment | {"PGSERVICE": "lab"}).addresses[0].host == "/nowhere/lab"
    assert _resolve(home, environment | {"PGSERVICE": "shared"}).addresses[0].host == "/shared"


def test_database_url_is_above_the_variables_and_below_a_named_server(home: Path) -> None:
    environment = {
        "DATABASE_URL": "postgresql://u:p@db/app",
        "PGHOST": "other",
        "PGUSER": "other",
        "PGPORT": "7000",
        "PGSERVICE": "lab",
    }
    by_url = _resolve(home, environment)
    assert by_url.describe() == "app on db:7000 as u (DATABASE_URL)"
    assert _resolve(home, environment, dbname="elsewhere").describe() == "elsewhere on db:7000 as u (DATABASE_URL)"
    named = _resolve(home, environment | {"PGSERVICE": ""}, host="named")
    assert named.describe() == "other on named:7000 as other (PGPORT, PGUSER)"
    assert named.addresses[0].password is None


def test_the_password_of_database_url_is_not_sent_for_another_role(home: Path) -> None:
    environment = {"DATABASE_URL": "postgresql://u:p@db/app"}
    assert _resolve(home, environment, user="other").addresses[0].password is None
    assert _resolve(home, environment, user="u").addresses[0].password is not None


def test_database_url_of_another_kind_of_database_is_left_alone(home: Path) -> None:
    target = _resolve(home, {"DATABASE_URL": "mysql://u:p@db/app"})
    assert target.addresses[0].host == "/var/run/postgresql"
    assert target.notes == ("DATABASE_URL is not a PostgreSQL URI and was not used.",)


def test_what_hosted_providers_and_orms_write_is_understood_with_a_note(home: Path) -> None:
    target = _resolve(
        home,
        dsn="postgresql://u:p@db/app?sslmode=require&channel_binding=require&connect_timeout=3&schema=My%22App"
        "&pgbouncer=true&connection_limit=5&keepalives_idle=30&gssencmode=disable&client_encoding=utf8",
    )
    assert target.connect_seconds == 3
    assert target.tls.mode == "require"
    assert target.settings == {"search_path": '"My""App"'}
    words = " ".join(target.notes)
    for name in ("channel_binding", "schema", "pgbouncer", "connection_limit", "keepalives_idle"):
        assert name in words
    assert len(target.notes) == 5


@pytest.mark.parametrize(
    ("value", "mode"),
    [("true", "require"), ("no-verify", "require"), ("false", "disable"), ("verify-ca", "verify-ca")],
)
def test_the_ssl_word_of_other_drivers_is_understood(home: Path, value: str, mode: str) -> None:
    assert _resolve(home, dsn=f"postgresql://db/app?ssl={value}").tls.mode == mode


def test_the_certificates_of_the_system_mean_verify_full(home: Path) -> None:
    assert _resolve(home, dsn="postgresql://db/app?sslrootcert=system").tls.mode == "verify-full"


def test_a_host_address_replaces_the_look_up_unless_the_name_must_be_verified(home: Path) -> None:
    target = _resolve(home, dsn="host=db hostaddr=10.0.0.1")
    assert target.addresses == (Address("db", 5432, route="10.0.0.1"),)
    target = _resolve(home, dsn="host=db hostaddr=10.0.0.1 sslmode=verify-full")
    assert target.addresses == (Address("db", 5432),)
    assert "hostaddr" in target.notes[0]
    assert _resolve(home, dsn="hostaddr=10.0.0.1").addresses == (Address("10.0.0.1", 5432),)


def test_no_time_limit_for_connecting_when_it_is_zero(home: Path) -> None:
    assert _resolve(home, {"PGCONNECT_TIMEOUT": "0"}).connect_seconds is None


def test_unprintable_characters_are_visible_in_the_description(home: Path) -> None:
    assert _resolve(home, host="d\x1b[31mb", dbname="a\nb", user="u").describe() == r"a\nb on d\x1b[31mb:5432 as u"


def test_the_wish_about_the_prompt_is_kept(home: Path) -> None:
    arguments = ConnectionArguments(host="db", password_prompt=PasswordPrompt.ALWAYS)
    assert resolve(arguments, {"HOME": str(home)}).password_prompt is PasswordPrompt.ALWAYS
