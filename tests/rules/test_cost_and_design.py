"""FK3xx to FK5xx: indexes, fan-out, types, duplicates, cycles, the odd one out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fkdash.catalog.action import Action
from fkdash.catalog.model import Catalog, Column, ForeignKey
from fkdash.rules.finding import Finding
from fkdash.rules.registry import findings, rule
from fkdash.rules.severity import Severity
from tests.rules.catalogs import catalog, reference, table
from tests.rules.scenes import tried
from tests.support.servers import TestDatabase


def _found(schema: Catalog, rule_id: str) -> list[Finding]:
    return list(findings(schema, [rule(rule_id)]))


_TWO = ["CREATE TABLE p (a int, b int, PRIMARY KEY (a, b))"]
_ONE = ["CREATE TABLE p (a int PRIMARY KEY)"]


_INDEXES = [
    ("a, b", "CREATE INDEX ON c (a, b)", True),
    ("a, b", "CREATE INDEX ON c (b, a)", True),
    ("a, b", "CREATE INDEX ON c (b, a, x)", True),
    ("a, b", "CREATE INDEX ON c (a, x, b)", False),
    ("a, b", "CREATE INDEX ON c (a)", False),
    ("a, b", "CREATE UNIQUE INDEX ON c (a)", True),
    ("a", "CREATE INDEX ON c (a)", True),
    ("a", "CREATE INDEX ON c (a, b)", True),
    ("a", "CREATE INDEX ON c (x, a)", False),
    ("a", "CREATE INDEX ON c ((a + 1))", False),
    ("a", "CREATE INDEX ON c (x) INCLUDE (a)", False),
    ("a", "CREATE INDEX ON c USING hash (a)", True),
    ("a", "CREATE INDEX ON c USING brin (a)", False),
    ("a", "CREATE INDEX ON c (a) WHERE x > 0", False),
    ("a", "CREATE INDEX ON c (a) WHERE a IS NOT NULL", True),
    ("a", "CREATE INDEX ON c (a) WHERE a > 0", False),
    ("a", "SELECT 1", False),
]


async def test_an_index_serves_where_the_server_can_use_it(database: TestDatabase) -> None:
    for columns, index, serves in _INDEXES:
        tables = _TWO if "," in columns else _ONE
        key = f"CONSTRAINT the_key FOREIGN KEY ({columns}) REFERENCES p"
        setting_up = [*tables, f"CREATE TABLE c (a int, b int, x int, {key})", index]
        outcome = await tried(database, setting_up, [], "FK301")
        assert (index, outcome.of("FK301") is None) == (index, serves)
        if serves:
            assert "Index Cond" in await _plan(database, setting_up, columns), index


async def _plan(database: TestDatabase, setting_up: list[str], columns: str) -> str:
    """Give the plan of the very query that a foreign key's check makes, its values unknown."""
    connection = await database.connection()
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
    await connection.execute("; ".join(setting_up))
    names = columns.split(", ")
    where = " AND ".join(f"{name} = ${number}" for number, name in enumerate(names, 1))
    types, values = ", ".join("int" for _ in names), ", ".join("1" for _ in names)
    await connection.execute(f"PREPARE look ({types}) AS SELECT 1 FROM ONLY c WHERE {where}")
    plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE look ({values})"))
    await connection.execute("DEALLOCATE look")
    await transaction.rollback()
    return plan


async def test_a_key_whose_action_is_switched_off_reads_no_table(database: TestDatabase) -> None:
    setting_up = ["CREATE TABLE p (id int PRIMARY KEY)", "CREATE TABLE c (a int CONSTRAINT the_key REFERENCES p)"]
    off = "ALTER TABLE {} DISABLE TRIGGER ALL"
    assert (await tried(database, [*setting_up, off.format("c")], [], "FK301")).of("FK301") is not None
    assert (await tried(database, [*setting_up, off.format("p")], [], "FK301")).of("FK301") is None


async def test_an_invalid_index_does_not_serve(database: TestDatabase) -> None:
    setting_up = [
        *_ONE,
        "CREATE TABLE c (a int CONSTRAINT the_key REFERENCES p)",
        "CREATE INDEX the_index ON c (a)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'the_index'::regclass",
    ]
    finding = (await tried(database, setting_up, [], "FK301")).of("FK301")
    assert finding is not None
    assert "the_index does not serve: it is not valid" in finding.evidence[1]


async def test_an_operator_class_that_does_not_know_the_equality_does_not_serve(database: TestDatabase) -> None:
    setting_up = [
        "CREATE TABLE p (a numeric PRIMARY KEY)",
        "CREATE TABLE c (a int CONSTRAINT the_key REFERENCES p)",
        "CREATE INDEX the_index ON c (a)",
    ]
    outcome = await tried(database, setting_up, [], "FK301", "FK401")
    missing, mismatch = outcome.of("FK301"), outcome.of("FK401")
    assert missing is not None
    assert "operator class" in missing.evidence[1]
    assert mismatch is not None
    assert mismatch.severity is Severity.WARNING


