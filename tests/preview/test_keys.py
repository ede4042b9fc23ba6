"""What operators type to choose rows, and what is said when it cannot be used."""

from __future__ import annotations

import pytest

from fkdash.catalog.model import Column, Index, Table
from fkdash.catalog.table_name import TableName
from fkdash.errors import UsageError
from fkdash.preview.asked.condition import checked_condition
from fkdash.preview.asked.keys import chosen_target

ONE = Table(
    name=TableName("public", "users"),
    columns=(Column(1, "id", "uuid"), Column(2, "email", "text"), Column(3, "Name", "text")),
    indexes=(Index("users_pkey", (1,), unique=True, primary=True), Index("users_email", (2,), unique=True)),
)
TWO = Table(
    name=TableName("public", "members"),
    columns=(Column(1, "a", "int"), Column(2, "b", "int")),
    indexes=(Index("members_pkey", (1, 2), unique=True, primary=True),),
)


def test_each_key_is_a_row() -> None:
    assert chosen_target(ONE, keys=["id=1", "ID=2"]).keys == ({"id": "1"}, {"id": "2"})


def test_a_value_may_contain_commas_and_equals_signs() -> None:
    assert chosen_target(ONE, keys=["email=a,b=c,d"]).keys == ({"email": "a,b=c,d"},)


@pytest.mark.parametrize("keys", [["a=1,b=2"], ["a=1", "b=2"]])
def test_a_composite_key_may_be_given_at_once_or_column_by_column(keys: list[str]) -> None:
    assert chosen_target(TWO, keys=keys).keys == ({"a": "1", "b": "2"},)


def test_a_quoted_column_is_taken_as_it_stands() -> None:
    target = chosen_target(ONE, keys=['id=1,"Name"=x'])
    assert target.keys == ({"id": "1", "Name": "x"},)


def test_keys_may_be_json() -> None:
    target = chosen_target(TWO, keys_json='[{"a": 1, "b": 2}, {"a": 1, "b": 3}]')
    assert target.keys == ({"a": 1, "b": 2}, {"a": 1, "b": 3})


def test_every_row_must_be_asked_for() -> None:
    assert chosen_target(ONE, everything=True).everything
    with pytest.raises(UsageError, match="Nothing says"):
        chosen_target(ONE)
    with pytest.raises(UsageError, match="more than one way"):
        chosen_target(ONE, keys=["id=1"], condition="true")


def test_a_condition_that_is_true_means_every_row() -> None:
    assert chosen_target(ONE, condition=" TRUE ").everything
    assert not chosen_target(ONE, condition="true AND id = 1").everything


def test_an_unknown_column_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no column 'emial'") as error:
        chosen_target(ONE, keys=["emial=x"])
    assert "Did you mean email?" in error.value.next_step


def test_part_of_a_composite_key_is_not_enough() -> None:
    with pytest.raises(UsageError, match="a key has the columns a, b"):
        chosen_target(TWO, keys=["a=1"])


@pytest.mark.parametrize("text", ["[1]", "{}", "nonsense", "[{}]", '"x"'])
def test_json_that_is_no_list_of_keys_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        chosen_target(ONE, keys_json=text)


@pytest.mark.parametrize(
    "text",
    [
        "id = 1",
        "a.b = 'x' AND \"Q\" ~ 'y'",
        "id IN (SELECT a FROM b)",
        "x @> '{}'::jsonb AND NOT y",
        "id = 1 -- one",
        "b && box '(0,0),(1,1)'",
        "!~! name AND @ num > 2",
        "name IS NFC NORMALIZED",
        "a IS DISTINCT FROM b OR extract(year FROM d) = 2020",
    ],
)
def test_one_expression_is_a_condition(text: str) -> None:
    assert checked_condition(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "id = 1; DELETE FROM x",
        "true) OR (false",
        "DELETE FROM x",
        "SELECT 1",
        "id = $1",
        "id = 1 ORDER BY 1",
        "id = 1, 2",
        "EXISTS (WITH x AS (DELETE FROM t RETURNING 1) SELECT 1 FROM x)",
        "id = 1 AS x",
        "'unfinished",
        "UPDATE x SET a = 1",
        "EXISTS (SELECT FROM x FOR UPDATE)",
        "U&\"x!0061\" UESCAPE '!' = 1",
    ],
)
def test_anything_else_is_not(text: str) -> None:
    with pytest.raises(UsageError):
        checked_condition(text)
