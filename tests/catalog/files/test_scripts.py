"""Whole files, run by psql and read: transactions, blocks, paths, dumps. What is read is what the server has."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fkdash.catalog.files.reading.splitting import split
from fkdash.catalog.files.script import Script
from fkdash.catalog.files.to_catalog import catalog_of
from fkdash.catalog.postgres.read import read_catalog
from fkdash.db.statements import OpenTransaction
from fkdash.demo.cluster import embedded_binaries
from tests.catalog.files.comparing import differences, expressions_of
from tests.support.servers import TestDatabase, psql

BASE = (
    "create table p (id int primary key, n int unique); create table c (id int primary key, p_id int not null);\n"
)

SCRIPTS = {
    "a transaction that is rolled back": "begin; alter table c add foreign key (p_id) references p; rollback;",
    "a savepoint that is rolled back to": "begin; alter table c add x int; savepoint s; alter table c drop x; "
    "alter table c add y int; rollback to s; alter table c add z int; release s; commit;",
    "a savepoint that is released": "begin; savepoint s; alter table c add x int; release savepoint s; end;",
    "a path for the transaction only": "create schema s; begin; set local search_path = s, public; "
    "create table t (id int); commit; create table u (id int);",
    "a path that is rolled back": "create schema s; begin; set search_path = s; rollback; create table u (id int);",
    "a path by set_config": "create schema s; select pg_catalog.set_config('search_path', 's', false); "
    "create table u (id int); reset search_path; create table v (id int);",
    "an exception that is caught": "do $$ begin alter table c add constraint k foreign key (p_id) references p; "
    "exception when duplicate_object then null; end $$; do $$ begin alter table c add constraint k foreign key "
    "(p_id) references p on delete cascade; exception when duplicate_object then null; end $$;",
    "an exception that takes back what came before it": "do $$ begin alter table c add x int; create table p (); "
    "exception when duplicate_table then alter table c add y int; end $$;",
    "a key that is added unless it is there": "do $$ begin if not exists (select 1 from pg_constraint where conname = 'k' "
    "and conrelid = 'public.c'::regclass) then alter table c add constraint k foreign key (p_id) references p "
    "on delete set null; end if; end $$;",
    "a default that no cast makes one of another type": "do $$ begin alter table c add v varchar(9) default null; "
    "alter table c alter v type int using 1; exception when datatype_mismatch then alter table c add w varchar; end $$; "
    "alter table c alter w set default null; alter table c alter w type bigint using 1, alter p_id set default 5; "
    "alter table c alter p_id type text; alter table c alter p_id drop default, alter p_id type int using 1;",
    "what is refused first": "create table o (a int); create table q (a int); do $$ begin create table q (a bigint) "
    "inherits (o); exception when duplicate_table then drop table o; when datatype_mismatch then drop table q; end $$;",
    "triggers of a key to a partitioned table": "create table q (id int primary key) partition by list (id); "
    "create table q_1 partition of q for values in (1); alter table c add foreign key (p_id) references q; "
    "alter table c disable trigger all;",
    "a column that is asked for": "do $$ begin if exists (select from information_schema.columns where table_name = 'c' "
    "and column_name = 'p_id' and table_schema = 'public') then alter table c rename column p_id to q; else "
    "drop table c; end if; end $$;",
    "a type that is made unless it is there": "do $$ begin if not exists (select from pg_type t join pg_namespace n on "
    "n.oid = t.typnamespace where t.typname = 'mood' and n.nspname = 'public') then create type mood as enum ('a'); "
    "end if; alter table c add m mood; end $$;",
    "a function with semicolons": "create function f() returns int language sql begin atomic select 1; "
    "select case when true then 2 end; end; create table after_it (id int references p);",
    "strings that hold semicolons": "insert into p values (1, 2); comment on table p is 'a; b'; comment on table c is "
    "e'a\\'; drop table p; --'; alter table c add t text default 'a;b'; create function q() returns text language sql as $x$ select ';' $x$; /* ; /* ; */ ; */ -- ;\nalter table c add u text;",
    "data of COPY": "copy p from stdin;\n1\t2\n2\t\\N\n\\.\nalter table c add after_copy int;",
    "conditional names": "create table if not exists p (x int); alter table if exists nowhere add y int; "
    "drop table if exists nowhere; alter table c add column if not exists p_id text; create index if not exists i on c (p_id); "
    "create unique index if not exists i on c (id);",
    "domains": "create domain d as int default 3 check (value > 0); alter domain d set not null; create domain e as d; "
    "alter domain e add constraint big check (value < 9); alter table c add v e; alter table c add foreign key (v) "
    "references p (n) on delete set default;",
    "serial, identity, generated": "create table s (a serial, b bigserial primary key, c int generated always as identity, "
    "d int generated by default as identity, e int generated always as (1 + a) stored); "
    "alter table s alter c set generated by default; alter table s alter d drop identity; alter table s alter e drop expression;",
    "partitions that are attached": "create table m (id int, k int, primary key (id, k), foreign key (k) references p) "
    "partition by list (k); create table m1 (id int not null, k int not null); create table m2 partition of m default; "
    "alter table m attach partition m1 for values in (1, null); alter table m detach partition m2;",
    "indexes of partitions one by one": "create table m (id int not null, k int not null) partition by range (k); create table m1 partition of m "
    "for values from (1) to (5); create index mi on only m (id); create index m1i on m1 (id); "
    "alter index mi attach partition m1i; alter table only m add constraint mk primary key (id, k); "
    "alter table m1 add constraint m1k primary key (id, k); alter index mk attach partition m1k;",
    "inheritance": "create table child (extra int) inherits (c); alter table c add note text not null default ''; "
    "alter table c add check (p_id > 0); alter table c drop constraint c_p_id_check; alter table child no inherit c;",
    "LIKE": "alter table c add check (p_id > 0), add unique (p_id); create index on c (id, p_id); "
    "create table l (like c including all, more int references p (n));",
    "several actions in one statement": "alter table c add q int, drop p_id, add constraint u unique (q), "
    "alter q set not null, add foreign key (q) references p (n) on update cascade not valid;",
    "renames": 'alter table p rename to "P"; alter table c rename p_id to "Q"; alter table c add foreign key ("Q") '
    'references "P"; alter table c rename constraint "c_Q_fkey" to k; alter index p_pkey rename to pk; '
    'create schema z; alter table "P" set schema z; alter schema z rename to y;',
    "keys of an index": "create unique index i on c (p_id); alter table c drop constraint c_pkey, add primary key using index i;",
    "columns of keys that go": "alter table c add a int, add b int, add foreign key (a) references p, add unique (a, b), "
    "add check (a > b); create index on c (b); alter table c drop a;",
    "CASCADE": "alter table c add foreign key (p_id) references p; create view v as select * from p; "
    "create table d (v int references p (n)); drop table p cascade; create table v (id int);",
    "triggers": "create function f() returns trigger language plpgsql as 'begin return null; end'; "
    "create trigger t before update or delete on c for each row when (old.id > 1) execute function f(); "
    "create constraint trigger u after insert on c deferrable for each row execute procedure f(); "
    "alter table c disable trigger t; create trigger x after truncate on p execute function f(); drop trigger x on p;",
    "functions of triggers": "create schema s; create schema z; create function s.f() returns trigger language plpgsql as "
    "$f$ begin new.p_id := 1; return new; end $f$; set search_path = s, public; create trigger t before update of p_id, id on "
    "public.c for each row when (old.* is distinct from new.*) execute function f(); set search_path = public; "
    "create trigger u before update on c for each row execute function suppress_redundant_updates_trigger(); "
    "create function f() returns trigger as e'begin\\n return old; end' language 'plpgsql' security definer set search_path from current; "
    "create or replace function s.f() returns pg_catalog.trigger language plpgsql as $$ begin return null; end $$; "
    "alter function s.f() rename to g; alter function s.g() set schema z; alter function z.g() owner to current_user; "
    "create function s.f() returns trigger language plpgsql as $$ begin return new; end $$; "
    "create trigger v before delete on p for each row execute function s.f(); drop schema s cascade; "
    "create function g(int) returns int language sql as 'select 1 -- trigger'; drop function g(int); alter schema z rename to y; "
    "create schema s; create function s.f() returns trigger language plpgsql as $$ begin return null; end $$; "
    "create function suppress_redundant_updates_trigger() returns trigger language plpgsql as 'begin return null; end'; "
    "create trigger w before update on p for each row execute function suppress_redundant_updates_trigger();",
    "a function that is made in a block": "create function f() returns trigger language plpgsql as 'begin return null; end'; "
    "create trigger t before delete on c for each row execute function f(); do $do$ begin create or replace function f() "
    "returns trigger language plpgsql as $f$ begin new.id := 1; return old; end $f$; end $do$;",
    "functions that go": "create function f() returns trigger language plpgsql as 'begin return null; end'; "
    "create function g() returns trigger language plpgsql as 'begin return null; end'; create trigger t before delete on c "
    "for each row execute function f(); create trigger u before delete on p for each row execute function g(); "
    "drop function if exists nowhere(), g(), f cascade; create function f() returns trigger language plpgsql as "
    "'begin return old; end'; create trigger v before delete on c for each row execute function f();",
    "triggers of partitions": "create function f() returns trigger language plpgsql as 'begin return null; end'; "
    "create table m (a int, k int, b int) partition by list (k); create table m1 (k int, gone int, b int, a int); alter table m1 drop gone; "
    "create trigger t before update of b, a on m for each row when (old.a > 0) execute function f(); "
    "create trigger w before update of a on m for each row execute function f(); "
    "alter table m attach partition m1 for values in (1); create table m2 partition of m default; "
    "create trigger u after update of b on m for each row execute function f(); alter table m drop b cascade;",
    "columns of triggers": "create function f() returns trigger language plpgsql as 'begin return null; end'; "
    "alter table c add a int, add b int, add d int; create trigger t before update of a on c for each row execute function f(); "
    "create trigger u before update on c for each row when ((old).b > new.id) execute function f(); alter table c drop d; "
    "alter table c rename b to bb; alter table c drop a cascade, drop bb cascade;",
    "rules": "create table log (update int, n int unique); create rule a as on delete to c do instead update c set p_id = 0 where id = old.id; "
    "create rule b as on update to c where (old.id > 0 and new.p_id = 3) do also (insert into log (n) values (1); delete from log); "
    "create rule d as on update to c do instead with x as (select 1) update p set n = 1; "
    "create rule e as on update to c do also insert into log values (1, 2) on conflict (n) do update set n = 3; "
    "create rule f as on update to c do also select update from log for update; create rule g as on insert to c do nothing; "
    "create rule h as on delete to c do also with gone as (delete from log returning n) select n from gone; "
    "create rule i as on delete to p do nothing; alter table c disable rule a; alter table c enable always rule b; drop rule i on p; "
    "create or replace rule g as on delete to c where old.id = 1 do instead nothing;",
    "temporal keys": "create table t (id int4range, valid daterange, primary key (id, valid without overlaps)); "
    "create table u (a int4range, during daterange, foreign key (a, period during) references t (id, period valid)); "
    "create table v (a int4range, during daterange, constraint vk foreign key (a, period during) references t); "
    "alter table u rename during to since; create table w (id int4range, valid daterange, unique (id, valid without overlaps)); "
    "alter table v add foreign key (a, period during) references w (id, period valid) not valid; alter table w add x int; "
    "create table m (k int4range, d daterange, p int, foreign key (k, period d) references t) partition by list (p); "
    "create table m1 partition of m for values in (1); alter table v drop constraint vk;",
    "temporary tables": "create temp table p (id int primary key); create temp table q (id int references p) on commit drop; "
    "begin; create temp table r (id int references p) on commit drop; alter table r add x int; commit; drop table p; "
    "alter table c add foreign key (p_id) references p; begin; create temp table c (a int) on commit drop; rollback; "
    "alter table c add x int; create temp table e (id int primary key); do $$ begin alter table c add foreign key (x) "
    "references e; exception when invalid_table_definition then alter table c add y int; end $$;",
    "a schema with what is in it": "create schema s create view v as select 1 as one create index on u (t_id) create table t "
    "(id int primary key, n int check (n > 0)) create table u (t_id int references t on delete set null) grant select on t "
    "to public create sequence q; create schema z authorization current_user create table w (id int references public.p); "
    "create table after_it (id int);",
    "bounds that meet": "create table l (k int) partition by list (k); create table l1 partition of l for values in (1, 2); "
    "create table d (k date) partition by range (k); create table d1 partition of d for values from ('2024-01-01') to "
    "('2024-02-01'); create table n (k int) partition by range (k); create table n1 partition of n for values from (1) to (9); "
    "create table h (k int) partition by hash (k); create table h1 partition of h for values with (modulus 2, remainder 1); "
    "create table x (k int); do $$ begin create table l2 partition of l for values in (3, '2'); exception when "
    "invalid_object_definition then alter table p add a int; end $$; do $$ begin create table d2 partition of d for values "
    "from ('2024-01-31') to ('2024-03-01'); exception when invalid_object_definition then alter table p add b int; end $$; "
    "do $$ begin alter table n attach partition x for values from (minvalue) to (2); exception when "
    "invalid_object_definition then alter table p add d int; end $$; do $$ begin create table h2 partition of h for values "
    "with (modulus 4, remainder 3); exception when invalid_object_definition then alter table p add e int; end $$; "
    "create table l3 partition of l for values in (3); create table q (k text) partition by list (k); "
    "create table q1 partition of q for values in ('a'::text, '1'); create table q2 partition of q for values in ('b'::text, '01'); create table d3 partition of d for values from ('2024-02-01') to "
    "('2024-03-01'); create table n3 partition of n for values from (9) to (maxvalue); "
    "create table h4 partition of h for values with (modulus 4, remainder 2);",
    "keys that partitions cannot have": "create table m (id int not null, k int not null, x int) partition by list (k); "
    "create table m1 partition of m for values in (1); alter table m1 add primary key (id); do $$ begin alter table m add "
    "primary key (id, k); exception when invalid_table_definition then alter table p add a int; end $$; create table o (id int, "
    "k int, x int, primary key (id, k)) partition by list (k); do $$ begin create table o1 partition of o for values in (1) "
    "partition by list (x); exception when feature_not_supported then alter table p add b int; end $$;",
    "sequences of columns": "create table t (a serial, b bigserial, i int generated always as identity); "
    "alter sequence t_a_seq owned by t.b; do $$ begin alter table t drop b; exception when dependent_objects_still_exist "
    "then alter table p add a int; end $$; do $$ begin alter sequence t_i_seq owned by none; exception when "
    "feature_not_supported then alter table p add b int; end $$; alter table t drop b cascade;",
    "characters written by their numbers": 'alter table c add U&"\\D83D\\DE00" int, add U&"\\+01F600x" text;',
    "a path that is discarded": "create schema s; set search_path = s; discard all; create table u (id int);",
    "a query into a variable": "do $$ declare v int; begin with x as (select 1 as i) select i into v from x; "
    "select count(*) into v from pg_class where relname = 'drop'; alter table c add x int; end $$;",
    "names of NOT NULL as PostgreSQL comes to them": f"create table {'t' * 60} ({'a' * 60} int, b int); alter table "
    f"{'t' * 60} add primary key (b), add {'a' * 62} serial, alter {'a' * 60} set not null, add not null {'a' * 62};",
    "rules that go": "alter table c add a int, add b int; create rule r as on delete to c where (old.a > 1) do instead nothing; "
    "create rule s as on update to c do also delete from p where n = new.id; alter table c drop b; alter table c drop a cascade; "
    "create table d (id int); create table q (n int); create rule r as on delete to d do also delete from q where n = old.id; drop table d, q;",
}  # fmt: skip


def read(text: str, version: int) -> Script:
    script = Script(version)
    script.begin_file("script.sql")
    for statement in split(iter([text])):
        if not statement.meta:
            script.run(statement)
    script.end_file()
    return script


async def compared(database: TestDatabase, script: Script) -> list[str]:
    connection = await database.connection()
    async with connection.transaction():
        server = await read_catalog(OpenTransaction(connection, where="the test's server", statement_seconds=None))
    return list(differences(catalog_of(script.state), server, await expressions_of(connection)))


def run_psql(database: TestDatabase, text: str, folder: Path) -> str:
    file = folder / "script.sql"
    file.write_text(text, encoding="utf-8")
    ended = subprocess.run(
        [str(psql()), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database.dsn, "-f", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stderr if ended.returncode else ""


async def same(database: TestDatabase, text: str, folder: Path) -> None:
    assert not (refused := run_psql(database, text, folder)), refused
    script = read(text, database.version)
    assert [each.reason for each in script.incomplete] == []
    assert await compared(database, script) == []


@pytest.mark.newest_version
@pytest.mark.parametrize("title", SCRIPTS)
async def test_a_script_is_read_as_psql_runs_it(emptied: TestDatabase, title: str, tmp_path: Path) -> None:
    text = BASE + SCRIPTS[title]
    assert not (refused := run_psql(emptied, text, tmp_path)), refused
    script = read(text, emptied.version)
    assert [each.reason for each in script.incomplete] == []
    assert await compared(emptied, script) == []


def dump_of(database: TestDatabase, *options: str) -> str:
    command = [str(embedded_binaries() / "pg_dump"), database.dsn, *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.newest_version
async def test_a_dump_is_read_as_it_restores(incident_database: TestDatabase) -> None:
    dump = dump_of(incident_database)
    assert "COPY " in dump
    script = read(dump, incident_database.version)
    assert [each.reason for each in script.incomplete] == []
    connection = await incident_database.connection()
    server = await incident_database.fetch("select conname from pg_constraint where contype = 'f'")
    assert {key.name for key in catalog_of(script.state).foreign_keys} == {row["conname"] for row in server}
    problems = await compared(incident_database, script)
    # A restored database has its objects in another order, and columns that were dropped are gone.
    assert [each for each in problems if "order" not in each] == []
    assert not connection.is_closed()


@pytest.mark.newest_version
@pytest.mark.parametrize(
    "files",
    [
        [["--section=pre-data"], ["--section=data"], ["--section=post-data"]],
        [["--inserts", "--rows-per-insert=3", "--on-conflict-do-nothing"]],
        [["--schema-only"], ["--clean", "--if-exists"]],
        [["--quote-all-identifiers", "--no-owner", "--disable-triggers", "--load-via-partition-root"]],
    ],
    ids=lambda files: " then ".join(options[0] for options in files),
)
async def test_a_dump_of_any_kind_is_read_as_it_restores(
    incident_database: TestDatabase, files: list[list[str]]
) -> None:
    script = Script(incident_database.version)
    for options in files:
        script.begin_file(" ".join(options))
        for statement in split(iter([dump_of(incident_database, *options)])):
            if not statement.meta:
                script.run(statement)
        script.end_file()
    # A partition's key cannot be dropped before that of its table, which --clean tries.
    assert all("is inherited" in each.reason for each in script.incomplete)
    problems = await compared(incident_database, script)
    assert [each for each in problems if "order" not in each] == []


FUNCTION = "create function f() returns trigger language plpgsql as 'begin return null; end';"
LEFT = "the function f was renamed, moved or dropped before"
DOUBTFUL = {
    "create rule r as on delete to c do also delete from p where n = old.p_id; alter table c drop p_id;": "PostgreSQL "
    "would refuse it: the rule r uses p_id",
    "create rule r as on delete to c do also delete from p where n = old.p_id; alter table p drop n cascade;": "the rule r "
    "of c seems to use n",
    "alter table c add x int; create table t as select * from p;": "the columns of a table made of a query",
    "do $$ begin execute 'drop table ' || current_setting('x'); end $$;": "a statement that this block puts together",
    "do $$ begin if pg_is_in_recovery() then drop table c; end if; end $$;": "whether the condition of this block holds",
    "drop table nowhere;": "PostgreSQL would refuse it: there is no table nowhere",
    "alter table c add foreign key (p_id) references p (id, n);": "PostgreSQL would refuse it",
    "create function f() returns void language plpgsql as $$ begin drop table c; end $$; select f();": "it calls f",
    "select partman.create_parent('public.c', 'id');": "what the function create_parent does is not known",
    "create schema authorization current_user;": "the schema is called as the role",
    "select id, n into t from p;": "the columns of a table made of a query",
    "with x as (select 1 as i) select i into t from x;": "the columns of a table made of a query",
    "begin; drop table c; prepare transaction 'x'; rollback;": "whether a prepared transaction is committed",
    "create function f() returns event_trigger language plpgsql as $$ begin create table x (i int); end $$; "
    "create event trigger e on ddl_command_end execute function f(); grant all on p to public; alter table c add y int; "
    "alter table c add z int;": "an event trigger runs f here",
    "create function f(int) returns int language sql as 'select $1'; alter table c add x int default f(3); "
    "drop function f(int);": "what uses the function f in c keeps it",
    "create function f(int) returns int immutable language sql as 'select $1'; create index on c (f(p_id)); "
    "drop function f(int) cascade;": "what uses the function f in c_f_idx goes with it",
    "create schema s; create function s.f() returns int language sql as 'select 1'; alter table c add x int default s.f(); "
    "drop schema s cascade;": "a function of the schema s that c uses goes with it",
    "create table m (k int) partition by list (k); create table m1 partition of m for values in (1); "
    "alter table m detach partition m1 concurrently;": "DETACH CONCURRENTLY leaves a check",
    "alter table c add x int, rename to d;": "RENAME, SET SCHEMA, ATTACH and DETACH stand alone",
    f"create schema s; create table {'a' * 62} (); create domain s.{'a' * 62}b as int; "
    f"alter table {'a' * 62} set schema s;": f"the types of {'a' * 62} and {'a' * 62}b may be called alike",
    "create table h () inherits (c); alter table c inherit h;": "PostgreSQL would refuse it: c would inherit from itself",
    "create table m (k int) partition by list (k); alter table m attach partition m default;": "PostgreSQL would refuse it: m "
    "would inherit from itself",
    "create table t0 (); "
    + "".join(f"create table t{n} () inherits (t{n - 1}); " for n in range(1, 101)): "tables below tables "
    "on more than 100 levels",
    "create table m (k int primary key) partition by list (k); alter table m alter constraint m_k_not_null no inherit;": "whether a "
    "NOT NULL constraint is inherited is not followed",
    "create domain d0 as int; "
    + "".join(f"create domain d{n} as d{n - 1}; " for n in range(1, 101)): "domains on domains on "
    "more than 100 levels",
    "alter table c add x text default E'\\uD800';": "a character that is written by its number is none",
    'alter table c add U&"\\+FFFFFF" int;': "a character that is written by its number is none",
    "create policy x on c for delete using (p_id > 0); alter table c drop p_id;": "the policy x seems to use p_id",
    "create policy x on c using (p_id > 0); alter table c alter p_id type bigint;": "the policy x seems to use p_id",
    "create policy x on c using (exists (select from p where p.id = c.p_id)); drop table p;": "the policy x seems to use p",
    "create function f(int) returns bool language sql as 'select true'; create policy x on c using (f(id)); drop function f(int);": "the "
    "policy x keeps the function f",
    "create function f() returns setof c language sql as 'select * from c'; drop table c;": "the function f seems to use c",
    "create function f() returns bigint begin atomic; select count(*) from c where p_id > 0; end; alter table c drop p_id;": "the function "
    "f seems to use p_id",
    "create type r as enum ('a'); create function f(x int, a r[]) returns int language sql as 'select 1'; drop type r;": "the function f "
    "seems to use the type r",
    "create type r as enum ('a'); alter table c add x text default 'a'::r::text; drop type r;": "an expression of c seems to use the type",
    "create schema s; create function s.f(int) returns int language sql as 'select 1'; drop schema s;": "the schema s seems to have the",
    "create publication o for table c (p_id); alter table c drop p_id;": "the publication o seems to use p_id",
    "do $$ begin if not exists (select from pg_class where relname = 'x') then raise exception 'no x'; end if; end $$;": "PostgreSQL "
    "would refuse it: the block raises exception 'no x'",
    "drop foreign data wrapper w cascade;": "which servers go with their wrapper is not followed",
    "alter server s rename to t;": "ALTER SERVER is not followed",
    "call fix_everything();": "what a procedure does is not followed",
    "begin; alter table c add x int;": "the transaction that begins here is never committed",
    "alter table c frobnicate;": "it is not understood at 'frobnicate'",
    "frobnicate c;": "there is no statement FROBNICATE",
    "create table t (id int": "a parenthesis is never closed",
    "create function f() returns int as $$ select 1;": "the dollar quote $$ is never closed",
    "insert into p values ('a": "a string is never closed",
    f"{FUNCTION} create trigger t before delete on c for each row execute function f(); drop function f();": "PostgreSQL would refuse it: the trigger t of c runs f",
    f"{FUNCTION} create trigger t before update of p_id on c for each row execute function f(); alter table c drop p_id;": "PostgreSQL would refuse it: the trigger t uses p_id",
    f"{FUNCTION} alter function f() rename to g; do $$ begin alter function f() rename to h; end $$;": LEFT,
    f"{FUNCTION} drop function f(); drop function if exists f(); drop function f();": LEFT,
    f"{FUNCTION} create schema s; alter function f() set schema s; create trigger t before delete on c for each row execute "
    "function f();": LEFT,
    'create rule "_RETURN" as on select to c do instead select 1, 2;': "a rule on SELECT",
    "import foreign schema public from server s into public;": "IMPORT FOREIGN SCHEMA makes tables",
}


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_is_not_understood_is_said_with_its_place(text: str) -> None:
    script = read(f"{BASE}\n  {text}", 18)
    [said] = script.incomplete
    assert said.reason.startswith(DOUBTFUL[text]), said.reason
    assert said.line == 3


@pytest.mark.parametrize(
    ("files", "doubted"),
    [
        (["create schema s; set search_path = s;", "create table t (id int);"], True),
        (["create schema s; set search_path = s;", "set search_path = s; create table t (id int);"], False),
        (["set search_path = public; create table t (id int);", "create table u (id int);"], False),
        (
            ["select set_config('search_path', '', false); create table public.t (id int);", "create table u ();"],
            False,
        ),
    ],
)
def test_a_path_that_a_file_leaves_set_is_doubted(files: list[str], doubted: bool) -> None:
    script = Script(18)
    for number, text in enumerate(files):
        script.begin_file(f"{number}.sql")
        for statement in split(iter([text])):
            script.run(statement)
        script.end_file()
    assert [each.file for each in script.incomplete] == (["0.sql"] if doubted else [])