async def test_a_pattern_index_on_text_serves(database: TestDatabase) -> None:
    setting_up = [
        "CREATE TABLE p (a text PRIMARY KEY)",
        "CREATE TABLE c (a varchar(9) CONSTRAINT the_key REFERENCES p)",
        "CREATE INDEX ON c (a varchar_pattern_ops)",
    ]
    assert (await tried(database, setting_up, [], "FK301")).of("FK301") is None


async def test_a_partitioned_table_is_served_by_an_index_on_every_partition(database: TestDatabase) -> None:
    setting_up = [
        *_ONE,
        "CREATE TABLE c (a int CONSTRAINT the_key REFERENCES p, x int) PARTITION BY RANGE (x)",
        "CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (1)",
        "CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (1) TO (2)",
        "CREATE INDEX ON c1 (a)",
    ]
    assert (await tried(database, setting_up, [], "FK301")).of("FK301") is not None
    assert (await tried(database, [*setting_up, "CREATE INDEX ON c2 (a)"], [], "FK301")).of("FK301") is None


@pytest.mark.parametrize(
    ("rows", "severity"), [(10, Severity.INFO), (5_000_000, Severity.WARNING), (None, Severity.INFO)]
)
def test_a_missing_index_weighs_as_much_as_the_table(rows: int | None, severity: Severity) -> None:
    users, orders = table("users"), table("orders", Column(2, "user_id", "bigint"), rows=rows)
    [finding] = _found(catalog(users, orders, reference(orders, "user_id", users)), "FK301")
    assert finding.severity is severity


@pytest.mark.parametrize(("column", "quiet"), [("pid", True), ("tid", False)])
async def test_an_index_on_a_selective_column_serves_a_key_of_several(
    database: TestDatabase, column: str, quiet: bool
) -> None:
    setting_up = [
        "CREATE TABLE p (tid int, id int, PRIMARY KEY (tid, id))",
        "INSERT INTO p SELECT 1, g FROM generate_series(1, 500) g",
        "CREATE TABLE c (id int, tid int, pid int, CONSTRAINT the_key FOREIGN KEY (tid, pid) REFERENCES p)",
        "INSERT INTO c SELECT g, 1, 1 + g % 500 FROM generate_series(1, 3000) g",
        f"CREATE INDEX ON c ({column})",
    ]
    unknown = (await tried(database, setting_up, [], "FK301")).of("FK301")
    assert unknown is not None
    assert unknown.severity is Severity.INFO
    found = (await tried(database, [*setting_up, "ANALYZE c"], [], "FK301")).of("FK301")
    assert (found is None) is quiet


async def test_a_closed_cycle_is_entered_by_one_statement_and_by_no_insert_of_its_own(
    database: TestDatabase,
) -> None:
    setting_up = [
        "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL)",
        "CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL CONSTRAINT the_key REFERENCES a)",
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b",
    ]
    alone = await tried(database, setting_up, ["INSERT INTO a VALUES (1, 1)"], "FK504")
    assert alone.sqlstate == "23503"
    assert "WITH" in alone.findings[0].message
    together = "WITH x AS (INSERT INTO a VALUES (1, 1)) INSERT INTO b VALUES (1, 1)"
    assert (await tried(database, setting_up, [together], "FK504")).sqlstate == ""


def test_many_rows_per_referenced_row_are_a_fan_out() -> None:
    def schema(rows: int, action: Action) -> Catalog:
        users = table("users", rows=10)
        orders = table("orders", Column(2, "user_id", "bigint"), rows=rows)
        return catalog(users, orders, reference(orders, "user_id", users, action))

    assert _found(schema(1_000_000, Action.CASCADE), "FK302")[0].severity is Severity.INFO
    assert _found(schema(1_000, Action.CASCADE), "FK302") == []
    assert _found(schema(1_000_000, Action.NO_ACTION), "FK302") == []


def test_a_fan_out_into_very_many_tables_is_counted_to_fifty_the_nearest_first() -> None:
    users = table("users")
    near = [table(f"near_{number:02}", Column(2, "user_id", "bigint")) for number in range(20)]
    far = [table(f"a_far_{number:02}", Column(2, "near_id", "bigint")) for number in range(40)]
    found = _found(
        catalog(
            users,
            *near,
            *far,
            *(reference(each, "user_id", users, Action.CASCADE) for each in near),
            *(reference(each, "near_id", near[0], Action.CASCADE) for each in far),
        ),
        "FK302",
    )
    finding = next(each for each in found if each.key.referenced == users.name)
    assert finding.message == "Deleting from users cascades into at least 50 tables."
    assert finding.evidence[0].startswith("reached: a_far_00, a_far_01, ")


