"""DO blocks, run by psql and read: what they ask of the catalogs decides as it does on a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.files.test_scripts import BASE, read, same
from tests.support.servers import TestDatabase

KEY = "alter table c add constraint k foreign key (p_id) references p on delete set null not valid; "


def unless(condition: str) -> str:
    """Give a block that renames a column unless a condition holds."""
    return f"do $$ begin if not ({condition}) then alter table c rename p_id to asked; end if; end $$;"


CONDITIONS = (
    (
        "exists (select from pg_constraint where oid = (select oid from pg_constraint where conrelid = to_regclass('public.c') "
        "and conname = 'k') and confdeltype = 'n' and not convalidated)"
    ),
    (
        "exists (select from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_namespace n on n.oid = t.relnamespace "
        "where n.nspname = 'public' and t.relname = 'c' and c.contype = 'f' and c.confrelid = 'p'::regclass)"
    ),
    "exists (select 1 from pg_constraint c, pg_class t where c.conrelid = t.oid and c.conname = t.relname)",
    "exists (select 1 from pg_constraint where conname = 'c_pkey' or conname = 'nowhere')",
    "exists (select 1 from pg_constraint where conrelid = 'public.c'::regclass and pg_get_constraintdef(oid) like '%ON DELETE SET NULL%')",
    "(select pg_get_constraintdef(oid) from pg_constraint where conname = 'k') = 'FOREIGN KEY (p_id) REFERENCES p(id) ON DELETE SET NULL NOT VALID'",
    "(select count(*) from information_schema.key_column_usage where table_name = 'c' and column_name = 'p_id') = 1",
    "(select count(*) from information_schema.table_constraints where table_name = 'c' and constraint_type = 'FOREIGN KEY') >= 2",
    (
        "exists (select from information_schema.referential_constraints rc join information_schema.key_column_usage k "
        "using (constraint_name) where rc.delete_rule = 'SET NULL' and k.column_name = 'p_id')"
    ),
    (
        "exists (select 1 from information_schema.constraint_column_usage where table_name = 'p' and column_name = 'id' "
        "and constraint_name = 'k' and table_catalog = current_database())"
    ),
    "(select is_nullable from information_schema.columns where table_schema = current_schema() and table_name = 'c' and column_name = 'p_id') = 'YES'",
    "(select attnotnull from pg_attribute where attrelid = 'c'::regclass and attname = 'p_id' and attnum > 0 and not attisdropped)",
    "exists (select from pg_constraint where conkey = array[(select attnum from pg_attribute where attrelid = conrelid and attname = 'p_id')])",
    "exists (select from pg_attribute a join pg_constraint c on a.attrelid = c.conrelid and a.attnum = any (c.conkey) where a.attname = 'p_id')",
    "(select conrelid::regclass::text from pg_constraint where conname = 'k') = 'c'",
    "exists (select from pg_class where relname in ('nowhere', 'c') and relkind = 'r' and relnamespace = 'public'::regnamespace)",
    "exists (select from pg_class where relname = any (array['a', 'p']))",
    "to_regclass('public.c') is not null and to_regclass('nowhere') is null",
    "exists (select from pg_type where typname = 'c') and exists (select from pg_type where typname = 'uuid')",
    "array(select attname::text from pg_attribute where attrelid = 'c'::regclass and attnum > 0 order by attname collate \"C\") = array['id', 'p_id']",
    "exists (select from pg_constraint where conname = lower('K') and confdelsetcols is null)",
    "obj_description((select oid from pg_constraint where conname = 'k'), 'pg_constraint') is not distinct from 'why'",
    "(select bool_or(attnotnull) from pg_attribute where attrelid = to_regclass('c'))",
    "exists (select from pg_indexes where indexname = 'c_pkey' and tablename ilike 'C')",
    "current_setting('server_version') = 'x' and false",
    "(select null::text) = 'a' or exists (select from pg_tables where tablename = 'p' limit 1)",
    "exists (select from pg_constraint where conname = 'a_name_that_is_so_long_that_it_is_cut_where_it_is_compared_with_names_xx_and_more')",
)

BLOCKS = {
    "a name that is looked up and dropped": "do $$ declare found_name text; begin select conname into found_name from pg_constraint "
    "where conrelid = 'c'::regclass and contype = 'f'; if found_name is not null then execute "
    "format('alter table public.c drop constraint %I', found_name); end if; end $$;",
    "a loop over what a query finds": "do $$ declare r record; begin for r in select conname, conrelid::regclass as t from pg_constraint "
    "where contype = 'f' and confrelid = 'p'::regclass loop execute 'alter table ' || r.t || ' drop constraint ' || quote_ident(r.conname); "
    "end loop; end $$;",
    "a loop in an order": "create table d (id int); do $$ declare t record; begin for t in select * from pg_tables where schemaname = 'public' "
    "and tablename in ('c', 'd') order by tablename loop execute format('alter table %I.%I add column made int references p (n)', "
    "t.schemaname, t.tablename); end loop; end $$;",
    "a loop that finds nothing": "do $$ declare r record; begin for r in (select relname from pg_class where relname = 'nowhere') loop "
    "execute 'drop table ' || r.relname; end loop; if not found then alter table c add x int; end if; end $$;",
    "a truth that is kept": "do $$ declare there boolean := false; begin select exists (select 1 from pg_constraint where conname = 'k') "
    "into there; if there then alter table c drop constraint k; end if; end $$;",
    "FOUND": "do $$ begin perform 1 from pg_class where relname = 'nowhere'; if not found then alter table c add x int; end if; end $$;",
    "a name that is assigned": "do $$ declare t name := 'c'; s text; begin s := 'alter table ' || t || ' add y int'; execute s; "
    "s = format('alter table %s add %I int', t, 'Odd'); execute s; end $$;",
    "an error that is raised and caught": "do $$ begin alter table c add x int; raise exception 'no'; exception when others then "
    "alter table c add y int; end $$;",
    "a block in a block": "do $$ begin begin alter table c add constraint k foreign key (p_id) references p; exception when "
    "duplicate_object then raise notice 'there'; end; alter table c add z int; end $$;",
    "a notice": "do $$ begin raise notice '%', 'create'; end $$; alter table c drop constraint k;",
    "ELSIF": "do $$ begin if to_regclass('nowhere') is not null then drop table c; elsif exists (select from pg_constraint "
    "where conname = 'k') then alter table c alter p_id drop not null; else drop table c cascade; end if; end $$;",
    "a labelled block that counts": "do $$ <<outer_block>> declare there boolean := false; begin select count(*) != 0 into there "
    "from information_schema.columns where table_name = 'c' and column_name = 'p_id' and data_type != 'text'; if there then "
    "alter table c drop column p_id; end if; end outer_block $$;",
    "FOREACH": "do $$ declare t text; names text[] := array['c', 'p']; begin foreach t in array names loop "
    "execute format('alter table public.%1$I add %1$s_more int', t); end loop; end $$;",
    "a loop over numbers": "create table m (id int, k int) partition by hash (k); do $$ begin for i in 0..2 loop execute "
    "format('create table m_%s partition of m for values with (modulus 3, remainder %s)', i, i); end loop; "
    "for i in reverse 2..1 by 1 loop execute 'alter table m_' || i || ' add primary key (id)'; end loop; end $$;",
    "a loop over listed rows that goes on and ends": "do $$ declare said record; begin for said in select * from (values "
    "('nowhere', 'a'), ('c', 'b'), ('p', 'd'), ('c', 'e')) as s(tbl, col) loop if to_regclass(said.tbl) is null then continue; end if; "
    "exit when said.col = 'e'; execute format('alter table %I add %I int references p', said.tbl, said.col); end loop; end $$;",
    "a loop over an array's elements into a text": "do $$ declare t text; begin for t in select unnest(array['s1', 's2']) loop "
    "execute format('create schema %I', t); end loop; for t in select x from unnest(array['t1']) as q(x) loop "
    "execute format('create table s1.%I (id int primary key)', t); end loop; end $$;",
    "names joined over several catalogs": "do $$ declare r record; begin for r in (select conname from pg_catalog.pg_constraint con "
    "inner join pg_catalog.pg_class rel on rel.oid = con.conrelid inner join pg_catalog.pg_namespace nsp on nsp.oid = connamespace "
    "where rel.relname = 'c' and contype = 'f') loop execute 'alter table c drop constraint ' || quote_ident(r.conname); end loop; end $$;",
    "policies found by a query": "do $$ declare p record; begin for p in select policyname from pg_policies where tablename = 'c' loop "
    "execute format('drop policy %I on c', p.policyname); end loop; alter table c force row level security; end $$;",
    "a statement of several": "do $$ begin execute 'alter table c add v int; alter table c add w int'; end $$;",
}  # fmt: skip
LONG = "alter table p add constraint a_name_that_is_so_long_that_it_is_cut_where_it_is_compared_with_names_xx_and_more check (n > 0); "


@pytest.mark.newest_version
@pytest.mark.parametrize("condition", CONDITIONS)
async def test_a_condition_on_the_catalogs_is_answered_as_on_a_server(
    emptied: TestDatabase, condition: str, tmp_path: Path
) -> None:
    await same(emptied, f"{BASE}{KEY}{LONG}comment on constraint k on c is 'why';\n{unless(condition)}", tmp_path)


@pytest.mark.newest_version
@pytest.mark.parametrize("title", BLOCKS)
async def test_a_block_is_read_as_it_runs(emptied: TestDatabase, title: str, tmp_path: Path) -> None:
    await same(emptied, BASE + KEY + BLOCKS[title], tmp_path)


@pytest.mark.parametrize(
    "condition",
    [
        "exists (select from pg_roles where rolname = 'app')",
        "exists (select from orders)",
        "(select count(*) from p) = 0",
        "current_setting('server_version_num')::int > 150000",
        "exists (select from information_schema.columns where table_name = 'v' and column_name = 'id')",
        "pg_get_constraintdef((select oid from pg_constraint where conname = 'c_pkey')) like '%id%'",
    ],
)
def test_a_condition_that_files_cannot_answer_is_said_to_be_unknown(condition: str) -> None:
    script = read(f"{BASE}create view v as select * from p;\n{unless(condition)}", 18)
    assert [each.reason for each in script.incomplete] == [
        "whether the condition of this block holds cannot be told from files"
    ]


def test_dropping_a_function_that_no_trigger_runs_changes_nothing_whatever_the_condition() -> None:
    block = "begin if current_setting('x') = 'y' then drop function f(int, text); end if; end"
    assert read(f"{BASE}do $$ {block} $$;", 18).incomplete == []


@pytest.mark.parametrize(
    "block",
    [
        "declare t text; begin for t in select name from tenants loop execute format('alter table %I add x int', t); end loop; end",
        (
            "declare r record; begin for r in select relname from pg_class where relkind = 'r' loop "
            "execute format('alter table %I add extra int', r.relname); end loop; end"
        ),
        "begin <<l>> for i in 1..2 loop exit l when i = 1; alter table c drop p_id; end loop; end",
        "begin for i in 1..2 loop continue when exists (select from orders); alter table c add x int; exit; end loop; end",
        "declare n int; begin n := 0; while n < 2 loop execute 'alter table c add x' || n || ' int'; n := n + 1; end loop; end",
        "begin for i in 1..(select count(*) from p) loop execute 'alter table c drop p_id'; end loop; end",
        (
            "declare p record; begin for p in select policyname from pg_policies loop execute "
            "format('drop policy %I on c; alter table c drop p_id', p.policyname); end loop; end"
        ),
    ],
)
def test_a_loop_of_which_the_rounds_cannot_be_told_is_said_to_be_unknown(block: str) -> None:
    script = read(f"{BASE}do $$ {block} $$;", 18)
    assert len(script.incomplete) == 1, block


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("declare s text; begin select x into s from todo; execute s; end", "a statement that this block puts together"),
        ("begin execute reverse(';p elbat pord'); end", "a statement that this block puts together"),
        ("begin execute 'select id into n from ' || current_setting('x'); end", "a statement that this block puts"),
        ("declare s text := 'a'; begin for i in 1..60 loop s := s || s; end loop; execute s; end", "a statement that"),
        ("begin perform fix(); end", "it calls fix, which changes the schema"),
        ("declare n int; begin n := calls_it(1); end", "it calls calls_it, which changes the schema"),
        ("begin perform x.made_elsewhere(1); end", "what the function made_elsewhere does is not known"),
    ],
)  # fmt: skip
def test_what_a_block_runs_that_no_file_tells_is_never_taken_for_harmless(block: str, reason: str) -> None:
    functions = (
        "create function calls_it(int) returns int language plpgsql as $$ begin perform fix(); return 1; end $$;\n"
        "create function fix() returns void language plpgsql as $$ begin drop table c; end $$;\n"
    )
    [said] = read(f"{BASE}{functions}do $$ {block} $$;", 18).incomplete
    assert said.reason.startswith(reason)


@pytest.mark.parametrize(
    "block",
    [
        "begin execute format('insert into %I values (1)', current_setting('x')); perform pg_sleep(1); end",
        "begin perform setval('q', 1), 2; perform 1 from p; perform set_config('x.y', 'drop', false); end",
        "declare n int; begin execute 'select count(*) from ' || current_setting('x') into n; end",
    ],
)
def test_what_begins_as_a_statement_that_changes_no_schema_is_passed_over(block: str) -> None:
    assert read(f"{BASE}create sequence q; do $$ {block} $$;", 18).incomplete == []


def test_no_pattern_of_like_takes_long() -> None:
    condition = f"'{'a' * 4000}' like '{'%a' * 400}b'"
    script = read(f"{BASE}{unless(condition)}", 18)
    assert [each.reason for each in script.incomplete] == []
    assert "asked" in {column.name for each in script.state.relations.values() for column in each.columns}
