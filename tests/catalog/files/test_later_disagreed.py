"""More scripts about which files and servers disagreed once: policies, types, domains, servers, expressions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.files.test_scripts import BASE, read, same
from tests.support.servers import TestDatabase

SCRIPTS = {
    "a policy is there or not, and asks for columns that are": "create schema s; create policy p on c using (c.p_id is null or exists "
    "(select from p o where o.n = c.p_id)) with check (p_id = any (array[1]) and not (select true) and p_id in (values (1))); do $$ "
    'begin alter table c add a1 int; create policy q on c using ("nowhere" = 1); exception when undefined_column then alter table c '
    "add a2 int; end $$; do $$ begin alter table c add b1 int; create policy p on c using (true); exception when duplicate_object then "
    "alter table c add b2 int; end $$; do $$ begin alter table c add c1 int; alter policy q on c rename to r; exception when "
    "undefined_object then alter table c add c2 int; end $$; do $$ begin alter table c add d1 int; create policy p on nowhere using "
    "(true); exception when undefined_table then alter table c add d2 int; end $$; drop policy if exists q on c; drop policy if exists q "
    "on nowhere; drop policy p on c; do $$ begin alter table c add e1 int; drop policy p on c; exception when undefined_object then "
    "alter table c add e2 int; end $$;",
    "a domain over an enum is no enum to a key": "create type e as enum ('a'); create domain d as e; create domain l as e[]; create table "
    "t (e e unique, d d unique, l l unique, m e[]); alter table t add foreign key (e) references t (e), add foreign key (m) references t (l), "
    "add foreign key (l) references t (l); do $$ begin "
    "alter table t add foreign key (d) references t (d); exception when datatype_mismatch then alter table c add x int; end $$; do $$ "
    "begin alter table t add foreign key (e) references t (d); exception when datatype_mismatch then alter table c add y int; end $$; do "
    "$$ begin alter table t add foreign key (d) references t (e); exception when datatype_mismatch then alter table c add z int; end $$;",
    "the name of a key is looked for before anything else": "do $$ begin create table t (x int, constraint k check (x > 0), constraint "
    "k foreign key (x) references nowhere); exception when duplicate_object then alter table c add x int; end $$;",
    "keys to a partition keep the type of its table's key": "create table m (k int not null, d date, primary key (k, d)) partition by "
    "list (k); create table m1 partition of m for values in (1); create table o (k int, d date, foreign key (k, d) references m); create "
    "table m2 partition of m for values in (2); alter table m alter d type timestamp; create table r (k int, d timestamp, foreign key (k, "
    "d) references m1); do $$ begin alter table m alter d type date; exception when dependent_objects_still_exist then alter table c add "
    "x int; end $$; alter table r alter d type date; do $$ begin alter table m add foreign key (k, d) references m2; exception when "
    "object_in_use then alter table c add y int; end $$;",
    "types with attributes and multiranges": "create type e as enum ('a'); create type t as (a int, b e); create type w as (t t[]); do $$ "
    "begin drop type e; exception when dependent_objects_still_exist then alter table c add x1 int; end $$; create domain d as w; alter "
    "table c add d d; do $$ begin alter type t alter attribute a type bigint; exception when feature_not_supported then alter table c add "
    "x2 int; end $$; alter type t add attribute g e, drop attribute a; alter type t rename attribute b to h; do $$ begin alter type t "
    "add attribute h int; exception when duplicate_column then alter table c add x3 int; end $$; drop type e cascade; create type e as "
    "enum ('a'); drop type t cascade; create type t as (a e); drop type t; create type t as (a e); drop type e cascade; create schema s; "
    "alter type t set schema s; create type t as (a int); drop type s.t; drop schema s; create type r as range (subtype = int); do $$ "
    "begin drop type r_multirange; exception when dependent_objects_still_exist then alter table c add x4 int; end $$; alter table c add "
    "m r_multirange unique; do $$ begin drop type r; exception when dependent_objects_still_exist then alter table c add x5 int; end $$; "
    "drop type r cascade; create type r_multirange as enum ('a'); create type q; do $$ begin create type q; exception when "
    "duplicate_object then alter table c add x6 int; end $$;",
    "names of relations are looked for before those of constraints": "create table b (id int primary key, x int, constraint b check (id > "
    "0), constraint u unique (x)); do $$ begin alter index b_pkey rename to b; exception when duplicate_table then alter table c add x1 "
    "int; end $$; do $$ begin alter table b rename constraint b_pkey to b; exception when duplicate_table then alter table c add x2 int; "
    "end $$; alter table b rename to d; do $$ begin alter index b_pkey rename to b; exception when duplicate_object then alter table c "
    "add x3 int; end $$; create table o (i int, constraint k check (i > 0)); create table q (constraint j check (i > 1)) inherits (o); do "
    "$$ begin alter table q rename constraint k to j; exception when invalid_table_definition then alter table c add x4 int; end $$;",
    "columns of a type that goes, in what inherits as well": "create type e as enum ('a'); create table o (a e, b int); create table h () "
    "inherits (o); create table i (a e) inherits (o); create table j (b int, a e); alter table j inherit o; create table m (k int, e e) "
    "partition by list (k); create table m1 partition of m default; drop type e cascade;",
    "defaults that cannot be what a column becomes": "alter table c add u uuid default gen_random_uuid(), add d date default now(), add j "
    "jsonb default '{}'; do $$ begin alter table c alter u type int[] using null; exception when datatype_mismatch then alter table c add "
    "x1 int; end $$; do $$ begin alter table c alter d type int using null; exception when datatype_mismatch then alter table c add x2 "
    "int; end $$; alter table c alter u type text, alter d type timestamptz, alter j type json;",
    "a rule of a table that is called like a temporary one": "create rule r as on delete to c do also delete from p where n = old.id; begin; "
    "create temp table p (i int) on commit drop; commit; create temp table p (i int);",
    "what no default can be": "create type e as enum ('a'); create domain d as e; do $$ begin alter domain d set default 5; exception when "
    "datatype_mismatch then alter table c add x1 int; end $$; do $$ begin alter table c add y int default true; exception when "
    "datatype_mismatch then alter table c add x2 int; end $$; do $$ begin alter table c add y date default -1; exception when "
    "datatype_mismatch then alter table c add x3 int; end $$; do $$ begin alter table c add y int default (select 1); exception when "
    'feature_not_supported then alter table c add x4 int; end $$; do $$ begin alter table c alter p_id set default "id"; exception '
    "when feature_not_supported then alter table c add x5 int; end $$; do $$ begin alter table c add y int default "
    "nextval('nowhere'::regclass); exception when undefined_table then alter table c add x6 int; end $$; alter table c add t timestamptz "
    "default (now() at time zone 'utc'), add u text[] default '{}'::character varying[], add v text default true, add w date default "
    "current_date - 30, add z text default current_user, add q int default extract(epoch from now())::int;",
    "what no check can be": "alter table c add b boolean, add t text, add d date; do $$ begin alter table c add check (count(*) > 0); exception "
    "when grouping_error then alter table c add x1 int; end $$; do $$ begin alter table c add check (p_id in (select id from p)); "
    "exception when feature_not_supported then alter table c add x2 int; end $$; do $$ begin alter table c add check (sum(id) over () > "
    "0); exception when windowing_error then alter table c add x3 int; end $$; do $$ begin alter table c add check (b = 1); exception "
    "when undefined_function then alter table c add x4 int; end $$; do $$ begin alter table c add check (b in (0, 1)); exception when "
    "undefined_function then alter table c add x5 int; end $$; do $$ begin alter table c add check (d > 0); exception when "
    "undefined_function then alter table c add x6 int; end $$; do $$ begin create domain d as text check (count(value) > 0); exception "
    "when grouping_error then alter table c add x7 int; end $$; create function count(text) returns int immutable language sql as 'select "
    "1'; alter table c add check (count(t) > 1), add check (b = true and t > '1' and d - d > 5 and not b), add check (id = any (array[1, "
    "2]));",
    "what no index can be": "alter table c add t text, add s timestamptz; do $$ begin create index on c (lower(p_id)); exception when "
    "undefined_function then alter table c add x1 int; end $$; do $$ begin create index on c (id) where s > now(); exception when "
    "invalid_object_definition then alter table c add x2 int; end $$; do $$ begin create index on c ((concat(t, 'x'))); exception when "
    "invalid_object_definition then alter table c add x3 int; end $$; do $$ begin alter table c add g timestamptz generated always as "
    "(now()) stored; exception when invalid_object_definition then alter table c add x4 int; end $$; create index on c (lower(t), (t || "
    "'x')) where id > 0;",
    "what is computed from a column goes with it, each where it stands": "create table t (k int, g int generated always as (k + 1) stored); "
    "create table t1 () inherits (t); create table t2 (k int) inherits (t); alter table only t drop column k cascade; create table u (k "
    "int, g int generated always as (k + 1) stored); create table u1 () inherits (u); create table u2 (k int) inherits (u); alter table u "
    "drop column k cascade; do $$ begin create table u3 (g int default null) inherits (u1); exception when invalid_column_definition then "
    "alter table c add x int; when undefined_column then alter table c add y int; end $$;",
    "a column that becomes an identity is then told which": "create table t (a int not null); alter table t alter a set generated always, "
    "alter a add generated by default as identity; do $$ begin alter table t alter a set generated always, alter a drop identity; "
    "exception when object_not_in_prerequisite_state then alter table c add x int; end $$;",
    "a schema that is not there": "do $$ begin alter table nowhere.c add x int; exception when invalid_schema_name then alter table c add x1 "
    "int; end $$; do $$ begin alter table c add y nowhere.e; exception when invalid_schema_name then alter table c add x2 int; end $$; do "
    "$$ begin drop type nowhere.e; exception when invalid_schema_name then alter table c add x3 int; end $$; do $$ begin drop trigger t "
    "on nowhere.c; exception when invalid_schema_name then alter table c add x4 int; end $$; drop trigger if exists t on nowhere.c;",
    "a type that would be a member of itself": "create type t as (a int); create type w as (b t); create domain d as w; do $$ begin alter type t "
    "add attribute x d; exception when invalid_table_definition then alter table c add x1 int; end $$; do $$ begin alter table c add y "
    "c[]; exception when invalid_table_definition then alter table c add x2 int; end $$; do $$ begin create type v as (x v); exception "
    "when undefined_object then alter table c add x3 int; end $$;",
    "a check is read before anything else": 'create table m (k int) partition by list (k); do $$ begin alter table m add check ("nowhere" > '
    "1) no inherit; exception when undefined_column then alter table c add x int; end $$;",
    "constraints are made anew in the order in which they became that": "create table t (i text); create unique index u on t (i); alter table "
    "t add constraint e exclude using btree (i with =), add constraint v unique (i); alter table t add constraint k primary key using "
    "index u; create index x on t (i); alter table t alter i type varchar(9);",
    "a column that a table has already is not forbidden NULL before 18": "create table o (a int); create table h (r int, s int) inherits "
    "(o); create table i () inherits (h); alter table o add r int not null, add t int not null;"
    " create table q (a int); create table k (r int) inherits (q); alter table q add r int primary key;",
    "partitions have the constraints of constraint triggers": "create function f() returns trigger language plpgsql as 'begin return null; "
    "end'; create table m (k int, e int) partition by list (k); create constraint trigger t after delete on m for each row execute "
    "function f(); create table m1 partition of m for values in (1); do $$ begin alter table m1 add constraint t check (e > 0); exception "
    "when duplicate_object then alter table c add x1 int; end $$; create table m2 (k int, e int, constraint t check (e > 0)); do $$ begin "
    "alter table m attach partition m2 for values in (2); exception when unique_violation then alter table c add x2 int; end $$; alter "
    "table m detach partition m1; alter table m1 add constraint t check (e > 0); create table m3 partition of m for values in (3); drop "
    "trigger t on m; alter table m3 add constraint t check (e > 0);",
    "a primary key makes no NOT NULL its own that is inherited": "create table m (k int not null, e int) partition by list (k); create table "
    "m1 partition of m for values in (1); alter table m1 add primary key (k, e); do $$ begin alter table m drop constraint m_k_not_null; "
    "exception when invalid_table_definition then alter table c add x1 int; when undefined_object then alter table c add x2 int; end $$; do "
    "$$ begin alter table m alter k drop not null; exception when invalid_table_definition then alter table c add x3 int; end $$; alter "
    "table m1 drop constraint m1_pkey; alter table m alter k drop not null;",
    "views and rules go with a function that they call, or keep it": "create function f(int) returns int language sql as 'select 1'; "
    "create view v as select f(id) from c; create view w as select * from v; create rule r as on delete to c do also select f(1); do $$ "
    "begin drop function f; exception when dependent_objects_still_exist then alter table c add x1 int; end $$; drop function f(int) "
    "cascade; create function f(int) returns int language sql as 'select 2'; create view v as select id from c; create view w as select "
    "id from c; create rule r as on delete to c do instead nothing; create function g() returns int language sql as 'select 1'; create "
    "materialized view m as select g() from c; do $$ begin drop function g(); exception when dependent_objects_still_exist then alter "
    "table c add x2 int; end $$; create or replace view v as select id, f(id) as g from c; drop function f cascade; create view v as "
    "select id from c;",
    "of two functions of a name each goes by its own arguments": "create function f() returns trigger language plpgsql as 'begin return null; "
    "end'; create function f(int) returns int language sql as 'select 1'; drop function f(int), f(); create function f() returns trigger "
    "language plpgsql as 'begin return new; end'; create trigger t before delete on c for each row execute function f();",
    "a column goes with CASCADE, whatever views may read it": "create table t (id int primary key, k int references t, l int, m int); create "
    "view v as select id from t union select k from t; create view w as select * from v; create view x as select l as k from t union "
    "select m from t; alter table t drop column k cascade; create view v as select id from t; create view w as select id from v; drop view "
    "if exists x; do $$ begin drop view v; exception when dependent_objects_still_exist then alter table c add x1 int; end $$;",
    "servers of foreign tables": "create foreign data wrapper w; create server s foreign data wrapper w; create server if not exists s foreign "
    "data wrapper w; create foreign table f (i int not null) server s options (x 'y'); alter server s options (y 'z'); do $$ begin create "
    "foreign table g (i int) server nowhere; exception when undefined_object then alter table c add x1 int; end $$; do $$ begin drop "
    "server s; exception when dependent_objects_still_exist then alter table c add x2 int; end $$; create table m (k int) partition by "
    "list (k); create foreign table m1 partition of m default server s; drop server s cascade; do $$ begin drop server s; exception when "
    "undefined_object then alter table c add x3 int; end $$; drop server if exists s;",
    "a column that is added where it has just been dropped": "create table t (i date); alter table t add column if not exists i int check (i > 0), "
    "drop column if exists i; alter table t add column if not exists i int unique check (i > 1);",
    "a sequence goes with the tables that use it": "create table t (i int generated by default as identity); create table u (i int default "
    "nextval('t_i_seq')); do $$ begin drop table t; exception when dependent_objects_still_exist then alter table c add x int; end $$; "
    "drop table t, u; create sequence s; create table v (i int default nextval('s')); drop table v; drop sequence s;",
    "a domain within other types": "create domain d as text; create type t as (x d); alter table c add y t; create domain f as d; do $$ begin "
    "alter domain d set not null; exception when feature_not_supported then alter table c add x1 int; end $$; alter domain d add constraint "
    "k check (value <> '') not valid; do $$ begin alter domain d validate constraint k; exception when feature_not_supported then alter "
    "table c add x2 int; end $$; alter domain f set not null; create domain g as int; alter table c add z g[]; do $$ begin alter domain g "
    "add check (value > 0); exception when feature_not_supported then alter table c add x3 int; end $$; alter table c drop y, drop z; "
    "alter domain d set not null; alter domain g add check (value > 0);",
    "NULL is allowed again in what inherits": "create table t (a int, b int); create table u () inherits (t); alter table u add primary key (a); do "
    "$$ begin alter table t alter a drop not null; exception when invalid_table_definition then alter table c add x int; end $$; alter "
    "table u alter b set not null; alter table t alter b drop not null; create table g (k int, e int generated always as (k + 1) stored "
    "unique, f int generated always as (k + 2) stored); create table h (x int references g (e)); do $$ begin alter table g drop column "
    "k; exception when dependent_objects_still_exist then alter table c add y int; end $$; alter table g drop column k cascade;",
    "a function of a schema that went": "create schema s; create function s.f() returns int language sql as 'select 1'; drop schema s cascade; do "
    "$$ begin alter table c alter p_id set default s.f(); exception when invalid_schema_name then alter table c add x int; end $$; create "
    "schema s; create function s.f() returns int language sql as 'select 1'; alter table c alter p_id set default s.f();",
    "partitions get their keys before their own checks": "create table m (k int, x int, u int constraint n references p) partition by list (k); do $$ "
    "begin create table m1 partition of m (constraint n check (x > 0)) default; exception when duplicate_object then alter table c add x "
    "int; end $$; create table q (k int primary key) partition by list (k); create table q1 partition of q for values in (1); create table "
    "q2 partition of q for values in (2); alter table q2 add foreign key (k) references q1; drop table q;",
    "what inherits from a generated column says no default": "create table g (a int generated always as (1 + 1) stored); do $$ begin create table g1 "
    "(a serial) inherits (g); exception when invalid_column_definition then alter table c add x int; end $$; do $$ begin create table g1 "
    "(a int generated always as identity) inherits (g); exception when invalid_column_definition then alter table c add y int; end $$;",
    "a view uses no table that is called like a word": 'create table "select" (i int); create view v as select * from c; alter table "select" drop i '
    'cascade; drop table "select" cascade; drop view v;',
    "whether the columns of a second primary key are there is asked first": "do $$ begin alter table c add primary key (nope); "
    "exception when undefined_column then alter table c add x int; end $$; do $$ begin alter table c add primary key (p_id); "
    "exception when invalid_table_definition then alter table c add y int; end $$;",
    "an index on a cast is called by its column, or by its type": "alter table c add t text, add m timestamptz; create index on c ((t::varchar)); "
    "create index on c (((id + 1)::bigint)); create index on c (coalesce(t, 'x')); "
    "create index on c ((t || 'x')); "
    "create index on c ((t::text));",
    "foreign tables have no keys": "create foreign data wrapper v; create server r foreign data wrapper v; create foreign table f (a int not null) "
    "server r; do $$ begin alter table f add primary key (a); exception when feature_not_supported then alter table c add x1 int; end $$; do "
    "$$ begin alter table f add foreign key (a) references p; exception when feature_not_supported then alter table c add x2 int; end $$; do "
    "$$ begin create foreign table g (a int unique) server r; exception when feature_not_supported then alter table c add x3 int; end $$; "
    "do $$ begin create foreign table g (like p) server r; exception when feature_not_supported then alter table c add x4 int; end $$;",
    "an index that is not there is no missing table": "do $$ begin drop index nowhere; exception when undefined_table then alter table c add x1 "
    "int; when undefined_object then alter table c add x2 int; end $$; do $$ begin drop foreign table nowhere; exception when "
    "undefined_object then alter table c add y1 int; end $$; do $$ begin drop view nowhere; exception when undefined_table then alter "
    "table c add z1 int; end $$; drop index if exists nowhere; drop sequence if exists nowhere;",
    "what one table above generates and the other does not": "create table g (a int, b int generated always as (a * 2) stored); create table h "
    "(like g); do $$ begin create table i () inherits (g, h); exception when datatype_mismatch then alter table c add x1 int; end $$; do $$ "
    "begin create table i (b int default 3) inherits (h, g); exception when datatype_mismatch then alter table c add x2 int; end $$; create "
    "table j (like g including generated); create table i () inherits (g, j);",
}  # fmt: skip


@pytest.mark.parametrize("title", SCRIPTS)
async def test_what_once_differed_is_the_same_now(emptied: TestDatabase, title: str, tmp_path: Path) -> None:
    await same(emptied, BASE + SCRIPTS[title], tmp_path)


@pytest.mark.newest_version
async def test_numbers_of_other_bases_are_numbers(emptied: TestDatabase, tmp_path: Path) -> None:
    text = "alter table c add x int default 0xFF, add y bigint default 0o1_7 check (y > 0b1_1), alter p_id set default 1_000, add z float default 1_0.5_5;"
    await same(emptied, BASE + text, tmp_path)


def test_an_operator_that_somebody_made_may_compare_what_could_not_be() -> None:
    text = "create operator = (leftarg = text, rightarg = int, function = same); alter table c add t text check (t = 1);"
    assert read(BASE + text, 18).incomplete == []
    assert read(BASE + text.partition(";")[2], 18).incomplete != []


@pytest.mark.parametrize(
    ("following", "is_known"),
    [
        ("drop view v", False),
        ("create view w as select id from v", False),
        ("drop table u", False),
        ("drop view if exists v", True),
        ("create view v as select id from t; drop view v; drop table u", True),
    ],
)
def test_a_view_that_may_have_gone_with_a_column_is_neither_there_nor_missing(
    following: str, *, is_known: bool
) -> None:
    made = "create table t (id int, k int); create table u (k int); create view v as select id from t union select u.k from u; "
    found = read(f"{made}alter table t drop column k cascade; {following};", 18)
    assert [each.statement.startswith(("drop", "create view w")) for each in found.incomplete] == [True] * (
        not is_known
    )
    assert not any("would refuse" in each.reason for each in found.incomplete)
