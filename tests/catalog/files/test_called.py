"""Functions that files call: what only PostgreSQL itself has changes nothing, what no file makes may change the schema."""

from __future__ import annotations

import pytest

from fkdash.catalog.files.built_in import is_built_in
from tests.catalog.files.test_scripts import BASE, read
from tests.support.servers import TestDatabase

_CALLABLE = """
SELECT DISTINCT proname::text FROM pg_proc p WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind <> 'p'
   AND NOT EXISTS (SELECT FROM pg_operator WHERE p.oid IN (oprcode, oprrest, oprjoin))
   AND NOT EXISTS (SELECT FROM pg_amproc WHERE amproc = p.oid)
   AND NOT EXISTS (SELECT FROM pg_aggregate
                    WHERE p.oid IN (aggtransfn, aggfinalfn, aggcombinefn, aggmtransfn, aggminvtransfn, aggmfinalfn))
   AND NOT EXISTS (SELECT FROM pg_type WHERE p.oid IN (typmodin, typmodout, typinput, typoutput, typreceive, typsend))
   AND NOT EXISTS (SELECT FROM unnest(ARRAY[prorettype] || proargtypes::oid[]) each
                    WHERE each IN ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype,
                                   'event_trigger'::regtype))"""

HARMLESS = [
    "select current_database() as db;",
    "select pg_advisory_xact_lock(hashtext('migrations')), has_table_privilege('c', 'select'), user, now();",
    "select max(id) filter (where id > 3) over (partition by (id)), count(distinct (id, p_id)) from c group by (id), id;",
    "with a (x) as (select 1), b(y, z) as not materialized (select 1, 2) select * from a, b where x in (1) and (y) > 0;",
    "with a as (select 1) insert into p select of_theirs() from a;",
    "select x.a from json_to_recordset('[]') as x (a int, b numeric(10, 2)), generate_series(1, 2) g (n);",
    "select extract(epoch from age(now())), 'f(', \"max\"(id), exists (select), interval '1' day from c;",
    "values (1, (select count(*) from c)), (2, 3);",
    "insert into p (id, n) values (of_theirs(), 3);",
    "select case when exists (select 1) and not (true) then least(1, 2) end, array(select 1), row(1), any_value(id) from c;",
    "create extension postgis; select st_makepoint(1, 2), postgis_full_version();",
    "do $$ declare n int; begin get diagnostics n = row_count; n := coalesce(n, 0); select count(*) into n from c; end $$;",
]

UNKNOWN = [
    "select * from create_hypertable('t', 'id');",
    "select a.x from partman.create_parent('public.c', 'id') as a (x);",
    "with a as (select * from of_theirs()) select * from a;",
    "values (of_theirs());",
    "select 1, of_theirs();",
    "select lower(of_theirs('on delete set null'));",
    "select (of_theirs()).*;",
    "select distinct of_theirs(), case when true then 1 end;",
    "select count(*) from c where of_theirs();",
    "do $$ declare n int; begin n := of_theirs(); end $$;",
    "do $$ declare n int; begin select of_theirs() into n; end $$;",
    "do $$ declare r record; begin for r in select * from of_theirs() loop null; end loop; end $$;",
]


@pytest.mark.every_version
async def test_every_function_of_postgresql_that_can_be_called_is_known(database: TestDatabase) -> None:
    names = [row["proname"] for row in await database.fetch(_CALLABLE)]
    assert len(names) > 500
    assert [name for name in names if not is_built_in(name)] == []


@pytest.mark.parametrize("text", HARMLESS)
def test_what_calls_only_what_postgresql_has_or_makes_values_is_no_question(text: str) -> None:
    assert [each.reason for each in read(f"{BASE}{text}", 18).incomplete] == []


@pytest.mark.parametrize("text", UNKNOWN)
def test_a_function_that_no_file_makes_is_doubted_wherever_a_query_or_a_block_calls_it(text: str) -> None:
    [reason] = [each.reason for each in read(f"{BASE}{text}", 18).incomplete]
    assert reason.startswith("what the function ")


@pytest.mark.parametrize(
    ("done", "is_known"),
    [
        ("execute 'grant ' || what || ' on c to ' || quote_ident(whom);", True),
        ("execute format('create role %I with nologin', whom);", True),
        ("execute 'comment on table c is ' || quote_literal(what); perform 1;", True),
        ("execute 'alter table c drop column ' || what;", False),
        ("execute what;", False),
        ("execute 'grant select on c to public; drop table c';", False),
        ("execute 'grant ' || what; execute what;", False),
        ("execute 'select 1 into made';", False),
    ],
)
def test_a_function_that_puts_statements_together_is_known_where_they_begin_with_what_changes_nothing(
    done: str, *, is_known: bool
) -> None:
    made = f"create function f(what text, whom text) returns void language plpgsql as $$begin {done} end$$;"
    reasons = [each.reason for each in read(f"{BASE}{made} select f('all', 'me');", 18).incomplete]
    assert reasons == ([] if is_known else ["it calls f, which changes the schema"])
