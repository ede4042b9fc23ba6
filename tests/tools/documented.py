"""Runs migrations as tools that cannot be installed here say they do: goose, golang-migrate, Flyway, Supabase, Liquibase, Ecto.

Each is the tool's documented rule for its files, written down once more: which part runs, how it is cut into statements,
and what is one transaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fkdash.catalog.files.reading.splitting import split
from tests.tools.projects import DROP, TABLES

Run = tuple[bool, list[str]]
"""Whether it is one transaction, and the statements that are sent one by one."""


@dataclass(frozen=True)
class Documented:
    """A tool: a project of it, and what it runs of a file on the way up and down."""

    files: Mapping[str, str]
    runs: Callable[[Path, bool], Iterator[Run]]
    pattern: str
    goes_down: bool = True


def _cut(text: str) -> list[str]:
    return [each.text for each in split(iter([text]))]


def _goose(path: Path, down: bool) -> Iterator[Run]:
    """A statement ends where a line ends with a semicolon, unless it stands between StatementBegin and End."""
    wanted, here, held, whole = ("Down" if down else "Up"), "", "", False
    statements: list[str] = []
    outside = False
    for line in path.read_text().split("\n"):
        mark = re.fullmatch(r"-- \+goose (\w+(?: \w+)?)", line)
        if mark:
            outside = outside or mark[1] == "NO TRANSACTION"
            here = mark[1] if mark[1] in {"Up", "Down"} else here
            if mark[1] == "StatementEnd" and here == wanted:
                statements.append(held)
                held = ""
            whole = mark[1] == "StatementBegin" if mark[1].startswith("Statement") else whole
            continue
        if here != wanted or (not held and (not line.strip() or line.startswith("--"))):
            continue
        held += f"{line}\n"
        if not whole and line.rstrip().endswith(";"):
            statements.append(held)
            held = ""
    assert not held.strip(), f"{path}: {held}"
    yield not outside, statements


def _golang_migrate(path: Path, down: bool) -> Iterator[Run]:
    """The whole file is one query."""
    name = path.name.replace(".up.sql", ".down.sql") if down else path.name
    yield False, [(path.parent / name).read_text()]


def _flyway(path: Path, down: bool) -> Iterator[Run]:
    """The statements of a version are one transaction, unless its .conf says otherwise."""
    name = f"U{path.name[1:]}" if down else path.name
    conf = path.parent / f"{path.name}.conf"
    outside = conf.is_file() and "executeInTransaction=false" in conf.read_text()
    yield not outside, _cut((path.parent / name).read_text())


def _supabase(path: Path, down: bool) -> Iterator[Run]:
    """The statements of a file are one batch."""
    assert not down
    yield True, _cut(path.read_text())


def _liquibase(path: Path, down: bool) -> Iterator[Run]:
    """A changeset is a transaction; with splitStatements:false its text, and each line of its rollback's, is one query."""
    first, *changesets = path.read_text().split("\n--changeset ")
    assert first.strip().lower() == "--liquibase formatted sql"
    for changeset in reversed(changesets) if down else changesets:
        head, _, body = changeset.partition("\n")
        lines = body.split("\n")
        marked = [line.removeprefix("--rollback ") for line in lines if line.startswith("--rollback ")]
        text = "\n".join(marked if down else [line for line in lines if not line.startswith("--")])
        yield "runInTransaction:false" not in head, [text] if "splitStatements:false" in head else _cut(text)


def _ecto(path: Path, down: bool) -> Iterator[Run]:
    """Each execute sends one statement; a heredoc loses the indentation of its end."""
    text = path.read_text()
    body = re.search(rf"  def {'down' if down else 'up'} do\n(.*?)\n  end\n", text, re.DOTALL)
    assert body
    heredocs = re.findall(r'execute\(~S"""\n(.*?)\n    """\)', body[1], re.DOTALL)
    yield (
        "@disable_ddl_transaction true" not in text,
        [re.sub(r"^    ", "", each, flags=re.MULTILINE) for each in heredocs],
    )


def _plain(statements: str) -> str:
    return "".join(f'    execute(~S"""\n    {each}\n    """)\n' for each in _cut(statements))


DOCUMENTED = {
    "goose": Documented({"sql/00007_init.sql": f"-- +goose Up\n{TABLES}\n-- +goose Down\n{DROP}"}, _goose, "sql/*.sql"),
    "golang-migrate": Documented(
        {"migrations/000003_init.up.sql": TABLES, "migrations/000003_init.down.sql": DROP}, _golang_migrate, "migrations/*.up.sql"
    ),
    "flyway": Documented({"sql/V2.9__init.sql": TABLES, "sql/U2.9__init.sql": DROP}, _flyway, "sql/V*.sql"),
    "supabase": Documented({"supabase/migrations/20240101000000_init.sql": TABLES}, _supabase, "supabase/migrations/*.sql", goes_down=False),
    "liquibase": Documented(
        {"changes/001-init.sql": f"--liquibase formatted sql\n\n--changeset ada:init\n{TABLES}--rollback DROP TABLE users;\n"}, _liquibase, "changes/*.sql"
    ),
    "ecto": Documented(
        {
            "priv/repo/migrations/20240101000000_init.exs": (
                f"defmodule App.Repo.Migrations.Init do\n  use Ecto.Migration\n\n  def up do\n{_plain(TABLES)}  end\n\n"
                f"  def down do\n{_plain(DROP)}  end\nend\n"
            )
        },
        _ecto, "priv/repo/migrations/*.exs",
    ),
}  # fmt: skip
