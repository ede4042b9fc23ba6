"""Repeating a fix that is done is no mistake: it is so already, exit 0, and nothing runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.program import run
from tests.support.servers import TestDatabase

# What is so already is told from the catalog alone, which is the same on every version.
pytestmark = pytest.mark.newest_version

_TABLES = """
create table p (id int primary key); insert into p select generate_series(1, 20);
create table c (id int primary key, p_id int default 3,
  constraint ck foreign key (p_id) references p, constraint twin foreign key (p_id) references p);
create table n (id int primary key, p_id int not null default 3, constraint nk foreign key (p_id) references p on delete set null);
create table o (id int primary key, p_id int);
insert into o select g, 1 + g % 40 from generate_series(1, 100) g;
alter table o add constraint ok foreign key (p_id) references p not valid;
create table v (id int primary key, p_id int references p);
alter table v add constraint vk foreign key (p_id) references p not valid;
create table d (id int primary key, p_id int not null, constraint dk foreign key (p_id) references p on delete set default);
create table t (id int primary key, p_id int not null, constraint tk foreign key (p_id) references p);
alter table t disable trigger all;
"""
_FIXES = {
    "drop-duplicate": "twin",
    "restrict": "ck",
    "set-null": "ck",
    "create-index": "ck",
    "drop-not-null": "nk",
    "delete-orphans": "ok",
    "validate": "vk",
    "set-column-default": "dk",
    "enable-triggers": "tk",
}


@pytest.mark.long
async def test_a_fix_that_is_done_is_so_already_and_exits_0(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_TABLES)
    journals = tmp_path / "fkdash" / "runs"
    for option, name in _FIXES.items():
        words = ("--value", "3") if option == "set-column-default" else ()
        apply = ("fix", "apply", name, "--option", option, *words, "--yes", "--confirm", name, database.dsn)
        first = await run(*apply, state=tmp_path)
        assert first.code == 0, first.err
        before = set(journals.glob("*.jsonl"))
        again = await run(*apply, state=tmp_path)
        assert (again.code, "is so already: " in again.out) == (0, True), (option, again)
        document = json.loads((await run(*apply, "--format", "json", state=tmp_path)).out)
        assert (document["kind"], document["outcome"], document["already"], document["steps"]) == (
            "run", "verified", True, [],
        )  # fmt: skip
        assert set(journals.glob("*.jsonl")) == before


async def test_a_carried_plan_that_was_carried_out_is_so_already(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_TABLES)
    carried = tmp_path / "plan.json"
    carried.write_text(
        (
            await run("fix", "plan", "ck", "--option", "cascade", "--format", "json", database.dsn, state=tmp_path)
        ).out
    )
    apply = ("fix", "apply", "--plan", str(carried), "--yes", "--confirm", "ck", database.dsn)
    assert (await run(*apply, state=tmp_path)).code == 0
    again = await run(*apply, state=tmp_path)
    assert (again.code, "ON DELETE CASCADE" in again.out) == (0, True), again


async def test_another_fix_than_the_one_done_is_not_so_already(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_TABLES)
    planned = await run("fix", "plan", "ck", "--option", "cascade", database.dsn, state=tmp_path)
    assert (planned.code, "ON DELETE CASCADE" in planned.out) == (0, True)
    validating = await run("fix", "plan", "ok", "--option", "validate", database.dsn, state=tmp_path)
    assert (validating.code, "VALIDATE" in validating.out) == (0, True)
