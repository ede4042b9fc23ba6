"""Errors on which an answer used to be wrong or missing, each of its kind, against the schema it came from."""

from __future__ import annotations

import pytest

from fkdash.explain.find import explain
from fkdash.explain.model import path_words
from tests.explain.raising import LINES, keys_of, made, raised
from tests.support.servers import TestDatabase

_newest = pytest.mark.newest_version


@_newest
@pytest.mark.parametrize(
    "text",
    [
        (
            "FEHLER:  Einfügen oder Aktualisieren in Tabelle »line« verletzt Fremdschlüssel-Constraint »line_catalogue_fkey«\n"
            "DETAIL:  Schlüssel (catalogue)=(1) ist nicht in Tabelle »catalogue« vorhanden."
        ),
        (
            "ERROR:  inserción o actualización en la tabla «line» viola la llave foránea «line_catalogue_fkey»\n"
            "DETALLE:  La llave (catalogue)=(999) no está presente en la tabla «catalogue»."
        ),
        (
            'ERROR:  テーブル"line"への挿入、更新は外部キー制約"line_catalogue_fkey"に違反しています\n'
            'DETAIL:  テーブル"catalogue"にキー(catalogue)=(5)がありません。'
        ),
        (
            "ERREUR:  une instruction insert ou update sur la table « line » viole la contrainte de clé étrangère\n"
            "« line_catalogue_fkey »\nDÉTAIL : La clé (catalogue)=(1) n'est pas présente dans la table « catalogue »."
        ),
        '错误:  插入或更新表 "line" 违反外键约束 "line_catalogue_fkey"\n描述:  键值对(catalogue)=(1)没有在表"catalogue"中出现.',
    ],
)
async def test_a_missing_parent_is_not_reversed_in_other_languages(database: TestDatabase, text: str) -> None:
    [answer] = explain(await made(database, LINES), text).answers
    assert (answer.key.name, answer.sqlstate) == ("line_catalogue_fkey", "23503")
    assert "a row of line was written whose (catalogue) is not in catalogue (id)" in answer.message


@_newest
@pytest.mark.parametrize(
    "text",
    [
        (
            "FEHLER:  Aktualisieren oder Löschen in Tabelle »catalogue« verletzt Fremdschlüssel-Constraint "
            "»line_catalogue_fkey« von Tabelle »line«\nDETAIL:  Auf Schlüssel (id)=(1) wird noch aus Tabelle »line« verwiesen."
        ),
        (
            'ERRORE:  l\'istruzione UPDATE o DELETE sulla tabella "catalogue" viola il vincolo di chiave esterna '
            '"line_catalogue_fkey" sulla tabella "line"\nDETTAGLI:  La chiave (id)=(1) è ancora referenziata dalla tabella "line".'
        ),
    ],
)
async def test_a_held_parent_is_not_reversed_in_other_languages(database: TestDatabase, text: str) -> None:
    [answer] = explain(await made(database, LINES), text).answers
    assert "a row of catalogue is still referred to by line (catalogue)" in answer.message


_PARTITIONED = """
create table account (id int primary key);
create table event (account_id int not null constraint event_account references account on delete set null, kind int)
  partition by list (kind);
create table event_1 partition of event for values in (1);
create table bill (account_id int constraint bill_account references account on delete set null
  constraint bill_owned check (account_id is not null), kind int) partition by list (kind);
create table bill_1 partition of bill for values in (1);
create table share (account_id int constraint share_account references account on delete set null)
  partition by list (account_id);
create table share_3 partition of share for values in (3);
insert into account values (1), (2), (3);
insert into event values (1, 1); insert into bill values (2, 1); insert into share values (3);
"""


async def test_the_action_on_a_partitioned_table_is_not_taken_for_the_operators_statement(
    database: TestDatabase,
) -> None:
    catalog = await made(database, _PARTITIONED)
    for number, (behind, sqlstate) in enumerate(
        [("event_account", "23502"), ("bill_account", "23514"), ("share_account", "23514")], 1
    ):
        [answer] = explain(catalog, await raised(database, f"delete from account where id = {number}")).answers
        assert (answer.key.name, answer.sqlstate) == (behind, sqlstate)


