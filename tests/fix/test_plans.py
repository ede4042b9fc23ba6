"""A plan as data: there and back as JSON, as a script for psql, edited, and carried to another database."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from fkdash.errors import UsageError
from fkdash.fix.carried import planned_here
from fkdash.fix.document import plan_document, plan_of
from fkdash.fix.edited import edited
from fkdash.fix.fingerprint import differences
from fkdash.fix.options import options
from fkdash.fix.plan import Plan
from fkdash.fix.subject import anything_about, subjects_of
from fkdash.report.plan import plan_sql, plan_text
from tests.support.changes import Workbench, workbench
from tests.support.servers import TestDatabase, fresh_database, psql

_ODD = "we\\ird\"\n'name"
_TABLES = """
create schema "other ""one";
create table "other ""one".parents (id int primary key);
create table children (id int primary key, parent_id int default 1, wanted int not null, constraint "{odd}" foreign key (parent_id)
  references "other ""one".parents on delete cascade, constraint twin foreign key (parent_id)
  references "other ""one".parents);
alter table children add constraint unchecked foreign key (wanted) references "other ""one".parents on delete set null not valid;
comment on constraint "{odd}" on children is E'it\\\\s "odd"';
insert into "other ""one".parents select generate_series(1, 20);
insert into children select g, 1 + g % 10, 1 + g % 7 from generate_series(1, 100) g;
""".format(odd=_ODD.replace('"', '""'))


async def every_plan(bench: Workbench) -> dict[tuple[str, str], Plan]:
    made = {}
    for key in bench.catalog.foreign_keys:
        for finding in (*subjects_of(bench.catalog, key), anything_about(key)):
            for option in options(bench.catalog, finding):
                if not option.refused:
                    words = ["3"] if option.asks else []
                    made[key.name, option.id] = await bench.plan(key.name, option.id, words=words)
    return made


async def test_a_plan_survives_being_a_document(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_TABLES)
    async with workbench(database, tmp_path) as bench:
        plans = await every_plan(bench)
    assert {option for _, option in plans} >= {
        "no-action", "restrict", "cascade", "set-null", "set-default", "drop-not-null", "validate", "create-index",
        "drop-duplicate", "null-orphans", "delete-orphans", "reparent-orphans", "set-column-default",
    }  # fmt: skip
    for made in plans.values():
        back = plan_of(json.loads(json.dumps(plan_document(made))))
        assert back == made
        assert differences(back.objects, made.objects) == ()
        assert plan_text(made)


@pytest.mark.parametrize(
    "option", ["restrict", "drop-duplicate", "create-index", "delete-orphans", "drop-not-null"]
)
async def test_an_exported_script_runs_in_psql_and_reaches_the_goal(
    database: TestDatabase, tmp_path: Path, option: str
) -> None:
    await database.execute(_TABLES)
    name = "unchecked" if option in {"delete-orphans", "drop-not-null"} else _ODD
    async with workbench(database, tmp_path) as bench:
        made = await bench.plan(name, option)
        process = await asyncio.create_subprocess_exec(
            psql(), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", database.socket_directory, "-U", "postgres", database.name,
            stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, err = await process.communicate(plan_sql(made).encode())
        assert process.returncode == 0, err.decode()
        for step in made.steps:
            assert await database.value(step.done_when), step.title


async def test_a_plan_from_another_database_is_made_anew_where_nothing_that_matters_differs(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    async with fresh_database(database.server) as other, workbench(database, tmp_path) as bench:
        await other.execute("create table taken (id int)")
        await other.execute(_TABLES)
        made = plan_of(json.loads(json.dumps(plan_document(await bench.plan(_ODD, "restrict")))))
        async with workbench(other, tmp_path) as there:
            here = planned_here(there.catalog, made)
            assert [step.sql for step in here.steps] == [step.sql for step in made.steps]
            assert (await there.carry_out(here)).outcome == "verified"
            with pytest.raises(UsageError) as refused:
                planned_here(await there.look(), made)
            assert "ON DELETE CASCADE" in refused.value.next_step
            assert "ON DELETE RESTRICT" in refused.value.next_step
            await other.execute("drop table children")
            with pytest.raises(UsageError, match="is not in this database"):
                planned_here(await there.look(), made)


@pytest.mark.newest_version
async def test_edited_sql_is_applied_only_while_it_is_what_the_plan_claims(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    async with workbench(database, tmp_path) as bench:
        made = await bench.plan("twin", "restrict")
        index = await bench.plan("twin", "create-index")
    swap = made.steps[0].sql
    for harmless in (
        swap + " ;",
        swap.lower().replace('"children"', "children"),
        swap.replace("ON DELETE", "/* so */ ON DELETE"),
    ):
        assert edited(made, {1: harmless})[1] == (), harmless
    assert edited(index, {1: index.steps[0].sql + " with (fillfactor = 90)"})[1] == ()
    refused = {
        "; drop table children": "more than one statement",
        ", drop column wanted": "is not part of this step",
        ", disable trigger all": "is not part of this step",
    }
    for addition, reason in refused.items():
        assert reason in "".join(edited(made, {1: swap + addition})[1]), addition
    for other, reason in {
        "drop table children": "instead of ALTER TABLE",
        swap.replace(
            '"public"."children"', '"public"."elsewhere"'
        ): "public.elsewhere is none of the plan's tables",
        swap.replace('"public"."children"', "children"): "not schema-qualified",
        swap.split(",")[0]: "ADD CONSTRAINT is missing",
        "alter table 'x": "cannot be read",
    }.items():
        assert reason in "".join(edited(made, {1: other})[1]), other
    assert edited(index, {1: index.steps[0].sql.replace("CONCURRENTLY", "")})[1] == (
        "step 1: CONCURRENTLY was added or taken away",
    )
    assert edited(made, {9: "select 1"})[1] == ("there is no step 9",)
    with pytest.raises(UsageError, match="edited into something else"):
        planned_here(
            bench.catalog, replace(made, steps=(replace(made.steps[0], sql="drop table x"), *made.steps[1:]))
        )


def test_a_file_that_is_no_plan_is_refused_in_words() -> None:
    for document in (
        {},
        {"fkdash": 1, "kind": "check"},
        {"fkdash": 1, "kind": "plan", "from": 3},
        {"fkdash": 2, "kind": "plan"},
    ):
        with pytest.raises(UsageError):
            plan_of(document)
