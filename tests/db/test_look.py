"""The second login: where it leads, and whose password is whose."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.db.look import advice, with_look
from fkdash.db.secret import Secret
from fkdash.db.target import Target
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import UsageError


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    passwords = tmp_path / ".pgpass"
    passwords.write_text("db-eu-1:*:app:reader:of the reader\ndb-eu-1:*:app:dba:of the dba\n")
    passwords.chmod(0o600)
    (tmp_path / ".pg_service.conf").write_text("[app-look]\nhost=db-eu-1\ndbname=app\nuser=reader\n")
    return {"HOME": str(tmp_path), "PGPASSWORD": "from the environment", "PGUSER": "dba"}


def both(
    look: str, environment: dict[str, str], *, dsn: str = "host=db-eu-1 dbname=app sslmode=require"
) -> Target:
    target = resolve(ConnectionArguments(dsn=dsn), environment)
    return with_look(target, look, environment, origin="--look")


@pytest.mark.parametrize(
    "look",
    ["reader", "user=reader", "service=app-look", "postgresql://reader@db-eu-1/app", "postgresql://reader@"],
)
def test_a_role_alone_leads_to_the_same_server_with_its_own_password(
    environment: dict[str, str], look: str
) -> None:
    target = both(look, environment)
    assert (target.looking.user, target.looking.database, target.looking.tried) == (
        "reader",
        "app",
        ("db-eu-1:5432",),
    )
    assert target.looking.addresses[0].password == Secret("of the reader")
    assert (target.user, target.addresses[0].password) == ("dba", Secret("from the environment"))


def test_the_encryption_of_the_server_is_that_of_the_first_login(environment: dict[str, str]) -> None:
    assert both("reader", environment).looking.tls.mode == "require"
    assert both("user=reader password=own", environment).looking.addresses[0].password == Secret("own")


def test_another_database_of_the_server_is_reached_by_both_logins(environment: dict[str, str]) -> None:
    other = both("reader", environment).on_database("other")
    assert (other.database, other.looking.database) == ("other", "other")


def test_a_password_that_is_typed_belongs_to_the_login_it_was_asked_for(environment: dict[str, str]) -> None:
    target = both("reader", environment)
    typed = target.with_looking_password("typed")
    assert (typed.looking.addresses[0].password, typed.addresses) == (Secret("typed"), target.addresses)
    assert target.with_password("typed").looking == target.looking


@pytest.mark.parametrize("look", ["dbname=elsewhere user=reader", "host=db-eu-1", "service=none"])
def test_what_cannot_be_meant_is_refused(environment: dict[str, str], look: str) -> None:
    with pytest.raises(UsageError):
        both(look, environment)


def test_a_superuser_is_advised_once_there_is_nothing_else_chosen(environment: dict[str, str]) -> None:
    target = resolve(ConnectionArguments(dsn="host=db-eu-1 dbname=app"), environment)
    assert "fkdash grants" in advice(target, superuser=True)
    assert not advice(target, superuser=False)
    assert not advice(both("reader", environment), superuser=True)
    assert not advice(both("same", environment), superuser=True)
