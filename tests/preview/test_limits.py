"""What a preview does at its limits, and what it asks before reading a table from end to end."""

from __future__ import annotations

import time

import pytest

from fkdash.catalog.table_name import TableName
from fkdash.errors import UsageError
from fkdash.preview.asked.keys import keys_from_json
from fkdash.preview.model import DeleteTarget, Limits, Preview, Verdict
from tests.preview.agree import following_rows, predict, preview_of
from tests.support.patience import in_time
from tests.support.servers import TestDatabase

SCHEMA = """
    CREATE TABLE p(id int PRIMARY KEY);
    CREATE TABLE a(id int PRIMARY KEY, p int CONSTRAINT a_p REFERENCES p ON DELETE CASCADE);
    CREATE TABLE c(id int PRIMARY KEY, a int CONSTRAINT c_a REFERENCES a ON DELETE CASCADE);
    CREATE TABLE n(id int PRIMARY KEY, p int CONSTRAINT n_p REFERENCES p);
    INSERT INTO p SELECT generate_series(1, 3);
    INSERT INTO a SELECT i, 1 FROM generate_series(1, 500) AS i;
    INSERT INTO c SELECT i, 1 + i % 500 FROM generate_series(1, 5000) AS i;
    CREATE INDEX ON a(p);
    ANALYZE;
"""


async def _preview(database: TestDatabase, condition: str, limits: Limits) -> Preview:
    return await predict(await database.connection(), "public", "p", condition, limits=limits)


