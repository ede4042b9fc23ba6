"""SET NULL and what looks at the NULL: checks, domains, unique indexes, and the partition that a row moves to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fkdash.catalog.table_name import quoted
from tests.rules.scenes import Scene, Shape, at_random, fails_as_predicted, shapes, succeeds_unflagged, tried
from tests.support.servers import TestDatabase


def _which(shape: Shape, number: int) -> int:
    return number % shape.width


_IMPOSSIBLE = st.sampled_from(
    [
        "{c} IS NOT NULL",
        "NOT ({c} IS NULL)",
        "({c} IS NULL) = false",
        "num_nonnulls({c}, other) = 1",
        "({c} IS NULL) <> (other IS NULL)",
        "coalesce({c}::text, '') <> ''",
        "CASE WHEN {c} IS NULL THEN false ELSE true END",
        "({c}::text = 'x') IS NOT NULL",
        "{c} IS NOT NULL AND (other > 0 OR other IS NULL)",
        "{c} IS DISTINCT FROM NULL",
    ]
)
_POSSIBLE = st.sampled_from(
    [
        "{c}::text <> 'zzz'",
        "{c} IS NULL OR other IS NULL",
        "true",
        "coalesce(other, 1) > 0",
        "num_nulls({c}, other) >= 1",
    ]
)


@at_random
@given(shape=shapes(), number=st.integers(0, 2), impossible=_IMPOSSIBLE, possible=_POSSIBLE)
async def test_set_null_that_no_check_survives_fails_with_23514(
    database: TestDatabase, shape: Shape, number: int, impossible: str, possible: str
) -> None:
    column = f'"{shape.columns[_which(shape, number)]}"'
    sound = Scene(
        shape, "SET NULL", more_columns=("other int",), constraints=(f"CHECK ({possible.format(c=column)})",)
    )
    broken = sound.changed(constraints=(f"CHECK ({impossible.format(c=column)})",))
    finding = await fails_as_predicted(database, broken, "FK102")
    assert finding.certain
    await succeeds_unflagged(database, sound, "FK102")


@at_random
@given(shape=shapes(), number=st.integers(0, 2))
async def test_set_null_into_a_domain_with_a_check_fails_with_23514(
    database: TestDatabase, shape: Shape, number: int
) -> None:
    which = _which(shape, number)
    scene = Scene(shape, "SET NULL", types={which: "d"})
    base = shape.types[which]
    broken = scene.changed(before=(f"CREATE DOMAIN d AS {base} CHECK (VALUE IS NOT NULL)",))
    await fails_as_predicted(database, broken, "FK102")
    await succeeds_unflagged(
        database, scene.changed(before=(f"CREATE DOMAIN d AS {base} CHECK (VALUE::text <> 'zzz')",)), "FK102"
    )


@pytest.mark.minimum_version(15)
@at_random
@given(shape=shapes(partitioned=False, widths=(1, 2)))
async def test_set_null_into_unique_nulls_not_distinct_fails_from_the_second_row_on(
    database: TestDatabase, shape: Shape
) -> None:
    columns = ", ".join(f'"{name}"' for name in shape.columns)
    if shape.statement == "UPDATE":
        shape = Shape(shape.parent, shape.child, shape.types, "DELETE")
    scene = Scene(shape, "SET NULL", rows=2)
    broken = scene.changed(constraints=(f"UNIQUE NULLS NOT DISTINCT ({columns})",))
    await fails_as_predicted(database, broken, "FK104")
    await succeeds_unflagged(database, scene.changed(constraints=(f"UNIQUE ({columns})",)), "FK104")


@at_random
@given(
    shape=shapes(widths=(1, 1), partitioned=False),
    strategy=st.sampled_from(["LIST", "RANGE"]),
    not_null=st.booleans(),
)
async def test_set_null_into_a_partition_key_that_takes_no_null_fails_with_23514(
    database: TestDatabase, shape: Shape, strategy: str, *, not_null: bool
) -> None:
    column, child = f'"{shape.columns[0]}"', quoted(shape.child)
    parent = quoted(shape.parent)
    low, high = shape.values(0), shape.values(2)
    bounds = f"IN ({low})" if strategy == "LIST" else f"FROM ({low}) TO ({high})"
    key = f"REFERENCES {parent} ON {shape.statement} SET NULL"
    forbidding = "NOT NULL" if not_null else ""
    broken = [
        f"CREATE TABLE {parent} (k0 {shape.types[0]} PRIMARY KEY)",
        f"INSERT INTO {parent} VALUES ({low})",
        (
            f"CREATE TABLE {child} ({column} {shape.types[0]} {forbidding} CONSTRAINT the_key {key}) "
            f"PARTITION BY {strategy} ({column})"
        ),
        f"CREATE TABLE one PARTITION OF {child} FOR VALUES {bounds}",
        f"INSERT INTO {child} VALUES ({low})",
    ]
    trial = Scene(shape, "SET NULL").trial
    outcome = await tried(database, broken, trial, "FK117", "FK101")
    finding = outcome.of("FK117")
    assert finding is not None
    assert finding.error is not None
    assert (outcome.sqlstate, outcome.message) == (finding.error.sqlstate, finding.error.message)
    hidden = outcome.of("FK101")
    assert (hidden is not None) is not_null
    if hidden is not None:
        assert hidden.error == finding.error
    with_default = await tried(
        database, [*broken, f"CREATE TABLE rest PARTITION OF {child} DEFAULT"], trial, "FK117"
    )
    assert with_default.findings == ()
    assert with_default.sqlstate == ("23502" if not_null else "")


async def test_a_check_that_old_rows_may_violate_is_possible_and_never_claimed(database: TestDatabase) -> None:
    def scene(validity: str, value: int) -> list[str]:
        return [
            "CREATE TABLE p (id int PRIMARY KEY)",
            "INSERT INTO p VALUES (1)",
            "CREATE TABLE c (id int CONSTRAINT the_key REFERENCES p ON DELETE SET NULL, x int)",
            f"INSERT INTO c VALUES (1, {value})",
            f"ALTER TABLE c ADD CONSTRAINT positive CHECK (x > 0) {validity}",
        ]

    outcome = await tried(database, scene("NOT VALID", -1), ["DELETE FROM p"], "FK102")
    finding = outcome.of("FK102")
    assert finding is not None
    assert not finding.certain
    assert finding.error is not None
    assert outcome.sqlstate == finding.error.sqlstate
    validated = await tried(database, scene("", 1), ["DELETE FROM p"], "FK102")
    assert (validated.of("FK102"), validated.sqlstate) == (None, "")


async def test_a_unique_index_on_an_expression_of_the_column_is_possible(database: TestDatabase) -> None:
    def scene(index: str) -> list[str]:
        return [
            "CREATE TABLE p (id int PRIMARY KEY)",
            "INSERT INTO p VALUES (1), (2)",
            "CREATE TABLE c (id int CONSTRAINT the_key REFERENCES p ON DELETE SET NULL, kind int DEFAULT 7)",
            f"CREATE UNIQUE INDEX one ON c {index}",
            "INSERT INTO c VALUES (1), (NULL)"
            if "kind" not in index
            else "INSERT INTO c VALUES (1, 7), (NULL, 7)",
        ]

    for index in ("(coalesce(id, 0))", "(kind) WHERE id IS NULL", "(kind, coalesce(id, 0))"):
        outcome = await tried(database, scene(index), ["DELETE FROM p WHERE id = 1"], "FK104")
        finding = outcome.of("FK104")
        assert finding is not None, index
        assert not finding.certain
        assert finding.error is not None
        assert (index, outcome.sqlstate) == (index, finding.error.sqlstate)
    for index in ("((id + 1))", "(id, kind)", "(kind) WHERE id IS NOT NULL"):
        outcome = await tried(database, scene(index), ["DELETE FROM p WHERE id = 1"], "FK104")
        assert (index, outcome.of("FK104"), outcome.sqlstate) == (index, None, "")


async def test_a_check_that_asks_which_table_the_row_is_in_is_judged_as_any_other(database: TestDatabase) -> None:
    setup = [
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int, CHECK (id IS NOT NULL OR tableoid = 0))",
        "ALTER TABLE c ADD CONSTRAINT the_key FOREIGN KEY (id) REFERENCES p ON DELETE SET NULL",
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)",
    ]
    outcome = await tried(database, setup, ["DELETE FROM p"], "FK102")
    finding = outcome.of("FK102")
    assert finding is not None
    assert (finding.columns, outcome.sqlstate) == (("id",), "23514")


@pytest.mark.parametrize(
    ("generated", "sqlstate"),
    [
        ("int GENERATED ALWAYS AS (coalesce(id, 0)) STORED UNIQUE", "23505"),
        ("int GENERATED ALWAYS AS (coalesce(id, 0)) STORED, UNIQUE (kind, g)", "23505"),
        (
            "int4range GENERATED ALWAYS AS (int4range(coalesce(id, 0), 9)) STORED, EXCLUDE USING gist (g WITH &&)",
            "23P01",
        ),
        ("int GENERATED ALWAYS AS (id * 2) STORED UNIQUE", ""),
        ("int GENERATED ALWAYS AS (kind + 1) STORED, UNIQUE (g, id)", ""),
    ],
)
async def test_a_unique_index_on_what_is_computed_from_the_column_is_found(
    database: TestDatabase, generated: str, sqlstate: str
) -> None:
    setup = [
        "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (9)",
        f"CREATE TABLE c (id int CONSTRAINT the_key REFERENCES p ON DELETE SET NULL, kind int DEFAULT 7, g {generated})",
        "INSERT INTO c VALUES (NULL), (9)",
    ]
    outcome = await tried(database, setup, ["DELETE FROM p WHERE id = 9"], "FK104")
    finding = outcome.of("FK104")
    assert outcome.sqlstate == sqlstate
    if sqlstate:
        assert finding is not None
        assert finding.columns == ("id",)
        assert finding.error is not None
        assert finding.error.sqlstate == sqlstate


_INTO_ITS_NULL_PARTITION = [
    "CREATE TABLE tenants (id int PRIMARY KEY); INSERT INTO tenants VALUES (1)",
    "CREATE TABLE events (id int, tenant_id int, note text) PARTITION BY LIST (tenant_id)",
    "ALTER TABLE events ADD FOREIGN KEY (tenant_id) REFERENCES tenants ON DELETE SET NULL",
    "CREATE TABLE of_one PARTITION OF events FOR VALUES IN (1)",
]


@pytest.mark.parametrize(
    ("own", "row", "sqlstate", "certain"),
    [
        ("CHECK (id > 10)", "(5, 1, 'a')", "23514", False),
        ("CHECK (id > 10)", "(50, 1, 'a')", "", False),
        ("CHECK (id > 10 AND tenant_id IS NOT NULL)", "(50, 1, 'a')", "23514", True),
        ("CHECK (tenant_id IS NULL)", "(5, 1, 'a')", "", None),
        ("CHECK (tenant_id IS NULL OR id > 10)", "(5, 1, 'a')", "", None),
        ("ALTER note SET NOT NULL", "(5, 1, NULL)", "23502", False),
        ("ALTER note SET NOT NULL", "(5, 1, 'a')", "", False),
    ],
)
async def test_what_the_partition_has_of_its_own_that_the_row_goes_to_is_found(
    database: TestDatabase, own: str, row: str, sqlstate: str, certain: bool | None
) -> None:
    change = own if own.startswith("ALTER") else f"ADD CONSTRAINT own {own}"
    scene = [
        *_INTO_ITS_NULL_PARTITION,
        "CREATE TABLE of_none PARTITION OF events FOR VALUES IN (NULL)",
        f"ALTER TABLE of_none {change}",
        f"INSERT INTO events VALUES {row}",
    ]
    outcome = await tried(database, scene, ["DELETE FROM tenants"], "FK102")
    found = outcome.of("FK102", "events_tenant_id_fkey")
    assert (outcome.sqlstate, found.certain if found else None) == (sqlstate, certain)
    assert found is None or "the row goes to" in found.evidence[0] or certain


async def test_where_no_row_moves_to_what_a_partition_has_of_its_own_is_no_obstacle(
    database: TestDatabase,
) -> None:
    scene = [
        "CREATE TABLE tenants (id int PRIMARY KEY); INSERT INTO tenants VALUES (1)",
        "CREATE TABLE events (id int, tenant_id int REFERENCES tenants ON DELETE SET NULL) PARTITION BY RANGE (id)",
        "CREATE TABLE low PARTITION OF events FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE high PARTITION OF events FOR VALUES FROM (10) TO (20)",
        "ALTER TABLE high ADD CHECK (id > 15)",
        "INSERT INTO events VALUES (5, 1)",
    ]
    outcome = await tried(database, scene, ["DELETE FROM tenants"], "FK102")
    assert (outcome.sqlstate, outcome.of("FK102", "events_tenant_id_fkey")) == ("", None)
