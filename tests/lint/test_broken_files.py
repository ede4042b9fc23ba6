"""Files and folders that are not as they should be: said with their place, never a traceback, never green."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lint.test_lint import KEY, TABLES, Lint, found, lint, write  # noqa: F401 - the fixture
from tests.support.patience import LONG_ENOUGH

BROKEN: dict[str, tuple[dict[str, str | bytes], int, str]] = {
    "an empty folder": ({"m/readme.txt": ""}, 2, "has no SQL migrations in it"),
    "a folder that is not there": ({}, 2, "cannot be read"),
    "nothing that makes a table": ({"m/1.sql": "INSERT INTO t VALUES (1);"}, 4, "there is nothing to judge"),
    "git's conflict markers": (
        {"m/1.sql": TABLES + "<<<<<<< HEAD\nALTER TABLE users ADD x int;\n=======\n>>>>>>> other\n"},
        4,
        "git left conflict markers here",
    ),
    "another encoding": ({"m/1.sql": TABLES.encode() + b"COMMENT ON TABLE users IS 'caf\xe9';"}, 4, "not UTF-8"),
    "what PowerShell's > writes": (
        {"m/1.sql": TABLES.encode("utf-16")},
        4,
        "m/1.sql:1:1\nincomplete  the file is UTF-16 (PowerShell's > may write that), which neither psql",
    ),
    "UTF-16 without a mark": ({"m/1.sql": TABLES, "m/2.sql": KEY.encode("utf-16-le")}, 1, "m/2.sql:1:1"),
    "UTF-16 the other way round": (
        {"m/1.sql": TABLES, "m/2.sql": b"\0-\0-\0\n"},
        4,
        "the file is UTF-16",
    ),
    "UTF-32": ({"m/1.sql": TABLES.encode("utf-32")}, 4, "the file is UTF-32"),
    "half a character of UTF-16": (
        {"m/1.sql": (TABLES + "-- end").encode("utf-16")[:-1]},
        4,
        "the file is not UTF-16 here",
    ),
    "what PowerShell's >> adds": (
        {"m/1.sql": TABLES.encode() + "-- more\n".encode("utf-16-le")},
        4,
        "m/1.sql:6:1\nincomplete  a NUL character stands here",
    ),
    "a migration in UTF-16 whose way back is not run": (
        {"m/1_a.sql": f"-- +goose Up\n{TABLES}-- +goose Down\nDROP TABLE users;".encode("utf-16")},
        4,
        "0 foreign keys in 2 tables",
    ),
    "an include in UTF-16": (
        {"m/1.sql": "\\ir x/o.sql\n", "m/x/o.sql": TABLES.encode("utf-16")},
        4,
        "m/x/o.sql:1:1\nincomplete  the file is UTF-16",
    ),
    "an archive of pg_dump": ({"m/1.sql": b"PGDMP\x01\x0e\x00"}, 2, "pg_restore -f dump.sql m/1.sql"),
    "a dump in a directory": (
        {"m/toc.dat": b"PGDMP", "m/3801.dat.gz": b"\x1f\x8b"},
        2,
        "m is an archive of pg_dump",
    ),
    "a dump that is compressed": ({"m/1.sql": TABLES, "m/2.sql": b"\x1f\x8b\x08\x08"}, 2, "compressed with gzip"),
    "two files with one number": (
        {"m/1_a.sql": TABLES, "m/1_b.sql": "ALTER TABLE users ADD x int;"},
        4,
        "it has the same number as m/1_a.sql",
    ),
    "a drop of what never was": ({"m/1.sql": TABLES + "DROP TABLE nowhere;"}, 4, "there is no table nowhere"),
    "a quote that is never closed": (
        {"m/1.sql": TABLES + "DO $$ BEGIN"},
        4,
        "the dollar quote $$ is never closed",
    ),
    "an include that leads outside": ({"m/1.sql": TABLES + "\\i ../../etc/passwd\n"}, 4, "it leads outside"),
    "a file that includes itself": ({"m/1.sql": TABLES + "\\ir 1.sql\n"}, 4, "the file includes itself"),
    "a broken journal": (
        {"m/meta/_journal.json": "<<<<<<< HEAD\n{"},
        2,
        "Drizzle's journal m/meta/_journal.json cannot be read",
    ),
    "a journal for another database": (
        {"m/meta/_journal.json": '{"dialect": "mysql", "entries": []}'},
        2,
        "is for mysql, not for PostgreSQL",
    ),
    "a journal that leads out of its folder": (
        {"m/meta/_journal.json": '{"entries": [{"tag": "../../0000_a"}]}', "m/0000_a.sql": TABLES},
        2,
        "which is no migration of m",
    ),
    "a journal without entries": (
        {"m/meta/_journal.json": '{"entries": []}', "m/0000_a.sql": TABLES},
        2,
        "names no migration",
    ),
    "a journal that is no list": (
        {"m/meta/_journal.json": '{"entries": {}}', "m/0000_a.sql": TABLES},
        2,
        "has an entry without a tag",
    ),
    "a plan whose scripts are not there": (
        {"m/sqitch.plan": "%project=x\na 2020\n"},
        4,
        "names it, but it is not",
    ),
    "a migration's folder without a migration": (
        {"m/1_a/migration.sql": TABLES, "m/2_b/steps.json": "{}", "m/migration_lock.toml": ""},
        4,
        "there is no migration.sql in it",
    ),
    "a file that the journal names and that is not there": (
        {"m/meta/_journal.json": '{"entries": [{"tag": "0000_a"}, {"tag": "0001_b"}]}', "m/0000_a.sql": TABLES},
        4,
        "names it, but it is not there",
    ),
    "a file that the journal does not name": (
        {"m/meta/_journal.json": '{"entries": [{"tag": "0000_a"}]}', "m/0000_a.sql": TABLES, "m/0001_b.sql": KEY},
        4,
        "Drizzle never runs it",
    ),
    "a tool there is not": ({"m/1.sql": TABLES, "fkdash.toml": ""}, 2, "There is no migration tool frobnicate"),
}


@pytest.mark.parametrize("title", BROKEN)
def test_broken_input_is_said_and_never_green(lint: Lint, tmp_path: Path, title: str) -> None:  # noqa: F811
    files, wanted, words = BROKEN[title]
    write(files, tmp_path)
    if title.startswith("a Prisma schema"):
        (tmp_path / "m").rename(tmp_path / "m.prisma")
    code, said = lint(
        "m.prisma" if (tmp_path / "m.prisma").exists() else "m",
        *(["--tool", "frobnicate"] if "tool there is not" in title else []),
        form="text",
    )
    assert (code, words in said) == (wanted, True), said
    assert "Traceback" not in said


def test_parentheses_nested_thousands_deep_are_read_at_once(lint: Lint, tmp_path: Path) -> None:  # noqa: F811
    deep, over = "(" * 20_000, ")" * 20_000
    sql = (
        f"CREATE VIEW v AS SELECT {deep}1{over}; CREATE VIEW w AS SELECT * FROM {deep}users{over};"
        f"ALTER TABLE users ALTER id SET DEFAULT {deep}1{over}, ADD CHECK ({deep}id = 1{over});"
        f"DO $$ BEGIN PERFORM {deep}1{over}; END $$;"
    )
    write({"m/1.sql": TABLES, "m/2.sql": sql, "m/3.sql": KEY}, tmp_path)
    began = time.monotonic()
    code, said = lint("m", form="text")
    assert time.monotonic() - began < LONG_ENOUGH
    assert "Traceback" not in said
    assert (code in {1, 4}, "FK101" in said) == (True, True), said


def test_links_that_go_round_are_not_followed(lint: Lint, tmp_path: Path) -> None:  # noqa: F811
    write({"m/1.sql": TABLES}, tmp_path)
    (tmp_path / "m" / "round").symlink_to(tmp_path / "m")
    (tmp_path / "m" / "2.sql").symlink_to(tmp_path / "m" / "2.sql")
    code, said = lint("m", form="text")
    assert "Traceback" not in said
    assert code in {0, 4}


@pytest.mark.parametrize("made", [lambda text: b"\xef\xbb\xbf" + text, lambda text: text.replace(b"\n", b"\r\n")])
def test_marks_of_other_systems_make_no_difference(
    lint: Lint,  # noqa: F811
    tmp_path: Path,
    made: Callable[[bytes], bytes],
) -> None:
    write({"m/1.sql": made((TABLES + KEY).encode())}, tmp_path)
    [finding] = found(lint("m")[1], "FK101")
    assert (finding["line"], finding["column"]) == (6, 1)
    write({"m/1.sql": (TABLES + KEY).encode("utf-16")}, tmp_path)
    assert len(found(lint("m")[1], "FK101")) == 1


def test_a_model_that_is_no_utf_8_says_what_it_is(lint: Lint, tmp_path: Path) -> None:  # noqa: F811
    write({"schema.prisma": "model a {}".encode("utf-16")}, tmp_path)
    code, said = lint("schema.prisma", form="text")
    assert (code, "schema.prisma cannot be read: it is UTF-16." in said) == (2, True), said
