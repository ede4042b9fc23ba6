"""What was cut off on its way, or put together from pieces, still leads to the key; what says too little does not."""

from __future__ import annotations

import pytest

from fkdash.catalog.model import Catalog
from fkdash.explain.find import explain

pytestmark = pytest.mark.newest_version
SCHEMA = """
create table workspaces (id int primary key);
create table users (id int primary key, workspace_id int not null constraint users_workspace references workspaces
  on delete set null);
create table orders (tenant int, id int, user_id int constraint orders_user_of_the_shop references users,
                     unique (tenant, id));
create table lines (tenant int, order_id int,
                    constraint lines_order foreign key (tenant, order_id) references orders (tenant, id) on delete restrict);
create table seats (user_id int constraint seats_user references users on delete cascade);
"""
_HELD = (
    'update or delete on table "users" violates foreign key constraint "orders_user_of_the_shop" on table "orders"'
)


@pytest.mark.parametrize(
    ("text", "key", "sqlstate", "part"),
    [
        (_HELD[3:], "orders_user_of_the_shop", "23503", "still referred to"),
        (f"ERROR: {_HELD[:70]}", "orders_user_of_the_shop", "23503", "still referred to"),
        (f"{_HELD[:80]}...", "orders_user_of_the_shop", "23503", "still referred to"),
        (_HELD.replace("_of_the", "_of\n_the"), "orders_user_of_the_shop", "23503", "still referred to"),
        ('insert or update on table "orders" violates foreign key constraint "orders_us…', "orders_user_of_the_shop", "23503", "was written"),
        # In other languages only the names tell which table it is, and the second one is gone.
        ("FEHLER:  Aktualisieren oder Löschen in Tabelle »users« verletzt Fremdschlüssel-Constraint »orders_user_of_the_shop« von T", "orders_user_of_the_shop", "23503", "still referred to"),
        ('ОШИБКА:  UPDATE или DELETE в таблице "users" нарушает ограничение внешнего ключа "orders_user_of_the_shop"', "orders_user_of_the_shop", "23503", "still referred to"),
        ('ОШИБКА:  INSERT или UPDATE в таблице "orders" нарушает ограничение внешнего ключа "orders_user_of_the_shop"', "orders_user_of_the_shop", "23503", "was written"),
        ('DETAIL:  Key (tenant, id)=(1, 5) is still referenced from table "lines".', "lines_order", "23503", "still referred to"),
        ('Key (tenant, id)=(1, 5) is referenced from table "lines".', "lines_order", "23001", "still referred to"),
        ('Key (tenant, order_id)=(1, 5) is not present in table "orders".', "lines_order", "23503", "was written"),
        # Hibernate 6 cuts a message at its outermost quotation marks.
        ('could not execute statement; SQL [n/a]; constraint [workspace_id" of relation "users]', "users_workspace", "23502", "is NOT NULL"),
        ('SQL statement "UPDATE ONLY "public"."users" SET "workspace_id" = NULL WHERE $1 OPERATOR(pg_catalog.=) "workspace_id""', "users_workspace", "", "is NOT NULL"),
        # Prisma 7 has the driver's own message inside.
        (f"Foreign key constraint violated on the constraint: `orders_user_of_the_shop`\n  meta: {{\n    [cause]: {{ originalMessage: '{_HELD}'", "orders_user_of_the_shop", "23503", ": a row of users is still"),
    ],
)  # fmt: skip
async def test_a_piece_of_a_message_leads_to_its_key(
    schema: Catalog, text: str, key: str, sqlstate: str, part: str
) -> None:
    [answer] = explain(schema, text).answers
    assert (answer.key.name, answer.sqlstate) == (key, sqlstate)
    assert part in answer.message


@pytest.mark.parametrize(
    "text",
    [
        'Key (tenant, id)=(1, 5) is still referenced from table "another".',
        "Key (email)=(a@b.example) already exists.",
        'insert or update on table "orders" violates foreign key constraint "x',
        'constraint [name" of relation "elsewhere]',
    ],
)  # fmt: skip
async def test_a_piece_that_fits_nothing_here_leads_to_no_key(schema: Catalog, text: str) -> None:
    assert explain(schema, text).answers == ()


@pytest.mark.parametrize("text", ["23001", "SQLSTATE 23001", "error code 23001", "PG::Error 23001"])
async def test_a_sqlstate_alone_gives_only_the_keys_that_raise_it(schema: Catalog, text: str) -> None:
    found = explain(schema, text)
    assert [each.key.name for each in found.answers] == ["lines_order"]
    assert "one foreign key here can raise it" in found.headline


async def test_what_a_key_refuses_is_told_by_its_own_actions(schema: Catalog) -> None:
    told = {each.key.name: each.message for each in explain(schema, "error 23503").answers}
    assert "refers to go or change its key" in told["orders_user_of_the_shop"]
    assert "refers to change its key" in told["seats_user"]


async def test_a_bare_message_does_not_claim_that_nobody_wrote_the_statement(schema: Catalog) -> None:
    message = 'null value in column "workspace_id" of relation "users" violates not-null constraint'
    [bare] = explain(schema, message).answers
    [deleted] = explain(schema, f"ERROR:  {message}\nSTATEMENT:  DELETE FROM workspaces WHERE id = 1").answers
    assert "an INSERT or UPDATE of users can fail with the same words" in bare.message
    assert "Nobody wrote that statement" in deleted.message
