"""Errors of which CONTEXT tells who was at work: a function, COPY, or a foreign key; and the next step after them."""

from __future__ import annotations

import asyncpg
import pytest

from fkdash.explain.find import explain
from fkdash.explain.languages import CONTEXT
from fkdash.explain.model import Explanation
from tests.support.looking import catalog_of
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version

_SHOP = """
create table p (id int primary key);
create table c (id int primary key, pid int not null constraint c_p references p on delete set null);
create table h (pid int default 42 constraint h_p references p on delete set default);
create table o (id int primary key);
insert into p values (1), (2); insert into c values (1, 1); insert into h values (2); insert into o values (1);
create function emptied(i int) returns void language plpgsql as $$ begin update c set pid = null where id = i; end $$;
create function added() returns void language plpgsql as $$ begin insert into c values (9, null); end $$;
create function plain() returns void language sql as $$ update c set pid = null $$;
create function gone() returns void language plpgsql as $$ begin delete from p where id = 1; end $$;
create function along() returns trigger language plpgsql as $$ begin update c set pid = null; return old; end $$;
create trigger along before delete on o for each row execute function along();
create function away() returns trigger language plpgsql as $$ begin delete from p where id = 2; return null; end $$;
create trigger away after insert on o for each row execute function away();
"""


async def _told(
    database: TestDatabase, statement: str, *, label: str = "CONTEXT: ", detail: bool = True
) -> tuple[str, Explanation]:
    """Give what psql prints of the error that a statement raises, and what is said of it."""
    with pytest.raises(asyncpg.PostgresError) as refused:
        await database.execute(statement)
    error = refused.value
    lines = [f"ERROR:  {error.args[0]}", *(f"DETAIL:  {error.detail}" for _ in [1] if error.detail and detail)]
    text = "\n".join([*lines, *(f"{label} {error.context}" for _ in [1] if error.context)])
    return text, explain(await catalog_of(database), text)


@pytest.mark.parametrize(
    "statement",
    [
        "select emptied(1)",
        "select added()",
        "select plain()",
        "delete from o",
        "do $$ begin execute 'update only public.c set pid = null'; end $$",
        "copy c from program 'printf \"7\\t\\\\\\N\\n\"'",
    ],
)
async def test_a_row_that_a_function_or_copy_wrote_is_laid_to_no_key(
    database: TestDatabase, statement: str
) -> None:
    await database.execute(_SHOP)
    for label in ("CONTEXT: ", "Where:", '"where": ', f"{CONTEXT[3]}: "):
        for detail in (True, False):
            text, found = await _told(database, statement, label=label, detail=detail)
            assert "23502" in found.headline, text
            assert not found.answers, text


@pytest.mark.parametrize(
    "context",
    [
        (
            'CONTEXT:  processing remote data for replication origin "pg_16395" during message type "INSERT" for '
            'replication target relation "public.c" in transaction 725, finished at 0/14C0378'
        ),
        'CONTEXT:  processing remote data during "UPDATE" for replication target relation "public.c" in transaction 7',
        (
            "ZUSAMMENHANG:  Verarbeiten empfangener Daten für Replication-Origin »pg_16395« bei Nachrichtentyp »INSERT« "
            "für Replikationszielrelation »public.c« in Transaktion 725"
        ),
    ],
)
async def test_a_row_that_replication_wrote_is_laid_to_no_key_unless_a_key_s_statement_stands_there(
    database: TestDatabase, context: str
) -> None:
    await database.execute(_SHOP)
    catalog = await catalog_of(database)
    said = 'ERROR:  null value in column "pid" of relation "c" violates not-null constraint\n'
    found = explain(catalog, said + context)
    assert "23502" in found.headline
    assert not found.answers
    label, _, rest = context.partition(":  ")
    own = 'SQL statement "UPDATE ONLY "public"."c" SET "pid" = NULL WHERE $1 OPERATOR(pg_catalog.=) "pid""'
    [answer] = explain(catalog, f"{said}{label}:  {own}\n{rest}").answers
    assert answer.key.name == "c_p"


async def test_a_row_that_a_key_wrote_is_the_key_s_whatever_function_began_it(database: TestDatabase) -> None:
    await database.execute(_SHOP)
    text, found = await _told(database, "select gone()")
    assert 'SQL statement "delete from p where id = 1"' in text
    assert [answer.key.name for answer in found.answers] == ["c_p"]
    assert not found.ambiguous


