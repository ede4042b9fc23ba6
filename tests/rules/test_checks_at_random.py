"""CHECK expressions drawn at random: what is claimed holds for every row, what is not flagged never fails."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fkdash.catalog.postgres.read import read_catalog
from fkdash.db.statements import OpenTransaction
from fkdash.rules.registry import findings, rule
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.every_version

_ATOMS = st.sampled_from(
    [
        "fk IS NULL",
        "fk IS NOT NULL",
        "a IS NULL",
        "a IS NOT NULL",
        "b IS NOT NULL",
        "fk > 0",
        "fk = 1",
        "a = 1",
        "a <> fk",
        "k = 'x'",
        "k IN ('x', 'y')",
        "k <> ALL (ARRAY['x', 'z'])",
        "fk BETWEEN 1 AND 3",
        "fk IS DISTINCT FROM a",
        "num_nonnulls(fk, a) = 1",
        "num_nulls(fk, a, b) < 2",
        "coalesce(fk, a) IS NOT NULL",
        "coalesce(fk, 0) > 0",
        "ROW(fk, a) IS NOT NULL",
        "ROW(fk, a) IS NULL",
        "(fk > 1) IS TRUE",
        "(fk > 1) IS NOT FALSE",
        "length(k) > 0",
        "k LIKE 'x%'",
        "f",
        "fk IN (1, NULL)",
    ]
)
_EXPRESSIONS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.builds("({}) AND ({})".format, inner, inner),
        st.builds("({}) OR ({})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
        st.builds("({}) = ({})".format, inner, inner),
        st.builds("CASE WHEN {} THEN {} ELSE {} END".format, inner, inner, inner),
        st.builds("CASE WHEN {} THEN {} END".format, inner, inner),
    ),
    max_leaves=5,
)
_ROWS = [
    f"({fk}, {a}, {b}, {k}, {f})"
    for fk in (1, 2)
    for a in ("NULL", "1", "2")
    for b in ("NULL", "1")
    for k in ("NULL", "'x'", "'z'")
    for f in ("NULL", "true", "false")
]


# Each row by itself, on the server: thousands of answers are not waited for.
_EACH_ROW = """
CREATE FUNCTION pg_temp.tried(OUT failed int, OUT succeeded int) LANGUAGE plpgsql AS $$
DECLARE row_at tid;
BEGIN
    failed := 0;
    succeeded := 0;
    FOR row_at IN SELECT ctid FROM public.c LOOP
        BEGIN
            UPDATE public.c SET fk = {written} WHERE ctid = row_at;
            succeeded := succeeded + 1;
        EXCEPTION WHEN check_violation THEN
            failed := failed + 1;
        END;
    END LOOP;
END $$
"""


@settings(
    max_examples=40,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(expression=_EXPRESSIONS, action=st.sampled_from(["SET NULL", "SET DEFAULT"]))
async def test_a_check_is_claimed_to_fail_only_where_every_row_fails(
    database: TestDatabase, expression: str, action: str
) -> None:
    connection = await database.connection()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"""
            CREATE TABLE p (id int PRIMARY KEY);
            INSERT INTO p VALUES (1), (2), (3);
            CREATE TABLE c (fk int DEFAULT 3, a int, b int, k text, f bool);
            INSERT INTO c VALUES {", ".join(_ROWS)};
            DELETE FROM c WHERE ({expression}) IS FALSE;
            ALTER TABLE c ADD FOREIGN KEY (fk) REFERENCES p ON DELETE {action};
            ALTER TABLE c ADD CONSTRAINT chk CHECK ({expression});
        """)
        session = OpenTransaction(connection, where="a test", statement_seconds=None)
        found = findings(await read_catalog(session), [rule("FK102"), rule("FK107")])
        await connection.execute("SET LOCAL search_path = public")
        written = "NULL" if action == "SET NULL" else "3"
        await connection.execute(_EACH_ROW.format(written=written))
        failed, succeeded = await connection.fetchrow("SELECT * FROM pg_temp.tried()") or (0, 0)
    finally:
        await transaction.rollback()
    if not found:
        assert failed == 0
    elif found[0].certain:
        assert succeeded == 0
