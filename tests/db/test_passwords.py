"""Where a password comes from, and that it is shown nowhere."""

from __future__ import annotations

import pickle
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fkdash.db.secret import Secret
from fkdash.db.target import Target
from fkdash.db.where.passfile import read_passwords
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import UsageError

_PASSFILE = r"""# host:port:database:user:password
db:5432:app:u:exact
db:*:*:u:any port
*:*:*:colon\:user:with \: and \\
localhost:*:*:*:local
/run/lab:*:*:*:lab
too:few:fields
"""


@pytest.fixture
def passfile(tmp_path: Path) -> Path:
    path = tmp_path / ".pgpass"
    path.write_text(_PASSFILE)
    path.chmod(0o600)
    return path


def _password(target: Target) -> str | None:
    password = target.addresses[0].password
    return password.reveal() if password else None


@pytest.mark.parametrize(
    ("dsn", "password"),
    [
        ("host=db dbname=app user=u", "exact"),
        ("host=db port=5433 dbname=app user=u", "any port"),
        ("host=elsewhere user=colon:user", "with : and \\"),
        ("host=localhost user=x", "local"),
        ("user=x", "local"),
        ("host=/run/lab user=x", "lab"),
        ("host=/run/other user=x", None),
        ("host=db user=u password=given", "given"),
    ],
)
def test_the_password_file_is_read_as_libpq_does(passfile: Path, dsn: str, password: str | None) -> None:
    assert _password(resolve(ConnectionArguments(dsn=dsn), {"HOME": str(passfile.parent)})) == password


def test_each_host_has_its_own_password(passfile: Path) -> None:
    target = resolve(ConnectionArguments(dsn="host=db,localhost,other user=u"), {"PGPASSFILE": str(passfile)})
    passwords = [address.password and address.password.reveal() for address in target.addresses]
    assert passwords == ["any port", "local", None]


def test_a_password_file_that_others_may_read_is_not_used(passfile: Path) -> None:
    passfile.chmod(0o640)
    target = resolve(ConnectionArguments(host="db", user="u"), {"PGPASSFILE": str(passfile)})
    assert _password(target) is None
    assert "may be read by others" in target.notes[0]


def test_a_folder_is_no_password_file(tmp_path: Path) -> None:
    assert "not a plain file" in read_passwords(tmp_path).note


def test_the_variable_gives_the_password_and_a_typed_one_replaces_it() -> None:
    target = resolve(ConnectionArguments(host="a,b"), {"PGPASSWORD": "from variable", "HOME": "/nowhere"})
    assert _password(target) == "from variable"
    assert {address.password for address in target.with_password("typed").addresses} == {Secret("typed")}


# Long and unlike any word of a message, so that finding it means it was shown.
_PASSWORDS = st.text(st.characters(codec="utf-8", blacklist_characters="\0"), min_size=1, max_size=20).map(
    lambda text: f"{text}Zq7#{text}"
)


@given(_PASSWORDS)
def test_a_password_is_never_in_a_representation(password: str) -> None:
    dsn = f"postgresql://u:{quote(password, safe='')}@db/app?sslpassword={quote(password, safe='')}"
    arguments = ConnectionArguments(dsn=dsn)
    target = resolve(arguments, {"HOME": "/nowhere"})
    assert _password(target) == password
    shown = [repr(arguments), str(arguments), repr(target), str(target), target.describe(), *target.notes]
    shown += [f"{target.addresses[0].password}", f"{target.addresses[0]!r}", repr(target.tls)]
    for text in shown:
        assert "Zq7#" not in text
        assert quote("Zq7#") not in text


@given(
    _PASSWORDS,
    st.sampled_from(
        [
            "postgresql://u:{}@db/app?x=1",
            "postgresql://u:{}@db:port/app",
            "user=u password={} x=1",
            "postgresql:///a?password={}&x=1",
        ]
    ),
)
def test_a_password_is_never_in_an_error(password: str, template: str) -> None:
    with pytest.raises(UsageError) as refused:
        resolve(ConnectionArguments(dsn=template.format(password)), {"HOME": "/nowhere"})
    assert "Zq7#" not in str(refused.value)
    assert "Zq7#" not in repr(refused.value)


def test_a_secret_cannot_be_written_down() -> None:
    secret = Secret("hunter2")
    assert f"{secret} {secret!r} {secret:>5}" == "Secret(***) Secret(***) Secret(***)"
    assert secret == Secret("hunter2")
    assert secret != Secret("other")
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    "dsn", ["password=b =hunter2", "password==b hunter2=c", "postgresql:///a?password=a&hunter2=c"]
)
def test_the_rest_of_an_unquoted_password_is_not_shown(dsn: str) -> None:
    with pytest.raises(UsageError) as refused:
        resolve(ConnectionArguments(dsn=dsn), {"HOME": "/nowhere"})
    assert "hunter2" not in str(refused.value)
