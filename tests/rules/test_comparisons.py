"""Which kept queries the parser has to read: all that may compare an undeclared column, and few others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fkdash.catalog.model import Catalog, Column, Query
from fkdash.rules.sql.joining_queries import worth_reading
from tests.rules.catalogs import catalog, reference, table


def _keeping(sql: str) -> Catalog:
    users = table("users", Column(2, "email", "text"))
    orders = table(
        "orders", Column(2, "user_id", "bigint"), Column(3, "seen_by", "bigint"), Column(4, 'By "x"', "bigint")
    )
    return replace(catalog(users, orders, reference(orders, "user_id", users)), queries=(Query("a view", sql),))


@pytest.mark.parametrize(
    "condition",
    [
        "o.seen_by = u.id",
        "u.id=o.seen_by",
        "((u.id = o.seen_by) and (u.id > 3))",
        "(u.id)::text = (o.seen_by)::text",
        "o.seen_by::numeric(10,2) = u.id",
        'o.seen_by::public."My type" = u.id',
        'o."By ""x""" = u.id',
        "SEEN_BY = u.id",
        "u.id = o.user_id and o.seen_by = u.id",
    ],
)
def test_a_query_that_compares_an_undeclared_column_is_read(condition: str) -> None:
    assert worth_reading(_keeping(f"select 1 from users u join orders o on {condition}"))


@pytest.mark.parametrize(
    "condition",
    [
        "o.user_id = u.id",
        "((u.id = o.user_id) and (o.seen_by > 3))",
        "(u.id)::text = (o.user_id)::text and o.seen_by = 3 and u.email = 'x'",
        "u.id = o.user_id and o.seen_by <= u.id and o.seen_by <> u.id",
    ],
)
def test_a_query_that_only_follows_foreign_keys_is_not_read(condition: str) -> None:
    assert worth_reading(_keeping(f"select o.seen_by from users u join orders o on {condition}")) == []
