"""What follows a default that cannot be taken is listed too: as much as taking the refusals away one by one shows."""

from __future__ import annotations

import pytest

from fkdash.catalog.table_name import TableName
from fkdash.preview.model import Verdict
from tests.preview.agree import differences, predict
from tests.preview.reality import Refusal, run_delete
from tests.support.servers import TestDatabase

PARENTS = """
    CREATE SCHEMA f; SET search_path = f;
    CREATE DOMAIN small AS int CONSTRAINT under_50 CHECK (VALUE < 50);
    CREATE DOMAIN known AS int NOT NULL;
    CREATE TABLE p(rid int, id int PRIMARY KEY); INSERT INTO p VALUES (1, 1), (2, 2);
"""
CASES = {
    "the column's own domain refuses, then the row, then the foreign key": (
        "CREATE TABLE c(rid int, pid small DEFAULT 99 REFERENCES p ON DELETE SET DEFAULT CHECK (pid < 60));",
        ["under_50", "c_pid_check", "c_pid_fkey"],
    ),
    "a cast in the default refuses, then the row, then the foreign key": (
        "CREATE TABLE c(rid int, pid int DEFAULT 99::small REFERENCES p ON DELETE SET DEFAULT CHECK (pid < 60));",
        ["under_50", "c_pid_check", "c_pid_fkey"],
    ),
    "a cast to a domain over the domain refuses, then the foreign key": (
        """CREATE DOMAIN smaller AS small;
           CREATE TABLE c(rid int, pid int DEFAULT (99::smaller)::int REFERENCES p ON DELETE SET DEFAULT);""",
        ["under_50", "c_pid_fkey"],
    ),
    "the domain of a partition key refuses, then the partition that the row goes to": (
        """CREATE TABLE c(rid int, pid small DEFAULT 99 REFERENCES p ON DELETE SET DEFAULT) PARTITION BY LIST (pid);
           CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1); CREATE TABLE cd PARTITION OF c DEFAULT;
           ALTER TABLE cd ADD CONSTRAINT no_99 CHECK (pid < 60);""",
        ["under_50", "no_99", "c_pid_fkey"],
    ),
    "a cast of NULL refuses, then the column that may not be NULL": (
        "CREATE TABLE c(rid int, pid int NOT NULL DEFAULT NULL::known REFERENCES p ON DELETE SET DEFAULT);",
        [None, "pid"],
    ),
    "the default of one of two columns refuses, then the other one": (
        """CREATE TABLE q(rid int, a int, b int, PRIMARY KEY (a, b)); INSERT INTO q VALUES (1, 1, 1);
           CREATE TABLE c(rid int, a int DEFAULT 99::small, b int NOT NULL,
             CONSTRAINT c_q FOREIGN KEY (a, b) REFERENCES q ON DELETE SET DEFAULT);""",
        ["under_50", "b"],
    ),
}


def _name(refusal: Refusal) -> str | None:
    return refusal.constraint or refusal.column


@pytest.mark.parametrize("case", CASES)
async def test_everything_after_a_refused_default_is_listed(shared_database: TestDatabase, case: str) -> None:
    setup, expected = CASES[case]
    await shared_database.execute(PARENTS + setup + f"INSERT INTO c SELECT 1, 1{', 1' if 'c_q' in setup else ''}")
    target = "q" if "c_q" in setup else "p"
    connection = await shared_database.connection()
    predicted = await predict(connection, "f", target, "rid = 1")
    tables = {await connection.fetchval(f"SELECT 'f.{name}'::regclass::oid"): name for name in (target, "c")}
    truth = await run_delete(connection, f"DELETE FROM f.{target} WHERE rid = 1", list(tables))
    assert predicted.verdict is Verdict.BLOCKED
    assert predicted.exact
    assert [_name(refusal) for refusal in truth.refusals] == expected
    names = {oid: TableName("f", name) for oid, name in tables.items()}
    assert differences(predicted, truth, names) == []


async def test_a_default_that_has_no_value_is_not_taken_for_null(shared_database: TestDatabase) -> None:
    await shared_database.execute(
        PARENTS
        + "CREATE TABLE c(rid int, z int, pid int NOT NULL DEFAULT 1 / 0 REFERENCES p ON DELETE SET DEFAULT);"
        "INSERT INTO c VALUES (1, 0, 1)"
    )
    predicted = await predict(await shared_database.connection(), "f", "p", "rid = 1")
    assert [(blocker.sqlstate, blocker.columns) for blocker in predicted.blockers] == [("22012", ("pid",))]
