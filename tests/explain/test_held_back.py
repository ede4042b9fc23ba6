"""Errors of a referenced row that is held back: what was to happen to it, and which action refused that."""

from __future__ import annotations

import asyncpg
import pytest

from fkdash.explain.find import explain
from fkdash.explain.model import Cause, path_words
from tests.support.looking import catalog_of
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version


async def _held(database: TestDatabase, schema: str, statement: str, *, told: bool = True) -> Cause:
    """Give what is said of the error of a statement, `told` with it as in the server's log."""
    await database.execute(schema)
    connection = await database.connection()
    transaction = connection.transaction()
    await transaction.start()
    with pytest.raises(asyncpg.PostgresError) as refused:
        await connection.fetch(statement)
    await transaction.rollback()
    error = refused.value
    assert error.sqlstate in {"23503", "23001"}
    context = f"\nCONTEXT:  {error.context}" if error.context and told else ""
    run = f"\nSTATEMENT:  {statement}" if told else ""
    [answer] = explain(
        await catalog_of(database), f"ERROR:  {error}\nDETAIL:  {error.detail}{context}{run}"
    ).answers
    assert answer.key.name == error.constraint_name
    assert answer.outdated is False
    return answer


_OWN_DEFAULT = """
create table p (id int primary key);
create table c (id int, pid int default 1 constraint c_fk references p on delete set default {});
insert into p values (1), (2); insert into c values (1, 1);
"""


@pytest.mark.parametrize("on_update", ["", "on update cascade", "on update restrict"])
@pytest.mark.parametrize("told", [True, False])
async def test_the_row_of_the_default_is_said_to_be_held_by_set_default(
    database: TestDatabase, on_update: str, told: bool
) -> None:
    answer = await _held(database, _OWN_DEFAULT.format(on_update), "DELETE FROM p WHERE id = 1", told=told)
    assert "when a row of p goes, it sets c (pid) to the default (1)" in answer.message
    assert "that row is the one of the default" in answer.message
    assert ("either" in answer.message) == (not told and on_update != "on update cascade")
    assert answer.next_step.startswith("Leave that row as it is")


async def test_a_changed_key_of_the_row_of_the_default_is_held_by_on_update_set_default(
    database: TestDatabase,
) -> None:
    schema = _OWN_DEFAULT.replace("on delete set default", "on delete cascade on update set default").format("")
    answer = await _held(database, schema, "UPDATE p SET id = 7 WHERE id = 1")
    assert "when a row of p changes its key, it sets c (pid) to the default (1)" in answer.message


async def test_a_trigger_that_keeps_rows_from_their_default_is_named(database: TestDatabase) -> None:
    schema = (
        _OWN_DEFAULT.replace("default 1", "").format("")
        + "create function f() returns trigger language plpgsql as 'begin return null; end';"
        "create trigger keeps before update on c for each row execute function f()"
    )
    answer = await _held(database, schema, "DELETE FROM p WHERE id = 1")
    assert "to the default (NULL), and then rows of c still refer to that row: trigger keeps" in answer.message
    assert "the one of the default" not in answer.message


_WRITTEN_KEY = """
create table a (id int primary key);
create table b (id int primary key, x int unique constraint b_fk references a {});
create table c (id int primary key, bx int constraint c_fk references b (x) {});
insert into a values (1); insert into b values (1, 1); insert into c values (1, 1);
"""


@pytest.mark.parametrize("refusing", ["no action", "restrict"])
@pytest.mark.parametrize("on_delete", ["cascade", "no action"])
@pytest.mark.parametrize("told", [True, False])
async def test_a_key_that_another_ones_action_writes_is_told_with_that_one(
    database: TestDatabase, refusing: str, on_delete: str, told: bool
) -> None:
    schema = _WRITTEN_KEY.format("on delete set null", f"on delete {on_delete} on update {refusing}")
    answer = await _held(database, schema, "DELETE FROM a WHERE id = 1", told=told)
    if told or on_delete == "cascade":
        assert f"is ON UPDATE {refusing.upper()}" in answer.message
        assert f"b_fk {'changes' if told else 'can change'} it (ON DELETE SET NULL)" in answer.message
        assert [path_words(path) for path in answer.paths] == ["a → b → c"]
        assert "fkdash fix plan public.b.b_fk" in answer.next_step
    elif refusing == "no action":
        assert "so it cannot go" in answer.message


async def test_a_key_that_on_update_cascade_carries_on_is_told_with_what_carries_it(
    database: TestDatabase,
) -> None:
    schema = _WRITTEN_KEY.format("on delete cascade on update cascade", "on delete cascade")
    answer = await _held(database, schema, "UPDATE a SET id = 5")
    assert "b_fk changes it (ON UPDATE CASCADE)" in answer.message
    assert answer.paths == ()


async def test_a_delete_that_cascades_to_the_row_is_not_taken_for_a_change_of_its_key(
    database: TestDatabase,
) -> None:
    schema = _WRITTEN_KEY.format("on delete cascade on update cascade", "on update cascade")
    answer = await _held(database, schema, "DELETE FROM a WHERE id = 1")
    assert "so it cannot go" in answer.message
    assert [path_words(path) for path in answer.paths] == ["a → b → c"]


