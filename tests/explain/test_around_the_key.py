"""Errors whose reason stands beside the key: other schemas, owners, heirs, transactions, and keys that are not there."""

from __future__ import annotations

import asyncpg
import pytest

from fkdash.explain.clues import Clues, Kind
from fkdash.explain.find import explain
from fkdash.explain.model import path_words
from fkdash.explain.refusals import refusal
from tests.support.looking import catalog_of
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version


async def _raised(database: TestDatabase, statement: str) -> str:
    """Give what psql prints of the error that a statement raises."""
    with pytest.raises(asyncpg.PostgresError) as refused:
        await database.execute(statement)
    error = refused.value
    lines = [f"ERROR:  {error}", *(f"DETAIL:  {error.detail}" for _ in [1] if error.detail)]
    query = error.internal_query
    lines += [f"QUERY:  {query}"] if query else [f"CONTEXT:  {error.context}"] if error.context else []
    return "\n".join(lines)


async def test_a_check_that_is_not_permitted_runs_as_the_owner_of_the_referenced_table(
    database: TestDatabase,
) -> None:
    await database.execute(
        "do $$ begin create role around_owner; exception when duplicate_object then null; end $$;"
        "create schema private; create table private.account (id int primary key);"
        "create table entry (account_id int constraint entry_account references private.account);"
        "alter table private.account owner to around_owner; insert into private.account values (1)"
    )
    text = await _raised(database, "insert into entry values (1)")
    assert "permission denied for schema private" in text
    [answer] = explain(await catalog_of(database), text).answers
    assert answer.key.name == "entry_account"
    assert "It runs with the rights of the owner of private.account, around_owner." in answer.message
    assert "trigger" not in answer.message + answer.next_step
    assert "Grant what is missing to around_owner: USAGE on the schema of private.account" in answer.next_step
    await database.execute(
        "grant usage on schema private to around_owner; revoke update on private.account from around_owner"
    )
    assert "permission denied for table account" in await _raised(database, "insert into entry values (1)")
    await database.execute("grant update on private.account to around_owner; insert into entry values (1)")


async def test_a_conflict_with_another_transaction_is_no_trigger_s(database: TestDatabase) -> None:
    await database.execute(
        "create table p (id int primary key); insert into p values (1);"
        "create table c (pid int constraint c_fk references p on delete cascade)"
    )
    other = await asyncpg.connect(database.dsn)
    try:
        await database.execute("begin isolation level repeatable read; select from c")
        await other.execute("delete from p")
        text = await _raised(database, "insert into c values (1)")
        await database.execute("rollback")
    finally:
        await other.close()
    assert "could not serialize access due to concurrent update" in text
    [answer] = explain(await catalog_of(database), text).answers
    assert (answer.key.name, answer.sqlstate) == ("c_fk", "40001")
    assert "Another transaction had changed or deleted what it met" in answer.message
    assert answer.next_step.startswith("Run the whole transaction again")


async def test_a_table_of_another_schema_is_named_with_it(database: TestDatabase) -> None:
    await database.execute(
        "create schema old; create table old.account (id int primary key); create table account (id int primary key);"
        "create table orders (account_id int constraint orders_account references old.account);"
        "insert into account values (1); insert into old.account values (7); insert into orders values (7)"
    )
    catalog = await catalog_of(database)
    [missing] = explain(catalog, await _raised(database, "insert into orders values (1)")).answers
    assert "whose (account_id) is not in old.account (id)" in missing.message
    [held] = explain(catalog, await _raised(database, "delete from old.account")).answers
    assert "a row of old.account is still referred to by orders" in held.message
    assert [path_words(path) for path in held.paths] == ["old.account → orders"]


async def test_a_name_in_several_schemas_leads_to_the_key_that_raises_the_error(
    database: TestDatabase,
) -> None:
    await database.execute(
        "create schema t1; create schema t2; create table t1.u (id int primary key);"
        "create table t1.o (uid int constraint o_uid references t1.u on delete cascade);"
        "create table t2.u (id int primary key); create table t2.o (uid int constraint o_uid references t2.u);"
        "insert into t2.u values (1); insert into t2.o values (1)"
    )
    text = await _raised(database, "set search_path = t2; delete from u where id = 1")
    found = explain(await catalog_of(database), f"{text}\nSTATEMENT:  DELETE FROM u WHERE id = 1")
    assert [answer.key.qualified for answer in found.answers] == ["t2.o.o_uid"]
    assert "ambiguous" not in found.headline


async def test_a_row_of_an_inheriting_table_is_said_not_to_count(database: TestDatabase) -> None:
    await database.execute(
        "create table base (id int primary key); create table kid () inherits (base);"
        "create table c (bid int constraint c_base references base); insert into kid values (2)"
    )
    text = await _raised(database, "insert into c values (2)")
    [answer] = explain(await catalog_of(database), text).answers
    assert "is not in base (id); a row of public.kid, which inherits from it, does not count" in answer.message


@pytest.mark.parametrize(
    ("detail", "statement"),
    [("", "STATEMENT:  TRUNCATE TABLE a RESTART IDENTITY"), ('DETAIL:  Table "b" references "a".', "")],
)
async def test_truncate_leads_to_the_key_by_its_detail_or_its_statement(
    database: TestDatabase, detail: str, statement: str
) -> None:
    await database.execute(
        "create table a (id int primary key, up int references a); create table z (id int primary key);"
        "create table b (aid int constraint b_a references a, zid int references z)"
    )
    text = await _raised(database, "truncate a")
    message = text.splitlines()[0]
    catalog = await catalog_of(database)
    found = explain(catalog, "\n".join(filter(None, (message, detail, statement))))
    assert [answer.key.name for answer in found.answers] == ["b_a"]
    alone = explain(catalog, message)
    assert (alone.answers, alone.advice) == ((), "DETAIL names both tables: paste it, or the statement.")
    assert "not an error that a foreign key raises" not in alone.headline


