"""What many schemas have alike is one row of the list until it is unfolded, and the odd one stands by itself."""

from __future__ import annotations

import pytest

from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import dashboard

pytestmark = pytest.mark.newest_version
_TIMES = "\N{MULTIPLICATION SIGN}"
_TENANTS = 6


async def test_rows_alike_are_one_that_enter_unfolds_and_a_filter_still_finds_each(database: TestDatabase) -> None:
    for number in range(1, _TENANTS + 1):
        action = "cascade" if number == 4 else "set null"
        await database.execute(
            f"create schema t{number};"
            f"create table t{number}.workspaces (id int primary key);"
            f"create table t{number}.users (id int primary key,"
            f" workspace_id int not null references t{number}.workspaces on delete {action});"
            f"create index on t{number}.users (workspace_id);"
            f"insert into t{number}.workspaces values (1); insert into t{number}.users values (1, 1)"
        )
    alike = f"5 {_TIMES} users.workspace_id in t1 … t6"
    async with dashboard(database.dsn) as session:
        await session.until_shown(alike, "5 bite", "t4.users.workspace_id")
        assert "t2.users" not in session.screen.split("Enter shows each")[0]
        await session.press("slash", *"t2")
        await session.until_shown("t2.users.workspace_id")
        assert alike not in session.screen
        await session.press("escape")
        await session.until_shown(alike, "Enter shows each")
        await session.press("enter")
        await session.until_shown(*(f"t{number}.users.workspace_id" for number in range(1, _TENANTS + 1)))
        await session.press("r")
        await session.until_shown(alike)