def test_a_repair_of_a_large_table_is_announced() -> None:
    users = table("users")
    orders = table("orders", Column(2, "user_id", "bigint", not_null=True), rows=50_000_000)
    assert _found(catalog(users, orders, reference(orders, "user_id", users, Action.SET_NULL)), "FK303")
    assert _found(catalog(users, orders, reference(orders, "user_id", users)), "FK303") == []


@pytest.mark.parametrize(
    ("mine", "theirs", "severity"),
    [
        ("integer", "bigint", Severity.INFO),
        ("bigint", "integer", Severity.INFO),
        ("character varying(5)", "text", Severity.INFO),
        ("character(3)", "character(5)", None),
        ("text", "character(5)", Severity.WARNING),
        ("integer", "numeric", Severity.WARNING),
        ("timestamp(3) without time zone", "timestamp without time zone", None),
    ],
)
def test_types_that_differ_are_told_by_what_they_cost(mine: str, theirs: str, severity: Severity | None) -> None:
    users = table("users", Column(2, "key", theirs))
    orders = table("orders", Column(2, "user_key", mine))
    key = replace(reference(orders, "user_key", users), referenced_columns=("key",))
    assert [finding.severity for finding in _found(catalog(users, orders, key), "FK401")] == (
        [severity] if severity else []
    )


def test_one_of_two_equal_keys_is_the_duplicate_and_the_older_valid_one_is_kept() -> None:
    users, orders = table("users"), table("orders", Column(2, "user_id", "bigint"), indexed=("user_id",))
    first = replace(reference(orders, "user_id", users), name="first", oid=1, validated=False)
    second = replace(first, name="second", oid=2, validated=True)
    third = replace(first, name="third", oid=3, on_delete=Action.CASCADE)
    [finding] = _found(catalog(users, orders, first, second, third), "FK501")
    assert (finding.key.name, finding.path[0].name) == ("first", "second")
    assert finding.fixes == ("drop-duplicate",)


def test_a_cycle_is_closed_only_without_a_nullable_or_deferrable_edge() -> None:
    def schema(*, nullable: bool = False, deferrable: bool = False) -> Catalog:
        users = table("users", Column(2, "team_id", "bigint", not_null=True), indexed=("team_id",))
        teams = table("teams", Column(2, "owner_id", "bigint", not_null=not nullable), indexed=("owner_id",))
        back = replace(reference(users, "team_id", teams), deferrable=deferrable)
        return catalog(users, teams, reference(teams, "owner_id", users), back)

    [finding] = _found(schema(), "FK504")
    assert {key.name for key in finding.path} == {"users_team_id_fkey", "teams_owner_id_fkey"}
    assert _found(schema(nullable=True), "FK504") == []
    assert _found(schema(deferrable=True), "FK504") == []


def test_the_one_action_that_differs_from_all_its_siblings_is_named() -> None:
    users = table("users")
    tables = [table(name, Column(2, "user_id", "bigint"), indexed=("user_id",)) for name in "abcd"]

    def keys(*actions: Action) -> list[ForeignKey]:
        return [reference(each, "user_id", users, action) for each, action in zip(tables, actions, strict=True)]

    cascade, none = Action.CASCADE, Action.NO_ACTION
    [finding] = _found(catalog(users, *tables, *keys(cascade, none, cascade, cascade)), "FK505")
    assert finding.key.table.name == "b"
    assert _found(catalog(users, *tables, *keys(cascade, none, none, cascade)), "FK505") == []
    assert _found(catalog(users, *tables, *keys(cascade, cascade, cascade, cascade)), "FK505") == []
    # Only a refusal among cascades is one that somebody forgot.
    assert _found(catalog(users, *tables, *keys(none, cascade, none, none)), "FK505") == []
    assert _found(catalog(users, *tables, *keys(cascade, Action.SET_NULL, cascade, cascade)), "FK505") == []


@pytest.mark.parametrize(
    ("rows", "action", "severity"),
    [
        (12, Action.NO_ACTION, Severity.INFO),
        (12, Action.CASCADE, Severity.WARNING),
        (100, Action.NO_ACTION, Severity.WARNING),
        (None, Action.NO_ACTION, Severity.WARNING),
    ],
)
def test_a_few_values_to_look_up_that_nothing_takes_away_want_no_index(
    rows: int | None, action: Action, severity: Severity
) -> None:
    language = table("language", rows=rows)
    parts = table("parts", Column(2, "language_id", "bigint"))
    schema = catalog(language, parts, reference(parts, "language_id", language, action))
    [found] = findings(schema, [rule("FK301")])
    assert found.severity is severity
