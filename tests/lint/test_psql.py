"""Scripts that lean on psql: variables, conditions, AUTOCOMMIT. What is read is what psql makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.lint.reading import FilesRead, read_sources
from fkdash.lint.sources import find_sources
from tests.catalog.files.conftest import emptied  # noqa: F401 - the fixture
from tests.catalog.files.test_scripts import BASE, compared, run_psql
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version

SCRIPTS = {
    "names, values and texts of variables": r"""
\set t c
\set n 7
\set name 'it''s' -- "a"
alter table :t add x int default :n;
alter table :"t" add :"name" text default :'name';
alter table c add y text default ':n', add ":n" int, add z text default $$:n$$, add v text default 'a' || :n; -- :n
""",
    "what is set of other variables": r"""
\set a c
\set b :a '_' :'a'
\set c :{?b}
\unset a
alter table c add x text default :'b', add y text default :'c', add z text[] default (array['a', 'b'])[1:2];
""",
    "a variable that holds statements": r"""
\set all 'alter table c add x int; alter table c add y int'
:all;
""",
    "conditions": r"""
\set a on
\if :a
alter table c add x1 int;
\if false
alter table c add x2 int;
\elif tr
alter table c add x3 int;
\elif yes
alter table c add x4 int;
\else
alter table c add x5 int;
\endif
\else
\if true
alter table c add x6 int;
\endif
\q
\endif
alter table c add x7 int;
""",
    "a variable that has a default": r"""
\if :{?schema}
\else
\set schema other
\endif
create schema :"schema"; create table :schema.t (id int primary key);
""",
    "the end of the script": "alter table c add x int;\n\\q\nalter table c add y int;",
    "no AUTOCOMMIT": "\\set AUTOCOMMIT off\nalter table c add x int; commit; alter table c add y int; rollback;\n"
    "\\set AUTOCOMMIT on\nalter table c add z int;",
    "statements that are sent together": r"begin\; alter table c add x int\; commit;",
    "a session that is begun anew": "create schema s; set search_path = s; create temp table c (x int);\n\\connect -\n"
    "alter table c add y int; create table t (id int);\n\\c\ncreate table u (id int);",
    "strings with escapes, as they once were": "set standard_conforming_strings = off;\ncomment on table c is 'it\\'s; drop "
    "table p;';\nalter table c add x text default 'a\\'b' || E'\\'' || $$\\$$;\nset standard_conforming_strings = on;\n"
    "alter table c add y text default 'a\\'; alter table c add z int; --'\n",
}  # fmt: skip

DOUBTFUL = {
    "alter table c alter p_id set default :n;": "it is not understood at ':n'",
    "alter table c add check (p_id > :n);": "it is not understood at ':n)'",
    "select :fn ();": "what a psql variable in it stands for is not known",
    "select 'p' as tab \\gset\nalter table :tab add x int;": "it is not understood at ':tab",
    "\\set tab c\nselect 'p' as tab \\gset\nalter table :tab add x int;": "it is not understood at ':tab",
    "\\if :{?drops}\ndrop table c;\n\\endif": "whether this holds is decided by what files do not tell",
    "\\if `true`\n\\else\ndrop table c;\n\\endif": "whether this holds is decided by what files do not tell",
    "\\if true\nalter table c add x int;": "there is no \\endif for it",
    "\\else": "there is no \\if for this \\else",
    "\\set AUTOCOMMIT off\nalter table c add x int;": "the transaction that begins here is never committed",
    "\\! psql -f other.sql": "what a shell command does is not followed",
    "\\connect other\nset search_path = '';\nalter table public.c add x int; drop table public.p;": "it leads to another database",
    "begin; alter table c add x int;\n\\c -\n": "the transaction that begins here is never committed",
    "\\set t 'a\\000b'\nalter table c add x text default :'t';": "it is not understood at",
    "alter table c add x int default ${n};": "it is not understood at '${n}'",
}


def read(text: str, folder: Path, version: int = 18) -> FilesRead:
    file = folder / "script.sql"
    file.write_text(text, encoding="utf-8")
    return read_sources(find_sources([file]), version)


@pytest.mark.parametrize("title", SCRIPTS)
async def test_a_script_is_read_as_psql_runs_it(emptied: TestDatabase, title: str, tmp_path: Path) -> None:  # noqa: F811
    text = BASE + SCRIPTS[title].lstrip("\n")
    assert not (refused := run_psql(emptied, text, tmp_path)), refused
    files = read(text, tmp_path, emptied.version)
    assert [each.reason for each in files.script.incomplete] == []
    assert await compared(emptied, files.script) == []


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_psql_knows_and_files_do_not_is_said(text: str, tmp_path: Path) -> None:
    [said] = read(BASE + text, tmp_path).script.incomplete
    assert said.reason.startswith(DOUBTFUL[text]), said.reason


def test_a_command_with_a_character_that_there_is_not_ends_nothing(tmp_path: Path) -> None:
    files = read(BASE + "\\echo 'a\\0' 'b\\ud800'\nalter table c add x int;\n\\set 'a\\0' b\n", tmp_path)
    assert files.script.incomplete == []


def test_another_database_in_which_nothing_is_made_is_no_question(tmp_path: Path) -> None:
    text = (
        "\\connect -reuse-previous=on \"dbname='other'\"\nset search_path = ''; alter database other owner to o;\n"
    )
    assert read(BASE + text, tmp_path).script.incomplete == []


def test_what_is_made_in_another_database_is_not_refused_for_what_the_first_one_has(tmp_path: Path) -> None:
    text = "\\connect other\ncreate table c (id int);\nalter table c add p_id int;\ndrop table elsewhere;\n"
    reasons = [each.reason for each in read(BASE + text, tmp_path).script.incomplete]
    assert reasons == ["it leads to another database"]


def test_a_condition_that_decides_over_nothing_is_no_question(tmp_path: Path) -> None:
    text = "\\if :{?verbose}\n\\echo hello\ninsert into p values (1, :verbose);\n\\endif\n\\! echo done\n\\d\n"
    assert read(BASE + text, tmp_path).script.incomplete == []
