"""What the server refuses of the rows that a plan writes is found before its first statement, and named.

Also where no preflight has said so: what code decides is tried, what anybody did meanwhile, and rows that are made.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.apply.events import RunEnded, RunOutcome
from fkdash.apply.proof.rehearsal import rehearse
from fkdash.db.writing import open_writer
from tests.support.changes import Workbench, good, owner_of, workbench

TABLES = """
create table elders (id int primary key);
create domain small as int check (value < 100);
create table parents (id int primary key, name varchar(3), elder int references elders, one int unique, few small,
  late int unique deferrable initially deferred, exclude using btree (name with =));
create table children (id int primary key, parent_id bigint, note text);
create table grandchildren (id int primary key, child_id int references children);
insert into parents (id) select generate_series(1, 5);
insert into children select g, 1 + g % 20, 'n' || g from generate_series(1, 100) g;
alter table children add constraint ck foreign key (parent_id) references parents not valid;
"""
_TRIGGER = """
create function refuse() returns trigger language plpgsql as
  'begin if new.id > 15 then raise exception ''no %'', new.id; end if; return new; end';
create trigger refusing before {event} on {table} for each row execute function refuse();
"""
_STATE = """
select array[(select md5(string_agg(p::text, '|' order by p::text)) from parents p),
             (select md5(string_agg(c::text, '|' order by c::text)) from children c),
             (select pg_get_constraintdef(oid) || oid from pg_constraint where conname = 'ck'),
             (select count(*)::text from pg_class where relname like 'fkdash%')]