async def test_sets_of_rows_need_no_limit_on_rows(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    found = await _preview(database, "id = 1", Limits(rows=10))
    assert found.verdict is Verdict.ALLOWED
    assert found.exact
    assert {effect.table.name: effect.deleted for effect in found.effects} == {"p": 1, "a": 500, "c": 5000}


async def test_more_rows_than_allowed_to_follow_is_unknown_and_says_so(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    with following_rows():
        found = await _preview(database, "id = 1", Limits(rows=100))
    assert found.verdict is Verdict.UNKNOWN
    assert found.cut_short
    assert not found.exact
    assert "More than 100 rows" in found.notes[0]


async def test_a_delete_that_reaches_further_than_allowed_is_unknown_and_says_so(database: TestDatabase) -> None:
    await database.execute("CREATE TABLE p(id int PRIMARY KEY, up int REFERENCES p ON DELETE CASCADE)")
    await database.execute("INSERT INTO p SELECT i, nullif(i - 1, 0) FROM generate_series(1, 9) AS i")
    with following_rows():
        assert (await _preview(database, "id = 1", Limits(depth=8))).verdict is Verdict.ALLOWED
        found = await _preview(database, "id = 1", Limits(depth=7))
    assert (found.verdict, found.cut_short, found.exact) == (Verdict.UNKNOWN, True, False)
    assert "7 steps" in found.notes[0]


async def test_what_nothing_can_forestall_blocks_even_when_there_are_too_many_rows_to_follow(
    database: TestDatabase,
) -> None:
    await database.execute(SCHEMA + "INSERT INTO n VALUES (1, 1), (2, 1)")
    with following_rows():
        found = await _preview(database, "id = 1", Limits(rows=100))
    assert found.verdict is Verdict.BLOCKED
    assert not found.exact
    assert [(blocker.constraint, blocker.rows, blocker.first) for blocker in found.blockers] == [("n_p", 2, False)]


async def test_a_preview_ends_at_its_time_limit(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    began = time.monotonic()
    found = await _preview(database, "id = 1", Limits(seconds=0.0))
    assert found.cut_short
    assert found.verdict is Verdict.UNKNOWN
    assert time.monotonic() - began < in_time(5)


async def test_a_large_table_without_index_is_not_read_without_consent(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    asked = await _preview(database, "id = 1", Limits(allow_scan=False, scan_rows=1000))
    assert asked.verdict is Verdict.UNKNOWN
    assert [(str(scan.table), scan.columns, scan.rows) for scan in asked.scans] == [("public.c", ("a",), 5000)]
    nothing_reached = await _preview(database, "id = 2", Limits(allow_scan=False, scan_rows=1000))
    assert nothing_reached.verdict is Verdict.ALLOWED
    await database.execute("CREATE INDEX ON c(a)")
    indexed = await _preview(database, "id = 1", Limits(allow_scan=False, scan_rows=1000))
    assert indexed.verdict is Verdict.ALLOWED


async def test_keys_that_are_not_there_are_said_to_be_nothing_to_delete(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    table = TableName("public", "p")
    connection = await database.connection()
    none = await preview_of(connection, DeleteTarget(table, keys=({"id": 99},)))
    assert none.verdict is Verdict.ALLOWED
    assert none.notes[0].startswith("Nothing to delete")
    some = await preview_of(connection, DeleteTarget(table, keys=({"id": 2}, {"id": "3"}, {"id": 3}, {"id": 99})))
    assert some.target_rows == 2
    assert "are not there" in some.notes[0]


async def test_a_key_given_twice_is_one_key(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    target = DeleteTarget(TableName("public", "p"), keys=({"id": 2}, {"id": "2"}))
    assert (await preview_of(await database.connection(), target)).notes == ()


@pytest.mark.parametrize(
    ("kind", "value", "given", "rows"),
    [
        ("varchar(3)", "abc", '"abcd"', 0),
        ("varchar(3)", "abc", '"abc"', 1),
        ("char(4)", "abc", '"abc   "', 1),
        ("bit(3)", "101", '"1011"', 0),
        ("numeric(5, 2)", "1.23", "1.231", 0),
        ("numeric(5, 2)", "1.23", "1.230", 1),
        ("numeric", "12345678901234567890.123", "12345678901234567890.123", 1),
        ("numeric", "12345678901234567890.123", "12345678901234567890.124", 0),
        ("bigint", "9007199254740993", "9007199254740993", 1),
        ("boolean", "true", "true", 1),
        ("integer[]", "{1,NULL,3}", "[1, null, 3]", 1),
        ("text[]", '{"a \\"b","c\\\\"}', '["a \\"b", "c\\\\"]', 1),
        ("integer[]", "{{1,2},{3,4}}", "[[1, 2], [3, 4]]", 1),
        ("jsonb", '{"a": [1.10]}', '{"a": [1.1]}', 1),
    ],
)
async def test_a_key_is_compared_as_it_was_given(
    database: TestDatabase, kind: str, value: str, given: str, rows: int
) -> None:
    await database.execute(f'CREATE TABLE "fk$keys"(id {kind} PRIMARY KEY)')
    await database.execute(f"INSERT INTO \"fk$keys\" VALUES ('{value}')")
    target = DeleteTarget(TableName("public", "fk$keys"), keys=tuple(keys_from_json(f'[{{"id": {given}}}]')))
    assert (await preview_of(await database.connection(), target)).target_rows == rows


@pytest.mark.parametrize(
    "target",
    [
        DeleteTarget(TableName("public", "p"), keys=({"id": "x"},)),
        DeleteTarget(TableName("public", "p"), keys=({"id": 99999999999},)),
        DeleteTarget(TableName("public", "p"), keys=({"idd": 1},)),
        DeleteTarget(TableName("public", "p"), condition="nonsense = 1"),
        DeleteTarget(TableName("public", "p"), condition="id"),
        DeleteTarget(TableName("public", "p"), condition="random() < 2"),
        DeleteTarget(TableName("public", "p"), condition="pg_sleep(10) IS NULL"),
        DeleteTarget(TableName("public", "nowhere")),
    ],
    ids=["no number", "too large", "no such column", "no column", "no condition", "random", "sleep", "no table"],
)
async def test_a_target_the_server_cannot_use_is_a_usage_error(
    database: TestDatabase, target: DeleteTarget
) -> None:
    await database.execute(SCHEMA)
    with pytest.raises(UsageError):
        await preview_of(await database.connection(), target)


async def test_a_condition_may_end_in_a_comment(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    found = await _preview(database, "p.id = 1 -- the first", Limits())
    assert found.target_rows == 1


@pytest.mark.newest_version
async def test_a_long_chain_of_tables_is_followed_to_its_end_in_time(database: TestDatabase) -> None:
    tables = 80
    await database.execute("CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1)")
    for number in range(tables):
        above = f"c{number - 1}" if number else "p"
        await database.execute(
            f"CREATE TABLE c{number}(id int PRIMARY KEY, up int REFERENCES {above} ON DELETE CASCADE);"
            f"CREATE INDEX ON c{number}(up); INSERT INTO c{number} VALUES (1, 1)"
        )
    found = await _preview(database, "id = 1", Limits(seconds=in_time(15)))
    assert found.verdict is Verdict.ALLOWED
    assert sum(effect.deleted for effect in found.effects) == tables + 1
