"""Rows are found by what a person knows of them, and no large table is read without being named first."""

from __future__ import annotations

import pytest

from fkdash.catalog.labels import label_columns
from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.table_name import TableName
from fkdash.preview.rows import search
from fkdash.preview.rows.search import Found, search_rows
from tests.support.looking import looking_over
from tests.support.servers import TestDatabase

SCHEMA = """
    CREATE TABLE w(id int PRIMARY KEY, name text, slug varchar(8) UNIQUE, code char(3) UNIQUE, note text);
    INSERT INTO w VALUES (1, 'Acme GmbH', 'acme', 'ACM', 'x'), (2, '100% [bold]_it''s', 'percent', 'PCT', 'acme'),
        (3, NULL, NULL, NULL, NULL), (4, 'back\\slash', 'bs', 'BSL', NULL);
    ANALYZE w;
"""


async def _found(
    database: TestDatabase, words: str, *, read_all: bool = False, labels: tuple[str, ...] | None = None
) -> Found:
    connection = await database.connection()
    async with looking_over(connection) as session:
        table = (await read_catalog(session)).tables[TableName("public", "w")]
        chosen = label_columns(table) if labels is None else labels
        return await search_rows(session, table, chosen, words, read_all=read_all)


def _keys(found: Found) -> list[str]:
    return [row.key[0] for row in found.rows]


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("acme", ["1"]),
        ("ACME g", ["1"]),
        ("gmbh", ["1"]),
        ("pct", ["2"]),
        ("%", ["2"]),
        ("_", ["2"]),
        ("[bold]", ["2"]),
        ("it's", ["2"]),
        ("\\", ["4"]),
        ("3", ["3"]),
        ("nothing of the kind", []),
        ("'; DROP TABLE w; --", []),
    ],
)
async def test_words_are_found_in_labels_and_a_key_by_itself(
    database: TestDatabase, words: str, keys: list[str]
) -> None:
    await database.execute(SCHEMA)
    found = await _found(database, words)
    assert _keys(found) == keys
    assert found.whole


@pytest.mark.parametrize(
    ("words", "keys"),
    [("acme", ["1"]), ("ACM", ["1"]), ("2", ["2"]), ("acmeacmeacme", []), ("Acme GmbH", [])],
)
async def test_a_large_table_is_only_asked_through_its_indexes(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch, words: str, keys: list[str]
) -> None:
    await database.execute(SCHEMA)
    monkeypatch.setattr(search, "READ_AT_ONCE", 3)
    found = await _found(database, words)
    assert _keys(found) == keys
    assert (found.whole, found.estimated) == (False, 4)


async def test_a_large_table_is_read_once_the_operator_says_so(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.execute(SCHEMA)
    monkeypatch.setattr(search, "READ_AT_ONCE", 3)
    found = await _found(database, "gmbh", read_all=True)
    assert _keys(found) == ["1"]
    assert found.whole


async def test_no_more_than_a_page_is_given_and_that_is_said(database: TestDatabase) -> None:
    await database.execute(SCHEMA + "INSERT INTO w SELECT i, 'many' FROM generate_series(10, 300) AS i")
    found = await _found(database, "many")
    assert len(found.rows) == search.MOST_ROWS
    assert found.more


async def test_a_table_without_labels_is_searched_by_its_key(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE w(id int PRIMARY KEY, n int); INSERT INTO w VALUES (1, 2), (7, 8); ANALYZE w"
    )
    assert _keys(await _found(database, "7", labels=())) == ["7"]
    assert _keys(await _found(database, "seven", labels=())) == []
