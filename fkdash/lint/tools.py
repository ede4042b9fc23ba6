"""Migration tools: what differs between them is where files lie, their order, and which part of one runs upwards.

A tool is a line in `TOOLS`, the more telling first; the last ones fit every folder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from fkdash.errors import UsageError, reason_of
from fkdash.fact import fact
from fkdash.lint.encoding import encoding_of
from fkdash.lint.node_pg_migrate import only_runs_statements

_NUMBERS: Final = re.compile(r"\d+(?:[._T-]\d+(?=[._T-]))*")
"""What a name begins with: 7, 20240101_120000, 1.10.2 or 2024-11-22T17.54.04, but not the 2 of 7_2fa."""

_FLYWAY: Final = re.compile(r"V(\d[\d._]*)__.*\.sql", re.IGNORECASE)
_BACKWARDS: Final = re.compile(
    r"(?:[._-](?:down|undo|rollback|revert)\.sql|^(?:down|undo|revert)\.sql|^U\d[\d._]*__.*\.sql)$"
)
_PASSED_OVER: Final = frozenset(
    {"node_modules", ".git", ".venv", "venv", "target", "dist", "build", "vendor", "__pycache__"}
)
_DEEPEST: Final = 8
_STAMPED: Final = re.compile(r"\d{14}_.*\.sql")
_PEEK: Final = 4000


@fact
class Tool:
    """A migration tool.

    `files` gives a folder's files in the order in which they run, empty where the folder is not this tool's.
    `up` and `down` are the comments that begin the parts of a file; `breakpoints` one that ends a statement.
    `whole` says that a file runs in one transaction, unless `outside` stands in it.
    """

    name: str
    words: str
    files: Callable[[Path], Sequence[Path]]
    up: str = ""
    down: str = ""
    breakpoints: str = ""
    whole: bool = False
    outside: str = ""


def sql_files(folder: Path) -> list[Path]:
    """Give a folder's own SQL files that lead forwards, sorted by number and name."""
    found = [each for each in folder.iterdir() if each.suffix.lower() == ".sql" and each.is_file()]
    return sorted((each for each in found if not _BACKWARDS.search(each.name)), key=_by_number)


def _by_number(path: Path) -> tuple[bool, tuple[int, ...], str]:
    number = number_of(path)
    return number is None, number or (), path.name


_LANGUAGES: Final = {
    ".js": "JavaScript", ".mjs": "JavaScript", ".cjs": "JavaScript", ".ts": "TypeScript", ".mts": "TypeScript",
    ".cts": "TypeScript", ".py": "Python", ".rb": "Ruby", ".go": "Go", ".java": "Java", ".kt": "Kotlin",
    ".exs": "Elixir", ".php": "PHP", ".xml": "XML", ".yaml": "YAML", ".yml": "YAML",
}  # fmt: skip
_IN_CODE: Final = re.compile(r"(?:V?\d+[\d._]*[-_.]|\d{4}_\d{2}_\d{2}_).*", re.IGNORECASE)


def in_code(folder: Path) -> list[Path]:
    """Give a folder's migrations that are no SQL: numbered files of a programming language."""
    return sorted(
        each
        for each in folder.iterdir()
        if each.suffix in _LANGUAGES and _IN_CODE.fullmatch(each.stem) and not each.name.endswith(".d.ts")
    )


def language_of(path: Path) -> str:
    """Give the language that a migration is written in."""
    return _LANGUAGES[path.suffix]


def number_of(path: Path) -> tuple[int, ...] | None:
    """Give the number that a file's name begins with, in its parts; None for a name without one."""
    numbers = _NUMBERS.match(path.name)
    return tuple(int(each) for each in re.findall(r"\d+", numbers.group())) if numbers else None


def _journal(folder: Path) -> Sequence[Path]:
    journal = folder / "meta" / "_journal.json"
    if not journal.is_file():
        return ()
    try:
        document = json.loads(journal.read_text(encoding="utf-8"))
        entries = document["entries"]
        tags = [entry["tag"] for entry in entries]
        dialect = document.get("dialect", "postgresql")
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(
            f"Drizzle's journal {journal} cannot be read: {reason_of(error)}.",
            next_step="Mend it (git may have left conflict markers in it), or name the SQL files.",
        ) from error
    if dialect not in {"postgresql", "pg"}:
        raise UsageError(f"{journal} is for {dialect}, not for PostgreSQL.", next_step="Name another folder.")
    if not isinstance(entries, list) or not all(isinstance(tag, str) for tag in tags):
        raise UsageError(f"Drizzle's journal {journal} has an entry without a tag.", next_step="Mend it.")
    if not tags and sql_files(folder):
        raise UsageError(
            f"Drizzle's journal {journal} names no migration, so none of those beside it would run.",
            next_step="Mend it, or read them with --tool numbered.",
        )
    return _within(folder, tags, journal)


def _within(folder: Path, names: Sequence[str], said_in: Path) -> Sequence[Path]:
    """Give the SQL files of these names; raises UsageError for a name that leads out of the folder."""
    for name in names:
        if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or "\0" in name:
            raise UsageError(
                f"{said_in} names {name!r}, which is no migration of {folder}.",
                next_step="Mend it, or name the SQL files.",
            )
    return [folder / f"{name}.sql" for name in names]


def _folders_with(name: str, beside: str = "") -> Callable[[Path], Sequence[Path]]:
    def files(folder: Path) -> Sequence[Path]:
        found = sorted(each / name for each in folder.iterdir() if (each / name).is_file())
        return found if not beside or any((each.parent / beside).is_file() for each in found) else ()

    return files


