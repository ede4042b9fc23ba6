"""Provokes errors on a real server and knows how many of which: what a log's count is held against."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.watch.servers import written

SCHEMA = """
create schema app;
create table app.org (id int primary key);
create table app.ws (id int primary key, org_id int constraint ws_org references app.org on delete cascade);
create table app.usr (id int primary key, email text not null, ws_id int not null constraint usr_ws references app.ws
  on delete set null);
create table app.task (id int primary key, ws_id int constraint task_ws references app.ws,
  kind text constraint "kind, or 'none'" check (kind <> 'bad'), code text constraint task_code unique);
create table app.strict (ws_id int constraint strict_ws references app.ws on delete restrict);
create table app."odd ""t""
name; €" (id int primary key, "col
umn" int constraint "fk ""q"" » ERROR:  no
line" references app.org);
create table app.part (id int, org_id int constraint part_org references app.org) partition by list (id);
create table app.part_1 partition of app.part for values in (1);
create table app.slow (id int primary key, ws_id int constraint slow_ws references app.ws on delete cascade);
create function app.deny() returns trigger language plpgsql as $$
begin if old.id = 1 then raise insufficient_privilege using message = 'permission denied for table secret';
elsif old.id = 2 then raise query_canceled using message = 'canceling statement due to statement timeout';
else raise object_not_in_prerequisite_state using message = 'not now'; end if; end $$;
create trigger deny before delete on app.slow for each row execute function app.deny();
create table app.owned (org_id int constraint owned_org references app.org on delete set null
  constraint owned_by check (org_id is not null));
insert into app.org select generate_series(1, 9);
insert into app.ws select g, case when g = 2 then 2 end from generate_series(1, 8) g;
insert into app.usr values (1, 'a@example.org', 1), (2, 'b@example.org', 2);
insert into app.task values (1, 3, 'good', 'x');
insert into app.strict values (4);
insert into app."odd ""t""
name; €" values (1, 3);
insert into app.part values (1, 4);
insert into app.slow values (1, 5), (2, 6), (3, 7);
insert into app.owned values (5);
create table app.last (id int constraint said_last check (id is null));
"""
ODD = 'app.odd "t"\nname; €.fk "q" » ERROR:  no\nline'
_QUOTES_A_LOG = (
    '2026-07-02 21:40:22.285 UTC [4211] ERROR:  update or delete on table "ws" violates foreign key constraint '
    '"task_ws" on table "task"\n'
    '2026-07-02 21:40:22.285 UTC,"app","shop",1633,"[local]",5958f7c6.661,2,"DELETE",2026-07-02 21:40:22 UTC,5/183,0,'
    'ERROR,23503,"x",,,,,,,,,"psql","client backend",,0'
)


@dataclass(frozen=True)
class Expected:
    """What one statement must be counted as; `constraint` None for a NOT NULL that no key set."""

    constraint: str | None
    sqlstate: str
    table: str = ""
    column: str = ""


def restrict_state(major: int) -> str:
    return "23001" if major >= 18 else "23503"


def statements(major: int) -> dict[str, Expected | None]:
    """Give statements, each with what it must be counted as; None for what is of no interest."""
    long = "x" * 1_000_000
    return {
        "delete from app.ws where id = 1": Expected("app.usr.usr_ws", "23502"),
        "delete from app.org where id = 2": Expected("app.usr.usr_ws", "23502"),
        "insert into app.usr values (9, null, 3)": Expected(None, "23502", "usr", "email"),
        "update app.usr set ws_id = null where id = 2": Expected(None, "23502", "usr", "ws_id"),
        "delete from app.ws where id = 3": Expected("app.task.task_ws", "23503"),
        "insert into app.task values (5, 99)": Expected("app.task.task_ws", "23503"),
        f"insert into app.task values (5, 99, '{long}')": Expected("app.task.task_ws", "23503"),
        "insert into app.task values (5, 99, 'a\nb\n\nERROR:  c\n\td')": Expected("app.task.task_ws", "23503"),
        "insert into app.task values (6, 3, 'bad')": Expected("app.task.kind, or 'none'", "23514"),
        "insert into app.task values (7, 3, 'good', 'x')": Expected("app.task.task_code", "23505"),
        "insert into app.task values (1, 3)": Expected("app.task.task_pkey", "23505"),
        "delete from app.ws where id = 4": Expected("app.strict.strict_ws", restrict_state(major)),
        "delete from app.org where id = 3": Expected(ODD, "23503"),
        'insert into app."odd ""t""\nname; €" values (2, 99)': Expected(ODD, "23503"),
        "delete from app.org where id = 4": Expected("app.part.part_org", "23503"),
        "insert into app.part values (1, 99)": Expected("app.part.part_org", "23503"),
        "delete from app.ws where id = 5": Expected("app.slow.slow_ws", "42501"),
        "delete from app.ws where id = 6": Expected("app.slow.slow_ws", "57014"),
        "delete from app.ws where id = 7": Expected("app.slow.slow_ws", "55000"),
        "delete from app.org where id = 5": Expected("app.owned.owned_by", "23514"),
        "select 1 / 0": None,
        "delete from app.slow where id = 1": None,
        "select no_such_thing": None,
        f"do $q$ begin raise exception using message = '{_QUOTES_A_LOG.replace(chr(39), chr(39) * 2)}'; end $q$": None,
        f"do $q$ begin raise log using message = '{_QUOTES_A_LOG}'; end $q$": None,
        f"select '{_QUOTES_A_LOG}' as {'y' * 3}, 1 / 0": None,
    }


async def provoke(dsn: str, major: int, folder: Path, times: int = 1) -> Counter[Expected]:
    """Run every statement `times` times as a session of its own name, and give what must be counted.

    All of it stands in the log's folder then.
    """
    expected: Counter[Expected] = Counter()
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "generator"})
    try:
        for statement, what in statements(major).items():
            for _ in range(times):
                with suppress(asyncpg.PostgresError):
                    await connection.execute(statement)
            if what is not None:
                expected[what] += times
    finally:
        await connection.close()
    await written(dsn, folder)
    return expected


async def say_last(dsn: str) -> Expected:
    """Provoke one more error, of its own kind, and give it: a watch that has counted it has counted all before it."""
    connection = await asyncpg.connect(dsn)
    try:
        with suppress(asyncpg.CheckViolationError):
            await connection.execute("insert into app.last values (1)")
    finally:
        await connection.close()
    return Expected("app.last.said_last", "23514")
