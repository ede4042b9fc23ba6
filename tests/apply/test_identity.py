"""Which database a run belongs to: not by its name alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fkdash.apply.journal.identity import Identity, identity_of
from fkdash.apply.journal.recovery import recorded_run
from tests.support.changes import owner_of, workbench
from tests.support.program import run
from tests.support.servers import TestDatabase, fresh_database
from tests.support.traffic import SCHEMA

HERE = Identity("7301", "app", 16384)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (HERE, True),
        (Identity("7302", "app", 16384), False),
        (Identity("7301", "app", 16999), False),
        (Identity("7301", "renamed", 16384), True),
        (Identity("7301", "app", None), True),
        (Identity("7301", "other", None), False),
        (Identity("", "app", 16384), True),
        (Identity("", "other", 16384), False),
        (Identity("", "app", 16999), False),
    ],
)
def test_a_database_is_known_by_its_cluster_and_oid_as_far_as_they_are_known(other: Identity, same: bool) -> None:
    assert HERE.is_same(other) is same
    assert other.is_same(HERE) is same


async def test_without_the_right_to_ask_for_the_clusters_identifier_name_and_oid_remain(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    await database.execute("revoke execute on function pg_control_system() from public")
    try:
        async with (
            owner_of(database, "children", "parents") as dsn,
            workbench(database, tmp_path, dsn=dsn) as bench,
        ):
            async with bench.pool.session() as session:
                here = await identity_of(session)
            assert (here.cluster, here.database) == ("", database.name)
            ended = await bench.apply("ck", "restrict")
            assert ended.outcome == "verified", ended.message
            assert recorded_run(ended.journal).identity == here
    finally:
        await database.execute("grant execute on function pg_control_system() to public")


@pytest.mark.newest_version
async def test_a_run_is_not_undone_in_another_database_of_the_same_name_unless_it_is_said(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    arguments = ("--yes", "--confirm", "ck", "--format", "json")
    applied = await run("fix", "apply", "ck", database.dsn, "--option", "restrict", *arguments, state=tmp_path)
    assert applied.code == 0, applied.err
    journal = Path(json.loads(applied.out)["journal"])
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    async with fresh_database(database.server) as other:
        await other.execute(
            SCHEMA.replace("references parents (id));", "references parents (id) on delete restrict);")
        )
        refused = await run("fix", "undo", str(journal), other.dsn, *arguments, state=tmp_path)
        assert refused.code == 4
        assert f"another database than the one connected to: {database.name}" in refused.err
        assert await other.value("select confdeltype::text from pg_constraint where conname = 'ck'") == "r"
        said = await run("fix", "undo", str(journal), other.dsn, "--another-database", *arguments, state=tmp_path)
        assert said.code == 0, said.err
        assert await other.value("select confdeltype::text from pg_constraint where conname = 'ck'") == "a"
    # A journal of an earlier version knows the cluster and the name only.
    lines[0].pop("database_oid")
    old = journal.with_name("old.jsonl")
    old.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert recorded_run(old).identity.oid is None
    undone = await run("fix", "undo", str(old), database.dsn, *arguments, state=tmp_path)
    assert undone.code == 0, undone.err
