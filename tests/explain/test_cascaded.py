"""A NULL that ON UPDATE CASCADE hands on to a column that must have none, as a real server refuses it."""

from __future__ import annotations

import asyncpg
import pytest

from fkdash.explain.find import explain
from tests.support.looking import catalog_of
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version

SCHEMA = """
create table badges (id int primary key, code text unique);
create table owners (id int primary key, code text not null constraint owners_code references badges (code)
  on update cascade);
create table seats (code text constraint seats_code references badges (code) on update cascade);
insert into badges values (1, 'a'); insert into owners values (1, 'a');
"""
_SET_NULL = """
create table places (id int primary key);
alter table owners add constraint owners_place foreign key (id) references places on delete set null not valid;
alter table owners add place_code text not null default 'p';
create table names (code text unique);
alter table owners add constraint owners_name foreign key (code) references names (code) on delete set null not valid;
"""


async def _refused(database: TestDatabase, statement: str) -> str:
    with pytest.raises(asyncpg.NotNullViolationError) as caught:
        await database.execute(statement)
    return f"ERROR:  {caught.value.message}\nDETAIL:  {caught.value.detail}"


async def test_a_null_handed_on_leads_to_the_key_that_hands_it_on(database: TestDatabase) -> None:
    await database.execute(SCHEMA)
    text = await _refused(database, "update badges set code = null")
    for pasted in (text, f"{text}\nSTATEMENT:  update badges set code = null"):
        [answer] = explain(await catalog_of(database), pasted).answers
        assert answer.key.name == "owners_code"
        assert "when code of a row of badges becomes NULL" in answer.message
    for other in ("delete from badges", "update owners set code = null", "update seats set code = null"):
        assert explain(await catalog_of(database), f"{text}\nSTATEMENT:  {other}").answers == ()


async def test_where_another_key_may_have_written_the_null_both_are_told(database: TestDatabase) -> None:
    await database.execute(SCHEMA + _SET_NULL)
    text = await _refused(database, "update badges set code = null")
    found = explain(await catalog_of(database), text)
    assert {each.key.name for each in found.answers} == {"owners_name", "owners_code"}
    assert found.ambiguous
