"""What random schemas taught: each kind as the smallest schema in which rules, preview and server once differed."""

from __future__ import annotations

import pytest

from tests.rules.scenes import tried
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version

_A_WITH_ITS_REFERENCE = [
    "CREATE TABLE a (id int PRIMARY KEY, u int UNIQUE)",
    "CREATE TABLE b (id int PRIMARY KEY, v int, w int, UNIQUE (v, w))",
    "INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1, 1)",
]


async def test_an_earlier_action_on_the_changed_key_spares_what_a_later_one_would_carry_on(
    database: TestDatabase,
) -> None:
    scene = [
        *_A_WITH_ITS_REFERENCE,
        "ALTER TABLE b ADD CONSTRAINT up FOREIGN KEY (v) REFERENCES a (u) ON DELETE SET NULL",
        "CREATE TABLE c (v int, w int)",
        "ALTER TABLE c ADD CONSTRAINT empties FOREIGN KEY (v, w) REFERENCES b (v, w) ON UPDATE SET NULL",
        "ALTER TABLE c ADD CONSTRAINT carries FOREIGN KEY (v, w) REFERENCES b (v, w) MATCH FULL ON UPDATE CASCADE",
        "INSERT INTO c VALUES (1, 1)",
    ]
    spared = await tried(database, scene, ["DELETE FROM a"], "FK115")
    finding = spared.of("FK115", "up")
    assert finding is not None
    assert (finding.certain, spared.sqlstate) == (False, "")
    alone = [each for each in scene if "empties" not in each]
    carried = await tried(database, alone, ["DELETE FROM a"], "FK115")
    claimed = carried.of("FK115", "up")
    assert claimed is not None
    assert (claimed.certain, carried.sqlstate) == (True, "23503")


async def test_a_value_is_carried_on_before_a_match_full_key_looks_at_the_row_it_came_from(
    database: TestDatabase,
) -> None:
    scene = [
        *_A_WITH_ITS_REFERENCE,
        "CREATE TABLE m (v int, w int DEFAULT 1, UNIQUE (v, w))",
        "ALTER TABLE m ADD CONSTRAINT half FOREIGN KEY (v, w) REFERENCES b (v, w) MATCH FULL ON DELETE SET DEFAULT",
        "CREATE TABLE c (v int, w int, g int NOT NULL GENERATED ALWAYS AS (v * 2) STORED)",
        "ALTER TABLE c ADD CONSTRAINT carries FOREIGN KEY (v, w) REFERENCES m (v, w) ON UPDATE CASCADE",
        "INSERT INTO m VALUES (1, 1); INSERT INTO c (v, w) VALUES (1, 1)",
    ]
    outcome = await tried(database, scene, ["DELETE FROM b"], "FK113", "FK115")
    told = outcome.of("FK115", "half")
    assert told is not None
    assert told.error is not None
    assert (told.error.sqlstate, outcome.sqlstate) == ("23502", "23502")
    assert outcome.of("FK113", "half") is not None


async def test_a_null_is_followed_over_every_key_that_carries_it_on(database: TestDatabase) -> None:
    scene = [
        "CREATE TABLE people (id int PRIMARY KEY)",
        "CREATE TABLE m (p int UNIQUE CONSTRAINT up REFERENCES people ON DELETE SET NULL)",
        "CREATE TABLE badge (p int UNIQUE CONSTRAINT on_and REFERENCES m (p) ON UPDATE CASCADE)",
        "CREATE TABLE stamp (p int NOT NULL CONSTRAINT at_last REFERENCES badge (p) ON UPDATE CASCADE)",
        "INSERT INTO people VALUES (1); INSERT INTO m VALUES (1); INSERT INTO badge VALUES (1)",
        "INSERT INTO stamp VALUES (1)",
    ]
    outcome = await tried(database, scene, ["DELETE FROM people"], "FK115")
    finding = outcome.of("FK115", "up")
    assert finding is not None
    assert (finding.certain, [each.name for each in finding.path]) == (True, ["up", "on_and", "at_last"])
    assert (outcome.sqlstate, "on_and and at_last" in finding.message) == ("23502", True)


