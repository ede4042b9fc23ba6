"""What happens before the failing action: an error is claimed only where nothing can come first."""

from __future__ import annotations

import pytest

from fkdash.rules.severity import Severity
from tests.rules.scenes import tried
from tests.support.servers import TestDatabase


def _tenants(first: str, second: str = "") -> list[str]:
    return [
        "CREATE TABLE ws (id int PRIMARY KEY)",
        "CREATE TABLE member (ws_id int CONSTRAINT up REFERENCES ws ON DELETE CASCADE, id int, PRIMARY KEY (ws_id, id))",
        (
            f"CREATE TABLE base (id int, ws_id int NOT NULL {first}, by_id int, "
            "CONSTRAINT by_member FOREIGN KEY (ws_id, by_id) REFERENCES member ON DELETE SET NULL)"
        ),
        second,
        "INSERT INTO ws VALUES (1); INSERT INTO member VALUES (1, 7); INSERT INTO base VALUES (1, 1, 7)",
    ]


async def test_a_row_that_the_first_table_s_own_cascade_deletes_is_no_obstacle(database: TestDatabase) -> None:
    rescued = await tried(
        database, _tenants("REFERENCES ws ON DELETE CASCADE"), ["DELETE FROM ws"], "FK108", "FK101"
    )
    assert (rescued.of("FK108", None), rescued.sqlstate) == (None, "")
    assert rescued.of("FK101", "by_member") is not None
    held = await tried(database, _tenants(""), ["DELETE FROM ws"], "FK108")
    finding = held.of("FK108", "up")
    assert finding is not None
    assert finding.error is not None
    assert (finding.certain, held.sqlstate) == (True, finding.error.sqlstate)


async def test_a_cascade_over_another_column_may_come_first_and_is_not_claimed(database: TestDatabase) -> None:
    setting_up = [
        "CREATE TABLE t0 (id int PRIMARY KEY)",
        "CREATE TABLE t1 (id int PRIMARY KEY, up int CONSTRAINT up REFERENCES t0 ON DELETE CASCADE)",
        (
            "CREATE TABLE c (t0 int REFERENCES t0 ON DELETE CASCADE, "
            "t1 int NOT NULL CONSTRAINT the_end REFERENCES t1 ON DELETE SET NULL)"
        ),
        "INSERT INTO t0 VALUES (1), (2); INSERT INTO t1 VALUES (1, 1)",
    ]
    for row, sqlstate in (("1, 1", ""), ("2, 1", "23502")):
        insert = f"INSERT INTO c VALUES ({row})"
        outcome = await tried(database, [*setting_up, insert], ["DELETE FROM t0 WHERE id = 1"], "FK108")
        finding = outcome.of("FK108", "up")
        assert finding is not None
        assert (finding.certain, finding.severity) == (False, Severity.WARNING)
        assert outcome.sqlstate == sqlstate


@pytest.mark.parametrize(
    "rule", ["DO INSTEAD NOTHING", "DO INSTEAD UPDATE usr SET deleted = true WHERE id = OLD.id"]
)
async def test_where_a_rule_replaces_deletes_of_the_referenced_table_nothing_fails(
    database: TestDatabase, rule: str
) -> None:
    setting_up = [
        "CREATE TABLE usr (id int PRIMARY KEY, deleted bool)",
        f"CREATE RULE protect AS ON DELETE TO usr {rule}",
        "CREATE TABLE copy (creator int NOT NULL CONSTRAINT the_key REFERENCES usr ON DELETE SET NULL)",
        "INSERT INTO usr VALUES (1); INSERT INTO copy VALUES (1)",
    ]
    outcome = await tried(database, setting_up, ["DELETE FROM usr"])
    assert [each.rule for each in outcome.findings if each.rule.startswith("FK1")] == []
    assert outcome.sqlstate == ""


