"""Scripts about which files and servers disagreed once, on the oldest and the newest version."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.files.test_scripts import BASE, compared, read, run_psql
from tests.support.servers import TestDatabase

FUNCTION = "create function f() returns trigger language plpgsql as 'begin return null; end';\n"

SCRIPTS = {
    "a trigger that a partition has of its table is an internal one before PostgreSQL 15": FUNCTION
    + "create table m (k int) partition by list (k); create table m1 partition of m default; create trigger t after "
    "update on m for each row execute function f(); do $$ begin if exists (select from pg_trigger where tgrelid = "
    "'m1'::regclass and not tgisinternal) then alter table c add x int; end if; end $$;",
    "a second primary key is refused before its name is looked for": "alter table c add constraint n check (id > 0); "
    "do $$ begin alter table c add constraint n primary key (p_id); exception when duplicate_object then alter table c "
    "add x int; when invalid_table_definition then alter table c add y int; end $$; do $$ begin alter table c add "
    "constraint n unique (p_id); exception when duplicate_object then alter table c add z int; end $$;",
    "a key of an index is not looked for by its name": "alter table c add constraint n check (id > 0); create unique index i on "
    "c (p_id); do $$ begin alter table c add constraint n unique using index i; exception when duplicate_object then "
    "alter table c add x int; when unique_violation then alter table c add y int; end $$;",
    "a key made anew depends on the first index to fit by then": "create table t (id text); create unique index i on t (id); "
    "alter table t add primary key (id); alter table t add foreign key (id) references t (id); "
    "alter table t alter id type varchar(9);",
    "keys are made anew of the tables that change before those of others": "create table h (n int references p, x int) "
    "inherits (p); alter table h add primary key (id), add constraint k foreign key (id) references h; "
    "alter table c add foreign key (p_id) references p; alter table p alter id type bigint;",
    "a key that a partition's index makes unique keeps the index of its table": "create table m (k int not null, id int) "
    "partition by list (k); alter table m add constraint mk primary key (id, k); create table m1 partition of m for values in "
    "(1); create unique index mi on m (k, id); create table d (k int, id int, foreign key (id, k) references m1 (id, k)); "
    "do $$ begin alter table m drop constraint mk; exception when dependent_objects_still_exist then alter table c add x int; "
    "end $$; drop index mi; alter table m drop constraint mk cascade;",
    "what a number became by itself it is again": "alter table c add a int default 0, add b text default 1, add d int default -1, "
    "add e serial, add f text default '1', add g numeric default 1.5; alter table c alter a type text; alter table c alter a type "
    "bigint using 1; alter table c alter b type int using 1; alter table c alter g type int; do $$ begin alter table c alter d type "
    "uuid using null; exception when datatype_mismatch then alter table c drop d; end $$; do $$ begin alter table c alter e type "
    "boolean using true; exception when datatype_mismatch then alter table c drop e; end $$; do $$ begin alter table c alter f type "
    "int using 1; exception when datatype_mismatch then alter table c drop f; end $$;",
    "a partition that goes keeps the triggers of its own, on its partitions too": FUNCTION + "create table m (k int, a int) "
    "partition by list (k); create table n partition of m for values in (1) partition by list (k); create table o partition of n "
    "for values in (1); create trigger t before delete on m for each row execute function f(); create trigger u before delete on n "
    "for each row execute function f(); alter table m detach partition n;",
    "what is kept for partitions is called anew with its key": "create table m (k int, x int references p) partition by list "
    "(k); create table m1 (k int, x int constraint odd references p); alter table m attach partition m1 for values in (1); "
    "alter table m alter x type bigint; create table q (id int primary key) partition by range (id); create table q1 "
    "partition of q for values from (1) to (9); create table r (x int constraint first references q); alter table r "
    "rename constraint first to second; alter table r alter x type bigint;",
}  # fmt: skip

ON_THE_NEWEST = {
    "the list of SET NULL keeps the numbers of the partitioned table": "create table m (gone int, r int references p on "
    "delete set null (r), k int) partition by list (k); alter table m drop gone; create table m1 partition of m for values "
    "in (1); create table m2 (k int, r int references p on delete set null); alter table m attach partition m2 for values "
    "in (2); alter table m detach partition m1; alter table m detach partition m2;",
    "a key of a partition that belongs to its table's is asked whether it is enforced too": "create table m (k int, x int "
    "references p) partition by list (k); create table m1 partition of m default; do $$ begin alter table m add foreign key "
    "(x) references p not enforced; exception when invalid_object_definition then alter table c add x int; end $$;",
}  # fmt: skip


@pytest.mark.parametrize("title", SCRIPTS)
async def test_what_once_differed_is_the_same_now(emptied: TestDatabase, title: str, tmp_path: Path) -> None:
    await same(emptied, BASE + SCRIPTS[title], tmp_path)


@pytest.mark.newest_version
@pytest.mark.parametrize("title", ON_THE_NEWEST)
async def test_what_differed_on_later_versions_is_the_same_now(
    emptied: TestDatabase, title: str, tmp_path: Path
) -> None:
    await same(emptied, BASE + ON_THE_NEWEST[title], tmp_path)


async def same(database: TestDatabase, text: str, folder: Path) -> None:
    assert not (refused := run_psql(database, text, folder)), refused
    script = read(text, database.version)
    assert [each.reason for each in script.incomplete] == []
    assert await compared(database, script) == []


def test_a_detached_partition_that_a_key_of_its_table_refers_to_is_doubted_before_postgresql_15() -> None:
    text = (
        "create table t (a int, b int, k int, primary key (k, a)) partition by list (k); create table u partition of t for values "
        "in (1) partition by list (k); create table v partition of u for values in (1); alter table t add foreign key (a, b) "
        "references t (k, a); alter table u detach partition v;"
    )
    assert [each.reason.split(" refers")[0] for each in read(text, 14).incomplete] == ["t_a_b_fkey"]
    assert read(text, 15).incomplete == []
