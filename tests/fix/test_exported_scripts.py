"""A script for psql does what its plan does and nothing else, whatever the owner of a table calls its parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fkdash.catalog.table_name import TableName, quoted
from fkdash.db.literals import literal
from fkdash.fix.export.migration import migration_of
from fkdash.fix.export.model import Request
from fkdash.fix.export.table import exported
from fkdash.pasting import PSQL_SETTINGS, dollar_quoted, for_psql, in_comment
from fkdash.report.fix.plan import plan_sql
from tests.support.changes import good, workbench
from tests.support.pasting import pasted
from tests.support.servers import TestDatabase, TestServer, fresh_database

_LONGEST_NAME = 63
_PIECES = (
    "\n", "\r", "\t", "\x1b[31m", "\u2028", "\u202e", "\u200b", "\\", "\\! touch planted\n", "\n\\! touch planted; #\n--", "\\q",
    "$fkdash$", "$fkdash2$", "$$", ";", "; create role planted; --", "--", "/*", "*/", "'", '"', '";', "%", "%000A", ":x", ":'x'",
    "`touch planted`", "$(touch planted)", "${user}", "${", "{body}", "U&", "E'", "é", "\U0001f469", "a", "x y",
)  # fmt: skip


def _short(text: str) -> str:
    return text.encode()[:_LONGEST_NAME].decode(errors="ignore")


names = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=5).map("".join).map(_short)
any_names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).map(_short)


@dataclass(frozen=True)
class Named:
    """What somebody called the parts of a foreign key, and said of it."""

    schema: str
    table: str
    column: str
    constraint: str
    comment: str

    @property
    def sql(self) -> str:
        """The tables: a key that is NOT VALID, with two orphans among its rows."""
        parent, child = (TableName(self.schema, f"{kind}{self.table}"[:40]).sql for kind in "pc")
        return f"""
            create schema if not exists {quoted(self.schema)};
            create table {parent} (id text primary key, v text);
            create table {child} (id int primary key, {quoted(self.column)} text, v text);
            insert into {parent} select g, 'v' from generate_series(1, 5) g;
            insert into {child} select g, 1 + g % 7, 'v' from generate_series(1, 20) g;
            insert into {parent} values ({literal(self.comment)});
            alter table {child} add constraint {quoted(self.constraint)}
              foreign key ({quoted(self.column)}) references {parent} on delete cascade not valid;
            comment on constraint {quoted(self.constraint)} on {child} is {literal(self.comment)};
        """


named = st.builds(
    Named, names.map(lambda name: f"s{name}"[:40]), names, names.map(lambda name: f"c{name}"), names, names
)
_CASES = (
    Named("x\n\\! touch planted; #\n--", "x\n\\! touch planted; #\n--", "pid", "fk", "no"),
    Named("s", "t", "$fkdash$; create role planted; --", "fk", "$fkdash$; create role planted; --\n\\! touch planted"),
)  # fmt: skip
options = st.sampled_from(
    ("restrict", "create-index", "delete-orphans", "null-orphans", "reparent-orphans", "no-action", "set-null")
)


@asynccontextmanager
async def two_alike(server: TestServer, sql: str) -> AsyncIterator[tuple[TestDatabase, TestDatabase]]:
    async with fresh_database(server) as one, fresh_database(server) as other:
        for each in (one, other):
            await each.execute(sql)
        yield one, other


async def state(database: TestDatabase) -> list[list[asyncpg.Record]]:
    """Give all that a script could have changed: what is declared, the rows, the roles."""
    found = [
        await database.fetch("select rolname, rolsuper from pg_roles order by 1"),
        await database.fetch(
            "select n.nspname, relname, relkind, case when relkind = 'i' then pg_get_indexdef(c.oid) end from pg_class c "
            "join pg_namespace n on n.oid = relnamespace where n.nspname !~ '^pg_|information_schema' order by 1, 2"
        ),
        await database.fetch(
            "select conrelid::regclass::text, conname, pg_get_constraintdef(oid), obj_description(oid) from pg_constraint "
            "where conrelid <> 0 order by 1, 2"
        ),
    ]
    tables = await database.fetch(
        "select c.oid::regclass::text as name, exists (select from pg_attribute where attrelid = c.oid and attname = "
        "'fkdash_kept_at') as keeps from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'r' "
        "and n.nspname !~ '^pg_|information_schema' order by 1"
    )
    for table in tables:
        without = " - 'fkdash_kept_at'" if table["keeps"] else ""
        found.append(
            await database.fetch(f"select (to_jsonb(t){without})::text from {table['name']} t order by 1")
        )
    return found


_PLANTED = """
create schema planted;
create table planted.ran (what text);
create function planted.note(what text) returns void language sql as 'insert into planted.ran values (what)';
create function planted.same(name, name) returns bool language plpgsql as
  $$ begin perform planted.note('name ='); return $1::text operator(pg_catalog.=) $2::text; end $$;
