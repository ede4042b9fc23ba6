"""A snapshot says what the database says, and nothing of its rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.snapshot import snapshot_pieces
from fkdash.catalog.snapshot_reading import load_snapshot
from fkdash.catalog.table_name import TableName
from fkdash.db.statements import OpenTransaction
from fkdash.errors import UsageError
from fkdash.rules.registry import findings
from tests.support.commands import fkdash
from tests.support.servers import TestDatabase


@pytest.mark.newest_version
async def test_a_snapshot_is_judged_as_its_database_is(incident_database: TestDatabase, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    await incident_database.execute("alter table audit_log disable trigger all")
    written = await fkdash("snapshot", incident_database.dsn, "-o", str(file))
    assert written.returncode == 0, written.stderr
    live = await fkdash("check", incident_database.dsn, "--no-counts", "--format", "json")
    read = await fkdash("check", "--from", str(file), "--format", "json")
    assert live.returncode == read.returncode == 1, read.stderr

    def told(document: str) -> list[tuple[str, ...]]:
        found = json.loads(document)["findings"]
        return sorted((each["rule"], str(each["constraint"]), each["fingerprint"]) for each in found)

    assert told(live.stdout) == told(read.stdout)
    assert {each["rule"] for each in json.loads(read.stdout)["coverage"]["not_asked"]} == {
        "FK118",
        "FK119",
        "FK205",
        "FK303",
    }
    text = file.read_text(encoding="utf-8")
    assert '"acme"' not in text
    assert "postgres" not in text
    again = load_snapshot(file)
    assert "".join(snapshot_pieces(again)) == text
    assert len(findings(again)) >= len(told(live.stdout))


BESIDE = """
create table p (id int primary key);
create table c (id int primary key, a int, p_id int references p on delete cascade);
create function f() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger t before update of p_id, a or delete on c for each row when (old.a > 1) execute function f();
create rule r as on delete to c where (old.a = 7) do instead delete from c where id = 0;
create table m (k int, id int) partition by list (k);
create table m1 partition of m for values in (1, null);
alter table p replica identity using index p_pkey;
"""


async def test_triggers_rules_and_partitions_are_in_a_snapshot_as_the_server_has_them(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(BESIDE)
    file = tmp_path / "schema.json"
    written = await fkdash("snapshot", database.dsn, "-o", str(file))
    assert written.returncode == 0, written.stderr
    connection = await database.connection()
    async with connection.transaction():
        live = await read_catalog(OpenTransaction(connection, where="the test's server", statement_seconds=None))
    read = load_snapshot(file)
    for name, table in live.tables.items():
        again = read.tables[name]
        assert (again.triggers or ()) == (table.triggers or ()), name
        assert again.rules == table.rules
        assert (again.nulls_into, again.partition_key) == (table.nulls_into, table.partition_key)
        assert again.values_without_partition == table.values_without_partition
        assert [each.replica_identity for each in again.indexes] == [
            each.replica_identity for each in table.indexes
        ]
    [trigger] = read.tables[TableName("public", "c")].triggers or ()
    assert trigger.code is not None
    assert (trigger.columns, trigger.conditional, trigger.code.language) == ((3, 2), True, "plpgsql")
    assert read.tables[TableName("public", "m")].nulls_into == TableName("public", "m1")


@pytest.mark.newest_version
async def test_a_link_that_somebody_left_beside_a_snapshot_is_not_written_through(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.write_text("as it was")
    (tmp_path / "schema.json.part").symlink_to(mine)
    written = await fkdash("snapshot", incident_database.dsn, "-o", str(tmp_path / "schema.json"))
    assert (written.returncode, mine.read_text()) == (0, "as it was")
    assert json.loads((tmp_path / "schema.json").read_text())["kind"] == "snapshot"


@pytest.mark.newest_version
async def test_plans_and_lists_are_made_from_a_snapshot(incident_database: TestDatabase, tmp_path: Path) -> None:
    file = str(tmp_path / "schema.json")
    await fkdash("snapshot", incident_database.dsn, "-o", file)
    name = "users_primary_workspace_id_workspaces_id_fk"
    for command in (("list",), ("fix", "plan", name), ("fix", "plan", name, "--option", "no-action")):
        live = await fkdash(*command, incident_database.dsn)
        read = await fkdash(*command, "--from", file)
        assert (live.returncode, read.returncode) == (0, 0), read.stderr
        assert name in read.stdout
    both = await fkdash("list", incident_database.dsn, "--from", file)
    assert (both.returncode, "a database cannot be read too" in both.stderr) == (2, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"fkdash": 1, "kind": "check"}',
        '{"fkdash": 1, "kind": "snapshot", "version": 2}',
        '{"fkdash": 1, "kind": "snapshot", "version": 1, "server": null, "domains": [], "tables": [{}], "foreign_keys": []}',
    ],
)
def test_another_file_is_refused_in_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError):
        load_snapshot(file)


_CIRCLES = """
create domain d1 as int; create domain d2 as d1;
create table whole (a int primary key) partition by range (a);
create table part partition of whole for values from (0) to (10) partition by range (a);
create table parent (id int primary key); create table heir () inherits (parent);
create table c (x int references whole on delete cascade, z d2);
"""
_EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a domain": lambda said: said["domains"][0].update(base=["public", "d2"]),
    "a partition": lambda said: _named(said, "whole").update(partition_of=["public", "part"]),
    "an heir": lambda said: _named(said, "parent").update(inherits=[["public", "heir"]]),
    "a column that is set to NULL": lambda said: said["foreign_keys"][0].update(delete_columns=["nobody"]),
    "no operator": lambda said: said["foreign_keys"][0].pop("operators"),
    "half a copy": lambda said: said["foreign_keys"][0].update(copies=[["public", "c"]]),
    "a key of an expression": lambda said: _named(said, "parent")["indexes"][0].update(columns=[0]),
    "an index of nothing": lambda said: _named(said, "parent")["indexes"][0].update(columns=[]),
    "more operator classes": lambda said: _named(said, "parent")["indexes"][0].update(opclasses=["a", "b"]),
}


def _named(said: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in said["tables"] if each["name"] == name)
    return found


@pytest.mark.newest_version
async def test_a_snapshot_that_leads_nowhere_or_in_a_circle_is_a_damaged_one(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_CIRCLES)
    written = await fkdash("snapshot", database.dsn)
    file = tmp_path / "schema.json"
    file.write_text(written.stdout, encoding="utf-8")
    assert load_snapshot(file).foreign_keys
    for edit in _EDITS.values():
        said = json.loads(written.stdout)
        edit(said)
        file.write_text(json.dumps(said), encoding="utf-8")
        with pytest.raises(UsageError, match="damaged snapshot"):
            load_snapshot(file)
