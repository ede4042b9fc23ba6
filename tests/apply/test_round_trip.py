"""Everything that defines a foreign key survives a change of its action, and the way back restores it."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

from fkdash.apply.events import RunOutcome
from fkdash.apply.journal.recovery import recorded_run, undo_plan
from fkdash.catalog.table_name import quoted
from fkdash.fix.statements.definition import definition
from tests.support.changes import Workbench, workbench
from tests.support.definitions import server_definition
from tests.support.servers import TestDatabase

_ODD = (
    "plain",
    "Mixed Case",
    'quo"ted',
    "back\\slash",
    "new\nline",
    "per%cent",
    "ünïcode",
    "x" * 63,
    "select",
    "a'b",
)
_ACTION = re.compile(r" ON DELETE (CASCADE|RESTRICT|SET NULL( \([^)]*\))?)")
_SAME = """select conname, pg_get_constraintdef(oid) as definition, obj_description(oid, 'pg_constraint') as comment,
  conpfeqop::text as operators, confdelsetcols_text, conindid::regclass::text as index, convalidated
  from (select *, {columns} as confdelsetcols_text from pg_constraint) c
  where contype = 'f' and conparentid = 0 order by conname"""


@dataclass
class Made:
    statements: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def generated(version: int, seed: int, count: int) -> Made:
    """Make `count` foreign keys whose attributes are drawn at random, each on tables of its own."""
    chance = random.Random(seed)
    made = Made(["create schema other"])
    for number in range(count):
        _one(made, version, chance, number)
    return made


def _one(made: Made, version: int, chance: random.Random, number: int) -> None:
    odd = chance.choice(_ODD)
    wide = chance.random() < 0.4
    child = f"public.{quoted(f'c{number} {odd}'[:60])}"
    parent = f"{chance.choice(['public', 'other'])}.{quoted(f'p{number} {odd}'[:60])}"
    a, b, x, y = (quoted(f"{name}{odd}"[:63]) for name in "abxy")
    kind, other = chance.choice(
        [("int", "bigint"), ("bigint", "int"), ("text", "varchar(40)"), ("uuid", "uuid"), ("int", "int")]
    )
    columns, others = (f"{a}, {b}", f"{x}, {y}") if wide else (a, x)
    name = f"{number}{odd}"[:63]
    match = " MATCH FULL" if chance.random() < 0.3 else ""
    update = chance.choice(["", " ON UPDATE CASCADE", " ON UPDATE RESTRICT", " ON UPDATE SET NULL"])
    deleted = chance.choice(["", " ON DELETE CASCADE", " ON DELETE RESTRICT", " ON DELETE SET NULL"])
    if deleted == " ON DELETE SET NULL" and wide and not match and version >= 15 and chance.random() < 0.7:
        deleted += f" ({b})"
    deferred = chance.choice(["", "", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"])
    state = chance.choice(["", "", " NOT VALID"])
    if version >= 18 and chance.random() < 0.2:
        state = " NOT ENFORCED"
    made.statements += [
        f"create table {parent} ({x} {other}, {y} int, primary key ({others}))",
        f"create table {child} (id int, {a} {kind}, {b} int)",
        (
            f"alter table {child} add constraint {quoted(name)} foreign key ({columns}) "
            f"references {parent} ({others}){match}{update}{deleted}{deferred}{state}"
        ),
    ]
    if chance.random() < 0.5:
        comment = f"why {odd}".replace("'", "''").replace("\\", "\\\\")
        made.statements.append(f"comment on constraint {quoted(name)} on {child} is E'{comment}'")
    made.names.append(name)


async def _state(database: TestDatabase) -> dict[str, tuple[object, ...]]:
    columns = "confdelsetcols::text" if database.version >= 15 else "''"
    await database.execute("set search_path = pg_catalog")
    rows = await database.fetch(_SAME.format(columns=columns))
    return {row["conname"]: tuple(row) for row in rows}


def _without_action(row: tuple[object, ...]) -> tuple[object, ...]:
    name, spelled, comment, operators, _, *rest = row
    return (name, _ACTION.sub("", str(spelled)), comment, operators, *rest)


def _other_action(bench: Workbench, name: str) -> str:
    return "restrict" if bench.key(name).on_delete != "RESTRICT" else "no-action"


async def test_every_attribute_of_a_key_survives_a_change_of_its_action_and_its_undo(
    database: TestDatabase, tmp_path: Path
) -> None:
    made = generated(database.version, seed=database.version, count=10)
    for statement in made.statements:
        await database.execute(statement)
    before = await _state(database)
    async with workbench(database, tmp_path) as bench:
        for name in made.names:
            ended = await bench.apply(name, _other_action(bench, name))
            assert (ended.outcome, name) == (RunOutcome.VERIFIED, name), ended.message
            changed = await _state(database)
            assert _without_action(changed[name]) == _without_action(before[name])
            await bench.look()
            back = await bench.carry_out(undo_plan(bench.catalog, recorded_run(ended.journal).plan))
            assert (back.outcome, name) == (RunOutcome.VERIFIED, name), back.message
            assert (await _state(database))[name] == before[name]
            await bench.look()
    assert await _state(database) == before


async def test_a_definition_is_spelled_as_the_server_spells_it(database: TestDatabase, tmp_path: Path) -> None:
    made = generated(database.version, seed=1000 + database.version, count=120)
    await database.execute("begin")
    for statement in made.statements:
        await database.execute(statement)
    if database.version >= 18:
        await database.execute(
            "create table public.pp (id int4range, during daterange, primary key (id, during without overlaps));"
            "create table public.pc (id int4range, during daterange, constraint temporal foreign key (id, period during) "
            "references public.pp (id, period during))"
        )
    await database.execute("commit")
    async with workbench(database, tmp_path) as bench, bench.pool.session() as session:
        assert len(bench.catalog.foreign_keys) >= 120
        for key in bench.catalog.foreign_keys:
            theirs = await server_definition(session, key)
            assert _bare(definition(key)) == _bare(theirs)


def _bare(spelled: str) -> str:
    """Leave out what differs without a meaning: quotes that need not be there, and spaces."""
    return spelled.replace('"', "").replace(" ", "")
