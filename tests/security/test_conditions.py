"""A condition that an operator types means what it means to the server, and runs nothing that another role planted."""

from __future__ import annotations

import json

import asyncpg
import pytest

from tests.security.faces import ended
from tests.security.stage import PLANTER, SUPERUSER, Stage, stage_for
from tests.support.servers import TestDatabase, TestServer

pytestmark = [pytest.mark.newest_version, pytest.mark.usefixtures("own_folders")]
_PLANTED = """
CREATE FUNCTION evil.alike(text, text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM evil.probe('operator'); RETURN true; END $$;
CREATE FUNCTION evil.before(text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM evil.probe('prefix operator'); RETURN true; END $$;
CREATE OPERATOR evil.==== (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.alike);
CREATE OPERATOR evil.!~! (RIGHTARG = text, FUNCTION = evil.before);
CREATE DOMAIN evil.dom AS int CHECK (evil.imm('domain') = value);
CREATE DOMAIN public.plain_dom AS int CHECK (evil.imm('domain in path') = value);
CREATE DOMAIN evil.box AS text CHECK (evil.yes('called like a built-in type'));
CREATE TYPE evil.part AS (a evil.dom);
CREATE TYPE evil.mood AS ENUM ('ok', 'bad');
CREATE FUNCTION evil.to_text(evil.mood) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM evil.probe('cast to text'); RETURN 'x'; END $$;
CREATE FUNCTION evil.to_json(evil.mood) RETURNS json LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM evil.probe('cast to json'); RETURN '1'; END $$;
CREATE CAST (evil.mood AS text) WITH FUNCTION evil.to_text(evil.mood);
CREATE CAST (evil.mood AS json) WITH FUNCTION evil.to_json(evil.mood);
CREATE FUNCTION evil.f(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM evil.probe('function'); RETURN 'b'; END $$;
CREATE TABLE public.things (id int PRIMARY KEY, name text, mood evil.mood);
INSERT INTO public.things VALUES (1, 'b', 'ok'), (2, 'c', 'bad');
CREATE FUNCTION public.attribute(public.things) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM evil.probe('attribute'); RETURN 'b'; END $$;
CREATE TABLE public.indexed (id int, v int);
INSERT INTO public.indexed VALUES (1, 1);
CREATE INDEX ON public.indexed ((v + evil.imm('index of a table in a subquery')));
CREATE TABLE evil.indexed_too (id int, v int);
CREATE INDEX ON evil.indexed_too ((v + evil.imm('index of another')));
"""
_WITH_PG_INPUT = 16
_RUN_IT = (
    "name OPERATOR(evil.====) 'b'",
    "name operator ( \"evil\" . ==== ) 'b'",
    "OPERATOR(evil.!~!) name",
    "'1'::evil.dom = 1",
    "evil.dom '1' = 1",
    "evil.dom('1') = 1",
    "cast('1' as \"evil\".dom) = 1",
    "plain_dom(id) = 1",
    "plain_dom '1' = 1",
    "U&\"pl\\0061in_dom\" '1' = 1",
    "'1'::U&\"pl\\0061in_dom\" = 1",
    "array['1']::plain_dom[] is not null",
    "evil.box 'x' = 'x'",
    "evil.part '(1)' is not null",
    "evil.mood 'ok'::text = 'x'",
    "mood::text = 'x'",
    "mood || '' = 'x'",
    "quote_literal(mood) = 'x'",
    "to_json(mood) is not null",
    "row_to_json(things) is not null",
    "exists (select json_agg(t) from things t)",
    "jsonb_build_object('a', mood) is not null",
    "evil.f('b') = 'b'",
    "U&\"\\0065vil\".f('b') = 'b'",
    "evil /* here */ . f ('b') = 'b'",
    "things.attribute = 'b'",
    "(things).attribute = 'b'",
    "attribute(things) = 'b'",
    "exists (select from indexed i where i.id = things.id)",
    "exists (select from public.indexed)",
    "exists (table evil.indexed_too)",
    "exists (select from json_to_record('{\"a\": 1}') as t(a evil.dom))",
    "exists (select from json_to_record('{\"a\": 1}') as t(a plain_dom))",
    "exists (select from (values (1)) as t(a) where plain_dom(a) = 1)",
    "domain_in('1', 'evil.dom'::regtype, -1) is not null",
    "pg_input_is_valid('1', 'plain_dom')",
)
_GOES_AROUND = (
    "database_to_xml(true, true, '') is not null",
    "name = 'b') or (true",
    "name = 'b' or U&\"ev!0069l\" UESCAPE '!' . f('b') = 'b'",
    "exists (with x as (delete from things returning 1) select from x)",
    "(select true from things for update)",
    "true; delete from things",
)
_ORDINARY = """
CREATE SCHEMA geo;
CREATE TABLE public.users (
  id int PRIMARY KEY, name text, b box, d date, t tsvector, r int4range, j jsonb, a int[], "Weird Col" text, num numeric
);
CREATE TABLE public.orders (id int PRIMARY KEY, user_id int REFERENCES users);
INSERT INTO users VALUES
  (1, 'é', '(1,1),(0,0)', '2020-01-01', 'a', '[1,3)', '{"a": {"b": 1}}', '{1,2}', 'x', 4.5),
  (2, 'b', '(9,9),(8,8)', '2024-01-01', 'b', '[5,9)', '{}', '{}', 'y', -1);
INSERT INTO orders VALUES (1, 1);
CREATE FUNCTION alike(text, text) RETURNS bool IMMUTABLE LANGUAGE sql AS 'select $1 = $2';
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = alike);
CREATE OPERATOR geo.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = alike);
CREATE FUNCTION is_b(text) RETURNS bool IMMUTABLE LANGUAGE sql AS 'select $1 = ''b''';
CREATE OPERATOR !~! (RIGHTARG = text, FUNCTION = is_b);
CREATE TYPE mood AS ENUM ('ok', 'bad');
CREATE DOMAIN positive AS int CHECK (value > 0);
ALTER TABLE users ADD m mood;
"""
_MEANS = (
    "name === 'b'",
    "name OPERATOR(geo.===) 'b'",
    "!~! name",
    "b && box '(0,0),(2,2)' and b @> point '(0.5,0.5)'",
    "name IS NFC NORMALIZED and name is not nfd normalized",
    "public.users.id = 1",
    "exists (select from orders o where o.user_id = public.users.id)",
    'users.id = 1 and "users"."Weird Col" = U&\'\\0078\'',
    "@ num > 2 or |/ @ num = 1",
    "m is null and positive '1' = id and 'ok'::mood <> mood 'bad'",
    "not !! to_tsquery('a') @@ t or j @> '{\"a\": {}}' and j ? 'a' and j['a']['b'] = '1'",
    "a[1] = 1 and r && int4range(1, 2) and d < date '2021-01-01' and extract(year from d) = 2020",
    "id in (select user_id from orders) -- ) or (true",
    "name = E'b\\'' or name = $x$b$x$ /* ' /* ) */ */",
    "(id, name) in ((2, 'b')) and name ~* '^B' and name similar to 'b%' and case when id = 2 then true end",
)


