"""What runs under the application's search_path names every function, operator, type and relation by its schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import fkdash
from fkdash.apply.proof import probes
from fkdash.apply.run.steps import Tries
from fkdash.db.session import Row
from fkdash.db.statements import OpenTransaction
from fkdash.db.writing import WriteSession
from fkdash.errors import StoppedError
from fkdash.fix.plan import Step
from tests.support.changes import good, workbench
from tests.support.servers import TestDatabase

_ROOT = Path(fkdash.__file__).parent
# The others are read under a pinned path: by looking sessions, or inside `pinned`.
_UNDER_THE_APPLICATIONS_PATH = (
    *sorted((_ROOT / "apply/sql").glob("sandbox_*.sql")),
    *sorted((_ROOT / "apply/sql").glob("try_*.sql")),
    *sorted((_ROOT / "apply/sql").glob("run_*.sql")),
    _ROOT / "db/sql/begin_writing.sql",
    _ROOT / "db/sql/limits.sql",
    _ROOT / "db/sql/backend_pid.sql",
    _ROOT / "db/sql/cancel_backend.sql",
)
# Words of the grammar that stand before a parenthesis; the server resolves none of them by the path.
_GRAMMAR = frozenset(
    [
        "all",
        "and",
        "any",
        "array",
        "as",
        "by",
        "coalesce",
        "distinct",
        "else",
        "exists",
        "execute",
        "exit",
        "from",
        "function",
        "in",
        "is",
        "join",
        "lateral",
        "least",
        "limit",
        "materialized",
        "not",
        "of",
        "on",
        "only",
        "or",
        "operator",
        "over",
        "references",
        "returning",
        "row",
        "select",
        "set",
        "table",
        "then",
        "trigger",
        "union",
        "using",
        "values",
        "when",
        "where",
        "with",
        "foreign",
        "key",
        "check",
        "unique",
        "conflict",
    ]
)
_GRAMMAR_TYPES = frozenset(
    [
        "bigint",
        "integer",
        "smallint",
        "boolean",
        "numeric",
        "real",
        "char",
        "character",
        "timestamp",
        "time",
        "interval",
    ]
)
_LITERAL = re.compile(r"(?i)e?'(?:[^'\\]|\\.|'')*'|\"(?:[^\"]|\"\")*\"")
_COMMENT = re.compile(r"--[^\n]*")
_QUALIFIED_OPERATOR = re.compile(r"(?i)operator\s*\([^)]*\)")
_FUNCTION = re.compile(r"(?<![\w.\"])([a-z_][\w]*)\s*\(", re.IGNORECASE)
_TYPE = re.compile(r"::\s*([a-z_][\w]*)(?!\w*\s*\.)", re.IGNORECASE)
_OPERATOR = re.compile(r"(?<![:.<])[-+*/<>=~!@#%^&|?]+(?!>)")
_RELATION = re.compile(r"\b(?:from|join|into|update)\s+(?:only\s+)?([a-z_]\w*)(?!\w*\s*\.)", re.IGNORECASE)
_NO_OPERATOR = frozenset({"*", "<<", ">>", "=", ":="})


def unqualified(sql: str, *, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """Give what a statement leaves to the search_path; `known` are names that it declares itself."""
    bare = _LITERAL.sub(lambda found: "q" if found[0].startswith('"') else "0", _COMMENT.sub("", sql))
    bare = _QUALIFIED_OPERATOR.sub(" isop ", bare)
    for name in _FUNCTION.findall(bare):
        if name.lower() not in _GRAMMAR | known:
            yield f"function {name}"
    for name in _TYPE.findall(bare):
        if name.lower() not in _GRAMMAR_TYPES:
            yield f"type {name}"
    for name in _RELATION.findall(bare):
        if name.lower() not in _GRAMMAR | known:
            yield f"relation {name}"
    for line in bare.splitlines():
        for found in _OPERATOR.finditer(line):
            if found[0] not in _NO_OPERATOR or (found[0] == "=" and not _is_assignment(line, found.start())):
                yield f"operator {found[0]} in {line.strip()}"


def _is_assignment(line: str, at: int) -> bool:
    """Tell a setting, a diagnostics item, an option of RAISE or UPDATE's SET from a comparison."""
    return bool(
        re.search(r"(?i)(\bset\b[^=]*|diagnostics\b.*|using\b.*|message\s*|^\s*\w+\s*|\bfkd_\w+\s*)$", line[:at])
    )


_DECLARED = frozenset(
    {
        "current",
        "exclusive",
        "reached",
        "called",
        "typed",
        "stored",
        "u",
        "f",
        "next",
        "o",
        "t",
        "fkd_row",
        "fkd_batch",
        "fkd_became",
        "fkd_tables",
        "fkd_left",
        "recursive",
        "q",
        "r",
    }
)


