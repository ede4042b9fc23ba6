"""Databases that keep their text otherwise than in UTF-8: names are what they are, and a change goes through."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.commands import fkdash
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version

_NOT_UTF_8 = "convert_from('\\xff41fe'::bytea, 'SQL_ASCII')"


@asynccontextmanager
async def encoded(database: TestDatabase, encoding: str) -> AsyncIterator[TestDatabase]:
    """Make another database on the same server, in an encoding."""
    other = TestDatabase(database.server, f"{database.name}_{encoding.lower()}")
    await database.execute(
        f"create database {other.name} encoding '{encoding}' lc_collate 'C' lc_ctype 'C' template template0"
    )
    try:
        yield other
    finally:
        await other.close()
        await database.execute(f"drop database {other.name} with (force)")


@pytest.mark.parametrize(
    ("encoding", "name"), [("LATIN1", "é"), ("EUC_JP", "日本"), ("WIN1251", "Ж"), ("SQL_ASCII", "é日Ж")]
)
async def test_names_of_another_encoding_are_shown_and_a_fix_goes_through(
    database: TestDatabase, encoding: str, name: str, tmp_path: Path
) -> None:
    async with encoded(database, encoding) as other:
        await other.execute(
            f'create table "p{name}" (id text primary key); create table "c{name}" (p text not null, '
            f'constraint "k{name}" foreign key (p) references "p{name}" on delete set null);'
            f"insert into \"p{name}\" values ('{name}'); insert into \"c{name}\" values ('{name}')"
        )
        checked = json.loads((await fkdash("check", "--format", "json", other.dsn)).stdout)
        assert {each["constraint"] for each in checked["findings"]} == {f"k{name}"}
        shown = await fkdash("preview", "--table", f'"p{name}"', "--key", f"id={name}", "--list", "3", other.dsn)
        assert (shown.returncode, f"c{name}" in shown.stdout) == (1, True), shown.stderr
        run = ("fix", "apply", f"k{name}", "--option", "no-action", "--yes", "--confirm", f"k{name}", other.dsn)
        ended = await fkdash(*run, environment={"XDG_STATE_HOME": str(tmp_path)})
        assert ended.returncode == 0, ended.stderr


async def test_bytes_that_are_no_text_are_said_to_be_and_stop_no_fix(
    database: TestDatabase, tmp_path: Path
) -> None:
    async with encoded(database, "SQL_ASCII") as other:
        await other.execute(
            "create table p (id text primary key); create table c (id int primary key, p text not null, "
            "constraint k foreign key (p) references p on delete set null);"
            f"insert into p values ({_NOT_UTF_8}); insert into c values (1, {_NOT_UTF_8})"
        )
        listed = await fkdash("preview", "--table", "p", "--where", "true", "--list", "3", other.dsn)
        assert "SQL_ASCII keeps any bytes" in listed.stderr
        there = {"XDG_STATE_HOME": str(tmp_path)}
        for words in (("apply", "k", "--option", "no-action"), ("undo", "--last")):
            ended = await fkdash("fix", *words, "--yes", "--confirm", "k", other.dsn, environment=there)
            assert ended.returncode == 0, ended.stderr
        await other.execute(f"do $$ begin execute format('create table %I ()', {_NOT_UTF_8}); end $$")
        named = await fkdash("check", other.dsn)
        assert "in names too" in named.stderr
        assert "Traceback" not in named.stderr
