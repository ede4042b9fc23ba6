"""Scripts about which files and servers disagreed once, on the oldest and the newest version."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.versions import DETACHED_KEYS_KEEP_THEIR_TREE
from tests.catalog.files.test_scripts import BASE, read, same
from tests.support.servers import TestDatabase

FUNCTION = "create function f() returns trigger language plpgsql as 'begin return null; end';\n"

SCRIPTS = {
    "a trigger that a partition has of its table is an internal one before PostgreSQL 15": FUNCTION
    + "create table m (k int) partition by list (k); create table m1 partition of m default; create trigger t after "
    "update on m for each row execute function f(); do $$ begin if exists (select from pg_trigger where tgrelid = "
    "'m1'::regclass and not tgisinternal) then alter table c add x int; end if; end $$;",
    "a second primary key is refused before its name is looked for": "alter table c add constraint n check (id > 0); "
    "do $$ begin alter table c add constraint n primary key (p_id); exception when duplicate_object then alter table c "
    "add x int; when invalid_table_definition then alter table c add y int; end $$; do $$ begin alter table c add "
    "constraint n unique (p_id); exception when duplicate_object then alter table c add z int; end $$;",
    "a key of an index is not looked for by its name": "alter table c add constraint n check (id > 0); create unique index i on "
    "c (p_id); do $$ begin alter table c add constraint n unique using index i; exception when duplicate_object then "
    "alter table c add x int; when unique_violation then alter table c add y int; end $$;",
    "a key made anew depends on the first index to fit by then": "create table t (id text); create unique index i on t (id); "
    "alter table t add primary key (id); alter table t add foreign key (id) references t (id); "
    "alter table t alter id type varchar(9);",
    "keys are made anew of the tables that change before those of others": "create table h (n int references p, x int) "
    "inherits (p); alter table h add primary key (id), add constraint k foreign key (id) references h; "
    "alter table c add foreign key (p_id) references p; alter table p alter id type bigint;",
    "a key that a partition's index makes unique keeps the index of its table": "create table m (k int not null, id int) "
    "partition by list (k); alter table m add constraint mk primary key (id, k); create table m1 partition of m for values in "
    "(1); create unique index mi on m (k, id); create table d (k int, id int, foreign key (id, k) references m1 (id, k)); "
    "do $$ begin alter table m drop constraint mk; exception when dependent_objects_still_exist then alter table c add x int; "
    "end $$; drop index mi; alter table m drop constraint mk cascade;",
    "what a number became by itself it is again": "alter table c add a int default 0, add b text default 1, add d int default -1, "
    "add e serial, add f text default '1', add g numeric default 1.5; alter table c alter a type text; alter table c alter a type "
    "bigint using 1; alter table c alter b type int using 1; alter table c alter g type int; do $$ begin alter table c alter d type "
    "uuid using null; exception when datatype_mismatch then alter table c drop d; end $$; do $$ begin alter table c alter e type "
    "boolean using true; exception when datatype_mismatch then alter table c drop e; end $$; do $$ begin alter table c alter f type "
    "int using 1; exception when datatype_mismatch then alter table c drop f; end $$;",
    "a partition that goes keeps the triggers of its own, on its partitions too": FUNCTION + "create table m (k int, a int) "
    "partition by list (k); create table n partition of m for values in (1) partition by list (k); create table o partition of n "
    "for values in (1); create trigger t before delete on m for each row execute function f(); create trigger u before delete on n "
    "for each row execute function f(); alter table m detach partition n;",
    "a view keeps what it reads, whatever that is called by then": "create view v as select * from c; alter table c rename to d; "
    "alter table d rename p_id to q; create table c (id int, p_id int); alter table c drop p_id; drop table c; drop view v; "
    "alter table d drop q;",
    "what takes no part in what is logged": "create unlogged table u (id int primary key, p_id int references p); do $$ begin "
    "alter table c add foreign key (p_id) references u; exception when invalid_table_definition then alter table c add x int; end $$; "
    "alter table c add foreign key (id) references p; do $$ begin alter table p set unlogged; exception when invalid_table_definition then alter table c add y int; end $$; alter table "
    "u set logged; alter table c add foreign key (p_id) references u; do $$ begin alter table u set unlogged; exception when "
    "invalid_table_definition then alter table c add z int; end $$;",
    "what can tell a replica which row it is": "alter table c add x int not null; create unique index i on c (x); create unique index "
    "j on c (p_id) where id > 0; create index k on c (id); alter table c replica identity using index i; do $$ begin alter table c "
    "replica identity using index j; exception when feature_not_supported then alter table c add a int; end $$; do $$ begin alter "
    "table c replica identity using index k; exception when wrong_object_type then alter table c add b int; end $$; do $$ begin "
    "alter table c replica identity using index p_pkey; exception when wrong_object_type then alter table c add d int; end $$; do $$ "
    "begin alter table c alter x drop not null; exception when invalid_table_definition then alter table c add e int; end $$;",
    "triggers of a view keep their function": FUNCTION + "create view v as select 1 as a; create trigger t instead of insert on v "
    "for each row execute function f(); do $$ begin drop function f(); exception when dependent_objects_still_exist then alter table "
    "c add x int; end $$; alter trigger t on v rename to u; drop trigger u on v; drop function f();",
    "a generated column of what inherits reads its own columns": "create table h (z int, p_id int, id int not null) ; alter table c "
    "add n int; create table g (z int) inherits (c); alter table c drop n; alter table c add e int generated always as (p_id + 1) "
    "stored; create table m (gone int, a int, k int) partition by list (k); alter table m drop gone; create table m1 (k int, a int); "
    "alter table m attach partition m1 default; alter table m add e int generated always as (a + 1) stored;",
    "a trigger of a table that is renamed": FUNCTION + "create table m (k int) partition by list (k); create table m1 partition of m "
    "default; create trigger t after update on m for each row execute function f(); alter trigger t on m rename to u; do $$ begin "
    "alter table m disable trigger u; exception when undefined_object then alter table c add x int; end $$; create trigger w before update on m for each row execute function f(); drop trigger u on m;",
    "a key and a trigger with a constraint share their names": FUNCTION + "create constraint trigger n after delete on c for each row "
    "execute function f(); do $$ begin alter table c add constraint n check (id > 0); exception when duplicate_object then alter "
    "table c add x int; end $$; do $$ begin alter table c add constraint n unique (p_id); exception when duplicate_object then alter "
    "table c add y int; end $$;",
    "columns with a domain that forbids NULL": "create domain d as int not null; alter table c add v d; do $$ begin if exists (select "
    "from information_schema.columns where table_name = 'c' and column_name = 'v' and is_nullable = 'NO') then alter table c add x "
    "int; end if; end $$; do $$ begin alter table c alter v add generated always as identity; exception when invalid_parameter_value "
    "then alter table c add y int; when object_not_in_prerequisite_state then alter table c add z int; end $$;",
    "ONLY of what is NOT NULL": "create table h () inherits (c); alter table c add n int; alter table only c alter n set not null; "
    "create table m (k int, n int) partition by list (k); create table m1 partition of m default; do $$ begin alter table only m alter "
    "n set not null; exception when invalid_table_definition then alter table p add x int; end $$;",
    "a comment in a block": "do $$ begin alter table c add constraint k foreign key (p_id) references p; comment on constraint k on c "
    "is 'why'; end $$;",
    "a column that another is computed from": "create table t (a int, g int generated always as (a + 1) stored); do $$ begin alter table "
    "t drop column a; exception when dependent_objects_still_exist then alter table c add x int; end $$; create table u (a int, g int "
    "generated always as (a + 1) stored); create table w () inherits (u); do $$ begin alter table w alter g drop expression; exception "
    "when invalid_table_definition then alter table c add y int; end $$; alter table u alter g drop expression;",
    "triggers that are a partition's own fire where its table's do not": FUNCTION + "create table m (k int, p_id int references p) "
    "partition by list (k); create table m1 partition of m default; create table m2 partition of m for values in (1); alter table m1 "
    "add constraint own foreign key (p_id) references p (n); create trigger t before delete on m for each row execute function f(); "
    "create trigger u before delete on m1 for each row execute function f(); alter table m disable trigger all; alter table m2 "
    "enable trigger all;",
    "a column that an index only includes": "alter table c add x int; create unique index i on c (p_id) include (x); alter table p "
    "add foreign key (n) references c (p_id); do $$ begin alter table c alter x type bigint; exception when "
    "dependent_objects_still_exist then alter table c add y int; end $$; alter table c alter p_id type bigint;",
    "what is kept for partitions is called anew with its key": "create table m (k int, x int references p) partition by list "
    "(k); create table m1 (k int, x int constraint odd references p); alter table m attach partition m1 for values in (1); "
    "alter table m alter x type bigint; create table q (id int primary key) partition by range (id); create table q1 "
    "partition of q for values from (1) to (9); create table r (x int constraint first references q); alter table r "
    "rename constraint first to second; alter table r alter x type bigint;",
    "an expression goes where nothing inherits from what inherits": "create table t (i int, g int generated always as (1) stored); "
    "create table u () inherits (t); create table w () inherits (u); do $$ begin alter table t alter g drop expression; exception "
    "when feature_not_supported then alter table c add x int; end $$; drop table w; alter table t alter g drop expression;",
    "checks that promise less than those they would inherit from": "create table t (i int, constraint k check (i > 0)); create table u "
    "(i int); alter table u add constraint k check (i > 0) not valid; create table w (i int, constraint k check (i > 0) no inherit); do "
    "$$ begin alter table u inherit t; exception when invalid_object_definition then alter table c add x int; end $$; do $$ begin alter "
    "table w inherit t; exception when invalid_object_definition then alter table c add y int; end $$; create table o (i int); create "
    "table q () inherits (o); alter table q add constraint k check (i > 0) not valid; do $$ begin alter table o add constraint k check "
    "(i > 0); exception when invalid_object_definition then alter table c add z int; end $$; alter table o add constraint k check (i > "
    "0) not valid; create table m (i int, constraint k check (i > 0)) partition by list (i); do $$ begin alter table m attach partition "
    "u default; exception when invalid_object_definition then alter table c add v int; end $$;",
    "a type that a temporary table hides": "create temp table moment (id int); create temp table mine (date int); alter table c add x "
    "date;",
    "strings and comments in expressions": "alter table c add x text default E'\\'; a', add y text default U&'\\0061;', add z text default "
    "$a$ $$ $a$, add v text default 'a'\n 'b', add w bit(3) default b'101', add u text default (/* of */ 'c' -- and\n ), add check (id > "
    "0 /* zero */); create domain d as text default $$e$$ check (value <> E'\\n');",
    "what hangs on tables and types goes first": "create type r as enum ('a'); create type s as enum ('a'); alter table c add x r default "
    "'a', add y s; create function f(a r, b int default 3) returns table (x int, y r) language sql as 'select 1, null::r'; create function "
    "g(p int, c s) returns setof p language sql as 'select * from p'; create policy q on c for delete using (p_id > 0); alter policy q on "
    "c rename to w; drop policy w on c; alter table c drop p_id; alter table c alter x type text, alter x drop default; drop function "
    "f(r, int); drop type r; create policy v on p using (exists (select from c where c.id = p.n)); drop table c cascade; alter table p "
    "drop n cascade; drop type s cascade; create schema z; create function z.f(int) returns int language sql as 'select 1'; drop "
    "function z.f; drop schema z;",
    "the default of a type that goes": "create type r as enum ('a'); alter table c add x r default 'a'; alter table c alter x type text; "
    "do $$ begin drop type r; exception when dependent_objects_still_exist then alter table c add y int; end $$; drop type r cascade;",
    "several actions in PostgreSQL's order": "alter table c add x int; alter table c add constraint a foreign key (p_id) references p, add "
    "exclude using btree (x with =), add column z int references p unique, add check (p_id > 0), add column w int check (w > 0) unique, "
    "add unique (p_id), add foreign key (p_id) references p (n); create table t (i int); alter table t add column if not exists a int "
    "primary key unique, add column if not exists a text unique; do $$ begin alter table t alter i type text, alter i type bigint; "
    "exception when feature_not_supported then alter table c add y int; end $$;",
    "a key goes with a column that its index only includes": "alter table c add x int, add y int; alter table c add constraint k unique (x) "
    "include (y); alter table c drop y; alter table c add constraint k check (x > 0);",
    "an index that is there already has to be possible all the same": "create index i on c (id); create index if not exists i on c (p_id); do "
    "$$ begin create index if not exists i on c (nowhere); exception when undefined_column then alter table c add x int; end $$;",
    "triggers of partitions are replaced with that of their table": FUNCTION + "create table m (k int) partition by list (k); create table m1 "
    "partition of m default; create trigger t after update on m for each row execute function f(); create or replace trigger t after "
    "delete on m for each row execute function f();",
    "keys that partitions make of an index of their table": "create table m (k int not null, a int not null) partition by list (k); create "
    "table m1 partition of m default; create unique index mi on m (k, a); alter table m1 add primary key using index m1_k_a_idx; do $$ "
    "begin alter table m1 drop constraint m1_k_a_idx; exception when dependent_objects_still_exist then alter table c add x int; end $$; "
    "do $$ begin drop index mi; exception when dependent_objects_still_exist then alter table c add y int; end $$; drop index mi cascade;",
    "a type that is said again, and a default that cannot follow": "alter table c add x text, add y bool default true; alter table c alter x type "
    "text, alter x type bigint using 1; do $$ begin alter table c alter y type bigint using 1; exception when datatype_mismatch then alter "
    "table c alter y type text; end $$;",
    "an index that is made anew calls its columns as the table does": "alter table c add x int, add constraint k unique (p_id, x); alter table c "
    "rename p_id to q; alter table c alter x type bigint; create table l (like c including all); create table t (a int generated always "
    "as identity); do $$ begin alter table t alter a drop identity, alter a type text; exception when invalid_parameter_value then alter "
    "table c add y int; end $$;",
    "a default of NULL in place of one that is inherited": "create table t (a int default 5, b serial); create table u (a int default null, b int "
    "default null, id int primary key) inherits (t);",
    "what goes together depends on nothing that stays": "create table m (k int not null, a int not null, primary key (k, a)) partition by "
    "list (k); create table m1 partition of m default; alter table m1 add foreign key (k, a) references m1; create index i on m (a); drop "
    "index m1_a_idx, i; alter table m drop column a;",
    "what PostgreSQL never takes": "do $$ begin create table t (ctid int); exception when duplicate_column then alter table c add x int; end "
    "$$; do $$ begin alter table c rename p_id to xmin; exception when duplicate_column then alter table c add y int; end $$; do $$ begin "
    "create schema pg_mine; exception when reserved_name then alter table c add z int; end $$; do $$ begin alter table c add v boolean "
    "default 1; exception when datatype_mismatch then alter table c add v int; end $$; do $$ begin alter table c add u int check (nowhere "
    "> 0); exception when undefined_column then alter table c add u int; end $$; do $$ begin create table w (a int default 1); create "
    "table w2 (a int default 2); create table w3 () inherits (w, w2); exception when invalid_column_definition then alter table c add w "
    "int; end $$;".replace("nowhere", '"nowhere"'),
}  # fmt: skip

FROM_15_ON = {
    "keys of a detached partition are not kept for itself on the way": "create table m (a int, k int not null, primary key (k, a)) "
    "partition by range (k); alter table m add constraint s foreign key (k, a) references m; create table md partition of m default; "
    "create table m2 partition of m for values from (20) to (30); create table m3 partition of m for values from (5) to (6); create "
    "table m4 partition of m for values from (50) to (60) partition by range (a); create table m5 partition of m4 default; alter "
    "table m detach partition m2; alter table m4 detach partition m5;",
    "a detached partition keeps what is kept of its own keys": "create table r (a int primary key) partition by list (a); create table "
    "r1 partition of r default; create table m (a int) partition by list (a); create table m1 partition of m for values in (1); alter "
    "table m1 add constraint own foreign key (a) references r; alter table m detach partition m1;",
}  # fmt: skip

ON_THE_NEWEST = {
    "a virtual column has no statistics": "alter table c add v int generated always as (1) virtual; do $$ begin alter table c alter v set "
    "statistics 5; exception when feature_not_supported then alter table c add x int; end $$; alter table c alter id set statistics 5;",
    "a mark of NOT NULL that was not inherited stays below": "create table h () inherits (c); alter table c add x int not null no "
    "inherit; alter table c drop constraint c_x_not_null;",
    "what ONLY takes from a parent stays with those below as their own": "create table m (k int, r int not null) partition by list (k); "
    "create table m1 partition of m default; alter table only m alter r drop not null; create table t (r int not null); create table u "
    "() inherits (t); alter table only t alter r drop not null; alter table u alter r drop not null;",
    "NOT NULL of one column is one constraint": "do $$ begin create table t (x int null primary key); exception when syntax_error then alter "
    "table c add a1 int; end $$; do $$ begin create table t (x int not null no inherit primary key); exception when syntax_error then "
    "alter table c add a2 int; end $$; do $$ begin create table t (x int constraint a not null, constraint y not null x); exception when "
    "syntax_error then alter table c add a3 int; end $$; do $$ begin create table t (k int not null no inherit) partition by list (k); "
    "exception when feature_not_supported then alter table c add a4 int; end $$; do $$ begin alter table c add not null p_id no inherit; "
    "exception when object_not_in_prerequisite_state then alter table c add a5 int; end $$; alter table c add o int not null no inherit; "
    "do $$ begin alter table c alter o set not null; exception when feature_not_supported then alter table c add a6 int; end $$; alter "
    "table only c alter o set not null; do $$ begin create table d (p_id int not null no inherit) inherits (c); exception when "
    "datatype_mismatch then alter table c add a7 int; end $$;",
    "NOT NULL without inheritance in what inherits": "create table h () inherits (c); alter table c add o int not null no inherit; create table "
    "m (k int not null) partition by list (k); create table m1 partition of m default; do $$ begin alter table m1 alter constraint "
    "m_k_not_null no inherit; exception when object_not_in_prerequisite_state then alter table p add x int; end $$;",
    "indexes of an expression that is set anew": "create table t (a int, g int generated always as (a) stored); create index on t (g); "
    "create index on t (a); create unique index u on t (g); alter table t add foreign key (a) references t (g); alter table t alter g "
    "set expression as (a + 1);",
    "NOT NULL that promises less than what it would inherit from": "create table t (i int not null); create table u (i int); alter "
    "table u add constraint k not null i not valid; do $$ begin alter table u inherit t; exception when invalid_object_definition then "
    "alter table c add x int; end $$; create table v (i int, constraint k check (i > 0)); create table w (i int, constraint k check (i "
    "> 0) not enforced); do $$ begin alter table w inherit v; exception when invalid_object_definition then alter table c add y int; "
    "end $$; alter table v inherit w;",
    "the list of SET NULL keeps the numbers of the partitioned table": "create table m (gone int, r int references p on "
    "delete set null (r), k int) partition by list (k); alter table m drop gone; create table m1 partition of m for values "
    "in (1); create table m2 (k int, r int references p on delete set null); alter table m attach partition m2 for values "
    "in (2); alter table m detach partition m1; alter table m detach partition m2;",
    "a key of a partition that belongs to its table's is asked whether it is enforced too": "create table m (k int, x int "
    "references p) partition by list (k); create table m1 partition of m default; do $$ begin alter table m add foreign key "
    "(x) references p not enforced; exception when invalid_object_definition then alter table c add x int; end $$;",
    "a partition is asked for the keys that it had before": "create table m (k int, x int) partition by list (k); alter table m add "
    "constraint a foreign key (x) references p not enforced, add constraint b foreign key (x) references p; create table m1 partition of "
    "m for values in (1); create table m2 (k int, x int); alter table m attach partition m2 for values in (2); create table m3 (k int, x "
    "int) partition by list (k); create table m4 partition of m3 default; do $$ begin alter table m attach partition m3 for values in "
    "(3); exception when invalid_object_definition then alter table c add x int; end $$;",
    "no identity where NOT NULL is not validated": "create table t (i int); alter table t add constraint v not null i not valid; do $$ begin "
    "alter table t alter i add generated always as identity; exception when object_not_in_prerequisite_state then alter table c add x "
    "int; end $$; alter table t validate constraint v; alter table t alter i add generated always as identity;",
    "NOT NULL that is inherited under a name that is taken": "create table o (u int constraint n not null); create table h1 (b bool "
    "constraint n not null) inherits (o); create table h2 (b bool constraint n check (b)) inherits (o); create table o2 (v int constraint "
    "n not null); create table h3 () inherits (o, o2); create table h4 (b int constraint h4_u_not_null not null, d int constraint n not "
    "null) inherits (o); create table h5 (b int constraint n not null, u int constraint d not null) inherits (o); do $$ begin create "
    "table h6 (b int not null, u int constraint h6_b_not_null not null) inherits (o); exception when unique_violation then alter table c "
    "add x int; end $$; create table m (k int, g int generated always as (k + 1) stored) partition by list (k); do $$ begin create table "
    "m1 partition of m (g default null) default; exception when invalid_column_definition then alter table c add y int; end $$;",
    "what a partitioned table can exclude by": "create table t (i int, r int4range, exclude using btree (i with =)); do $$ begin create table m "
    "(like t including all, k int) partition by list (k); exception when feature_not_supported then alter table c add x int; end $$; "
    "create table m (like t including all) partition by list (i); do $$ begin alter table m add exclude using btree (i with <>); "
    "exception when others then alter table c add y int; end $$; create table n (r int4range, k int) partition by list (r); do $$ begin "
    "alter table n add exclude using gist (r with &&); exception when feature_not_supported then alter table c add z int; end $$;",
    "NOT NULL that does not fit a primary key": "create table t (s int, a int, r int); alter table t add constraint n not null s no inherit, add primary "
    "key (r); do $$ begin alter table t add primary key (s, a); exception when object_not_in_prerequisite_state then alter table c add x "
    "int; end $$;",
}  # fmt: skip


@pytest.mark.parametrize("title", SCRIPTS)
async def test_what_once_differed_is_the_same_now(emptied: TestDatabase, title: str, tmp_path: Path) -> None:
    await same(emptied, BASE + SCRIPTS[title], tmp_path)


@pytest.mark.newest_version
@pytest.mark.parametrize("title", ON_THE_NEWEST)
async def test_what_differed_on_later_versions_is_the_same_now(
    emptied: TestDatabase, title: str, tmp_path: Path
) -> None:
    await same(emptied, BASE + ON_THE_NEWEST[title], tmp_path)


@pytest.mark.parametrize("title", FROM_15_ON)
async def test_what_differed_from_postgresql_15_on_is_the_same_now(
    emptied: TestDatabase, title: str, tmp_path: Path
) -> None:
    if emptied.version >= DETACHED_KEYS_KEEP_THEIR_TREE:
        await same(emptied, BASE + FROM_15_ON[title], tmp_path)
    else:
        assert any("not followed" in each.reason for each in read(BASE + FROM_15_ON[title], 14).incomplete)


def test_a_detached_partition_that_a_key_of_its_table_refers_to_is_doubted_before_postgresql_15() -> None:
    text = (
        "create table t (a int, b int, k int, primary key (k, a)) partition by list (k); create table u partition of t for values "
        "in (1) partition by list (k); create table v partition of u for values in (1); alter table t add foreign key (a, b) "
        "references t (k, a); alter table u detach partition v;"
    )
    assert [each.reason.split(" refers")[0] for each in read(text, 14).incomplete] == ["t_a_b_fkey"]
    assert read(text, 15).incomplete == []
