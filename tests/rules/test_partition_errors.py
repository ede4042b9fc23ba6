"""A predicted error names what PostgreSQL names of a partitioned table: the partition, its own index, its own key."""

from __future__ import annotations

import pytest

from tests.rules.scenes import tried
from tests.support.servers import TestDatabase

_PARENT = "CREATE TABLE p (id int PRIMARY KEY, k int, UNIQUE (id, k)); INSERT INTO p VALUES (0, 0), (1, 1), (2, 2)"
_BY_RID = "PARTITION BY RANGE (rid); CREATE TABLE one PARTITION OF c FOR VALUES FROM (0) TO (100)"
_DELETE = "DELETE FROM p WHERE id IN (1, 2)"
_BY_BOTH = (
    "PARTITION BY RANGE (rid); CREATE TABLE upper PARTITION OF c FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (rid); "
    "CREATE TABLE lower PARTITION OF upper FOR VALUES FROM (0) TO (100)"
)
_NULL = "REFERENCES p ON DELETE SET NULL"
_DEFAULT = "DEFAULT 0 REFERENCES p ON DELETE SET DEFAULT"
_HALF = "CONSTRAINT half FOREIGN KEY (a, b) REFERENCES p (id, k) MATCH FULL"
_APART = (
    "CREATE TABLE q (id int, k int, UNIQUE (id, k)) PARTITION BY LIST (k); CREATE TABLE q_one PARTITION OF q "
    "FOR VALUES IN (1, 2); INSERT INTO q VALUES (1, 1), (2, 2)"
)
_HALF_APART = _HALF.replace("REFERENCES p", "REFERENCES q")
_SCENES = {
    "not null": ("FK101", f"CREATE TABLE c (rid int, a int NOT NULL {_NULL}) {_BY_RID}"),
    "check": ("FK102", f"CREATE TABLE c (rid int, a int CONSTRAINT there CHECK (a IS NOT NULL) {_NULL}) {_BY_RID}"),
    "half a key": ("FK103", f"CREATE TABLE c (rid int, a int {_NULL}, b int, {_HALF}) {_BY_RID}"),
    "half a key to a partitioned table": ("FK103", f"{_APART}; CREATE TABLE c (rid int, a int {_NULL}, b int, {_HALF_APART})"),
    "half a key between partitioned tables": ("FK103", f"{_APART}; CREATE TABLE c (rid int, a int {_NULL}, b int, {_HALF_APART}) {_BY_RID}"),
    "unique": ("FK112", f"CREATE TABLE c (rid int, a int {_DEFAULT}, UNIQUE (a, rid)) {_BY_RID}"),
    "one of two unique": (
        "FK112",
        f"CREATE TABLE c (rid int, a int {_DEFAULT}, d int DEFAULT 1, CONSTRAINT x UNIQUE (d, rid, a), UNIQUE (a, rid)) {_BY_RID}",
    ),
    "below a partition": ("FK101", f"CREATE TABLE c (rid int, a int NOT NULL {_NULL}) {_BY_BOTH}"),
    "no such row": ("FK106", f"CREATE TABLE c (rid int, a int DEFAULT 7 {_DEFAULT.removeprefix('DEFAULT 0')}) {_BY_RID}"),
}  # fmt: skip


@pytest.mark.parametrize("name", _SCENES)
async def test_an_error_of_a_row_in_a_partition_names_the_partition(database: TestDatabase, name: str) -> None:
    rule, scene = _SCENES[name]
    more = ", b" if " b int" in scene else ""
    rows = f"INSERT INTO c (rid, a{more}) VALUES (5, 1{', 1' if more else ''}), (5, 2{', 2' if more else ''})"
    outcome = await tried(database, [_PARENT, scene, rows], [_DELETE], rule)
    finding = outcome.of(rule, None)
    assert finding is not None
    assert finding.error is not None
    assert (finding.error.sqlstate, finding.error.message) == (outcome.sqlstate, outcome.message)


@pytest.mark.minimum_version(15)
async def test_of_several_partitions_that_the_row_comes_to_is_named(database: TestDatabase) -> None:
    scene = (
        "CREATE TABLE c (a int REFERENCES p ON DELETE SET NULL, UNIQUE NULLS NOT DISTINCT (a)) PARTITION BY LIST (a); "
        "CREATE TABLE first PARTITION OF c FOR VALUES IN (1, 2); CREATE TABLE rest PARTITION OF c DEFAULT; "
        "INSERT INTO c VALUES (1), (2)"
    )
    outcome = await tried(database, [_PARENT, scene], [_DELETE], "FK104")
    finding = outcome.of("FK104", None)
    assert finding is not None
    assert finding.error is not None
    assert '"rest_a_key"' in outcome.message
    assert finding.error.message == outcome.message


@pytest.mark.parametrize(
    "parted", ["", "PARTITION BY LIST (a); CREATE TABLE c_one PARTITION OF c FOR VALUES IN (1)"]
)
async def test_a_refusal_names_the_partition_that_the_row_is_in_and_what_the_key_is_called_for_it(
    database: TestDatabase, parted: str
) -> None:
    scene = [
        "CREATE TABLE top (id int PRIMARY KEY); INSERT INTO top VALUES (1)",
        "CREATE TABLE p (id int PRIMARY KEY REFERENCES top ON DELETE CASCADE) PARTITION BY RANGE (id)",
        "CREATE TABLE one PARTITION OF p FOR VALUES FROM (0) TO (100); INSERT INTO p VALUES (1)",
        f"CREATE TABLE c (a int REFERENCES p ON DELETE RESTRICT) {parted}; INSERT INTO c VALUES (1)",
    ]
    outcome = await tried(database, scene, ["DELETE FROM top"], "FK109")
    finding = outcome.of("FK109", None)
    assert finding is not None
    assert finding.error is not None
    assert '"one"' in outcome.message
    assert (finding.error.sqlstate, finding.error.message) == (outcome.sqlstate, outcome.message)


async def test_up_to_14_a_row_that_moves_goes_for_the_keys_to_it_and_carries_nothing_on(
    database: TestDatabase,
) -> None:
    both = "ON DELETE CASCADE ON UPDATE CASCADE"
    scene = [
        "CREATE TABLE a (id int PRIMARY KEY)",
        "CREATE TABLE d (id int NOT NULL, f int, UNIQUE (id, f)) PARTITION BY LIST (f)",
        "CREATE TABLE d_1 PARTITION OF d FOR VALUES IN (1); CREATE TABLE d_2 PARTITION OF d FOR VALUES IN (NULL)",
        "ALTER TABLE d ADD CONSTRAINT up FOREIGN KEY (f) REFERENCES a ON DELETE SET NULL",
        "CREATE TABLE m (u int, id int)",
        f"ALTER TABLE m ADD CONSTRAINT carries FOREIGN KEY (u, id) REFERENCES d (f, id) MATCH FULL {both}",
        "INSERT INTO a VALUES (1); INSERT INTO d VALUES (1, 1); INSERT INTO m VALUES (1, 1)",
    ]
    outcome = await tried(database, scene, ["DELETE FROM a"], "FK115")
    told = outcome.of("FK115", "up")
    assert told is not None
    assert (told.certain, outcome.sqlstate) == ((True, "23503") if database.version >= 15 else (False, ""))
