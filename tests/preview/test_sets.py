"""Which deletes sets of rows answer, however many rows there are, and which must be followed."""

from __future__ import annotations

import pytest

from fkdash.preview.model import Limits, Preview, Verdict
from tests.preview.agree import predict
from tests.support.servers import TestDatabase

ONE_ROW = Limits(rows=1)
COMPANY = """
    CREATE SCHEMA f; SET search_path = f;
    CREATE TABLE p(id int PRIMARY KEY);
    CREATE TABLE u(id int PRIMARY KEY, p int REFERENCES p ON DELETE CASCADE);
    CREATE TABLE t(
        id int PRIMARY KEY,
        p int REFERENCES p ON DELETE CASCADE,
        by1 int REFERENCES u ON DELETE SET NULL,
        by2 int REFERENCES u ON DELETE SET NULL
    );
    INSERT INTO p VALUES (1), (2);
    INSERT INTO u VALUES (1, 1), (2, 1), (3, 2);
    INSERT INTO t VALUES (1, 1, 1, 2), (2, 2, 1, 2), (3, 2, 3, 1), (4, NULL, 3, 3);
"""


async def _preview(database: TestDatabase, limits: Limits) -> Preview:
    return await predict(await database.connection(), "f", "p", "id = 1", limits=limits)


def _effects(found: Preview) -> dict[str, tuple[int, int]]:
    return {effect.table.name: (effect.deleted, effect.set_null) for effect in found.effects}


async def test_rows_that_are_set_null_twice_or_deleted_as_well_need_not_be_followed(
    shared_database: TestDatabase,
) -> None:
    await shared_database.execute(COMPANY)
    found = await _preview(shared_database, ONE_ROW)
    assert found.verdict is Verdict.ALLOWED
    assert found.exact
    assert _effects(found) == {"p": (1, 0), "u": (2, 0), "t": (1, 2)}


@pytest.mark.parametrize(
    "change",
    [
        # Is the column cleared before its row is deleted, or after?
        "DELETE FROM t WHERE id > 1; ALTER TABLE t ALTER by1 SET NOT NULL",
        # Is the row deleted before it is checked, or after?
        "ALTER TABLE t ADD author int CONSTRAINT t_author REFERENCES u; UPDATE t SET author = 1 WHERE id = 1",
        # A row written twice has its other foreign keys checked again.
        """CREATE TABLE q(id int PRIMARY KEY);
        ALTER TABLE t ADD q int; UPDATE t SET q = 9; ALTER TABLE t ADD FOREIGN KEY (q) REFERENCES q NOT VALID""",
        # The CHECK sees the row after the first write, and after the second.
        "ALTER TABLE t ADD CHECK (by1 IS NOT NULL OR by2 IS NOT NULL)",
    ],
    ids=["not null", "checked", "written twice", "check"],
)
async def test_rows_for_which_the_order_matters_are_followed(shared_database: TestDatabase, change: str) -> None:
    await shared_database.execute(COMPANY + change)
    assert (await _preview(shared_database, ONE_ROW)).cut_short
    assert not (await _preview(shared_database, Limits())).cut_short


async def test_the_same_constraints_without_such_rows_need_no_following(shared_database: TestDatabase) -> None:
    await shared_database.execute(COMPANY)
    await shared_database.execute(
        "DELETE FROM t WHERE id IN (1, 2); ALTER TABLE t ALTER by1 SET NOT NULL;"
        "ALTER TABLE t ADD author int CONSTRAINT t_author REFERENCES u; UPDATE t SET author = 1 WHERE id = 4"
    )
    found = await _preview(shared_database, ONE_ROW)
    assert not found.cut_short
    assert [(blocker.constraint, blocker.rows, blocker.first) for blocker in found.blockers] == [
        ("t_author", 1, True)
    ]


async def test_the_incident_is_answered_by_sets(incident_database: TestDatabase) -> None:
    found = await predict(await incident_database.connection(), "public", "workspaces", None, limits=ONE_ROW)
    assert found.verdict is Verdict.BLOCKED
    assert found.exact
    assert found.blockers[0].columns == ("primary_workspace_id",)
    assert found.blockers[0].sqlstate == "23502"
    assert found.blockers[0].first


@pytest.mark.newest_version
@pytest.mark.parametrize("before", [["x", "y", "z"], []])
async def test_a_column_list_of_a_key_holds_for_partitions_whose_columns_have_other_numbers(
    database: TestDatabase, before: list[str]
) -> None:
    created = "".join(f"{name} int, " for name in before)
    dropped = "".join(f"ALTER TABLE c1 DROP {name};" for name in before)
    await database.execute(
        "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));"
        "CREATE TABLE c (a int NOT NULL, b int) PARTITION BY LIST (a);"
        f"CREATE TABLE c1 ({created}b int, a int NOT NULL); {dropped}"
        "ALTER TABLE c ADD FOREIGN KEY (a, b) REFERENCES p ON DELETE SET NULL (b);"
        "ALTER TABLE c ATTACH PARTITION c1 DEFAULT; INSERT INTO p VALUES (1, 1); INSERT INTO c VALUES (1, 1)"
    )
    connection = await database.connection()
    for whole in ("true", "a = 1"):
        found = await predict(connection, "public", "p", whole)
        assert (found.verdict, sum(effect.set_null for effect in found.effects)) == (Verdict.ALLOWED, 1)
    below = await predict(connection, "public", "c1", "true")
    assert below.verdict is Verdict.ALLOWED
