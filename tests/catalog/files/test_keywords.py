"""PostgreSQL's own keywords that reading knows, each as a name wherever one may stand: read where the server takes it."""

from __future__ import annotations

import re
from pathlib import Path

import asyncpg
import pytest

import fkdash.catalog.files.reading
from fkdash.catalog.files.reading.splitting import split
from fkdash.catalog.files.script import Script
from tests.support.servers import TestDatabase

_NAMES = """
create table t (a int, {k} int not null)
create table t ({k} int primary key)
create table {k} (id int primary key)
create table t (a int); alter table t add {k} int not null
create table t (a int); alter table t add column {k} int
create table t ("{k}" int); alter table t alter {k} set not null
create table t (a int, "{k}" int); alter table t drop {k}
create table t ("{k}" int); alter table t rename {k} to b
create table t (a int); alter table t rename a to {k}
create table p ("{k}" int primary key); create table c ("{k}" int, foreign key ({k}) references p ({k}))
create table t (a int constraint {k} check (a > 0))
create table t (a int, constraint {k} unique (a))
create table p (id int primary key); create table t (a int constraint {k} references p on delete set null)
create table t ("{k}" int); create unique index {k} on t ({k})
create table t (a int); alter table t add constraint {k} check (a > 1)
create table t (a int constraint "{k}" check (a > 0)); alter table t drop constraint {k}
create schema {k}; create table {k}.{k} (id int primary key)
create domain "{k}" as int not null; create table t (a "{k}")
create table t (a int); alter table t rename to {k}
create table t (a int) partition by list (a); create table {k} partition of t for values in (1)
create table "{k}" (a int); create table t () inherits ({k})
create table "{k}" (a int); create table t (like {k})
create table t (a int); create table if not exists {k} (a int)
create table t (a int); drop table if exists {k}
create table t (a int, "{k}" int); create index on t (a, {k} desc)
create table t ("{k}" int); comment on column t.{k} is 'x'; alter table t alter column {k} set default 1
""".strip().splitlines()


def _reasons(version: int, text: str) -> list[str]:
    script = Script(version)
    script.begin_file("names.sql")
    for statement in split(iter([text])):
        script.run(statement)
    script.end_file()
    return [each.reason for each in script.incomplete]


def _known_to_reading() -> set[str]:
    """Give the words that stand anywhere in the code that reads: no other can be taken for something else."""
    folder = Path(fkdash.catalog.files.reading.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    return set(re.findall(r'"([a-z]+)"', code))


@pytest.mark.newest_version
async def test_a_name_that_is_a_keyword_is_read_where_the_server_takes_it(database: TestDatabase) -> None:
    connection = await database.connection()
    known = _known_to_reading()
    usable = "select word from pg_get_keywords() where catcode <> 'R' order by 1"
    words = [row["word"] for row in await connection.fetch(usable) if row["word"] in known]
    assert len(words) > 100
    wrong = []
    for statement in _NAMES:
        for word in words:
            text = statement.format(k=word)
            transaction = connection.transaction()
            await transaction.start()
            try:
                await connection.execute(text)
                refused = ""
            except asyncpg.PostgresError as error:
                refused = str(error)
            finally:
                await transaction.rollback()
            reasons = [] if refused else _reasons(database.version, text)
            if reasons:
                wrong.append((text, reasons))
    assert wrong == []