create operator planted.= (leftarg = name, rightarg = name, function = planted.same);
create function planted.same(oid, oid) returns bool language plpgsql as
  $$ begin perform planted.note('oid ='); return false; end $$;
create operator planted.= (leftarg = oid, rightarg = oid, function = planted.same);
create function planted.to_regclass(text) returns regclass language plpgsql as
  $$ begin perform planted.note('to_regclass'); return null; end $$;
create view planted.pg_constraint as select c.* from pg_catalog.pg_constraint c, planted.note('pg_constraint');
"""


@pytest.mark.newest_version
async def test_a_script_runs_nothing_that_somebody_planted_in_the_path(
    database: TestDatabase, tmp_path: Path
) -> None:
    case = Named("s", "t", "pid", "fk", "no")
    await database.execute(case.sql)
    (tmp_path / "1_first.sql").write_text("select 1;\n")
    scripts = []
    async with workbench(database, tmp_path / "runs") as bench:
        for option in ("restrict", "set-null", "create-index", "null-orphans"):
            made = await bench.plan(case.constraint, option)
            scripts.append(plan_sql(made))
            if option != "null-orphans":
                request = Request(
                    migration_of(made), tmp_path, datetime(2026, 11, 29, tzinfo=UTC), edit_schema=False
                )
                scripts += [change.content.decode() for change in exported("psql", request).files]
    await database.execute(_PLANTED)
    await database.execute(f"alter database {quoted(database.name)} set search_path = planted, pg_catalog, public")
    for script in scripts:
        assert "-- It runs with the rights of whoever pastes it" in script
        code, out = await pasted(database.dsn, script, folder=tmp_path)
        assert code == 0, out
    assert await database.fetch("select * from planted.ran") == []


@pytest.mark.newest_version
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(named=named, option=options)
@example(named=_CASES[0], option="restrict")
@example(named=_CASES[0], option="create-index")
@example(named=_CASES[1], option="null-orphans")
@example(named=_CASES[1], option="reparent-orphans")
def test_a_script_does_what_the_plan_does_and_nothing_else(
    server: TestServer, tmp_path: Path, named: Named, option: str
) -> None:
    async def compare() -> None:
        async with two_alike(server, named.sql) as (here, there), workbench(there, tmp_path / "runs") as bench:
            words = [named.comment] if option == "reparent-orphans" else []
            made = await bench.plan(named.constraint, option, words=words)
            script = plan_sql(made)
            assert set(script) - {"\n"} == {each for each in script if each.isprintable()}
            assert script.count("\\") == PSQL_SETTINGS.count("\\")
            code, out = await pasted(here.dsn, script, folder=tmp_path)
            assert (code, out) == (0, "")
            good(await bench.carry_out(made, look_first=False))
            assert await state(here) == await state(there)
            assert not (tmp_path / "planted").exists()

    asyncio.run(compare())


@pytest.mark.newest_version
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.tuples(names | any_names, names | any_names), min_size=20, max_size=20))
def test_names_and_constants_mean_the_same_to_the_server_as_before(
    server: TestServer, texts: list[tuple[str, str]]
) -> None:
    async def compare() -> None:
        connection = await asyncpg.connect(server.dsn)
        try:
            for name, text in texts:
                spelled = for_psql(f"select {literal(text)} as {quoted(name)}")
                assert spelled.isprintable()
                assert "\\" not in spelled
                assert "${" not in spelled
                row = await connection.fetchrow(spelled)
                assert row is not None
                assert dict(row) == {name: text}
        finally:
            await connection.close()

    asyncio.run(compare())


@given(names | any_names)
def test_a_comment_stays_on_its_line_and_gives_psql_nothing_to_do(text: str) -> None:
    said = in_comment(text)
    assert said.isprintable()
    assert "\\" not in said
    assert "${" not in said


@given(names)
def test_a_dollar_quoted_body_ends_where_it_should(body: str) -> None:
    said = dollar_quoted(body)
    tag = said.partition("\n")[0]
    assert said.count(tag) == 2
    assert said.endswith(f"\n{tag}")


def test_what_an_operator_wrote_between_dollars_or_in_comments_stays() -> None:
    written = "/* a\nb */ do $x$ 'a\\b' $x$; select date'2020-01-01', x'0f', u&'d\\0061t', a$1 -- so\\\n, E'it''s \\'\\x41'"
    assert for_psql(written) == written.replace("so\\", "so<U+005C>").replace("E'it''s \\'\\x41'", "'it''s ''A'")
