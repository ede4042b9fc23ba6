"""What is advised: the rows to look at, the key to change, or neither where an error is no row's."""

from __future__ import annotations

import pytest

from fkdash.catalog.action import Action
from fkdash.explain.find import explain
from fkdash.explain.model import Changed, with_changes
from tests.explain.raising import LINES, keys_of, made, raised
from tests.support.servers import TestDatabase

_newest = pytest.mark.newest_version


_REQUESTS = """
create table request (id int not null, at date not null, primary key (id, at)) partition by range (at);
create table request_2024 partition of request for values from ('2024-01-01') to ('2025-01-01');
create table task (request_id int, request_at date,
  constraint task_request foreign key (request_id, request_at) references request on delete cascade);
insert into request values (1, '2024-02-02'); insert into task values (1, '2024-02-02');
"""


async def test_detaching_or_dropping_a_partition_gets_no_advice_for_deletes(database: TestDatabase) -> None:
    catalog = await made(database, _REQUESTS)
    detach = await raised(database, "alter table request detach partition request_2024")
    [answer] = explain(catalog, detach).answers
    assert "rows of task (request_id, request_at) refer to rows of request_2024" in answer.message
    assert "then detach" in answer.next_step
    dropped = (
        "ERROR:  cannot drop table request_2024 because other objects depend on it\n"
        "DETAIL:  constraint task_request on table task depends on table request_2024\n"
        "HINT:  Use DROP ... CASCADE to drop the dependent objects too."
    )
    [answer] = explain(catalog, dropped).answers
    assert (answer.sqlstate, "of the whole partitioned table request" in answer.message) == ("2BP01", True)


@_newest
async def test_a_key_that_could_not_be_added_is_told_with_the_way_to_its_rows(database: TestDatabase) -> None:
    catalog = await made(
        database,
        "create table stock_rule (id int primary key); create table stock_move (id int primary key, rule_id int);"
        "insert into stock_rule values (2); insert into stock_move values (10, 1), (11, 1), (12, 2), (13, null)",
    )
    text = await raised(
        database,
        'ALTER TABLE "stock_move" ADD FOREIGN KEY ("rule_id") REFERENCES "stock_rule"("id") ON DELETE restrict',
    )
    text = f'bad query: ALTER TABLE "stock_move" ADD FOREIGN KEY ("rule_id") REFERENCES "stock_rule"("id")\n{text}'
    found = explain(catalog, f'{text}\nDETAIL:  Key (rule_id)=(1) is not present in table "stock_rule".')
    assert (found.answers, found.understood) == ((), True)
    assert (
        "it could not be added, because rows of stock_move have a rule_id that is not in stock_rule"
        in found.headline
    )
    query = found.advice.removeprefix("These rows: ")
    assert [row["id"] for row in await database.fetch(query)] == [10, 11]
    # What inherits is seen by no foreign key, on neither side.
    catalog = await made(
        database,
        "create table rule_heir () inherits (stock_rule); create table move_heir () inherits (stock_move);"
        "insert into rule_heir values (1); insert into move_heir values (14, 3)",
    )
    found = explain(catalog, f'{text}\nDETAIL:  Key (rule_id)=(1) is not present in table "stock_rule".')
    query = found.advice.removeprefix("These rows: ")
    assert [row["id"] for row in await database.fetch(query)] == [10, 11]


@_newest
async def test_a_key_under_another_name_is_found_by_its_structure(database: TestDatabase) -> None:
    text = (
        'ERROR:  update or delete on table "catalogue" violates foreign key constraint "fk_rails_1" on table "line"\n'
        'DETAIL:  Key (id)=(1) is still referenced from table "line".'
    )
    [answer] = explain(await made(database, LINES), text).answers
    assert answer.key.name == "line_catalogue_fkey"
    assert "the error calls it fk_rails_1" in answer.message


@_newest
async def test_a_code_alone_gives_the_candidates_with_why_contradictions_first(database: TestDatabase) -> None:
    catalog = await made(
        database,
        "create table p (id int primary key);"
        "create table maybe (a int not null default nullif(1, 1) constraint maybe references p on delete set default);"
        "create table surely (a int not null constraint surely references p on delete set null);"
        "create table fine (a int constraint fine references p)",
    )
    found = explain(catalog, "23502")
    assert keys_of(found) == ["surely", "maybe"]
    assert "is NOT NULL" in found.answers[0].message
    assert keys_of(explain(catalog, "ERROR 23503"))[-1] in {"fine", "maybe", "surely"}


@_newest
async def test_an_update_of_a_key_is_not_advised_like_a_delete(database: TestDatabase) -> None:
    text = (
        'ERROR:  update or delete on table "catalogue" violates foreign key constraint "line_catalogue_fkey" on table "line"\n'
        "STATEMENT:  UPDATE catalogue SET id = 7 WHERE id = 1"
    )
    [answer] = explain(await made(database, LINES), text).answers
    assert "its key cannot change" in answer.message
    assert answer.next_step.startswith("Leave the key as it is")


@_newest
async def test_deleting_rows_that_a_trigger_keeps_is_not_advised_alone(database: TestDatabase) -> None:
    catalog = await made(
        database,
        LINES + "create function no() returns trigger language plpgsql as 'begin raise exception ''no''; end';"
        "create trigger keeps before delete on line for each row execute function no()",
    )
    text = 'ERROR:  update or delete on table "catalogue" violates foreign key constraint "line_catalogue_fkey" on table "line"'
    [answer] = explain(catalog, text).answers
    assert "trigger keeps runs before each such DELETE" in answer.next_step


@_newest
async def test_an_error_from_before_a_change_is_said_to_be_one(database: TestDatabase) -> None:
    text = (
        'ERROR:  null value in column "catalogue" of relation "line" violates not-null constraint\n'
        'CONTEXT:  SQL statement "UPDATE ONLY "public"."line" SET "catalogue" = NULL WHERE $1 OPERATOR(pg_catalog.=) "catalogue""'
    )
    found = explain(await made(database, LINES), text)
    [answer] = found.answers
    assert answer.outdated
    assert "as it was" in found.headline
    key, at = "public.line.line_catalogue_fkey", "2026-07-02 10:42"
    changed = [Changed(key, at, "fkdash fix apply, no-action", on_delete=Action.NO_ACTION)]
    [answer] = with_changes(found, changed).answers
    assert "Since 2026-07-02 10:42 UTC it says ON DELETE NO ACTION" in answer.message
    assert "this error is from before" in answer.message
    beside = [Changed(key, at, "fkdash fix apply, create-index")]
    [answer] = with_changes(found, beside).answers
    assert "it says ON DELETE" not in answer.message
    assert (
        "On 2026-07-02 10:42 UTC something about it was changed (fkdash fix apply, create-index)" in answer.message
    )