async def test_where_a_rule_replaces_some_deletes_or_a_trigger_may_nothing_is_claimed(
    database: TestDatabase,
) -> None:
    setting_up = [
        "CREATE TABLE usr (id int PRIMARY KEY, kept bool)",
        "CREATE TABLE copy (creator int NOT NULL CONSTRAINT the_key REFERENCES usr ON DELETE SET NULL)",
        "INSERT INTO usr VALUES (1, true); INSERT INTO copy VALUES (1)",
    ]
    by_rule = "CREATE RULE protect AS ON DELETE TO usr WHERE OLD.kept DO INSTEAD NOTHING"
    by_trigger = (
        "CREATE FUNCTION veto() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
        "CREATE TRIGGER veto BEFORE DELETE ON usr FOR EACH ROW EXECUTE FUNCTION veto()"
    )
    for sparing in (by_rule, by_trigger):
        outcome = await tried(database, [*setting_up, sparing], ["DELETE FROM usr"], "FK101")
        finding = outcome.of("FK101")
        assert finding is not None
        assert (finding.certain, outcome.sqlstate) == (False, "")
    harmless = (
        "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'; "
        "CREATE TRIGGER look BEFORE DELETE ON usr FOR EACH ROW EXECUTE FUNCTION look()"
    )
    claimed = (await tried(database, [*setting_up, harmless], ["DELETE FROM usr"], "FK101")).of("FK101")
    assert claimed is not None
    assert claimed.certain


@pytest.mark.parametrize("refusing", ["NO ACTION", "RESTRICT"])
@pytest.mark.parametrize("winning", ["CASCADE", "SET NULL"])
async def test_a_twin_that_acts_first_leaves_nothing_to_refuse(
    database: TestDatabase, refusing: str, winning: str
) -> None:
    def scene(one: str, other: str) -> list[str]:
        return [
            "CREATE TABLE o (id int PRIMARY KEY)",
            "CREATE TABLE p (id int PRIMARY KEY, o int CONSTRAINT up REFERENCES o ON DELETE CASCADE)",
            "CREATE TABLE r (p int)",
            f"ALTER TABLE r ADD CONSTRAINT one FOREIGN KEY (p) REFERENCES p ON DELETE {one}",
            f"ALTER TABLE r ADD CONSTRAINT other FOREIGN KEY (p) REFERENCES p ON DELETE {other}",
            "INSERT INTO o VALUES (1); INSERT INTO p VALUES (1, 1); INSERT INTO r VALUES (1)",
        ]

    spared = await tried(database, scene(winning, refusing), ["DELETE FROM o"], "FK109")
    assert (spared.findings, spared.sqlstate) == ((), "")
    refused = await tried(database, scene(refusing, winning), ["DELETE FROM o"], "FK109")
    assert refused.of("FK109", "up") is not None
    assert refused.sqlstate in {"23503", "23001"}


async def test_a_key_over_its_own_columns_has_nothing_to_act_on(database: TestDatabase) -> None:
    for action in ("SET NULL", "SET DEFAULT", "CASCADE", "NO ACTION", "RESTRICT"):
        setting_up = [
            "CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))",
            f"ALTER TABLE t ADD CONSTRAINT the_key FOREIGN KEY (a, b) REFERENCES t (a, b) ON DELETE {action}",
            "INSERT INTO t VALUES (1, 2)",
        ]
        outcome = await tried(database, setting_up, ["DELETE FROM t"])
        assert [each.rule for each in outcome.findings if each.rule.startswith("FK1")] == []
        assert outcome.sqlstate == ""


