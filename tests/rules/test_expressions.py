"""What an expression can be, as files write it; a server has rewritten some of these forms."""

from __future__ import annotations

from typing import Any

import pytest

from fkdash.rules.sql.expression import parsed, results
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
