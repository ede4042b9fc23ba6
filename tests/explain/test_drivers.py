"""Whatever driver, framework or log prints an error, the answer is that of the bare message."""

from __future__ import annotations

import tomllib
from pathlib import Path
from string import Template

import pytest

from fkdash.catalog.model import Catalog
from fkdash.explain.find import explain
from tests.support.looking import catalog_of
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version
_FORMS = tomllib.loads((Path(__file__).parent / "forms.toml").read_text(encoding="utf-8"))
SCHEMA = """
create table workspaces (id int primary key);
create table users (id int primary key, workspace_id int not null constraint users_workspace references workspaces
  on delete set null);
create table orders (id int primary key, user_id int constraint orders_user references users);
create table "Bill" ("orderId" int constraint "Bill_order" references orders on delete set null
  constraint bill_owned check ("orderId" is not null));
"""
_ERRORS = {
    "still referenced": (
        'update or delete on table "users" violates foreign key constraint "orders_user" on table "orders"',
        'Key (id)=(10) is still referenced from table "orders".',
        ("23503", "ForeignKey", "orders", "orders_user"),
        ("orders_user", "a row of users is still referred to by orders (user_id)"),
    ),
    "missing": (
        'insert or update on table "orders" violates foreign key constraint "orders_user"',
        'Key (user_id)=(99) is not present in table "users".',
        ("23503", "ForeignKey", "orders", "orders_user"),
        ("orders_user", "a row of orders was written whose (user_id) is not in users (id)"),
    ),
    "null": (
        'null value in column "workspace_id" of relation "users" violates not-null constraint',
        "Failing row contains (10, null).",
        ("23502", "NotNull", "users", ""),
        ("users_workspace", "is NOT NULL"),
    ),
    "check": (
        'new row for relation "Bill" violates check constraint "bill_owned"',
        "Failing row contains (null).",
        ("23514", "Check", "Bill", "bill_owned"),
        ("Bill_order", "is ON DELETE SET NULL"),
    ),
}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


async def test_every_form_of_every_error_leads_to_its_key_and_is_read_the_right_way_round(schema: Catalog) -> None:
    wrong = []
    for form, template in _FORMS.items():
        for error, (message, detail, (code, name, table, constraint), (key, part)) in _ERRORS.items():
            text = Template(template).safe_substitute(
                {"m": message, "d": detail, "em": _escaped(message), "ed": _escaped(detail), "code": code,
                 "class": name, "table": table, "constraint": constraint}
            )  # fmt: skip
            found = explain(schema, text)
            told = [(each.key.name, each.sqlstate, part in each.message) for each in found.answers]
            if told != [(key, code, True)]:
                wrong.append((form, error, told, found.headline))
    assert wrong == [], wrong


@pytest.mark.parametrize(
    "text",
    [
        "Foreign key constraint violated on the constraint: `orders_user`\n  code: 'P2003',\n  meta: {\n    driverAdapterError: DriverAdapterError: ForeignKeyConstraintViolation\n      cause: [Object]\n",
        "Foreign key constraint violated on the fields: (`user_id`)",
        '#Ecto.Changeset<action: :delete, errors: [orders: {"are still associated with this entry", [constraint: :no_assoc, constraint_name: "orders_user"]}]>',
    ],
)
async def test_what_names_only_the_key_or_its_columns_leads_to_it(schema: Catalog, text: str) -> None:
    assert [each.key.name for each in explain(schema, text).answers] == ["orders_user"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Failed query: delete from users where id = 10\nparams: ", "it is the `cause`"),
        ("Error\n    at Query.run (/app/node_modules/sequelize/lib/dialects/postgres/query.js:50:25)", "the `parent`"),
        ("ERROR:  current transaction is aborted, commands ignored until end of transaction block", "an earlier statement"),
        ('ERROR:  column "workspace_id" of relation "users" contains null values', "SET NOT NULL"),
    ],
)  # fmt: skip
async def test_a_text_without_the_servers_error_is_told_where_that_is(
    schema: Catalog, text: str, part: str
) -> None:
    found = explain(schema, text)
    assert found.answers == ()
    assert part in found.headline
    assert found.advice