_UPDATED = """
create table plan (code int primary key);
create table gate (code int primary key);
create table seat (plan_code int constraint seat_plan references plan on update cascade
  constraint seat_small check (plan_code < 100));
create table fare (plan_code int constraint fare_plan references plan on update cascade) partition by list (plan_code);
create table fare_2 partition of fare for values in (2);
create table other (code int primary key);
create table both_of (code int constraint both_plan references plan on update cascade
  constraint both_other references other);
create table pass (plan_code int generated always as identity (start 3) constraint pass_plan references gate
  on update cascade);
insert into plan values (1), (2), (4); insert into gate values (3); insert into other values (4);
insert into seat values (1); insert into fare values (2); insert into pass default values; insert into both_of values (4);
"""


async def test_what_an_on_update_cascade_writes_leads_to_its_key_whatever_refuses_it(
    database: TestDatabase,
) -> None:
    catalog = await made(database, _UPDATED)
    for table, code, behind, sqlstate, why in (
        ("plan", 1, "seat_plan", "23514", "The new value of plan (code) is what seat_small of seat refuses."),
        ("plan", 2, "fare_plan", "23514", "The new value of plan (code) is what no partition of fare takes."),
        ("gate", 3, "pass_plan", "428C9", "GENERATED ALWAYS AS IDENTITY"),
    ):
        found = explain(catalog, await raised(database, f"update {table} set code = 900 where code = {code}"))
        answer = found.answers[0]
        assert (answer.key.name, answer.sqlstate, found.ambiguous) == (behind, sqlstate, False)
        assert why in answer.message
        assert "ON UPDATE CASCADE" in answer.message
        assert answer.paths == ()


async def test_what_another_key_wrote_is_said_where_the_check_of_it_fails_afterwards(
    database: TestDatabase,
) -> None:
    catalog = await made(database, _UPDATED)
    [answer] = explain(catalog, await raised(database, "update plan set code = 900 where code = 4")).answers
    assert answer.key.name == "both_other"
    assert "or both_plan wrote it (ON UPDATE CASCADE)" in answer.message


_AUDITED = """
create schema audit;
create table audit.log (what text);
create table top (id int primary key);
create table person (id int primary key, top_id int constraint person_top references top on delete cascade);
create table person_role (person_id int constraint role_person references person on delete cascade);
create function audit.note() returns trigger language plpgsql as $$
begin insert into audit.log (what) values (tg_op); return null; end $$;
create trigger note before delete on person_role for each statement execute function audit.note();
insert into top values (1); insert into person values (1, 1); insert into person_role values (1);
alter table audit.log add constraint short check (what <> 'DELETE');
"""


async def test_an_error_of_a_trigger_inside_a_chain_leads_to_the_key_and_the_way_that_was_taken(
    database: TestDatabase,
) -> None:
    catalog = await made(database, _AUDITED)
    text = await raised(database, "delete from top")
    [answer] = explain(catalog, f"{text}\nSTATEMENT:  delete from top").answers
    assert (answer.key.name, answer.sqlstate) == ("role_person", "23514")
    assert [path_words(path) for path in answer.paths] == ["top → person → person_role"]


_SLOW = """
create table account (id int primary key);
create table job (created_by int constraint job_created references account on delete set null,
                  updated_by int constraint job_updated references account on delete set null);
create table post (account_id int constraint post_account references account);
create index on post (account_id);
"""


@_newest
async def test_a_timeout_leads_to_the_key_that_was_checked_else_to_those_without_an_index(
    database: TestDatabase,
) -> None:
    catalog = await made(database, _SLOW)
    timeout = "ERROR:  canceling statement due to statement timeout"
    delete = f"{timeout}\nSTATEMENT:  DELETE FROM account WHERE id = 1"
    assert keys_of(explain(catalog, delete)) == ["job_created", "job_updated"]
    inside = (
        f'{timeout}\nCONTEXT:  SQL statement "UPDATE ONLY "public"."job" SET "updated_by" = NULL WHERE $1 '
        'OPERATOR(pg_catalog.=) "updated_by""\nSTATEMENT:  DELETE FROM account WHERE id = 1'
    )
    [answer] = explain(catalog, inside).answers
    assert answer.key.name == "job_updated"
    assert "--option create-index" in answer.next_step
    checked = (
        f'{timeout}\nCONTEXT:  SQL statement "SELECT 1 FROM ONLY "public"."post" x WHERE $1 OPERATOR(pg_catalog.=) '
        '"account_id" FOR KEY SHARE OF x"'
    )
    assert keys_of(explain(catalog, checked)) == ["post_account"]


