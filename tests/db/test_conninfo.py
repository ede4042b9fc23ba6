"""Connection strings are read by libpq's rules, and no error repeats a part of one."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fkdash.db.where.conninfo import is_connection_string, parse_connection_string, without_password
from fkdash.errors import UsageError

_URIS = {
    "postgresql://": {},
    "postgresql:///app": {"dbname": "app"},
    "postgres://db/app": {"host": "db", "dbname": "app"},
    "POSTGRESQL://db": {"host": "db"},
    "postgresql+asyncpg://db/app": {"host": "db", "dbname": "app"},
    "postgresql+psycopg2://db/app": {"host": "db", "dbname": "app"},
    "jdbc:postgresql://db/app?user=u": {"host": "db", "dbname": "app", "user": "u"},
    "postgresql://u@db": {"user": "u", "host": "db"},
    "postgresql://u:p%40%2F@db:5433/app": {
        "user": "u",
        "password": "p@/",
        "host": "db",
        "port": "5433",
        "dbname": "app",
    },
    "postgresql://u:a:b?c@db": {"user": "u", "password": "a:b?c", "host": "db"},
    "postgresql://a:1,b,[::1]:3/app": {"host": "a,b,::1", "port": "1,,3", "dbname": "app"},
    "postgresql://%2Fvar%2Frun/app": {"host": "/var/run", "dbname": "app"},
    "postgresql:///app?host=/tmp&port=6": {"dbname": "app", "host": "/tmp", "port": "6"},
    "postgresql://db?sslmode=require": {"host": "db", "sslmode": "require"},
    "postgresql://db/app?options=-c%20a%3Db": {"host": "db", "dbname": "app", "options": "-c a=b"},
    "postgresql://db/a#b": {"host": "db", "dbname": "a#b"},
}

_KEYWORDS = {
    "host=db dbname=app": {"host": "db", "dbname": "app"},
    "  host = db   port= 5433 ": {"host": "db", "port": "5433"},
    "password='two words' user=u": {"password": "two words", "user": "u"},
    r"password='it\'s' dbname='a\\b'": {"password": "it's", "dbname": "a\\b"},
    r"dbname=a\ b": {"dbname": "a b"},
    "host='' user=u": {"host": "", "user": "u"},
    "host=": {"host": ""},
}


@pytest.mark.parametrize(("text", "parameters"), [*_URIS.items(), *_KEYWORDS.items()])
def test_a_connection_string_gives_its_parameters(text: str, parameters: dict[str, str]) -> None:
    assert is_connection_string(text)
    assert parse_connection_string(text) == parameters


@pytest.mark.parametrize("name", ["app", "my app", "postgresql", "postgresql:app"])
def test_a_plain_name_is_no_connection_string(name: str) -> None:
    assert not is_connection_string(name)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:hunter2/x@db/app",
        "postgresql://u:hun@ter2@db/app",
        "postgresql://u:hunter2%zz@db/app",
        "postgresql://u:hunter2%00@db",
        "postgresql://u:hunter2%ff@db",
        "postgresql://db:hunter2",
        "postgresql://[::1/hunter2",
        "postgresql://db/app?hunter2",
        "postgresql://db/app?password=hunter2@x",
        "postgresql://db/app?a=hunter2=b",
        "password=my hunter2",
        "password='hunter2",
        "= hunter2",
    ],
)
def test_an_unreadable_connection_string_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_connection_string(text)
    assert "hun" not in str(refused.value)
    assert refused.value.next_step


@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1))
def test_every_password_survives_a_uri_and_a_keyword_string(password: str) -> None:
    uri = f"postgresql://u:{quote(password, safe='')}@db/app"
    escaped = password.replace("\\", "\\\\").replace("'", "\\'")
    assert parse_connection_string(uri)["password"] == password
    assert parse_connection_string(f"password='{escaped}' host=db")["password"] == password


@pytest.mark.parametrize("text", ["app", "postgresql://u@db/app?sslmode=require", "host=db user='a b'"])
def test_a_string_without_a_password_is_repeated_as_it_was_given(text: str) -> None:
    assert without_password(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://o'u\\:hidden1@db:5433/a%20b?sslmode=verify-full&sslpassword=hidden2",
        "host=db password=hidden1 port=5433 user=o\\'u\\\\ dbname='a b' sslmode=verify-full sslpassword='hidden2'",
    ],
)
def test_a_password_is_left_out_and_everything_else_stays(text: str) -> None:
    shown = without_password(text)
    assert "hidden" not in shown
    assert parse_connection_string(shown) == {
        "host": "db",
        "port": "5433",
        "user": "o'u\\",
        "dbname": "a b",
        "sslmode": "verify-full",
    }