@pytest.mark.parametrize(
    "text",
    [
        'ALTER TABLE "orders" ADD CONSTRAINT "orders_user" FOREIGN KEY ("user_id") REFERENCES "users"("id")',
        "SQLSTATE[23000]: Integrity constraint violation: 1451 Cannot delete or update a parent row: a foreign key constraint fails (`shop`.`orders`, CONSTRAINT `orders_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`))",
        "Delete on users  (cost=0.15..8.17 rows=0)\nTrigger for constraint orders_user: time=23503.000 calls=1",
        'ERROR:  insert or update on table "other" violates foreign key constraint "other_fkey"',
    ],
)
async def test_a_declaration_another_database_or_a_plan_leads_to_no_key(schema: Catalog, text: str) -> None:
    assert explain(schema, text).answers == ()


_MODELS = """
create table "User" (id int primary key);
create table "Post" (id int primary key, "authorId" int not null constraint "Post_authorId_fkey" references "User"
  on delete set null);
"""


@pytest.mark.parametrize(
    "text",
    [
        '{"code":"P2003","meta":{"modelName":"User","constraint":"Post_authorId_fkey"},"clientVersion":"6.19.3"}',
        "{ code: 'P2003', meta: { modelName: 'User', field_name: 'Post_authorId_fkey (index)' } }",
        '{"error":"{\\"code\\":\\"P2003\\",\\"meta\\":{\\"field_name\\":\\"authorId\\"}}"}',
        "code: 'P2003',\n  meta: { constraint: { index: 'Post_authorId_fkey' } }",
        "code: 'P2003',\n  meta: { constraint: { fields: [ 'authorId' ] } }",
        "{ code: 'P2011', meta: { modelName: 'User', constraint: [ 'authorId' ] }, clientVersion: '6.1.0' }",
        '{"name":"PrismaClientKnownRequestError","code":"P2011","meta":{"constraint":"authorId"}}',
        "Foreign key constraint violated on the constraint: `Post_authorId_fkey`",
        (
            "Foreign key constraint failed on the field: `Post_authorId_fkey (index)`\n  code: 'P2003',\n"
            "  meta: { modelName: 'User', field_name: 'Post_authorId_fkey (index)' },"
        ),
        (
            "Null constraint violation on the fields: (`authorId`)\n  code: 'P2011',\n"
            "  meta: { modelName: 'User', constraint: [ 'authorId' ] },\n  clientVersion: '6.1.0'"
        ),
        (
            "The change you are trying to make would violate the required relation 'PostToUser' between the `Post` and "
            "`User` models.\n  code: 'P2014'"
        ),
        (
            '** (Ecto.ConstraintError) constraint error when attempting to delete struct:\n\n    * "Post_authorId_fkey" '
            "(foreign_key_constraint)"
        ),
        (
            "org.hibernate.exception.ConstraintViolationException: could not execute statement; SQL [n/a]; constraint "
            "[Post_authorId_fkey]"
        ),
        (
            "Unable to delete row as it is currently referenced by a foreign key constraint from the table `Post`. Set "
            "an on delete behavior on the foreign key relation Post_authorId_fkey to automatically respond when row(s) "
            "are being deleted in the User table."
        ),
        (
            "odoo.exceptions.ValidationError: The operation cannot be completed: another model requires the record "
            "being deleted. If possible, archive it instead.\n\nModel: Post (post), Constraint: Post_authorId_fkey"
        ),
        (
            "The operation cannot be completed:\n- Delete: another model requires the record being deleted. If "
            "possible, archive it instead.\n\nModel: Post (post), Field: Author (authorId)"
        ),
        (
            '{"errors":[{"message":"Invalid foreign key for field \\"authorId\\" in collection \\"Post\\".",'
            '"extensions":{"code":"INVALID_FOREIGN_KEY"}}]}'
        ),
    ],
)
async def test_what_libraries_say_in_their_own_words_leads_to_the_key(database: TestDatabase, text: str) -> None:
    await database.execute(_MODELS)
    found = explain(await catalog_of(database), text)
    assert [answer.key.name for answer in found.answers] == ["Post_authorId_fkey"]