async def test_an_error_that_a_function_hands_on_may_still_be_a_key_s(database: TestDatabase) -> None:
    await database.execute(_SHOP)
    handed_on = "exception when others then raise exception using message = sqlerrm, errcode = sqlstate"
    text, found = await _told(database, f"do $$ begin delete from p where id = 1; {handed_on}; end $$")
    assert text.endswith("at RAISE")
    assert [answer.key.name for answer in found.answers] == ["c_p"]


async def test_the_statement_of_a_function_tells_that_a_key_wrote_its_default(database: TestDatabase) -> None:
    await database.execute(_SHOP)
    _, found = await _told(database, "insert into o values (2)")
    [answer] = found.answers
    assert (answer.key.name, answer.sqlstate) == ("h_p", "23503")
    assert "its own SET DEFAULT wrote (pid) of h" in answer.message


async def test_dropping_what_is_referred_to_is_said_to_be_refused_whatever_rows_there_are(
    database: TestDatabase,
) -> None:
    await database.execute(_SHOP)
    for statement in ("drop table p", "alter table p drop column id", "alter table p drop constraint p_pkey"):
        _, found = await _told(database, f"truncate p, c, h; {statement}")
        step = found.answers[0].next_step
        assert step.startswith("That is refused whatever rows there are"), statement
        assert step.endswith('ALTER TABLE "public"."c" DROP CONSTRAINT "c_p".')


async def test_a_column_of_a_key_that_was_to_get_another_type_is_told_with_that_key(
    database: TestDatabase,
) -> None:
    await database.execute(_SHOP)
    for statement in ("alter table c alter pid type text", "alter table p alter id type text"):
        text, found = await _told(database, statement)
        assert 'constraint "c_p" cannot be implemented' in text
        [answer] = found.answers
        assert answer.message.startswith("public.c.c_p is there, so a column of it was to get another type")
        assert answer.next_step.startswith("Drop the key, give both sides the new type")


async def test_of_two_keys_of_one_name_the_one_that_keeps_deleted_rows_is_named_first(
    database: TestDatabase,
) -> None:
    await database.execute(
        "create schema a; create table a.p (id int primary key);"
        "create table a.c (pid int constraint c_p references a.p on delete cascade);"
        "create table p (id int primary key); create table c (pid int constraint c_p references p);"
        "insert into p values (1); insert into c values (1)"
    )
    _, found = await _told(database, "delete from p")
    assert [str(answer.key.table) for answer in found.answers] == ["public.c", "a.c"]


async def test_a_constraint_that_a_migration_did_not_find_is_said_to_be_called_otherwise(
    database: TestDatabase,
) -> None:
    await database.execute(_SHOP)
    for named in ("c_pid_fkey", '"C_P"'):
        text, found = await _told(database, f"alter table c drop constraint {named}")
        assert "does not exist" in text
        assert found.headline.startswith(
            f"c had no constraint {named.strip(chr(34))}: it is called otherwise there"
        )
        assert "fkdash list" in found.advice


async def test_a_row_that_a_trigger_changed_before_its_turn_is_laid_to_that_trigger(
    database: TestDatabase,
) -> None:
    await database.execute(
        "create table a (id int primary key, n int);"
        "create table b (id int primary key, a int references a on delete cascade);"
        "create function counted() returns trigger language plpgsql as"
        " $$ begin update a set n = n - 1 where id = old.a; return old; end $$;"
        "create trigger counted after delete on b for each row execute function counted();"
        "create function first() returns trigger language plpgsql as"
        " $$ begin delete from b where a = old.id; return old; end $$;"
        "create trigger first before delete on a for each row execute function first();"
        "insert into a values (1, 1); insert into b values (1, 1)"
    )
    text, found = await _told(database, "delete from a")
    assert "already modified by an operation triggered" in text
    assert found.headline.startswith(
        "A BEFORE trigger, or a foreign key's action that it set off, had changed the row"
    )
    assert found.advice.startswith("Change other rows in an AFTER trigger")


@pytest.mark.parametrize(
    ("text", "because"),
    [
        (
            (
                "ERROR:  cannot create foreign key constraint since relations are not colocated or not referencing a "
                "reference table"
            ),
            "Citus keeps the rows of the two tables on different nodes",
        ),
        (
            (
                "ERROR:  cannot create foreign key constraint\nDETAIL:  SET NULL or SET DEFAULT is not supported in ON "
                "DELETE operation when distribution key is included in the foreign key constraint"
            ),
            "its action ON DELETE would write what Citus distributes by",
        ),
    ],
)
async def test_why_a_distributed_table_could_get_no_key_is_told(
    database: TestDatabase, text: str, because: str
) -> None:
    await database.execute(_SHOP)
    found = explain(await catalog_of(database), text)
    assert because in found.headline
    assert found.advice