@pytest.mark.parametrize(
    ("rest", "quiet"),
    [
        ("CREATE TABLE rest PARTITION OF asset DEFAULT", True),
        (
            (
                "CREATE TABLE rest PARTITION OF asset DEFAULT PARTITION BY LIST (kind); "
                "CREATE TABLE rest_1 PARTITION OF rest DEFAULT"
            ),
            True,
        ),
        (
            (
                "CREATE TABLE rest PARTITION OF asset DEFAULT PARTITION BY RANGE (owner_id); "
                "CREATE TABLE rest_1 PARTITION OF rest FOR VALUES FROM (100) TO (200)"
            ),
            False,
        ),
        ("", False),
    ],
)
async def test_a_null_in_the_partition_key_goes_where_the_root_sends_it(
    database: TestDatabase, rest: str, quiet: bool
) -> None:
    setting_up = [
        "CREATE TABLE owner (id int PRIMARY KEY)",
        "CREATE TABLE asset (owner_id int, kind int) PARTITION BY RANGE (owner_id)",
        "CREATE TABLE low PARTITION OF asset FOR VALUES FROM (1) TO (100) PARTITION BY RANGE (owner_id)",
        "CREATE TABLE low_all PARTITION OF low FOR VALUES FROM (1) TO (100)",
        rest,
        "ALTER TABLE asset ADD CONSTRAINT the_key FOREIGN KEY (owner_id) REFERENCES owner ON DELETE SET NULL",
        "INSERT INTO owner VALUES (7); INSERT INTO asset VALUES (7, 1)",
    ]
    outcome = await tried(database, [each for each in setting_up if each], ["DELETE FROM owner"], "FK117")
    finding = outcome.of("FK117")
    assert (finding is None) is quiet
    assert outcome.sqlstate == ("" if quiet else "23514")
    if finding is not None and finding.error is not None:
        assert outcome.message == finding.error.message


async def test_not_null_on_one_partition_is_not_said_of_every_row(database: TestDatabase) -> None:
    setting_up = [
        "CREATE TABLE p (id int PRIMARY KEY)",
        "CREATE TABLE c (k int, pid int CONSTRAINT the_key REFERENCES p ON DELETE SET NULL) PARTITION BY LIST (k)",
        "CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1)",
        "CREATE TABLE c2 PARTITION OF c FOR VALUES IN (2)",
        "ALTER TABLE c1 ALTER pid SET NOT NULL",
        "INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1, 1), (2, 2)",
    ]
    one = await tried(database, setting_up, ["DELETE FROM p WHERE id = 2"], "FK101")
    finding = one.of("FK101")
    assert finding is not None
    assert (finding.certain, one.sqlstate) == (False, "")
    both = [*setting_up, "ALTER TABLE c2 ALTER pid SET NOT NULL"]
    every = await tried(database, both, ["DELETE FROM p WHERE id = 2"], "FK101")
    finding = every.of("FK101")
    assert finding is not None
    assert (finding.certain, every.sqlstate) == (True, "23502")


async def test_of_two_keys_that_meet_a_row_at_once_the_words_say_which_comes_first(database: TestDatabase) -> None:
    def scene(one: str, other: str) -> list[str]:
        return [
            "CREATE TABLE t (id int PRIMARY KEY)",
            "CREATE TABLE c (x int, y int)",
            f"ALTER TABLE c ADD CONSTRAINT {one}",
            f"ALTER TABLE c ADD CONSTRAINT {other}",
            "INSERT INTO t VALUES (1); INSERT INTO c VALUES (1, 1)",
        ]

    gone = "gone FOREIGN KEY (x) REFERENCES t ON DELETE CASCADE"
    held = "held FOREIGN KEY (y) REFERENCES t"
    spared = await tried(database, scene(gone, held), ["DELETE FROM t"], "FK110")
    finding = spared.of("FK110", "held")
    assert finding is not None
    assert "one that refers to it by gone (CASCADE) too is deleted first" in finding.message
    assert spared.sqlstate == ""
    refused = await tried(database, scene(held, gone), ["DELETE FROM t"], "FK110")
    finding = refused.of("FK110", "held")
    assert finding is not None
    assert finding.certain
    assert refused.sqlstate == "23503"