def _named(pattern: str) -> Callable[[Path], Sequence[Path]]:
    wanted = re.compile(pattern, re.IGNORECASE)

    def files(folder: Path) -> Sequence[Path]:
        found = [each for each in folder.iterdir() if wanted.fullmatch(each.name) and each.is_file()]
        return sorted(found, key=_by_number)

    return files


def folders_below(folder: Path) -> Iterator[Path]:
    """Give the folders below one, without what holds other people's code; links are not followed."""
    base = len(folder.parts)
    for where, names, _ in os.walk(folder):
        here = Path(where)
        names[:] = sorted(name for name in names if name not in _PASSED_OVER and not name.startswith("."))
        if len(here.parts) - base >= _DEEPEST:
            names.clear()
        if here != folder:
            yield here


def _flyway(folder: Path) -> Sequence[Path]:
    versions: list[tuple[tuple[int, ...], Path]] = []
    repeatable: list[Path] = []
    for each in (path for where in (folder, *folders_below(folder)) for path in where.glob("*.sql")):
        version = flyway_version(each)
        if version:
            versions.append((version, each))
        elif each.name.startswith("R__"):
            repeatable.append(each)
    return (
        [path for _, path in sorted(versions)] + sorted(repeatable, key=lambda path: path.name) if versions else ()
    )


def flyway_version(path: Path) -> tuple[int, ...]:
    """Give the version of one of Flyway's migrations, empty for any other file."""
    match = _FLYWAY.fullmatch(path.name)
    return tuple(int(part) for part in re.split(r"[._]", match.group(1)) if part) if match is not None else ()


def _containing(marker: str) -> Callable[[Path], Sequence[Path]]:
    def files(folder: Path) -> Sequence[Path]:
        found = sql_files(folder)
        return found if any(marker in beginning(each) for each in found[:5]) else ()

    return files


def _node_pg_migrate(folder: Path) -> Sequence[Path]:
    found = _containing("-- Up Migration")(folder)
    scripts = [each for each in in_code(folder) if only_runs_statements(each)] if found else []
    return sorted((*found, *scripts), key=_by_number)


def beginning(path: Path) -> str:
    """Give the first lines of a file, "" where it cannot be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(_PEEK)
        return raw.decode(encoding_of(raw), errors="replace").removeprefix("\ufeff")
    except OSError:
        return ""


def _sqitch(folder: Path) -> Sequence[Path]:
    plan = folder / "sqitch.plan"
    if not plan.is_file():
        return ()
    names: list[str] = []
    for line in plan.read_text(encoding="utf-8-sig", errors="replace").splitlines():
        word = line.split(maxsplit=1)[0] if line.strip() else ""
        if word and not word.startswith(("%", "#", "@", "-")):
            names.append(word)
    # A change that was reworked runs first as it was when it was tagged, which is another file.
    return _within(folder / "deploy", list(dict.fromkeys(names)), plan)


def _stamped(folder: Path) -> Sequence[Path]:
    found = sql_files(folder)
    return (
        found
        if found and folder.parent.name == "supabase" and all(_STAMPED.fullmatch(each.name) for each in found)
        else ()
    )


def _beside(name: str) -> Callable[[Path], Sequence[Path]]:
    def files(folder: Path) -> Sequence[Path]:
        return sql_files(folder) if (folder / name).is_file() else ()

    return files


_BREAKPOINT: Final = "--> statement-breakpoint"

TOOLS: Final[tuple[Tool, ...]] = (
    Tool("drizzle", "Drizzle 0.x (meta/_journal.json)", _journal, breakpoints=_BREAKPOINT, whole=True),
    Tool(
        "drizzle-1",
        "Drizzle 1 (a folder each, with snapshot.json)",
        _folders_with("migration.sql", "snapshot.json"),
        breakpoints=_BREAKPOINT,
        whole=True,
    ),
    Tool("prisma", "Prisma (a folder each)", _folders_with("migration.sql"), whole=True),
    Tool("diesel", "Diesel (a folder each, up.sql)", _folders_with("up.sql"), whole=True),
    Tool("sqitch", "sqitch (sqitch.plan)", _sqitch),
    Tool("flyway", "Flyway (V1__name.sql)", _flyway, whole=True),
    Tool("golang-migrate", "golang-migrate (1_name.up.sql)", _named(r".*\.up\.sql"), whole=True),
    Tool(
        "goose", "goose (-- +goose Up)", _containing("-- +goose Up"), "-- +goose Up", "-- +goose Down",
        whole=True, outside="-- +goose NO TRANSACTION",
    ),
    Tool(
        "dbmate", "dbmate (-- migrate:up)", _containing("-- migrate:up"), "-- migrate:up", "-- migrate:down",
        whole=True, outside="transaction:false",
    ),
    Tool(
        "node-pg-migrate", "node-pg-migrate (-- Up Migration)", _node_pg_migrate, "-- Up Migration",
        "-- Down Migration", whole=True, outside="pgm.noTransaction()",
    ),
    Tool(
        "sql-migrate", "sql-migrate (-- +migrate Up)", _containing("-- +migrate Up"), "-- +migrate Up",
        "-- +migrate Down", whole=True, outside="notransaction",
    ),
    Tool("atlas", "Atlas (atlas.sum)", _beside("atlas.sum"), whole=True, outside="atlas:txmode none"),
    Tool("supabase", "Supabase (supabase/migrations)", _stamped),
    Tool("numbered", "SQL files in the order of their numbers and names", sql_files),
)  # fmt: skip


def tool_named(name: str) -> Tool:
    """Give a tool by name; raises UsageError for any other word."""
    for tool in TOOLS:
        if tool.name == name:
            return tool
    known = ", ".join(tool.name for tool in TOOLS)
    raise UsageError(f"There is no migration tool {name}.", next_step=f"Known are {known}.")