@pytest.mark.parametrize("spared", [True, False])
async def test_a_row_that_is_deleted_after_it_was_written_is_not_checked_any_more(
    database: TestDatabase, *, spared: bool
) -> None:
    scene = [
        *_A_WITH_ITS_REFERENCE,
        "CREATE TABLE c (v int, w int, b int)",
        "ALTER TABLE c ADD CONSTRAINT half FOREIGN KEY (v, w) REFERENCES b (v, w) MATCH FULL ON DELETE SET DEFAULT",
        "ALTER TABLE c ALTER v SET DEFAULT 1",
        "INSERT INTO c VALUES (1, 1, 1)",
    ]
    if spared:
        scene.append("ALTER TABLE c ADD CONSTRAINT goes FOREIGN KEY (b) REFERENCES b ON DELETE CASCADE")
    outcome = await tried(database, scene, ["DELETE FROM b"], "FK113")
    finding = outcome.of("FK113", "half")
    assert finding is not None
    assert (finding.certain, outcome.sqlstate) == (not spared, "" if spared else "23503")


@pytest.mark.parametrize("spared", [True, False])
async def test_a_row_that_the_first_table_s_own_action_takes_away_is_no_obstacle_further_down(
    database: TestDatabase, *, spared: bool
) -> None:
    scene = [
        "CREATE TABLE top (id int PRIMARY KEY)",
        "CREATE TABLE middle (id int PRIMARY KEY CONSTRAINT down REFERENCES top ON DELETE CASCADE, y int)",
        "ALTER TABLE middle ADD UNIQUE (id, y)",
        "CREATE TABLE low (x int, y int NOT NULL)",
        "ALTER TABLE low ADD CONSTRAINT ends FOREIGN KEY (x, y) REFERENCES middle (id, y) ON DELETE SET NULL",
        "INSERT INTO top VALUES (1); INSERT INTO middle VALUES (1, 1); INSERT INTO low VALUES (1, 1)",
    ]
    if spared:
        scene.append("ALTER TABLE low ADD CONSTRAINT direct FOREIGN KEY (x) REFERENCES top ON DELETE SET NULL")
    outcome = await tried(database, scene, ["DELETE FROM top"], "FK108")
    finding = outcome.of("FK108", "down")
    assert finding is not None
    assert (finding.certain, outcome.sqlstate) == (not spared, "" if spared else "23502")


async def test_a_cascade_that_another_key_keeps_from_its_rows_leads_nowhere_for_certain(
    database: TestDatabase,
) -> None:
    scene = [
        "CREATE TABLE top (id int PRIMARY KEY)",
        "CREATE TABLE middle (id int PRIMARY KEY, x int)",
        "ALTER TABLE middle ADD CONSTRAINT empties FOREIGN KEY (x) REFERENCES top ON DELETE SET NULL",
        "ALTER TABLE middle ADD CONSTRAINT down FOREIGN KEY (x) REFERENCES top ON DELETE CASCADE",
        "CREATE TABLE low (x int NOT NULL CONSTRAINT ends REFERENCES middle ON DELETE SET NULL)",
        "INSERT INTO top VALUES (1); INSERT INTO middle VALUES (1, 1); INSERT INTO low VALUES (1)",
    ]
    outcome = await tried(database, scene, ["DELETE FROM top"], "FK108")
    finding = outcome.of("FK108", "down")
    assert finding is not None
    assert (finding.certain, outcome.sqlstate) == (False, "")


async def test_an_action_on_one_hash_partition_cannot_move_the_row_to_where_null_belongs(
    database: TestDatabase,
) -> None:
    for remainder, sqlstate in ((0, ""), (1, "23514")):
        scene = [
            "CREATE TABLE a (id int PRIMARY KEY)",
            "CREATE TABLE part (x int) PARTITION BY HASH (x)",
            "CREATE TABLE p0 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
            "CREATE TABLE p1 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
            f"ALTER TABLE p{remainder} ADD CONSTRAINT of_one FOREIGN KEY (x) REFERENCES a ON DELETE SET NULL",
            "INSERT INTO a SELECT generate_series(1, 20); INSERT INTO part SELECT generate_series(1, 20)",
        ]
        outcome = await tried(database, scene, ["DELETE FROM a"], "FK117")
        assert outcome.sqlstate == sqlstate
        assert (outcome.of("FK117", "of_one") is not None) == bool(sqlstate)


