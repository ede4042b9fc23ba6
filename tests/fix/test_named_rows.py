"""A row is named by a single word, whatever its values hold."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fkdash.errors import UsageError
from fkdash.fix.statements.values import named_row

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@pytest.mark.parametrize(
    ("columns", "word", "values"),
    [
        (["id"], "a,b", ["a,b"]),
        (["id"], '{"id": 1}', ['{"id": 1}']),
        (["a", "b"], "a=1,b=2", ["1", "2"]),
        (["a", "b"], "b=2,a=1", ["1", "2"]),
        (["a", "b"], "a=Paris, France,b=2", ["Paris, France", "2"]),
        (["a", "b"], "a=1,b=x,a=3", ["1", "x,a=3"]),
        (["a", "b"], '{"b": 2.50, "a": "x,b=3"}', ["x,b=3", "2.50"]),
        (["a", "b"], '{"b": true, "a": "1"}', ["1", "true"]),
    ],
)
def test_commas_belong_to_the_value_unless_a_column_follows(
    columns: list[str], word: str, values: list[str]
) -> None:
    assert named_row(columns, word) == tuple(zip(columns, values, strict=True))


@given(st.dictionaries(_TEXT, _TEXT, min_size=2, max_size=3))
def test_any_values_can_be_named_as_json(row: dict[str, str]) -> None:
    assert named_row(tuple(row), json.dumps(row)) == tuple(row.items())


@pytest.mark.parametrize(
    "word", ["1", "a=1", '{"a": "1"}', '{"a": null, "b": "1"}', '{"a": "1", "b": {}}', "{", '{"a":' * 2000]
)
def test_what_names_no_row_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        named_row(("a", "b"), word)
