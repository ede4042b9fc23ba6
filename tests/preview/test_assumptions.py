"""What if: the preview under a fix is the delete after the fix."""

from __future__ import annotations

from typing import TypeAlias

import asyncpg
import pytest

from fkdash.catalog.action import Action
from fkdash.catalog.table_name import TableName
from fkdash.preview.declared.what_if import Assumptions, NewAction
from fkdash.preview.model import DeleteTarget, Verdict
from tests.preview.agree import following_rows, preview_of
from tests.support.servers import TestDatabase

USERS = TableName("f", "users")
SCHEMA = """
    CREATE SCHEMA f; SET search_path = f;
    CREATE TABLE workspaces(id int PRIMARY KEY);
    CREATE TABLE users(
        id int PRIMARY KEY,
        home int NOT NULL DEFAULT 2 CONSTRAINT users_home REFERENCES workspaces ON DELETE SET NULL
    );
    CREATE TABLE notes(author int CONSTRAINT notes_author REFERENCES users ON DELETE CASCADE);
    INSERT INTO workspaces VALUES (1), (2), (3);
    INSERT INTO users VALUES (1, 1), (2, 1), (3, 2);
    INSERT INTO notes VALUES (1), (1), (3);
"""
Case: TypeAlias = tuple[Action, bool, str, str | None, dict[str, tuple[int, int, int]]]
CASES: list[Case] = [
    (Action.NO_ACTION, False, "blocked", "23503", {"workspaces": (1, 0, 0)}),
    (Action.CASCADE, False, "allowed", None, {"workspaces": (1, 0, 0), "users": (2, 0, 0), "notes": (2, 0, 0)}),
    (Action.SET_NULL, True, "allowed", None, {"workspaces": (1, 0, 0), "users": (0, 2, 0)}),
    (Action.SET_NULL, False, "blocked", "23502", {"workspaces": (1, 0, 0), "users": (0, 2, 0)}),
    (Action.SET_DEFAULT, False, "allowed", None, {"workspaces": (1, 0, 0), "users": (0, 0, 2)}),
]


@pytest.mark.parametrize("follow", [False, True], ids=["by sets", "followed"])
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_each_fix_is_previewed_as_if_it_were_made(
    shared_database: TestDatabase, case: Case, follow: bool
) -> None:
    action, nullable, verdict, sqlstate, effects = case
    await shared_database.execute(SCHEMA)
    key = await shared_database.value("SELECT oid::bigint FROM pg_constraint WHERE conname = 'users_home'")
    assume = Assumptions(
        actions={key: NewAction(action)}, nullable=frozenset({(USERS, "home")}) if nullable else frozenset()
    )
    connection = await shared_database.connection()
    target = DeleteTarget(TableName("f", "workspaces"), keys=({"id": 1},))
    if follow:
        with following_rows():
            found = await preview_of(connection, target, assume=assume)
    else:
        found = await preview_of(connection, target, assume=assume)
    assert found.verdict is Verdict(verdict)
    assert [blocker.sqlstate for blocker in found.blockers] == ([sqlstate] if sqlstate else [])
    assert {e.table.name: (e.deleted, e.set_null, e.set_default) for e in found.effects} == effects


async def test_a_dropped_foreign_key_stops_nothing(shared_database: TestDatabase) -> None:
    await shared_database.execute(SCHEMA)
    key = await shared_database.value("SELECT oid::bigint FROM pg_constraint WHERE conname = 'users_home'")
    target = DeleteTarget(TableName("f", "workspaces"), keys=({"id": 1},))
    found = await preview_of(
        await shared_database.connection(), target, assume=Assumptions(dropped=frozenset({key}))
    )
    assert found.verdict is Verdict.ALLOWED
    assert [effect.table.name for effect in found.effects] == ["workspaces"]


@pytest.mark.parametrize(
    ("action", "stopping"),
    [
        (Action.CASCADE, ("notes_author", "23503")),
        (Action.SET_NULL, ("at_home", "23514")),
        (Action.NO_ACTION, None),
    ],
)
async def test_another_action_is_followed_where_the_present_one_does_not_reach(
    shared_database: TestDatabase, action: Action, stopping: tuple[str, str] | None
) -> None:
    await shared_database.execute("""
        CREATE SCHEMA f; SET search_path = f;
        CREATE TABLE workspaces(id int PRIMARY KEY);
        CREATE TABLE users(
            id int PRIMARY KEY, home int CONSTRAINT users_home REFERENCES workspaces,
            CONSTRAINT at_home CHECK (home IS NOT NULL)
        );
        CREATE TABLE notes(author int CONSTRAINT notes_author REFERENCES users);
        INSERT INTO workspaces VALUES (1);
        INSERT INTO users VALUES (1, 1);
        INSERT INTO notes VALUES (1);
    """)
    key = await shared_database.value("SELECT oid::bigint FROM pg_constraint WHERE conname = 'users_home'")
    target = DeleteTarget(TableName("f", "workspaces"))
    found = await preview_of(
        await shared_database.connection(), target, assume=Assumptions(actions={key: NewAction(action)})
    )
    wanted = stopping or ("users_home", "23503")
    assert [(blocker.constraint, blocker.sqlstate) for blocker in found.blockers] == [wanted]