async def test_no_condition_runs_what_another_role_planted(server: TestServer) -> None:
    async with stage_for(server, ()) as stage:
        planter = await asyncpg.connect(stage.dsn(PLANTER))
        await planter.execute(_PLANTED)
        await planter.close()
        for condition in (*_RUN_IT, *_GOES_AROUND):
            if "pg_input_" in condition and server.major < _WITH_PG_INPUT:
                continue
            alive = condition in _GOES_AROUND or await _runs_for_the_careless(stage, condition)
            looked = await ended(
                "preview", "--table", "things", "--where", condition, "--format", "json", stage.dsn(SUPERUSER)
            )
            assert (condition, alive, stage.ran()) == (condition, True, [])
            assert (condition, looked.code in {2, 4}) == (condition, True), looked.out
            assert "Traceback" not in looked.err


async def _runs_for_the_careless(stage: Stage, condition: str) -> bool:
    """Tell whether the condition runs the plant for a superuser with psql, who is told nothing."""
    connection = await asyncpg.connect(stage.dsn(SUPERUSER))
    try:
        await connection.fetch(f"SELECT FROM things WHERE ({condition}\n)")
    except asyncpg.PostgresError:
        pass  # what was planted may fail afterwards
    finally:
        await connection.close()
    return bool(stage.ran())


async def test_a_condition_selects_what_it_selects_for_the_server(database: TestDatabase) -> None:
    await database.execute(_ORDINARY)
    connection = await database.connection()
    for condition in _MEANS:
        rows = await connection.fetchval(f"SELECT count(*) FROM users WHERE ({condition}\n)")
        told = await ended("preview", "--table", "users", "--where", condition, "--format", "json", database.dsn)
        assert told.out, (condition, told.err)
        blocked = json.loads(told.out)
        effects = {each["table"]: each["deleted"] for each in blocked["effects"]}
        assert (condition, effects.get("users", 0)) == (condition, rows), told.out


async def test_schema_table_column_is_not_mistaken_where_another_table_is_called_that(
    database: TestDatabase,
) -> None:
    await database.execute(_ORDINARY)
    await database.execute("CREATE TABLE geo.users (id int); INSERT INTO geo.users VALUES (1)")
    condition = "exists (select from geo.users where geo.users.id = public.users.id + 1)"
    told = await ended("preview", "--table", "users", "--where", condition, "--format", "json", database.dsn)
    assert told.code == 2
    assert "The server refuses the condition" in told.err
