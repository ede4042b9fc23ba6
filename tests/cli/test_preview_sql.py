"""The SELECTs of `preview --sql` run in psql, change nothing, and give the preview's numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import asyncpg
import pytest

from fkdash.pasting import with_constants
from tests.support.commands import fkdash
from tests.support.pasting import pasted
from tests.support.servers import TestDatabase

_SCHEMA = r"""
create table workspaces (id int primary key, slug text);
create table users (id int primary key, "we\ird
name" int not null references workspaces on delete set null);
create table members (id int primary key, wid int references workspaces on delete cascade);
create table notes (id int primary key, wid int references workspaces on delete set null);
insert into workspaces select g, 's' || g from generate_series(1, 5) g;
insert into users select g, 1 + g % 3 from generate_series(1, 9) g;
insert into members select g, 1 + g % 5 from generate_series(1, 20) g;
insert into notes select g, 1 + g % 5 from generate_series(1, 10) g;
"""


@pytest.mark.newest_version
@pytest.mark.parametrize("chosen", [("--key", "id=1"), ("--where", "slug in ('s1', E's\\x32') or false -- so"), ("--where", "true"), ("--key", "id=5")])  # fmt: skip
async def test_the_statements_give_the_numbers_and_the_delete_ends_as_foreseen(
    database: TestDatabase, tmp_path: Path, chosen: tuple[str, str]
) -> None:
    await database.execute(_SCHEMA)
    arguments = ("preview", "--table", "workspaces", *chosen, database.dsn)
    foreseen = json.loads((await fkdash(*arguments, "--format", "json")).stdout)
    printed = await fkdash(*arguments, "--sql")
    assert printed.returncode == {"blocked": 1, "allowed": 0}[foreseen["verdict"]]
    code, out = await pasted(database.dsn, printed.stdout, "-At", folder=tmp_path)
    assert code == 0, out
    answers = dict(line.split("|") for line in out.splitlines())
    assert int(answers["rows chosen"]) == foreseen["target"]["rows"]
    for effect in foreseen["effects"]:
        if effect["deleted"]:
            assert int(answers[f"rows of public.{effect['table']} deleted"]) == effect["deleted"]
    for blocker in foreseen["blockers"]:
        stopped = [
            int(n) for what, n in answers.items() if what.startswith(f"rows of public.{blocker['table']} stopped")
        ]
        assert stopped == [blocker["rows"]]
    assert await database.value("select count(*) from workspaces") == 5
    delete = "\n".join(re.findall(r"^--   (.*)$", printed.stdout, re.MULTILINE))
    assert delete.startswith("DELETE FROM")
    connection = await database.connection()
    transaction = connection.transaction()
    await transaction.start()
    if foreseen["verdict"] == "allowed":
        assert await connection.execute(delete) == f"DELETE {foreseen['target']['rows']}"
    else:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await connection.execute(delete)
        assert refused.value.sqlstate == foreseen["blockers"][0]["sqlstate"]
    await transaction.rollback()


def test_a_parameter_becomes_a_constant_and_nothing_else_does() -> None:
    sql = """select $1::text, '$1', "$1", $2::text[], $tag$ $1 $tag$ -- $1"""
    assert with_constants(sql, ("it's", ['a"b', None, "c\\d"])) == (
        """select 'it''s'::text, '$1', "$1", E'{"a\\\\\\\\"b",NULL,"c\\\\\\\\\\\\\\\\d"}'::text[], $tag$ $1 $tag$ -- $1"""
    ).replace("\\\\\\\\", "\\\\")
