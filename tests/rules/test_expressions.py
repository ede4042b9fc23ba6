"""What an expression can be, as files write it; a server has rewritten some of these forms."""

from __future__ import annotations

from typing import Any

import pytest

from fkdash.rules.sql.expression import parsed, results
from tests.rules.scenes import tried
from tests.support.servers import TestDatabase

_FORMS = [
    f"{operand} {negated}BETWEEN {low} AND {high}"
    for operand in ("0", "1", "2", "3", "4", "NULL")
    for low, high in (("1", "3"), ("3", "1"), ("NULL", "3"), ("1", "NULL"))
    for negated in ("", "NOT ")
]


@pytest.mark.newest_version
async def test_a_range_is_what_the_server_says_of_it(database: TestDatabase) -> None:
    connection = await database.connection()
    said: dict[str, Any] = {form: await connection.fetchval(f"SELECT ({form})::bool") for form in _FORMS}
    for form, answer in said.items():
        node = parsed(form)
        assert node is not None
        assert results(node, {}, {}) == {answer}, form


_DEFAULTS = (
    "now()", "CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP(3)", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIMESTAMP", "LOCALTIME",
    "CURRENT_USER", "SESSION_USER", "CURRENT_CATALOG", "CURRENT_SCHEMA", "current_database()", "gen_random_uuid()",
    "random()", "md5('x'::text)", "statement_timestamp()", "clock_timestamp()", "(now() + '1 day'::interval)",
    "(now() AT TIME ZONE 'utc'::text)", "(now() AT TIME ZONE NULL::text)", "(gen_random_uuid())::text",
    "('a'::text || 'b'::text)", "(('a'::text || (1)::text) || NULL::text)", "('a'::text || NULL::text[])", "(ARRAY[1] || NULL::integer)", "ARRAY[NULL::integer]",
    "nullif(1, 1)", "floor((random() * (10)::double precision))",
)  # fmt: skip
_MAY_BE_NULL = frozenset(
    {"CURRENT_SCHEMA", "('a'::text || NULL::text[])", "(ARRAY[1] || NULL::integer)", "nullif(1, 1)"}
)


@pytest.mark.newest_version
async def test_what_is_computed_when_it_is_needed_is_known_not_to_be_null(database: TestDatabase) -> None:
    connection = await database.connection()
    said: dict[str, Any] = {form: await connection.fetchval(f"SELECT {form} IS NULL") for form in _DEFAULTS}
    for form, null in said.items():
        node = parsed(form)
        assert node is not None
        found = results(node, {}, {})
        assert (None in found) == (null or form in _MAY_BE_NULL), form
        assert not null or len(found) == 1 or form in _MAY_BE_NULL, form


@pytest.mark.newest_version
@pytest.mark.parametrize(
    ("kind", "default"),
    [
        ("uuid", "gen_random_uuid()"),
        ("timestamptz", "now()"),
        ("timestamptz", "now() - interval '1 day'"),
        ("date", "CURRENT_DATE"),
        ("name", "CURRENT_USER"),
        ("int[]", "ARRAY[1]"),
    ],
)
async def test_a_default_that_is_never_null_is_not_said_to_break_not_null(
    database: TestDatabase, kind: str, default: str
) -> None:
    scene = [
        f"CREATE TABLE p (id {kind} PRIMARY KEY)",
        f"CREATE TABLE c (pid {kind} NOT NULL DEFAULT {default} CONSTRAINT the_key REFERENCES p ON DELETE SET DEFAULT)",
    ]
    found = await tried(database, scene, ["DELETE FROM p"], "FK105", "FK106")
    assert found.of("FK105") is None
    assert found.of("FK106") is not None
