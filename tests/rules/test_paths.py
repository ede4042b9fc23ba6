"""Paths: what a delete runs into further down is predicted with the SQLSTATE the server raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fkdash.rules.finding import Finding
from tests.rules.scenes import Tried, at_random, tried
from tests.support.servers import TestDatabase


def chain(length: int, *, action: str = "CASCADE", root: str = "t0") -> list[str]:
    """Give tables t0 to t<length>, each referring to the one before, with a row in each."""
    made = [f"CREATE TABLE {root} (id int PRIMARY KEY)", f"INSERT INTO {root} VALUES (1)"]
    for number in range(1, length + 1):
        parent = root if number == 1 else f"t{number - 1}"
        made += [
            (
                f"CREATE TABLE t{number} (id int PRIMARY KEY, up int CONSTRAINT up_{number} REFERENCES {parent} "
                f"ON DELETE {action})"
            ),
            f"INSERT INTO t{number} VALUES (1, 1)",
        ]
    return made


def predicted(outcome: Tried, rule_id: str, key: str) -> Finding:
    finding = outcome.of(rule_id, key)
    assert finding is not None, outcome.findings
    assert finding.error is not None
    assert (outcome.sqlstate, outcome.message) == (finding.error.sqlstate, finding.error.message)
    return finding


@at_random
@given(
    length=st.integers(1, 5),
    contradiction=st.sampled_from(["NOT NULL", "CHECK (end_id IS NOT NULL)", "PRIMARY KEY"]),
)
async def test_a_cascade_into_a_contradiction_fails_as_the_contradiction_does(
    database: TestDatabase, length: int, contradiction: str
) -> None:
    def scene(decoration: str) -> list[str]:
        return [
            *chain(length),
            (
                f"CREATE TABLE last (end_id int {decoration} CONSTRAINT the_end REFERENCES t{length} ON DELETE "
                "SET NULL)"
            ),
            "INSERT INTO last VALUES (1)",
        ]

    outcome = await tried(database, scene(contradiction), ["DELETE FROM t0"], "FK108")
    finding = predicted(outcome, "FK108", "up_1")
    assert [key.name for key in finding.path] == [*(f"up_{number}" for number in range(1, length + 1)), "the_end"]
    sound = await tried(database, scene(""), ["DELETE FROM t0"], "FK108")
    assert (sound.findings, sound.sqlstate) == ((), "")


@at_random
@given(length=st.integers(1, 5), refusing=st.sampled_from(["NO ACTION", "RESTRICT"]), deferred=st.booleans())
async def test_a_cascade_into_a_refusal_is_predicted_with_the_version_s_sqlstate(
    database: TestDatabase, length: int, refusing: str, deferred: bool
) -> None:
    late = " DEFERRABLE INITIALLY DEFERRED" if deferred else ""

    def scene(action: str) -> list[str]:
        return [
            *chain(length),
            f"CREATE TABLE last (end_id int CONSTRAINT the_end REFERENCES t{length} ON DELETE {action}{late})",
            "INSERT INTO last VALUES (1)",
        ]

    outcome = await tried(database, scene(refusing), ["DELETE FROM t0"], "FK109")
    finding = predicted(outcome, "FK109", "up_1")
    assert finding.path[-1].name == "the_end"
    assert not finding.certain
    sound = await tried(database, scene("CASCADE"), ["DELETE FROM t0"], "FK109")
    assert (sound.findings, sound.sqlstate) == ((), "")


@pytest.mark.newest_version
@pytest.mark.parametrize(
    ("refusing", "others", "severity"),
    [
        ("", ["CASCADE", "SET NULL"], "warning"),
        ("", ["CASCADE"], "info"),
        ("", ["CASCADE", "NO ACTION"], "info"),
        ("ON DELETE RESTRICT", ["CASCADE", "CASCADE"], "info"),
    ],
)
async def test_a_refusal_below_a_cascade_is_a_warning_only_where_it_looks_forgotten(
    database: TestDatabase, refusing: str, others: list[str], severity: str
) -> None:
    scene = [
        *chain(1),
        f"CREATE TABLE last (end_id int CONSTRAINT the_end REFERENCES t1 {refusing})",
        *(f"CREATE TABLE o{n} (id int REFERENCES t1 ON DELETE {action})" for n, action in enumerate(others)),
        "CREATE TABLE t1_again (id int PRIMARY KEY REFERENCES t0 ON DELETE CASCADE)",
    ]
    outcome = await tried(database, scene, [], "FK109")
    assert [each.severity for each in outcome.findings] == [severity]


@pytest.mark.newest_version
@pytest.mark.parametrize(("own", "severity"), [("t0_id", "warning"), ("approver_id", "info")])
async def test_two_ways_from_one_row_are_a_warning_where_the_columns_say_that_it_is_the_same_row(
    database: TestDatabase, own: str, severity: str
) -> None:
    scene = [
        "CREATE TABLE t0 (id int PRIMARY KEY)",
        "CREATE TABLE t1 (id int PRIMARY KEY, t0_id int REFERENCES t0 ON DELETE CASCADE)",
        f"CREATE TABLE c (t1_id int REFERENCES t1 ON DELETE CASCADE, {own} int REFERENCES t0)",
    ]
    outcome = await tried(database, scene, [], "FK110")
    assert [each.severity for each in outcome.findings] == [severity]


async def test_a_refusal_that_the_same_delete_removes_first_is_not_flagged(database: TestDatabase) -> None:
    scene = [
        *chain(1),
        "CREATE TABLE c (t0_id int REFERENCES t0 ON DELETE CASCADE, t1_id int CONSTRAINT held REFERENCES t1)",
        "INSERT INTO c VALUES (1, 1)",
    ]
    outcome = await tried(database, scene, ["DELETE FROM t0"], "FK109", "FK110")
    assert (outcome.findings, outcome.sqlstate) == ((), "")


@at_random
@given(length=st.integers(1, 3), refusing=st.sampled_from(["NO ACTION", "RESTRICT"]))
async def test_a_refusal_nearer_than_the_cascade_comes_first(
    database: TestDatabase, length: int, refusing: str
) -> None:
    def scene(action: str) -> list[str]:
        return [
            *chain(length),
            (
                f"CREATE TABLE c (far int REFERENCES t{length} ON DELETE CASCADE, "
                f"near int CONSTRAINT near REFERENCES t0 {action})"
            ),
            "INSERT INTO c VALUES (1, 1)",
        ]

    outcome = await tried(database, scene(f"ON DELETE {refusing}"), ["DELETE FROM t0"], "FK110")
    assert predicted(outcome, "FK110", "near").certain
    for other in ("ON DELETE CASCADE", "DEFERRABLE INITIALLY DEFERRED"):
        sound = await tried(database, scene(other), ["DELETE FROM t0"], "FK110")
        assert (sound.findings, sound.sqlstate) == ((), "")


async def test_cascade_and_refusal_at_the_same_distance_are_not_claimed(database: TestDatabase) -> None:
    scene = [
        *chain(0),
        "CREATE TABLE c (x int CONSTRAINT x REFERENCES t0 ON DELETE CASCADE, y int CONSTRAINT y REFERENCES t0)",
    ]
    outcome = await tried(database, scene, [], "FK110")
    finding = outcome.of("FK110", "y")
    assert finding is not None
    assert not finding.certain


@at_random
@given(refusing=st.sampled_from(["NO ACTION", "RESTRICT"]), acting=st.sampled_from(["CASCADE", "SET NULL"]))
async def test_of_two_actions_on_the_same_columns_the_one_created_first_decides(
    database: TestDatabase, refusing: str, acting: str
) -> None:
    def scene(first: str, second: str) -> list[str]:
        return [
            *chain(0),
            "CREATE TABLE c (x int)",
            f"ALTER TABLE c ADD CONSTRAINT first FOREIGN KEY (x) REFERENCES t0 ON DELETE {first}",
            f"ALTER TABLE c ADD CONSTRAINT second FOREIGN KEY (x) REFERENCES t0 ON DELETE {second}",
            "INSERT INTO c VALUES (1)",
        ]

    outcome = await tried(database, scene(refusing, acting), ["DELETE FROM t0"], "FK111")
    predicted(outcome, "FK111", "second")
    reverse = await tried(database, scene(acting, refusing), ["DELETE FROM t0"], "FK111")
    assert reverse.of("FK111", "second") is not None
    assert reverse.sqlstate == ""
    same = await tried(database, scene(acting, acting), ["DELETE FROM t0"], "FK111")
    assert (same.findings, same.sqlstate) == ((), "")


async def test_set_null_after_a_cascade_over_the_same_column_is_not_claimed(database: TestDatabase) -> None:
    def scene(first: str, second: str) -> list[str]:
        return [
            *chain(0),
            "CREATE TABLE c (x int NOT NULL)",
            f"ALTER TABLE c ADD CONSTRAINT first FOREIGN KEY (x) REFERENCES t0 ON DELETE {first}",
            f"ALTER TABLE c ADD CONSTRAINT second FOREIGN KEY (x) REFERENCES t0 ON DELETE {second}",
            "INSERT INTO c VALUES (1)",
        ]

    overtaken = await tried(database, scene("CASCADE", "SET NULL"), ["DELETE FROM t0"], "FK101")
    finding = overtaken.of("FK101", "second")
    assert finding is not None
    assert not finding.certain
    assert overtaken.sqlstate == ""
    outcome = await tried(database, scene("SET NULL", "CASCADE"), ["DELETE FROM t0"], "FK101")
    assert predicted(outcome, "FK101", "first").certain


@at_random
@given(statement=st.sampled_from(["DELETE", "UPDATE"]), refusing=st.sampled_from(["NO ACTION", "RESTRICT"]))
async def test_a_written_key_that_others_refer_to_decides_by_on_update(
    database: TestDatabase, statement: str, refusing: str
) -> None:
    def scene(on_update: str, decoration: str = "") -> list[str]:
        return [
            *chain(0),
            (
                f"CREATE TABLE m (id int PRIMARY KEY, k int UNIQUE CONSTRAINT m_k REFERENCES t0 ON {statement} "
                "SET NULL)"
            ),
            "INSERT INTO m VALUES (5, 1)",
            f"CREATE TABLE g (mk int {decoration} CONSTRAINT g_m REFERENCES m (k) ON UPDATE {on_update})",
            "INSERT INTO g VALUES (1)",
        ]

    trial = ["DELETE FROM t0" if statement == "DELETE" else "UPDATE t0 SET id = 2"]
    refused = await tried(database, scene(refusing), trial, "FK115")
    assert not predicted(refused, "FK115", "m_k").certain
    carried = await tried(database, scene("CASCADE", "NOT NULL"), trial, "FK115")
    assert predicted(carried, "FK115", "m_k").certain
    sound = await tried(database, scene("CASCADE"), trial, "FK115")
    assert (sound.findings, sound.sqlstate) == ((), "")


async def test_an_exact_duplicate_rescues_nothing(database: TestDatabase) -> None:
    scene = [
        *chain(0),
        "CREATE TABLE c (x int NOT NULL)",
        "ALTER TABLE c ADD CONSTRAINT first FOREIGN KEY (x) REFERENCES t0 ON DELETE SET NULL",
        "ALTER TABLE c ADD CONSTRAINT second FOREIGN KEY (x) REFERENCES t0 ON DELETE SET NULL",
        "INSERT INTO c VALUES (1)",
    ]
    outcome = await tried(database, scene, ["DELETE FROM t0"], "FK101", "FK501")
    for name in ("first", "second"):
        assert predicted(outcome, "FK101", name).certain
    assert outcome.of("FK501", "second") is not None


async def test_dropping_not_null_is_no_fix_where_a_check_forbids_null_as_well(database: TestDatabase) -> None:
    def scene(check: str) -> list[str]:
        return [
            *chain(0),
            f"CREATE TABLE c (x int NOT NULL CONSTRAINT held REFERENCES t0 ON DELETE SET NULL {check})",
            "INSERT INTO c VALUES (1)",
        ]

    both = await tried(database, scene("CHECK (x IS NOT NULL)"), ["DELETE FROM t0"], "FK101", "FK102")
    assert "drop-not-null" not in predicted(both, "FK101", "held").fixes
    assert "reports another obstacle first" in " ".join(predicted(both, "FK102", "held").evidence)
    alone = await tried(database, scene(""), ["DELETE FROM t0"], "FK101")
    assert "drop-not-null" in predicted(alone, "FK101", "held").fixes


async def test_a_write_that_fails_by_itself_changes_no_key(database: TestDatabase) -> None:
    scene = [
        *chain(0),
        "CREATE TABLE m (k int PRIMARY KEY CONSTRAINT m_k REFERENCES t0 ON DELETE SET NULL)",
        "INSERT INTO m VALUES (1)",
        "CREATE TABLE g (mk int NOT NULL CONSTRAINT g_m REFERENCES m ON UPDATE CASCADE)",
        "INSERT INTO g VALUES (1)",
    ]
    outcome = await tried(database, scene, ["DELETE FROM t0"], "FK101", "FK115")
    assert predicted(outcome, "FK101", "m_k").certain
    assert outcome.of("FK115", None) is None