async def test_since_18_restrict_tells_by_its_sqlstate_which_action_it_was(database: TestDatabase) -> None:
    schema = _WRITTEN_KEY.format("on delete no action", "on delete no action on update restrict")
    answer = await _held(database, schema, "UPDATE b SET x = 2", told=False)
    assert "so its key cannot change, as it is ON UPDATE RESTRICT" in answer.message


@pytest.mark.parametrize("statement", ["", "\nSTATEMENT:  DELETE FROM p", "\nSTATEMENT:  UPDATE p SET id = 5"])
async def test_an_error_that_no_action_raises_any_more_is_from_before(
    database: TestDatabase, statement: str
) -> None:
    await database.execute(
        "create table p (id int primary key);"
        "create table c (pid int constraint c_fk references p on delete cascade on update cascade)"
    )
    text = f'ERROR:  update or delete on table "p" violates foreign key constraint "c_fk" on table "c"{statement}'
    [answer] = explain(await catalog_of(database), text).answers
    assert answer.outdated
    assert f"which it would let {'change its key' if 'UPDATE' in statement else 'go'} now" in answer.message


async def test_the_unique_index_of_a_partition_leads_to_the_key_without_its_statement(
    database: TestDatabase,
) -> None:
    await database.execute(
        "create table p (id int primary key);"
        "create table c (id int, pid int default 0 constraint c_fk references p on delete set default, unique (pid))"
        " partition by list (pid);"
        "create table c_low partition of c for values in (0, 1);"
        "create table c_high partition of c for values in (2, 3);"
        "insert into p values (0), (1), (2), (3); insert into c values (1, 1), (2, 2)"
    )
    with pytest.raises(asyncpg.UniqueViolationError, match="c_low_pid_key") as refused:
        await database.execute("DELETE FROM p WHERE id IN (1, 2)")
    [answer] = explain(await catalog_of(database), f"ERROR:  {refused.value}").answers
    assert answer.key.name == "c_fk"
    assert answer.sqlstate == "23505"


_MISSING = """
create table p (id int primary key);
create table c (id int, pid int default 9 constraint c_fk references p on delete {} on update {});
insert into p values (1), (2); insert into c values (1, 1);
"""
_DEFAULT_WROTE = "its own SET DEFAULT wrote (pid) of c, and that is not in p (id)"
_WRITTEN = "a row of c was written whose (pid) is not in p (id)"


@pytest.mark.parametrize(
    ("on_delete", "on_update", "statement", "said"),
    [
        ("set default", "no action", "DELETE FROM p WHERE id = 1", f"SET DEFAULT: {_DEFAULT_WROTE}."),
        ("set default", "no action", "INSERT INTO c VALUES (2, 7)", f"SET DEFAULT: {_WRITTEN}."),
        ("set default", "no action", "UPDATE c SET pid = 7", f"SET DEFAULT: {_WRITTEN}."),
        ("set default", "set default", "UPDATE p SET id = 7 WHERE id = 1", f"SET DEFAULT: {_DEFAULT_WROTE}."),
        ("set default", "set default", "", f"SET DEFAULT: {_WRITTEN}, or its own SET DEFAULT wrote it."),
        ("set null", "set null", "", f"SET NULL: {_WRITTEN}."),
        ("set null", "set default", "INSERT INTO c VALUES (2, 7)", f"SET NULL: {_WRITTEN}."),
    ],
)
async def test_a_reference_to_nothing_was_written_by_what_the_statement_with_it_allows(
    database: TestDatabase, on_delete: str, on_update: str, statement: str, said: str
) -> None:
    await database.execute(_MISSING.format(on_delete, on_update))
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await database.execute(statement or "INSERT INTO c VALUES (2, 7)")
    told = f"\nSTATEMENT:  {statement}" if statement else ""
    [answer] = explain(await catalog_of(database), f"ERROR:  {refused.value}{told}").answers
    assert answer.message.endswith(said)


async def test_half_of_a_match_full_key_is_written_by_its_own_set_null(database: TestDatabase) -> None:
    await database.execute(
        "create table p (a int, b int, primary key (a, b));"
        "create table c (a int, b int, constraint c_fk foreign key (a, b) references p match full"
        " on delete set null (a)); insert into p values (1, 1); insert into c values (1, 1)"
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await database.execute("DELETE FROM p")
    text = f"ERROR:  {refused.value}\nDETAIL:  {refused.value.detail}\nSTATEMENT:  DELETE FROM p"
    [answer] = explain(await catalog_of(database), text).answers
    assert "its own SET NULL wrote (a, b) of c" in answer.message


async def test_the_command_that_lists_rows_held_by_a_trigger_can_be_pasted(database: TestDatabase) -> None:
    schema = (
        "create table p (id int primary key); create table c (pid int constraint c_fk references p);"
        "create function soft() returns trigger language plpgsql as 'begin return null; end';"
        "create trigger soft before delete on c for each row execute function soft();"
        "insert into p values (1); insert into c values (1)"
    )
    answer = await _held(database, schema, "DELETE FROM p")
    assert answer.next_step.endswith("read what it does; fkdash preview --table public.p lists them.")
