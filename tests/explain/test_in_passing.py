"""What chats, wikis, other servers and client libraries make of an error, and what is no error of a key at all."""

from __future__ import annotations

import pytest

from fkdash.explain.find import explain
from tests.explain.raising import made
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version

SCHEMA = """
create table client (id int primary key);
create table commande (client_id int not null constraint commande_client references client on delete set null);
create table post ("clientId" int constraint post_client references client);
create table "quo""te" (id int primary key);
create table item (quote_id int constraint item_quote references "quo""te");
create table node (id int primary key, parent_id int not null constraint node_parent references node on delete set null
  on update set null);
"""


@pytest.mark.parametrize(
    ("text", "key"),
    [
        # A zero-width space where a wiki may break a line; a hyphen that may not break; typographers' marks.
        ('null value in column "client_\u200bid" of relation "commande" violates not\u2011null constraint', "commande_client"),
        ("null value in column ‟client_id” of relation ‟commande” violates not-null constraint", "commande_client"),
        # Drivers break the French sentence there, and write its labels with a capital only.
        (("PSQLException: ERREUR: UPDATE ou DELETE sur la table « client » viole la contrainte de clé étrangère\n"
         "« post_client » de la table « post »\n  Détail : La clé (id)=(5) est toujours référencée depuis la table « post »."), "post_client"),
        # Prisma names the field where it knows no constraint.
        ("Invalid `prisma.client.delete()` invocation:\n\nForeign key constraint failed on the field: `clientId`", "post_client"),
        # Citus hands on what a worker said of its shards.
        (('ERROR:  update or delete on table "client_102008" violates foreign key constraint "post_client_102009" on table '
         '"post_102009"\nDETAIL:  Key (id)=(1) is still referenced from table "post_102009".\n'
         "CONTEXT:  while executing command on localhost:57638"), "post_client"),
        # A quotation mark in the name of the table in DETAIL.
        (('ERROR:  insert or update on table "item" violates foreign key constraint "item_quote"\n'
         'DETAIL:  Key (quote_id)=(7) is not present in table "quo"te".'), "item_quote"),
        # What is not in the path is written with its schema.
        (("ERROR:  cannot drop constraint client_pkey on table public.client because other objects depend on it\n"
         "DETAIL:  constraint post_client on table public.post depends on index public.client_pkey"), "post_client"),
        ('ERROR:  cannot truncate a table referenced in a foreign key constraint\nDETAIL:  Table "item" references "quo"te".', "item_quote"),
    ],
)  # fmt: skip
async def test_what_was_typeset_broken_or_handed_on_leads_to_its_key(
    database: TestDatabase, text: str, key: str
) -> None:
    assert [answer.key.name for answer in explain(await made(database, SCHEMA), text).answers] == [key]


@pytest.mark.parametrize(
    "statement", ['UPDATE "node" SET parent_id = NULL', "UPDATE public.node SET parent_id = NULL"]
)
async def test_an_update_that_writes_a_self_reference_is_not_taken_for_its_action(
    database: TestDatabase, statement: str
) -> None:
    text = (
        'ERROR:  null value in column "parent_id" of relation "node" violates not-null constraint\n'
        f"DETAIL:  Failing row contains (1, null).\nSTATEMENT:  {statement}"
    )
    assert explain(await made(database, SCHEMA), text).answers == ()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Cannot add or update a child row: a foreign key constraint fails (`shop`.`post`, CONSTRAINT `post_client` …)", "MySQL"),
        ("sqlite3.IntegrityError: NOT NULL constraint failed: commande.client_id", "SQLite"),
        ('The DELETE statement conflicted with the REFERENCE constraint "post_client".', "SQL Server"),
        ("ORA-02292: integrity constraint (SHOP.POST_CLIENT) violated - child record found", "Oracle"),
        ("ProtectedError: (\"Cannot delete some instances of model 'Client' because they are referenced\"", "Django refused"),
        ("ActiveRecord::DeleteRestrictionError: Cannot delete record because of dependent post", "Rails refused"),
        ("The association between entity types 'client' and 'post' has been severed, but it is required", "Entity Framework"),
        ("AssertionError: Dependency rule on column 'client.id' tried to blank-out primary key column", "SQLAlchemy refused"),
        ("DbUpdateException: An error occurred while saving the entity changes. See the inner exception for details.", "inner exception"),
        ("jakarta.persistence.RollbackException: Error while committing the transaction", "the cause of that exception"),
        ("could not execute statement; SQL [n/a]; constraint [null]; nested exception is ConstraintViolationException: could not execute statement", "the cause of that exception"),
        ("PendingRollbackError: This Session's transaction has been rolled back due to a previous exception during flush.", "an earlier statement"),
        ("2026/01/23 17:56:51 /app/files.go:39 violates foreign key constraint", "GORM's translation"),
        ("Error: db error", "A driver's wrapper"),
        ('there is no unique constraint matching given keys for referenced table "client"', "could not be declared"),
        ('foreign key constraint "post_client" cannot be implemented\nDETAIL:  Key columns "a" and "b"', "cannot be compared"),
    ],
)  # fmt: skip
async def test_what_no_key_raised_is_said_to_be_what_it_is(database: TestDatabase, text: str, part: str) -> None:
    found = explain(await made(database, SCHEMA), text)
    assert found.answers == ()
    assert part in found.headline
    assert found.advice


async def test_what_a_restore_could_not_execute_is_not_taken_for_a_wrapper_without_a_cause(
    database: TestDatabase,
) -> None:
    text = 'pg_restore: error: could not execute query: ERROR:  relation "client" already exists'
    assert "wrapper" not in explain(await made(database, SCHEMA), text).headline