async def test_a_cascade_of_the_whole_table_may_come_before_an_action_of_one_partition(
    database: TestDatabase,
) -> None:
    scene = [
        "CREATE TABLE t (id int PRIMARY KEY)",
        "CREATE TABLE c (f int CONSTRAINT whole REFERENCES t ON DELETE CASCADE) PARTITION BY LIST (f)",
        "CREATE TABLE c_1 PARTITION OF c FOR VALUES IN (1)",
        "ALTER TABLE c_1 ADD CONSTRAINT part FOREIGN KEY (f) REFERENCES t ON DELETE SET NULL",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO c VALUES (1)",
    ]
    outcome = await tried(database, scene, ["DELETE FROM t"], "FK117")
    finding = outcome.of("FK117", "part")
    assert finding is not None
    assert (finding.certain, outcome.sqlstate) == (False, "")


async def test_where_a_foreign_keys_trigger_was_renamed_nothing_is_said_of_which_acts_first(
    database: TestDatabase,
) -> None:
    def scene(*more: str) -> list[str]:
        return [
            "CREATE TABLE t (id int PRIMARY KEY)",
            "CREATE TABLE c (f int NOT NULL CONSTRAINT nulls REFERENCES t ON DELETE SET NULL)",
            "ALTER TABLE c ADD CONSTRAINT takes FOREIGN KEY (f) REFERENCES t ON DELETE CASCADE",
            *more,
            "INSERT INTO t VALUES (1)",
            "INSERT INTO c VALUES (1)",
        ]

    plain = await tried(database, scene(), ["DELETE FROM t"], "FK101")
    claimed = plain.of("FK101", "nulls")
    assert claimed is not None
    assert (claimed.certain, plain.sqlstate) == (True, "23502")
    renamed = """DO $$DECLARE t record; BEGIN
        SELECT g.tgname, g.tgrelid::regclass AS rel INTO t
          FROM pg_trigger g JOIN pg_constraint k ON k.oid = g.tgconstraint
         WHERE k.conname = 'nulls' AND g.tgrelid = 't'::regclass AND g.tgname LIKE 'RI%a%' AND g.tgtype & 8 <> 0;
        EXECUTE format('ALTER TRIGGER %I ON %s RENAME TO zzz', t.tgname, t.rel);
    END$$"""
    outcome = await tried(database, scene(renamed), ["DELETE FROM t"], "FK101")
    finding = outcome.of("FK101", "nulls")
    assert finding is not None
    assert (finding.certain, outcome.sqlstate) == (False, "")


async def test_a_key_to_a_partition_or_by_crossed_columns_may_act_before_one_to_the_whole_table(
    database: TestDatabase,
) -> None:
    to_a_part = [
        "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY LIST (id)",
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1)",
        "CREATE TABLE c (id int NOT NULL CONSTRAINT takes REFERENCES t_1 ON DELETE CASCADE)",
        "ALTER TABLE c ADD CONSTRAINT nulls FOREIGN KEY (id) REFERENCES t ON DELETE SET NULL",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO c VALUES (1)",
    ]
    crossed = [
        "CREATE TABLE t (v int, w int, UNIQUE (v, w))",
        "CREATE TABLE c (a int NOT NULL, b int)",
        "ALTER TABLE c ADD CONSTRAINT takes FOREIGN KEY (a, b) REFERENCES t (w, v) ON DELETE CASCADE",
        "ALTER TABLE c ADD CONSTRAINT nulls FOREIGN KEY (a, b) REFERENCES t (v, w) ON DELETE SET NULL",
        "INSERT INTO t VALUES (2, 2)",
        "INSERT INTO c VALUES (2, 2)",
    ]
    for scene in (to_a_part, crossed):
        outcome = await tried(database, scene, ["DELETE FROM t"], "FK101")
        finding = outcome.of("FK101", "nulls")
        assert finding is not None
        assert (finding.certain, outcome.sqlstate) == (False, "")
