"""An error that tells of no more than a table leads to the keys that can be behind it, and says how sure that is."""

from __future__ import annotations

import asyncpg
import pytest

from fkdash.catalog.model import Catalog
from fkdash.explain.find import explain
from tests.support.looking import catalog_of
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version
_SCHEMA = """
create table users (id int primary key);
create table keys (id int primary key, user_id int constraint keys_user references users on delete cascade
  on update set null);
create table uses (key_id int constraint uses_key references keys on delete restrict);
create table notes (user_id int constraint notes_user references users);
create table seats (user_id int constraint seats_user references users on delete cascade on update cascade);
alter table keys owner to {owner};
revoke all on keys from {owner};
"""


@pytest.fixture
async def schema(database: TestDatabase) -> Catalog:
    owner = f"owner_{database.name}"
    await database.execute(f"create role {owner};{_SCHEMA.format(owner=owner)}")
    return await catalog_of(database)


@pytest.mark.parametrize(
    ("statement", "keys"),
    [
        ("\nSTATEMENT:  DELETE FROM users WHERE id = 1", ["keys_user"]),
        ("\nSTATEMENT:  UPDATE users SET id = 2", ["keys_user"]),
        ("", ["keys_user", "uses_key"]),
        ("\nSTATEMENT:  DELETE FROM keys", []),
        ("\nSTATEMENT:  DELETE FROM uses", []),
    ],
)
async def test_a_refused_privilege_leads_to_the_keys_whose_table_belongs_to_somebody_who_lacks_it(
    schema: Catalog, statement: str, keys: list[str]
) -> None:
    found = explain(schema, f"ERROR:  permission denied for table keys{statement}")
    assert sorted(each.key.name for each in found.answers) == keys
    assert found.ambiguous == bool(keys)
    assert ("names only a table: if a foreign key is behind it" in found.headline) == bool(keys)
    assert "CONTEXT" in found.advice


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        # A pager's end of line, a narrow screen.
        ('ERROR: update or delete on table "users" violates foreign key >\nDELETE FROM "users" WHERE id = 1', ["notes_user"]),
        ('update or delete on table "keys" violates RESTRICT setting of foreign...', ["uses_key"]),
        ('ERROR:  insert or update on table "uses" violates foreign key constraint', ["uses_key"]),
        # What GORM makes of the error, with the statement that it logs.
        ('2026/01/23 17:56:51 /app/x.go:39 violates foreign key constraint\n[2.456ms] [rows:0] DELETE FROM "users" WHERE id = 1', ["notes_user", "uses_key"]),
        ('/app/x.go:39 violates foreign key constraint\n[2.4ms] [rows:0] INSERT INTO "uses" ("key_id") VALUES (1)', ["uses_key"]),
        ('/app/x.go:39 violates foreign key constraint\n[2.4ms] [rows:0] UPDATE "keys" SET "user_id"=7', ["keys_user", "uses_key"]),
        ('/app/x.go:39 violates foreign key constraint\n[2.4ms] [rows:0] DELETE FROM "elsewhere"', []),
    ],
)  # fmt: skip
async def test_a_violated_key_that_is_not_named_is_one_that_the_statement_meets(
    schema: Catalog, text: str, keys: list[str]
) -> None:
    found = explain(schema, text)
    assert sorted(each.key.name for each in found.answers) == keys
    assert found.ambiguous == (len(keys) > 1)


_PUBLISHED = """
create table p (id int primary key);
create table c (pid int constraint c_fk references p on delete {});
create publication everything for table c;
insert into p values (1);
"""


@pytest.mark.parametrize("action", ["cascade", "set null"])
@pytest.mark.parametrize("told", [True, False])
async def test_a_publications_refusal_is_no_statement_of_its_own(
    database: TestDatabase, action: str, told: bool
) -> None:
    await database.execute(_PUBLISHED.format(action))
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError) as refused:
        await database.execute("DELETE FROM p")
    text = f"ERROR:  {refused.value}" + ("\nSTATEMENT:  DELETE FROM p" if told else "")
    found = explain(await catalog_of(database), text)
    assert [each.key.name for each in found.answers] == ["c_fk"]
    assert (
        explain(await catalog_of(database), f"{text.partition(chr(10))[0]}\nSTATEMENT:  DELETE FROM c").answers
        == ()
    )