_TENANTS = "".join(
    f"""create schema {tenant};
create table {tenant}.org (id int primary key);
create table {tenant}.profile (id int primary key, org_id int constraint profile_org references {tenant}.org on delete cascade);
create table {tenant}.asset (owner_id int constraint asset_owner references {tenant}.profile on delete restrict);
"""
    for tenant in ("one", "two")
)


@_newest
@pytest.mark.parametrize("tenant", ["one", "two"])
async def test_the_schema_of_the_keys_own_statement_settles_keys_of_one_name(
    database: TestDatabase, tenant: str
) -> None:
    text = (
        'ERROR:  update or delete on table "profile" violates foreign key constraint "asset_owner" on table "asset"\n'
        'DETAIL:  Key (id)=(1) is still referenced from table "asset".\n'
        f'CONTEXT:  SQL statement "DELETE FROM ONLY "{tenant}"."profile" WHERE $1 OPERATOR(pg_catalog.=) "org_id""'
    )
    [answer] = explain(await made(database, _TENANTS), text).answers
    assert answer.key.qualified == f"{tenant}.asset.asset_owner"


_NAMED = """
create table parent (id int primary key);
create table child (id int primary key, parent_id int constraint child_parent references parent,
                    note text, child_parent int);
"""


@_newest
@pytest.mark.parametrize(
    "text",
    [
        'ERROR:  constraint "child_parent" for relation "child" already exists',
        'ERROR:  42704: constraint "child_parent" of relation "child" does not exist',
        "FEHLER:  Constraint »child_parent« von Relation »child« existiert nicht",
        'ERROR:  null value in column "child_parent" of relation "child" violates not-null constraint',
        "FEHLER:  NULL-Wert in Spalte »child_parent« von Relation »child« verletzt Not-Null-Constraint",
        'ERROR:  cache lookup failed for constraint 23503\nSTATEMENT:  select "child_parent" from child',
        "Seq Scan on child  (cost=0.00..23503.00 rows=1)\n  Filter: child_parent = 23503",
        "fkdash: There is no foreign key child_parent in this database.\nNext: fkdash list",
        "why does child_parent not cascade?",
        'NOTICE:  drop cascades to constraint "child_parent" on table "child"',
        'ERROR:  duplicate key value violates unique constraint "child_pkey"\nDETAIL:  Key (id)=(23503) already exists.',
        'ERROR:  relation "child_parent" does not exist',
        "deadlock detected",
    ],
)
async def test_what_only_names_a_key_is_no_violation_of_it(database: TestDatabase, text: str) -> None:
    assert keys_of(explain(await made(database, _NAMED), text)) == []


_WORKSPACES = """
create table workspaces (id int primary key);
create table users (id int primary key, workspace_id int not null
  constraint users_workspace references workspaces on delete set null);
create table orders (id int primary key, user_id int constraint orders_user references users);
"""


@_newest
@pytest.mark.parametrize(
    ("text", "behind"),
    [
        # Directus names the table of the key, and the column that the DETAIL is about, whichever side it is of.
        ('Invalid foreign key for field "id" in collection "orders".', "orders_user"),
        ('Invalid foreign key "7" for field "user_id" in collection "orders".', "orders_user"),
        ('Invalid foreign key in field "user_id" in collection "orders".', "orders_user"),
        ('Value for field "workspace_id" in collection "users" can\'t be null.', "users_workspace"),
        # Prisma says so where the error had no fields.
        ("Invalid `prisma.users.delete()` invocation:\n\n\nForeign key constraint violated on the (not available)", "orders_user"),
        ("Invalid `prisma.workspaces.delete()` invocation:\n\n\nNull constraint violation on the (not available)", "users_workspace"),
    ],
)  # fmt: skip
async def test_a_frameworks_own_words_lead_to_the_key(database: TestDatabase, text: str, behind: str) -> None:
    assert keys_of(explain(await made(database, _WORKSPACES), text)) == [behind]
