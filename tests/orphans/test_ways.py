"""Every way in which orphans come to be: found by default where a rule doubts the key, and counted right."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from fkdash.catalog.confirmed_references import with_known
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.orphans.references import doubtful, every
from fkdash.orphans.scan import ScannedReference, scan
from tests.support.changes import Workbench, workbench
from tests.support.servers import TestDatabase

_PARENTS = """
create table owners (id int primary key, tenant int, code text unique, unique (tenant, id));
insert into owners select g, g % 3, 'c' || g from generate_series(1, 40) g;
"""
_SWALLOW = "create function swallow() returns trigger language plpgsql as 'begin return null; end';"
_WAYS: Mapping[str, str] = {
    "not_valid": """
        create table not_valid (id int primary key, owner_id int);
        insert into not_valid select g, {owner} from generate_series(1, 90) g;
        alter table not_valid add foreign key (owner_id) references owners not valid;""",
    "swallowed": _SWALLOW
    + """
        create table swallowed (id int primary key, owner_id int references owners on delete cascade);
        insert into swallowed select g, 1 + g % 40 from generate_series(1, 90) g;
        create trigger keep before delete on swallowed for each row execute function swallow();""",
    "silenced": """
        create table silenced (id int primary key, owner_id int references owners);
        alter table silenced disable trigger all;
        insert into silenced select g, {owner} from generate_series(1, 90) g;""",
    "silenced_parent": """
        create table silenced_parent (id int primary key, owner_id int references owners on delete cascade);
        insert into silenced_parent select g, 1 + g % 40 from generate_series(1, 90) g;""",
    "ruled": """
        create table ruled (id int primary key, owner_id int references owners on delete cascade);
        insert into ruled select g, 1 + g % 40 from generate_series(1, 90) g;
        create rule keep as on delete to ruled do instead nothing;""",
    "inherited": """
        create table base (id int primary key, owner_id int references owners);
        create table inherited () inherits (base);
        insert into inherited select g, {owner} from generate_series(1, 90) g;""",
    "at_two_removes": """
        create table between () inherits (base);
        create table at_two_removes () inherits (between);
        insert into at_two_removes select g, {owner} from generate_series(1, 90) g;""",
    "replica": """
        create table replica (id int primary key, owner_id int references owners);
        set session_replication_role = replica;
        insert into replica select g, {owner} from generate_series(1, 90) g;
        reset session_replication_role;""",
    "full": """
        create table "full" (id int primary key, tenant int, owner_id int);
        insert into "full" select g, case when random() < .8 then g % 3 end, {owner} from generate_series(1, 90) g;
        alter table "full" add foreign key (tenant, owner_id) references owners (tenant, id) match full not valid;""",
    "simple": """
        create table simple (id int primary key, tenant int, owner_id int);
        insert into simple select g, case when random() < .8 then g % 3 end, {owner} from generate_series(1, 90) g;
        alter table simple add foreign key (tenant, owner_id) references owners (tenant, id) not valid;""",
    "parts": """
        create table parts (id int primary key, owner_id int references owners) partition by range (id);
        create table parts_1 partition of parts for values from (0) to (40);
        create table parts_2 partition of parts for values from (40) to (400);
        alter table parts_1 disable trigger all;
        insert into parts_1 select g, {owner} from generate_series(1, 39) g;""",
    "cross_type": """
        create table cross_type (id int primary key, owner_id bigint);
        insert into cross_type select g, {owner} * 3000000000 / 3000000000 from generate_series(1, 90) g;
        alter table cross_type add foreign key (owner_id) references owners not valid;""",
    "cross_collation": """
        create table cross_collation (id int primary key, code text collate "C");
        insert into cross_collation select g, 'c' || {owner} from generate_series(1, 90) g;
        alter table cross_collation add foreign key (code) references owners (code) not valid;""",
    "undeclared": """
        create table undeclared (id int primary key, owner_id int);
        insert into undeclared select g, {owner} from generate_series(1, 90) g;""",
    "confirmed": """
        create table confirmed (id int primary key, tenant int, who int);
        insert into confirmed select g, case when random() < .8 then g % 3 end, {owner} from generate_series(1, 90) g;""",
}
_OWNER = "case when random() < .85 then (random() * 60)::int end"
_GONE = """
set session_replication_role = replica; delete from owners where id > 34; reset session_replication_role;
alter table owners disable trigger all; delete from owners where id = 33; alter table owners enable trigger all;
"""
_KNOWN = {"confirmed.(tenant, who)": "owners.(tenant, id)"}


async def filled(database: TestDatabase, seed: int) -> None:
    """Make one table for each way; the random numbers are the server's, from a seed."""
    chosen = random.Random(seed).random()
    connection = await database.connection()
    await connection.execute(f"select setseed({chosen})")
    for script in (_PARENTS, *_WAYS.values(), _GONE):
        await connection.execute(script.format(owner=_OWNER))


