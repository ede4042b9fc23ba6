"""A plan as data: there and back as JSON, as a script for psql, edited, and carried to another database."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fkdash.errors import AlreadySoError, UsageError
from fkdash.fix.fix_for import anything_about, subjects_of
from fkdash.fix.options import options
from fkdash.fix.plan import Plan
from fkdash.fix.plan_file.carry import planned_here
from fkdash.fix.plan_file.document import plan_document, plan_of
from fkdash.fix.plan_file.edited import edited
from fkdash.fix.plan_file.editing import editable, from_text
from fkdash.fix.plan_file.fingerprint import differences
from fkdash.report.fix.plan import plan_sql, plan_text
from tests.support.changes import Workbench, workbench
from tests.support.pasting import carried_out
from tests.support.servers import TestDatabase, fresh_database

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
                    of = ["4"] if option.of_rows else []
                    made[key.name, option.id] = await bench.plan(key.name, option.id, words=words, of=of)
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
        await carried_out(database.dsn, plan_sql(made))
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
            with pytest.raises(AlreadySoError, match="is so already"):
                planned_here(await there.look(), made)
            assert (await there.apply(_ODD, "no-action")).outcome == "verified"
            with pytest.raises(UsageError) as refused:
                planned_here(await there.look(), made)
            assert "ON DELETE CASCADE" in refused.value.next_step
            assert "ON DELETE CASCADE, here" in refused.value.next_step
            await other.execute("drop table children")
            with pytest.raises(UsageError, match="is not in this database"):
                planned_here(await there.look(), made)


@pytest.mark.newest_version
async def test_a_plan_is_not_carried_out_after_the_default_it_would_write_has_changed(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute("""
        create table p (id int primary key); insert into p values (0);
        create table c (id int primary key, pid int not null default 0 constraint fk references p on delete set null);
    """)
    async with workbench(database, tmp_path) as bench:
        made = await bench.plan("fk", "set-default")
        await database.execute("alter table c alter pid set default 7")
        with pytest.raises(UsageError) as refused:
            planned_here(await bench.look(), made)
        assert "default: planned for 0, here it is 7" in refused.value.next_step
        assert (await bench.carry_out(made, look_first=False)).outcome == "stopped"
    assert await database.value("select confdeltype::text from pg_constraint where conname = 'fk'") == "n"


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


@pytest.mark.newest_version
async def test_an_edit_cannot_smuggle_anything_past_the_check(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_TABLES)
    await database.execute("comment on constraint twin on children is 'said'")
    async with workbench(database, tmp_path) as bench:
        swap = await bench.plan("twin", "restrict")
        nullable = await bench.plan("unchecked", "drop-not-null")
        index = await bench.plan("twin", "create-index")
        keep = await bench.plan("unchecked", "delete-orphans")
    sql = swap.steps[0].sql
    smuggled = {
        "another action": (swap, 1, sql.replace("RESTRICT", "CASCADE")),
        "another constraint": (swap, 1, sql.replace('DROP CONSTRAINT "twin"', 'DROP CONSTRAINT "unchecked"')),
        "a function in a CHECK": (swap, 1, sql.replace('ADD CONSTRAINT "twin"', 'ADD CONSTRAINT "twin" CHECK (wipe(id) > 0), ADD CONSTRAINT "twin"')),
        "a function instead of the key": (swap, 1, sql.split("ADD CONSTRAINT")[0] + 'ADD CONSTRAINT "twin" CHECK (wipe(id) > 0)'),
        "another column": (nullable, 1, nullable.steps[0].sql.replace("wanted", "id")),
        "an action behind a carriage return": (swap, 1, sql + " -- so\r, drop column wanted"),
        "a comment that ends early": (swap, 1, sql + " /* /* */ */, disable trigger all"),
        "a name that only folds alike": (swap, 1, sql.replace('"children"', "ch\u0130ldren")),
        "a name in Unicode escapes": (swap, 1, sql.replace('"twin"', 'U&"tw\\0069n"')),
        "a DO block": (swap, 1, "do $$ begin drop table children; end $$"),
        "a second statement": (swap, 1, sql + "; select wipe(1)"),
        "a search_path": (swap, 1, "set search_path = evil; " + sql),
        "another comment": (swap, 2, swap.steps[1].sql.replace("said", "unsaid")),
        "an expression": (index, 1, index.steps[0].sql.replace('("parent_id")', "(wipe(parent_id))")),
        "a predicate": (index, 1, index.steps[0].sql + " where wipe(parent_id) > 0"),
        "a call in a storage parameter": (index, 1, index.steps[0].sql + " with (fillfactor = wipe(1))"),
        "a column that is not the key's": (index, 1, index.steps[0].sql.replace('"parent_id")', '"wanted")')),
        "another query": (keep, 1, keep.steps[0].sql.replace("pg_catalog.now()", "wipe(1)")),
        "a changed repair": (keep, 2, keep.steps[1].sql.replace("LIMIT 2000", "LIMIT 1")),
    }  # fmt: skip
    for what, (made, number, text) in smuggled.items():
        assert edited(made, {number: text})[1], what
    harmless = {
        "the actions in another order": (swap, 1, _reordered(sql)),
        "a tablespace": (index, 1, index.steps[0].sql + ' tablespace "pg_default"'),
        "a column to include": (index, 1, index.steps[0].sql + " include (wanted) with (fillfactor = 80)"),
    }
    for what, (made, number, text) in harmless.items():
        assert edited(made, {number: text})[1] == (), what


def _reordered(sql: str) -> str:
    head, dropped, added = sql.replace(",\n", "\n").split("\n")
    return f"{head}\n{added},\n{dropped}"


@pytest.mark.newest_version
async def test_a_plan_is_edited_as_one_text_with_a_line_above_each_step(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(_TABLES)
    async with workbench(database, tmp_path) as bench:
        made = await bench.plan("twin", "restrict")
    text = editable(made)
    assert from_text(made, text) == (made, ())
    changed, objections = from_text(
        made, text.replace("-- step 2: check", "-- hello").replace("RESTRICT", "CASCADE")
    )
    assert objections == (
        "step 2: the line above it, -- step 2: check, is missing",
        "step 1: it is more than one statement",
    )
    assert "CASCADE" in changed.steps[0].sql
    assert "VALIDATE" in changed.steps[0].sql
    assert [step.number for step in changed.steps] == [1]
    changed, objections = from_text(made, "drop table children;\n" + text)
    assert objections == (
        "there is text above the first step, which belongs to none",
        "step 1: it is more than one statement",
    )
    assert changed.steps[0].sql.startswith("drop table children;")
