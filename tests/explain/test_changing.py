"""Errors of statements about keys that are there: a migration's, a load's, a partition's."""

from __future__ import annotations

import asyncpg
import pytest

from fkdash.explain.find import explain
from fkdash.explain.model import Explanation
from tests.support.looking import catalog_of
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.every_version

_TABLES = """
create table p (id int primary key);
create table c (id int primary key, pid int constraint c_p references p deferrable initially deferred);
create table d (cid int constraint d_c references c on delete cascade deferrable);
create table n (pid int constraint n_p references p on delete set null);
create table pt (id int primary key, pid int constraint pt_p references p) partition by range (id);
create table pt1 partition of pt for values from (0) to (10);
create table x (a int constraint x_pt references pt);
insert into p values (1);
"""


async def _told(database: TestDatabase, statement: str) -> Explanation:
    """Give what is said of the error that a statement raises in a transaction, without the SQLSTATE and with it."""
    with pytest.raises(asyncpg.PostgresError) as refused:
        await database.execute(f"begin; {statement}")
    await database.execute("rollback")
    error = refused.value
    catalog = await catalog_of(database)
    found = explain(catalog, f"ERROR:  {error.args[0]}\n" + (f"DETAIL:  {error.detail}" if error.detail else ""))
    with_state = explain(catalog, f"ERROR:  {error.sqlstate}: {error.args[0]}\nDETAIL:  {error.detail or ''}")
    assert [each.key for each in with_state.answers] == [each.key for each in found.answers]
    if found.answers:
        assert with_state.headline.startswith(f"{error.sqlstate} ")
    return found


_ABOUT = {
    "insert into c values (1, 1); alter table c add z int": ["c_p"],
    "insert into c values (1, 1); truncate c, d": ["c_p"],
    "set constraints all deferred; insert into c values (1, 1); insert into d values (1); drop table d": ["d_c"],
    "insert into c values (1, 1); set constraints all immediate; alter table c alter pid type text": ["c_p"],
    "alter table pt1 drop constraint pt_p": ["pt_p"],
    "alter table pt1 alter constraint pt_p deferrable": ["pt_p"],
    "set constraints n_p deferred": ["n_p"],
    "alter table p alter id type text": ["c_p"],
}


@pytest.mark.parametrize("statement", _ABOUT)
async def test_a_statement_that_is_refused_because_of_a_key_leads_to_it(
    database: TestDatabase, statement: str
) -> None:
    await database.execute(_TABLES)
    found = await _told(database, statement)
    assert [each.key.name for each in found.answers] == _ABOUT[statement]
    assert found.answers[0].next_step


async def test_what_waits_for_the_end_of_a_transaction_can_be_checked_before_as_it_is_said(
    database: TestDatabase,
) -> None:
    await database.execute(_TABLES)
    found = await _told(database, "insert into c values (1, 1); alter table c add z int")
    step = found.answers[0].next_step
    said = step.removeprefix("Say ").partition(" before")[0]
    assert said == 'SET CONSTRAINTS "public"."c_p" IMMEDIATE'
    await database.execute(f"begin; insert into c values (1, 1); {said}; alter table c add z int; commit")


async def test_a_key_s_own_trigger_leads_to_the_key(database: TestDatabase) -> None:
    await database.execute(_TABLES)
    own = await database.value(
        "select tgname from pg_trigger t join pg_constraint c on c.oid = tgconstraint where conname = 'n_p'"
        " and tgrelid = 'p'::regclass limit 1"
    )
    [answer] = (await _told(database, f'drop trigger "{own}" on p')).answers
    assert (answer.key.name, answer.next_step.endswith('DROP CONSTRAINT "n_p".')) == ("n_p", True)
    role = f"loads_{database.name}"
    await database.execute(f"create role {role}; alter table n owner to {role}")
    try:
        found = await _told(database, f"set role {role}; alter table n disable trigger all")
        assert found.headline.startswith("Only a superuser can switch off what enforces a foreign key")
        assert "DISABLE TRIGGER USER" in found.advice
    finally:
        await database.execute(f"drop owned by {role} cascade; drop role {role}")


_NOT_DECLARED = {
    "alter table n add constraint n_p foreign key (pid) references p": "n_p is there already: (pid) to p (id) ON DELETE",
    "alter table only pt add constraint y foreign key (id) references p": "ONLY leaves the partitions of pt out",
    "alter table c alter constraint c_pkey deferrable": "changes foreign keys only, and c_pkey of c is none",
}


@pytest.mark.parametrize("statement", _NOT_DECLARED)
async def test_what_no_key_of_the_database_is_behind_is_told_all_the_same(
    database: TestDatabase, statement: str
) -> None:
    await database.execute(_TABLES)
    found = await _told(database, statement)
    assert (found.answers, _NOT_DECLARED[statement] in found.headline) == ((), True)


async def test_a_key_of_a_partitioned_table_that_is_not_valid_is_added_as_it_is_said(
    database: TestDatabase,
) -> None:
    if database.version >= 18:
        await database.execute(_TABLES + "alter table pt add constraint y foreign key (id) references p not valid")
        return
    await database.execute(_TABLES)
    found = await _told(database, "alter table pt add constraint y foreign key (id) references p not valid")
    assert "cannot be NOT VALID" in found.headline
    assert found.advice.startswith("Add it NOT VALID to each partition and validate it there")
    await database.execute(
        "alter table pt1 add constraint y foreign key (id) references p not valid; alter table pt1 validate constraint y;"
        "alter table pt add constraint y foreign key (id) references p"
    )
    assert (
        await database.value(
            "select count(*) from pg_constraint where conrelid = 'pt1'::regclass and contype = 'f'"
        )
        == 2
    )


async def test_dropping_a_partition_or_the_key_of_the_whole_gets_the_advice_for_each(
    database: TestDatabase,
) -> None:
    await database.execute(_TABLES)
    for statement in ("drop table pt1", "alter table pt drop constraint pt_pkey"):
        [answer] = (await _told(database, statement)).answers
        assert answer.next_step.startswith("If a partition was to be dropped, delete or move the rows of x")
        assert "Anything else is refused whatever rows there are" in answer.next_step


async def test_without_a_deferrable_key_pending_triggers_are_told_as_such(database: TestDatabase) -> None:
    await database.execute(
        "create table t (id int); create function f() returns trigger language plpgsql as "
        "'begin execute ''alter table t add z int''; return null; end';"
        "create function g() returns trigger language plpgsql as 'begin return null; end';"
        "create constraint trigger late after insert on t deferrable initially deferred for each row execute function g()"
    )
    found = await _told(database, "insert into t values (1); alter table t add z int")
    assert found.headline.startswith("Rows of t were written, and triggers for them are still to run")