_ROWS_IN_THE_WAY = """
create table category (id int primary key, tenant int, unique (tenant, id));
create table product (tenant int, category_id int);
insert into category values (1, 1), (2, 1 + 1); insert into product values (1, 1), (1, 2), (2, null);
create table room (id int4range, during daterange, primary key (id, during without overlaps));
insert into room values ('[1,2)', '[2024-01-01,2024-06-01)'), ('[1,2)', '[2024-06-01,2025-01-01)');
create table booking (room_id int4range, at daterange);
insert into booking values ('[1,2)', '[2024-05-01,2024-07-01)'), ('[1,2)', '[2024-05-01,2025-07-01)');
"""


@pytest.mark.parametrize(
    ("table", "added"),
    [
        ("product", "foreign key (tenant, category_id) references category (tenant, id)"),
        ("booking", "foreign key (room_id, period at) references room (id, period during)"),
    ],
)
async def test_the_rows_that_keep_a_key_from_being_added_are_found_over_several_columns_and_periods(
    database: TestDatabase, table: str, added: str
) -> None:
    await database.execute(_ROWS_IN_THE_WAY)
    text = await _raised(database, f"alter table {table} add constraint new_fk {added}")
    found = explain(await catalog_of(database), text)
    assert found.headline.startswith("There is no new_fk here")
    query = found.advice.removeprefix("These rows: ")
    in_the_way = await database.fetch(query)
    assert len(in_the_way) == 1
    await database.execute(f"delete from {table} t where t = any (array({query.rstrip(';').replace('*', 'c')}))")
    await database.execute(f"alter table {table} add constraint new_fk {added}")


_REFUSED = (
    ("create table x (a int references nothing_unique)", "nothing_unique has no primary key"),
    ("create table x (a int, b int, foreign key (a, b) references p)", "it has not as many columns"),
    ("create table x (a int, foreign key (a) references p (a))", "unique in p only once it is checked"),
    ("create table x (a int, foreign key (a) references seen (id))", "seen is a view"),
    ('create table x (a int, foreign key ("A") references p)', "one of the tables has no column A"),
    ("create temp table x (a int references p)", "would outlive"),
    ("create table x (g int generated always as (1) stored references p on delete set null)", "a generated column"),
    ("create table x (g int generated always as (1) virtual references p)", "generated and not stored"),
    ("create table x (a int4range, b daterange, foreign key (a, b) references span)", "PERIOD stands on one side"),
    ("create table x (a int references p match partial)", "MATCH SIMPLE and MATCH FULL only"),
    ("create table x (a int, b int, foreign key (a) references p on delete set null (b))", "to write b"),
)  # fmt: skip


async def test_a_key_that_could_not_be_declared_is_told_why(database: TestDatabase) -> None:
    await database.execute(
        "create table p (id int primary key, a int unique deferrable); create table nothing_unique (id int);"
        "create view seen as select id from p;"
        "create table span (id int4range, at daterange, primary key (id, at without overlaps))"
    )
    catalog = await catalog_of(database)
    for statement, why in _REFUSED:
        found = explain(catalog, await _raised(database, statement))
        assert found.headline.startswith("A foreign key could not be declared"), statement
        assert why in found.headline, statement
        assert found.advice


async def test_a_row_that_a_key_to_its_partition_keeps_there_is_told_so(database: TestDatabase) -> None:
    await database.execute(
        "create table whole (id int, k int, primary key (id, k)) partition by list (k);"
        "create table one partition of whole for values in (1) partition by list (k);"
        "create table one_one partition of one for values in (1);"
        "create table two partition of whole for values in (2);"
        "create table c (id int, k int, constraint c_one foreign key (id, k) references one);"
        "insert into whole values (1, 1)"
    )
    found = explain(await catalog_of(database), await _raised(database, "update whole set k = 2"))
    assert found.headline.startswith("A row cannot move to another partition")


async def test_a_name_that_could_be_taken_for_another_is_quoted_in_every_sentence(database: TestDatabase) -> None:
    await database.execute(
        'create table "top.row" (id int primary key);'
        'create table "mid.row" (id int primary key references "top.row" on delete cascade);'
        'create table "low.row" (mid int constraint low_fk references "mid.row");'
        'insert into "top.row" values (1); insert into "mid.row" values (1); insert into "low.row" values (1)'
    )
    catalog = await catalog_of(database)
    [held] = explain(catalog, await _raised(database, 'delete from "top.row"')).answers
    assert [path_words(path) for path in held.paths] == [
        '"mid.row" → "low.row"',
        '"top.row" → "mid.row" → "low.row"',
    ]
    assert 'a row of "mid.row" is still referred to by "low.row" (mid)' in held.message
    assert held.next_step.startswith('Move or delete the rows of "low.row" first')


@pytest.mark.parametrize("name", ["node", "node.row"])
async def test_which_way_a_key_to_its_own_table_is_violated_stays_open_whatever_its_name(
    database: TestDatabase, name: str
) -> None:
    await database.execute(
        f'create table "{name}" (id int primary key, above int constraint node_above references "{name}")'
    )
    catalog = await catalog_of(database)
    clues = Clues("23503", Kind.KEY, constraint="node_above", names=("node_above", name))
    assert "either a row of" in refusal(catalog, clues, catalog.foreign_keys[0], ()).message
