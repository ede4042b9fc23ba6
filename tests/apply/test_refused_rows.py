"""A repair that the table's other constraints refuse stops before its first statement, with their names."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from fkdash.apply.events import RunOutcome
from fkdash.apply.proof.preflight import PreflightLine, Standing
from tests.support.changes import Workbench, good

TABLES = """
create table parents (id int primary key);
insert into parents select generate_series(1, 5);
create table alone (id int primary key, parent_id int unique);
create table checked (id int primary key, parent_id int, kind text,
  constraint kind_ck check (parent_id is not null or kind = 'x'));
create table apart (id int primary key, parent_id int, constraint apart_ex exclude using btree (parent_id with =));
create table held (id int primary key, parent_id int unique);
create table holding (id int primary key, held_id int constraint holding_fk references held,
  parent_id int constraint by_parent references held (parent_id));
create table parted (id int, parent_id int) partition by list (parent_id);
create table parted_1 partition of parted for values in (1, 2, 8, 9);
create table emptied (id int primary key, parent_id int);
create unique index emptied_once on emptied ((parent_id is null)) where parent_id is null;
set session_replication_role = replica;
insert into alone values (1, 8), (2, 9);
insert into checked values (1, 8, 'x'), (2, 8, 'y');
insert into apart values (1, 8), (2, 9);
insert into held values (1, 8);
insert into holding values (1, 1, 8);
insert into parted_1 values (1, 8);
insert into emptied values (1, 8), (2, 9);
reset session_replication_role;
alter table alone add constraint of_alone foreign key (parent_id) references parents not valid;
alter table checked add constraint of_checked foreign key (parent_id) references parents not valid;
alter table apart add constraint of_apart foreign key (parent_id) references parents not valid;
alter table held add constraint of_held foreign key (parent_id) references parents not valid;
alter table parted_1 add constraint of_parted foreign key (parent_id) references parents not valid;
alter table emptied add constraint of_emptied foreign key (parent_id) references parents not valid;
"""


@dataclass(frozen=True)
class Refused:
    key: str
    option: str
    said: str
    sqlstate: str
    words: list[str] = field(default_factory=list)


_REFUSED = [
    Refused("of_alone", "reparent-orphans", "alone_parent_id_key of public.alone (23505, 1 row)", "23505", ["3"]),
    Refused("of_checked", "null-orphans", "kind_ck of public.checked (23514, 1 row)", "23514"),
    Refused("of_apart", "reparent-orphans", "apart_ex of public.apart (23P01, 1 row)", "23P01", ["3"]),
    Refused("of_held", "reparent-orphans", "by_parent of public.holding (23503, 1 row)", "23503", ["3"]),
    Refused("of_held", "delete-orphans", "holding_fk of public.holding (23503, 1 row)", "23503"),
    Refused("of_held", "quarantine-orphans", "by_parent of public.holding (23503, 1 row)", "23503"),
    Refused(
        "of_parted", "reparent-orphans", "public.parted, which has no partition for that (23514, 1 row)", "23514",
        ["3"],
    ),
    Refused("of_emptied", "null-orphans", "emptied_once of public.emptied (23505, 1 row)", "23505"),
]  # fmt: skip


def stops(lines: tuple[PreflightLine, ...]) -> list[str]:
    return [line.what for line in lines if line.standing is Standing.STOP]


@pytest.mark.parametrize("case", _REFUSED, ids=lambda case: f"{case.key} {case.option}")
async def test_what_would_refuse_a_repair_is_named_before_it_begins(bench: Workbench, case: Refused) -> None:
    chosen = await bench.plan(case.key, case.option, words=case.words)
    [stop] = stops(await bench.preflight(chosen))
    assert "would be refused by" in stop
    assert case.said in stop
    ended = await bench.carry_out(chosen, look_first=False)
    assert ended.outcome is RunOutcome.ROLLED_BACK
    assert f"({case.sqlstate})" in ended.message


@pytest.mark.parametrize(
    ("key", "option", "words"),
    [
        ("of_checked", "reparent-orphans", ["3"]),
        ("of_apart", "null-orphans", []),
        ("of_alone", "null-orphans", []),
        ("of_emptied", "reparent-orphans", ["3"]),
        ("of_parted", "reparent-orphans", ["2"]),
    ],
)
async def test_a_repair_that_nothing_refuses_passes(
    bench: Workbench, key: str, option: str, words: list[str]
) -> None:
    chosen = await bench.plan(key, option, words=words)
    assert stops(await bench.preflight(chosen)) == []
    good(await bench.carry_out(chosen))


async def test_rows_that_hold_others_back_are_asked_for_too(bench: Workbench) -> None:
    await bench.database.execute("insert into alone values (3, 1), (4, 2)")
    chosen = await bench.plan("of_alone", "move-blockers", words=["2"], of=["1"])
    [stop] = stops(await bench.preflight(chosen))
    assert "pointing the rows elsewhere would be refused by alone_parent_id_key of public.alone" in stop


async def test_what_code_decides_is_said_not_to_be_known(bench: Workbench) -> None:
    await bench.database.execute(
        "create function noted() returns trigger language plpgsql as 'begin return new; end';"
        "create trigger audit before update on checked for each row execute function noted()"
    )
    lines = await bench.preflight(await bench.plan("of_checked", "reparent-orphans", words=["3"]))
    assert stops(lines) == []
    assert any("whether anything refuses pointing the rows elsewhere is not known" in line.what for line in lines)


async def test_rows_that_another_key_would_not_let_back_are_counted_before_they_go(bench: Workbench) -> None:
    await bench.database.execute(
        "create table twice (id int primary key, parent_id int, held_id int);"
        "insert into twice values (1, 8, 7), (2, 8, 1), (3, 1, 1);"
        "alter table twice add constraint by_held foreign key (held_id) references held not valid,"
        "  add constraint of_twice foreign key (parent_id) references parents not valid"
    )
    chosen = await bench.plan("of_twice", "delete-orphans")
    [warned] = [line.what for line in await bench.preflight(chosen) if "either" in line.what]
    assert warned == "1 of the rows refers to nothing by by_held either"
    ended = await bench.carry_out(chosen)
    good(ended)
    back = await bench.undo(ended)
    assert back.outcome is RunOutcome.ROLLED_BACK
    assert 'constraint "by_held"' in back.message
    await bench.database.execute("insert into held values (7, null)")
    good(await bench.undo(ended))
    assert await bench.database.value("select count(*) from twice") == 3


@pytest.mark.parametrize(("action", "lost"), [("cascade", False), ("set null", True), ("set default", True)])
async def test_an_undo_says_which_rows_followed_the_written_value_and_do_not_come_back(
    bench: Workbench, action: str, lost: bool
) -> None:
    await bench.database.execute(
        f"create table following (id int primary key, held int references held (parent_id) on update {action})"
    )
    by_option = {
        option: (await bench.plan("of_held", option, words=words)).undo_condition
        for option, words in (("null-orphans", []), ("reparent-orphans", ["3"]))
    }
    said = "; not what that changes in public.following"
    assert by_option["null-orphans"].endswith(said)
    assert by_option["reparent-orphans"].endswith(said) is lost
