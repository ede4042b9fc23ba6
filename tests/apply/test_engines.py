"""On engines and extensions on which a plan was never proven, nothing starts, and it is said why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fkdash.apply.engines import unproven
from fkdash.apply.proof.preflight import Standing
from fkdash.apply.proof.rehearsal import rehearse
from fkdash.db.writing import open_writer
from tests.support.changes import workbench
from tests.support.servers import TestDatabase
from tests.support.traffic import SCHEMA

# What an extension finds of the server's catalog is alike on every version.
pytestmark = pytest.mark.newest_version


@contextmanager
def installable(folder: Path, name: str, script: str = "") -> Iterator[None]:
    """Have the server know an extension whose script is `script`; `folder` is its SHAREDIR."""
    control, installation = folder / "extension" / f"{name}.control", folder / "extension" / f"{name}--1.sql"
    control.write_text("default_version = '1'\nrelocatable = false\n")
    installation.write_text(script)
    try:
        yield
    finally:
        control.unlink()
        installation.unlink()


async def share_folder(database: TestDatabase) -> Path:
    return Path(await database.value("select setting from pg_config where name = 'SHAREDIR'"))


async def stops(database: TestDatabase, folder: Path) -> list[str]:
    async with workbench(database, folder) as bench:
        lines = await bench.preflight(await bench.plan("ck", "restrict"))
    return [line.what for line in lines if line.standing is Standing.STOP]


_KEPT = {
    "fkdash_own": ("", "alter extension fkdash_own add table children", "has public.children as its own"),
    "fkdash_chunks": (
        "create schema chunks",
        "create table chunks.first () inherits (children)",
        "keeps chunks.first in a schema of its own",
    ),
    "fkdash_storage": (
        "create access method columns type table handler heap_tableam_handler",
        "create table part (like children) using columns; alter table part inherit children",
        "stores public.part in a way of its own",
    ),
}


@pytest.mark.parametrize("name", _KEPT)
async def test_a_table_that_an_extension_has_as_its_own_is_not_changed_and_the_extension_is_named(
    database: TestDatabase, tmp_path: Path, name: str
) -> None:
    script, afterwards, said = _KEPT[name]
    await database.execute(SCHEMA)
    assert await stops(database, tmp_path) == []
    with installable(await share_folder(database), name, script):
        await database.execute(f"create extension {name}; {afterwards}")
        assert await stops(database, tmp_path) == [
            f"on what was never proven no plan is applied: the extension {name} {said}"
        ]


@pytest.mark.parametrize("name", ["citus", "timescaledb"])
async def test_where_an_engine_is_installed_that_was_never_proven_no_plan_starts(
    database: TestDatabase, tmp_path: Path, name: str
) -> None:
    await database.execute(SCHEMA)
    with installable(await share_folder(database), name):
        await database.execute(f"create extension {name}")
        (said,) = await stops(database, tmp_path)
        async with workbench(database, tmp_path) as bench, open_writer(bench.pool.target) as writer:
            rehearsed = await rehearse(writer, bench.catalog, await bench.plan("ck", "restrict"))
        await database.execute(f"drop extension {name}")
    assert (rehearsed.ok, rehearsed.steps) == (None, ())
    assert f"the extension {name} is installed here" in rehearsed.detail
    assert f"the extension {name} is installed here" in said
    assert await stops(database, tmp_path) == []


async def test_what_a_plan_would_write_is_not_even_tried_where_it_was_never_proven(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        f"{SCHEMA}; create sequence ran; create function ran() returns trigger language plpgsql as"
        " 'begin perform nextval(''ran''); return old; end';"
        "create trigger runs before delete on children for each row execute function ran();"
        "set session_replication_role = replica; delete from parents where id < 20; reset session_replication_role"
    )
    with installable(await share_folder(database), "citus"):
        await database.execute("create extension citus")
        async with workbench(database, tmp_path) as bench, open_writer(bench.pool.target) as writer:
            rehearsed = await rehearse(writer, bench.catalog, await bench.plan("ck", "delete-orphans"))
        await database.execute("drop extension citus")
    assert "the extension citus is installed here" in rehearsed.detail
    assert not await database.value("select is_called from ran")


@pytest.mark.parametrize(
    "version",
    [
        "CockroachDB CCL v26.2.0 (x86_64-pc-linux-gnu)",
        "PostgreSQL 15.2-YB-2025.1.0.0-b0 on x86_64-pc-linux-gnu",
        "PostgreSQL 14.4 (Apache Cloudberry 2.0.0) on x86_64",
        "PostgreSQL 9.4.26 (Greenplum Database 6.25.3) on x86_64",
    ],
)
def test_what_only_speaks_the_protocol_is_no_postgresql(version: str) -> None:
    assert "not PostgreSQL" in unproven(version, (), None)


def test_postgresql_with_ordinary_extensions_is_proven() -> None:
    assert unproven("PostgreSQL 18.4 on x86_64-pc-linux-gnu, compiled by gcc", ["plpgsql", "citext"], None) == ""
