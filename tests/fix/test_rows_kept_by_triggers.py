"""An option whose action a BEFORE trigger can swallow says so: the row stays, and refers to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fkdash.catalog.names import find_foreign_key
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.fix.fix_for import anything_about
from fkdash.fix.options import options
from fkdash.fix.planner import plan
from tests.support.looking import reading

if TYPE_CHECKING:
    from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version

_TABLES = """
create table p (id int primary key);
create table c (id int primary key, pid int constraint c_p references p);
insert into p values (1); insert into c values (1, 1);
create function f() returns trigger language plpgsql as $$ begin {} end $$;
create trigger held before {} on c for each row execute function f();
"""
_KEPT = "trigger held of c can keep such a row of c as it is, and it then refers to nothing"


@pytest.mark.parametrize(
    ("event", "body", "option", "orphans"),
    [
        ("delete", "return null;", "cascade", 1),
        ("delete", "return old;", "cascade", 0),
        ("delete", "return null;", "set-null", 0),
        ("update", "new.pid := old.pid; return new;", "set-null", 1),
        ("update of id", "return null;", "set-null", 0),
        ("update", "return null;", "cascade", 0),
        ("delete or update", "return null;", "no-action", 0),
    ],
)
async def test_an_action_that_a_trigger_swallows_is_offered_with_what_it_leaves(
    database: TestDatabase, event: str, body: str, option: str, orphans: int
) -> None:
    # The key refuses as it is, or acts where NO ACTION is asked for.
    changed = (
        "alter table c drop constraint c_p, add constraint c_p foreign key (pid) references p on delete cascade;"
    )
    await database.execute(_TABLES.format(body, event) + (changed if option == "no-action" else ""))
    async with reading(database) as pool:
        catalog = await read_whole_catalog(pool)
    finding = anything_about(find_foreign_key(catalog, "c_p"))
    offered = {each.id: each for each in options(catalog, finding)}[option]
    made = plan(catalog, finding, option)
    assert any(_KEPT in said for said in made.consequences) == (_KEPT in offered.then) == (orphans > 0)
    if option == "no-action":
        return
    for step in made.steps:
        await database.execute(step.sql)
    await database.execute("delete from p")
    left = "select count(*) from c where pid is not null and not exists (select from p where p.id = c.pid)"
    assert await database.value(left) == orphans