async def orphans_by_hand(
    database: TestDatabase, table: str, columns: tuple[str, ...], key: tuple[str, ...]
) -> int:
    """Count in Python, row by row."""
    rows = await database.fetch(f'select {", ".join(columns)} from only "{table}"')
    if table == "parts":
        rows = await database.fetch(f"select {', '.join(columns)} from parts")
    there = {tuple(row) for row in await database.fetch(f"select {', '.join(key)} from only owners")}
    return sum(_is_orphan(tuple(row), there, full=table == "full") for row in rows)


def _is_orphan(row: tuple[object, ...], there: set[tuple[object, ...]], *, full: bool) -> bool:
    nulls = row.count(None)
    if nulls:
        return full and nulls < len(row)
    return row not in there


async def scanned(bench: Workbench, *, everything: bool) -> tuple[ScannedReference, ...]:
    catalog = with_known(await read_whole_catalog(bench.pool), _KNOWN)
    references = every(catalog) if everything else doubtful(catalog)
    return await scan(bench.pool, catalog, references, seconds=20, samples=2)


def by_table(found: Iterable[ScannedReference]) -> dict[str, ScannedReference]:
    return {each.reference.key.table.name: each for each in found}


@pytest.mark.parametrize("seed", range(2))
async def test_the_count_of_every_way_is_what_a_count_by_hand_gives(
    database: TestDatabase, tmp_path: Path, seed: int
) -> None:
    await filled(database, seed)
    async with workbench(database, tmp_path) as bench:
        found = by_table(await scanned(bench, everything=True))
    assert found.keys() == {*_WAYS, "base", "between"}
    for table, each in found.items():
        key = each.reference.key
        by_hand = await orphans_by_hand(database, table, key.columns, key.referenced_columns)
        assert (table, each.orphans.status, each.orphans.rows) == (table, "complete", by_hand)
        assert (by_hand > 0) == (table not in {"base", "between"}), table
        assert len(each.evidence.rows) == min(2, by_hand)


async def test_every_key_that_a_rule_doubts_is_scanned_without_being_asked_for(
    database: TestDatabase, tmp_path: Path
) -> None:
    await filled(database, 1)
    async with workbench(database, tmp_path) as bench:
        found = by_table(await scanned(bench, everything=False))
    # Nothing in the catalog tells of a replica session that has ended, nor of triggers that are enabled again.
    assert found.keys() == {*_WAYS, "base", "between"} - {"replica", "silenced_parent"}
    assert {name: each.reference.rules for name, each in found.items() if each.reference.declared} == {
        "not_valid": ("FK201",),
        "swallowed": ("FK204",),
        "silenced": ("FK203",),
        "ruled": ("FK208",),
        "base": ("FK209",),
        "full": ("FK201",),
        "simple": ("FK201",),
        "parts": ("FK203",),
        "cross_type": ("FK201",),
        "cross_collation": ("FK201",),
    }
    assert found["confirmed"].reference.confirmed
    assert {found[name].reference.rules for name in ("inherited", "at_two_removes")} == {("FK209",)}


@pytest.mark.minimum_version(18)
async def test_periods_that_several_rows_cover_together_are_no_orphans(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        "create table rooms (id int4range, at daterange, primary key (id, at without overlaps));"
        "create table stays (id int primary key, room int4range, at daterange,"
        "  constraint sk foreign key (room, period at) references rooms (id, period at));"
        "insert into rooms values ('[1,2)', '[2020-01-01,2021-01-01)'), ('[1,2)', '[2021-01-01,2022-01-01)');"
        "set session_replication_role = replica;"
        "insert into stays values (1, '[1,2)', '[2020-06-01,2021-06-01)'), (2, '[1,2)', '[2021-06-01,2022-06-01)'),"
        "  (3, '[5,6)', '[2020-06-01,2020-07-01)'), (4, null, '[2020-06-01,2020-07-01)')"
    )
    async with workbench(database, tmp_path) as bench:
        found = by_table(await scan(bench.pool, bench.catalog, every(bench.catalog), seconds=10, samples=5))
    assert (found["stays"].orphans.rows, found["stays"].orphans.reason) == (2, "")
    assert sorted(row.identity for row in found["stays"].evidence.rows) == [(("id", "2"),), (("id", "3"),)]