"""
_MADE = [
    ("alter table parents add check (id <= 15)", [], "5 of 15 rows of parents", "id = 16", "23514"),
    (
        "set session_replication_role = replica; insert into children values (101, 3000000000)",
        [],
        "1 of 16 rows of parents",
        "id = 3000000000",
        "22003",
    ),
    ("select", ["name=long"], "15 rows of parents", "id = 6", "22001"),
    ("select", ["few=100"], "15 rows of parents", "id = 6", "23514"),
    ("select", ["one=7"], "14 of 15 rows of parents", "id = 7", "23505"),
    ("select", ["late=7"], "14 of 15 rows of parents", "id = 7", "23505"),
    ("select", ["name=z"], "14 of 15 rows of parents", "id = 7", "23P01"),
    ("select", ["elder=7"], "15 rows of parents", "id = 6", "23503"),
    (_TRIGGER.format(event="insert", table="parents"), [], "5 of 15 rows of parents", "id = 16", "P0001"),
    ("create rule no as on insert to parents do instead nothing", [], "15 rows of parents", "id = 6", "0A000"),
]
_CHANGED = [
    ("add check (parent_id is not null or id < 50)", "null-orphans", [], "40 of 75 rows", "set to NULL", "23514"),
    ("add unique (parent_id)", "reparent-orphans", ["3"], "15 rows", "re-parented", "23505"),
    ("", "delete-orphans", [], "1 of 75 rows", "deleted", "23503"),
    ("", "quarantine-orphans", [], "1 of 75 rows", "deleted", "23503"),
]


def nothing_begun(ended: RunEnded, *words: str) -> None:
    assert (ended.outcome, ended.exit_code) == (RunOutcome.ROLLED_BACK, 4), ended.message
    assert "Nothing was changed" in ended.next_step
    assert [word for word in words if word not in ended.message] == [], ended.message


@pytest.mark.parametrize("case", _MADE, ids=[f"{each[-1]} {each[1]}" for each in _MADE])
async def test_rows_that_cannot_be_made_again_are_named_before_anything_begins(
    bench: Workbench, case: tuple[str, list[str], str, str, str]
) -> None:
    also, words, rows, first, sqlstate = case
    await bench.database.execute(also)
    before = await bench.database.value(_STATE)
    plan = await bench.plan("ck", "recreate-parents", words=words)
    async with open_writer(bench.pool.target) as writer:
        rehearsed = await rehearse(writer, bench.catalog, plan)
    assert rehearsed.ok is False
    assert rows in rehearsed.detail
    nothing_begun(await bench.carry_out(plan), f"{rows} cannot be made", f"the first with {first}", sqlstate)
    assert await bench.database.value(_STATE) == before


@pytest.mark.parametrize("case", _CHANGED, ids=[each[1] for each in _CHANGED])
async def test_orphans_that_cannot_be_changed_are_named_before_anything_begins(
    bench: Workbench, case: tuple[str, str, list[str], str, str, str]
) -> None:
    altered, option, words, rows, done, sqlstate = case
    if "unique" in altered:
        await bench.database.execute("delete from children where id > 19")
    if altered:
        await bench.database.execute(f"alter table children {altered}")
    await bench.database.execute("insert into grandchildren values (1, 10)")
    before = await bench.database.value(_STATE)
    ended = await bench.apply("ck", option, words=words, look_first=False)
    nothing_begun(ended, f"{rows} of children cannot be {done}", sqlstate)
    assert await bench.database.value(_STATE) == before


@pytest.mark.parametrize(
    ("option", "words", "done"), [("null-blockers", [], "set to NULL"), ("move-blockers", ["3"], "moved")]
)
async def test_blocking_rows_that_cannot_be_changed_are_named_before_anything_begins(
    bench: Workbench, option: str, words: list[str], done: str
) -> None:
    await bench.database.execute(
        "alter table children add check (parent_id is not null), add check (parent_id + id % 20 <> 4)"
    )
    before = await bench.database.value(_STATE)
    ended = await bench.apply_of("ck", option, of=["2"], words=words, look_first=False)
    nothing_begun(ended, f"5 rows of children cannot be {done}", "23514")
    assert await bench.database.value(_STATE) == before


async def test_what_rows_can_do_together_is_not_held_against_each_of_them(bench: Workbench) -> None:
    """Rows that refer to each other can go in one statement, and not one after the other."""
    await bench.database.execute(
        "alter table children add twin int references children;"
        "update children set twin = case id % 20 when 10 then id + 1 when 11 then id - 1 end"
    )
    good(await bench.apply("ck", "delete-orphans"))
    assert await bench.database.value("select count(*) from children") == 25


@pytest.mark.newest_version
async def test_what_may_reach_out_of_the_database_is_run_once_and_for_good(bench: Workbench) -> None:
    await bench.database.execute(
        "create sequence ran; create function ran() returns trigger language plpgsql as"
        " 'begin perform nextval(''ran''); /* dblink */ return new; end';"
        "create trigger runs before insert on parents for each row execute function ran()"
    )
    good(await bench.apply("ck", "recreate-parents"))
    assert await bench.database.value("select last_value from ran") == 15


@pytest.mark.newest_version
async def test_an_owner_that_may_make_no_function_is_told_the_same(bench: Workbench, tmp_path: Path) -> None:
    await bench.database.execute("alter table parents add check (id <= 15)")
    async with owner_of(bench.database, "parents", "children") as dsn:
        for number, revoked in enumerate(("", f"revoke temporary on database {bench.database.name} from public")):
            await bench.database.execute(f"grant create on schema public to public; {revoked}")
            async with workbench(bench.database, tmp_path / str(number), dsn=dsn) as other:
                ended = await other.apply("ck", "recreate-parents")
                nothing_begun(ended, "5 of 15 rows of parents cannot be made", "id = 16", "23514")


@pytest.mark.newest_version
async def test_a_policy_that_refuses_the_rows_is_told_to_the_owner_that_it_binds(
    bench: Workbench, tmp_path: Path
) -> None:
    await bench.database.execute(
        "alter table parents enable row level security, force row level security;"
        "create policy few on parents using (id <= 15)"
    )
    async with owner_of(bench.database, "parents", "children") as dsn:
        await bench.database.execute("grant create on schema public to public")
        async with workbench(bench.database, tmp_path / "other", dsn=dsn) as other:
            ended = await other.carry_out(await other.plan("ck", "recreate-parents"), look_first=False)
            nothing_begun(ended, "5 of 15 rows of parents cannot be made", "id = 16", "42501")