@pytest.mark.parametrize("follow", [False, True], ids=["by sets", "followed"])
@pytest.mark.parametrize("action", [Action.NO_ACTION, Action.RESTRICT])
async def test_what_is_declared_anew_is_reported_after_what_was_there(
    shared_database: TestDatabase, action: Action, follow: bool
) -> None:
    await shared_database.execute("""
        CREATE SCHEMA f; SET search_path = f;
        CREATE TABLE p(id int PRIMARY KEY);
        CREATE TABLE a(pid int CONSTRAINT older REFERENCES p ON DELETE CASCADE);
        CREATE TABLE c(pid int CONSTRAINT newer REFERENCES p ON DELETE SET NULL, CHECK (pid IS NOT NULL));
        INSERT INTO p VALUES (1); INSERT INTO a VALUES (1); INSERT INTO c VALUES (1)
    """)
    connection = await shared_database.connection()
    key = await shared_database.value("SELECT oid::bigint FROM pg_constraint WHERE conname = 'older'")
    target = DeleteTarget(TableName("f", "p"), keys=({"id": 1},))
    assume = Assumptions(actions={key: NewAction(action)})
    if follow:
        with following_rows():
            found = await preview_of(connection, target, assume=assume)
    else:
        found = await preview_of(connection, target, assume=assume)
    assert [each.sqlstate for each in found.blockers if each.first] == ["23514"]
    await shared_database.execute(
        f"ALTER TABLE a DROP CONSTRAINT older, ADD CONSTRAINT older FOREIGN KEY (pid) REFERENCES p ON DELETE {action}"
    )
    with pytest.raises(asyncpg.CheckViolationError):
        await shared_database.execute("DELETE FROM p")


async def test_a_key_that_may_wait_waits_once_it_is_declared_with_no_action(shared_database: TestDatabase) -> None:
    await shared_database.execute("""
        CREATE SCHEMA f; SET search_path = f;
        CREATE TABLE p(id int PRIMARY KEY);
        CREATE TABLE c(pid int CONSTRAINT ck REFERENCES p ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)
    """)
    connection = await shared_database.connection()
    key = await shared_database.value("SELECT oid::bigint FROM pg_constraint WHERE conname = 'ck'")
    target = DeleteTarget(TableName("f", "p"))
    for action, waits in ((Action.NO_ACTION, True), (Action.RESTRICT, False)):
        found = await preview_of(connection, target, assume=Assumptions(actions={key: NewAction(action)}))
        assert [(each.constraint, each.deferred) for each in found.blockers] == [("ck", waits)]
        await shared_database.execute(
            "BEGIN; ALTER TABLE c DROP CONSTRAINT ck, ADD CONSTRAINT ck FOREIGN KEY (pid) REFERENCES p "
            f"ON DELETE {action} DEFERRABLE INITIALLY DEFERRED"
        )
        if waits:
            await shared_database.execute("DELETE FROM p")
        else:
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await shared_database.execute("DELETE FROM p")
        await shared_database.execute("ROLLBACK")


async def test_what_is_declared_anew_comes_first_where_its_number_has_more_digits_than_an_old_one(
    shared_database: TestDatabase,
) -> None:
    await shared_database.execute("""
        CREATE SCHEMA f; SET search_path = f;
        CREATE TABLE p(id int PRIMARY KEY);
        CREATE TABLE a(pid int CONSTRAINT older REFERENCES p ON DELETE CASCADE);
        CREATE TABLE c(pid int CONSTRAINT old REFERENCES p);
        INSERT INTO p VALUES (1); INSERT INTO a VALUES (1); INSERT INTO c VALUES (1);
        DO $$ DECLARE t name; BEGIN
          SELECT tgname INTO t FROM pg_trigger
           WHERE tgconstraint = (SELECT oid FROM pg_constraint WHERE conname = 'old') AND tgfoid::regproc::text ~ 'del';
          EXECUTE format('ALTER TRIGGER %I ON p RENAME TO "RI_ConstraintTrigger_a_999"', t);
        END $$
    """)
    connection = await shared_database.connection()
    key = await shared_database.value("SELECT oid::bigint FROM pg_constraint WHERE conname = 'older'")
    assume = Assumptions(actions={key: NewAction(Action.RESTRICT)})
    found = await preview_of(connection, DeleteTarget(TableName("f", "p"), keys=({"id": 1},)), assume=assume)
    assert [each.constraint for each in found.blockers if each.first] == ["older"]
    await shared_database.execute(
        "ALTER TABLE a DROP CONSTRAINT older, ADD CONSTRAINT older FOREIGN KEY (pid) REFERENCES p ON DELETE RESTRICT"
    )
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match='constraint "older"'):
        await shared_database.execute("DELETE FROM p")