@pytest.mark.parametrize("file", _UNDER_THE_APPLICATIONS_PATH, ids=lambda file: file.name)
def test_a_query_that_runs_under_the_applications_path_leaves_nothing_to_it(file: Path) -> None:
    sql = re.sub(r"\{\w+\}", "'x'", file.read_text(encoding="utf-8"))
    assert list(unqualified(sql, known=_DECLARED)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select now()",
        "select 1 + 1",
        "select id from pg_catalog.pg_class c where c.oid = 1",
        "select '1'::text",
        "select a from pg_class a",
        "select 'a' || 'b'",
        "delete from only q.q c where c.ctid = 0",
    ],
)
def test_the_walk_finds_what_is_left_to_the_path(sql: str) -> None:
    assert list(unqualified(sql)) != []


_TABLES = """
create table "Pa rents" (id int primary key, "na me" varchar(10) unique);
create table children (id int primary key, parent_id int, constraint ck foreign key (parent_id) references "Pa rents",
  name varchar(10), constraint cn foreign key (name) references "Pa rents" ("na me") on delete cascade);
create table codes (code uuid primary key);
create table uses (id int primary key, code uuid, constraint cu foreign key (code) references codes);
insert into "Pa rents" values (1, 'a'), (2, 'b');
insert into children values (1, 1, 'a');
create type mood as enum ('calm', 'wild');
create table lost (id int, m mood, days daterange[] unique, parent_id int, primary key (id, m));
insert into lost values (1, 'calm', '{"[2020-01-01,2020-01-02)"}', 1), (2, 'wild', '{}', 9), (3, 'calm', null, 8);
alter table lost add constraint lk foreign key (parent_id) references "Pa rents" not valid;
"""
_REPAIRS = ("null-orphans", "delete-orphans", "quarantine-orphans", "recreate-parents")


@pytest.mark.newest_version
async def test_what_a_probe_composes_leaves_nothing_to_the_path(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(_TABLES)
    async with workbench(database, tmp_path) as bench:
        for name in ("ck", "cn", "cu"):
            key = bench.key(name)
            for trial in probes.trials(bench.catalog, key, nullable=True):
                assert trial.why_not == ""
                assert list(unqualified(trial.body, known=_DECLARED)) == [], trial.body


async def _fails(_tries: Tries, _steps: Sequence[Step]) -> None:
    raise StoppedError("It does not work.")


@pytest.mark.newest_version
async def test_what_a_run_sends_leaves_nothing_to_the_path(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    pinned: list[bool] = [False]

    def keep(session: OpenTransaction, sql: str) -> None:
        if not isinstance(session, WriteSession):
            return
        if "search_path = pg_catalog" in sql or "rollback to savepoint fkdash_pinned" in sql:
            pinned[0] = "rollback" not in sql
        elif not pinned[0]:
            sent.append(sql)

    execute, rows, row, value = (
        OpenTransaction.execute, OpenTransaction.rows, OpenTransaction.row, OpenTransaction.value
    )  # fmt: skip

    async def executed(session: OpenTransaction, sql: str) -> str:
        keep(session, sql)
        return await execute(session, sql)

    async def all_rows(session: OpenTransaction, sql: str, *arguments: object) -> Sequence[Row]:
        keep(session, sql)
        return await rows(session, sql, *arguments)

    async def one_row(session: OpenTransaction, sql: str, *arguments: object) -> Row | None:
        keep(session, sql)
        return await row(session, sql, *arguments)

    async def one_value(session: OpenTransaction, sql: str, *arguments: object) -> object:
        keep(session, sql)
        return await value(session, sql, *arguments)

    for name, ours in (("execute", executed), ("rows", all_rows), ("row", one_row), ("value", one_value)):
        monkeypatch.setattr(OpenTransaction, name, ours)
    await database.execute(_TABLES)
    async with workbench(database, tmp_path) as bench:
        good(await bench.apply("ck", "cascade"))
        good(await bench.apply("cn", "set-null"))
        good(await bench.apply("cu", "create-index"))
        await database.execute("alter table uses alter code set not null")
        good(await bench.undo(await bench.apply("cu", "drop-not-null-set-null")))
        for repair in _REPAIRS:
            good(await bench.undo(await bench.apply("lk", repair)))
        monkeypatch.setattr(Tries, "_confined", _fails)
        assert (await bench.apply("ck", "no-action")).steps_done == (1,)
    assert any("VALIDATE CONSTRAINT" in sql for sql in sent)
    known = _DECLARED | {"back", "broken", "changed", "each_once", "fkdash_last", "held", "kept", "missing", "s"}
    left = {sql: found for sql in sent if (found := list(unqualified(sql, known=known)))}
    assert left == {}