@pytest.mark.parametrize("null_too", [True, False])
async def test_a_default_that_no_partition_may_take_is_told_as_possible(
    database: TestDatabase, *, null_too: bool
) -> None:
    scene = [
        "CREATE TABLE a (id int PRIMARY KEY)",
        (
            "CREATE TABLE part (x int DEFAULT 9 CONSTRAINT up REFERENCES a ON DELETE SET DEFAULT) "
            "PARTITION BY LIST (x)"
        ),
        "CREATE TABLE p1 PARTITION OF part FOR VALUES IN (1, 2)",
        "CREATE TABLE p2 PARTITION OF part FOR VALUES IN (NULL)" if null_too else "SELECT",
        "INSERT INTO a VALUES (1), (9); INSERT INTO part VALUES (1)",
    ]
    outcome = await tried(database, scene, ["DELETE FROM a WHERE id = 1"], "FK117")
    finding = outcome.of("FK117", "up")
    assert finding is not None
    assert (finding.certain, outcome.sqlstate) == (False, "23514")
    assert "writes the default" in finding.message
    with_rest = [*scene, "CREATE TABLE p3 PARTITION OF part DEFAULT"]
    taken = await tried(database, with_rest, ["DELETE FROM a WHERE id = 1"], "FK117")
    assert (taken.of("FK117", "up"), taken.sqlstate) == (None, "")


async def test_what_is_refused_whatever_the_rows_is_not_where_the_referenced_key_is_null(
    database: TestDatabase,
) -> None:
    scene = [
        "CREATE TABLE top (id int PRIMARY KEY)",
        "CREATE TABLE middle (id int CONSTRAINT down REFERENCES top ON DELETE CASCADE, k int UNIQUE)",
        (
            "CREATE TABLE low (k int GENERATED ALWAYS AS IDENTITY CONSTRAINT ends REFERENCES middle (k) "
            "ON DELETE SET NULL)"
        ),
        "INSERT INTO top VALUES (1), (2); INSERT INTO middle VALUES (1, NULL), (2, 2)",
    ]
    for row, sqlstate in ((1, ""), (2, "428C9")):
        outcome = await tried(database, scene, [f"DELETE FROM top WHERE id = {row}"], "FK108")
        finding = outcome.of("FK108", "down")
        assert finding is not None
        assert "any row of middle whose k is not NULL" in finding.message
        assert outcome.sqlstate == sqlstate


async def test_a_row_that_a_longer_way_of_cascades_takes_first_is_not_claimed_to_refuse_what_is_carried_to_it(
    database: TestDatabase,
) -> None:
    scene = [
        "CREATE TABLE p (id int PRIMARY KEY)",
        "CREATE TABLE d (id int PRIMARY KEY REFERENCES p ON DELETE CASCADE)",
        "CREATE TABLE e (id int PRIMARY KEY REFERENCES d ON DELETE CASCADE)",
        "CREATE TABLE a (x int UNIQUE CONSTRAINT up REFERENCES p ON DELETE SET NULL)",
        "CREATE TABLE b (x int UNIQUE REFERENCES a (x) ON UPDATE CASCADE)",
        "CREATE TABLE c (e int REFERENCES e ON DELETE CASCADE, x int NOT NULL REFERENCES b (x) ON UPDATE CASCADE)",
        "INSERT INTO p VALUES (1), (2); INSERT INTO d VALUES (1); INSERT INTO e VALUES (1)",
        "INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1), (2)",
    ]
    for row, trial, sqlstate in (
        ("1, 1", "DELETE FROM p WHERE id = 1", ""),
        ("NULL, 2", "DELETE FROM p WHERE id = 2", "23502"),
    ):
        outcome = await tried(database, [*scene, f"INSERT INTO c VALUES ({row})"], [trial], "FK115")
        finding = outcome.of("FK115", "up")
        assert finding is not None
        assert (finding.certain, outcome.sqlstate) == (False, sqlstate)


async def test_a_check_not_valid_over_another_column_is_not_told_to_refuse_what_is_carried(
    database: TestDatabase,
) -> None:
    scene = [
        "CREATE TABLE p (id int PRIMARY KEY)",
        "CREATE TABLE a (x int UNIQUE CONSTRAINT up REFERENCES p ON DELETE SET NULL)",
        "CREATE TABLE b (x int REFERENCES a (x) ON UPDATE CASCADE, n int)",
        "INSERT INTO p VALUES (1); INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1)",
    ]
    for check, told in (("n > 0", False), ("x > 0 AND x IS NOT NULL", True)):
        unproven = f"ALTER TABLE b ADD CHECK ({check}) NOT VALID"
        outcome = await tried(database, [*scene, unproven], ["DELETE FROM p"], "FK115")
        assert (outcome.of("FK115", None) is not None, outcome.sqlstate) == (told, "23514" if told else "")
