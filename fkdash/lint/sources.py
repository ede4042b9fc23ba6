"""Finds the files that paths mean: a dump, a folder of a migration tool, a project with one such folder in it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from fkdash.errors import UsageError, reason_of
from fkdash.fact import fact
from fkdash.lint.encoding import archive
from fkdash.lint.tools import (
    TOOLS,
    Tool,
    beginning,
    flyway_version,
    folders_below,
    in_code,
    language_of,
    number_of,
    sql_files,
    tool_named,
)

_FILE: Final = Tool("file", "one SQL file", lambda _: ())
_LISTED_ELSEWHERE: Final = frozenset({"drizzle", "drizzle-1", "prisma", "diesel", "sqitch", "atlas", "supabase"})
"""Tools of which a file in another language cannot be a migration."""

_CALLED: Final = frozenset({"migrations", "migration", "migrate", "versions"})
_DECLARES: Final = re.compile(r"\b(?:create|alter|drop)\s+table\b", re.IGNORECASE)
_MOST_LISTED: Final = 5
_ONE_NUMBER: Final = frozenset({"goose", "dbmate", "golang-migrate", "supabase"})
"""Tools to which a version is the digits before the first underscore, and nothing else."""

_A_FOLDER_EACH: Final = frozenset({"prisma", "drizzle-1", "diesel"})
"""Tools whose migrations are folders."""

_MODELS: Final = {
    ".prisma": Tool("prisma-schema", "a Prisma schema", lambda _: ()),
    ".json": Tool("drizzle-snapshot", "a Drizzle snapshot", lambda _: ()),
}
"""Files that are no SQL, by the ending of their names."""


@fact
class SourceFile:
    """A file to read: `label` is how it is named to people, relative to where they are."""

    path: Path
    label: str
    tool: Tool


@fact
class Sources:
    """The files in the order in which they run; `words` say which tool that is.

    `doubts` are files, each with the reason, for which the order or whether they run at all is not clear.
    """

    files: tuple[SourceFile, ...]
    words: str
    doubts: tuple[tuple[str, str], ...] = ()


@fact
class _Found:
    """The files that one path means, and what lies beside them and is not read, each with the reason."""

    files: tuple[SourceFile, ...]
    words: str
    beside: tuple[tuple[str, str], ...] = ()


def find_sources(paths: Sequence[Path], tool: str | None = None) -> Sources:
    """Give the files that paths mean; raises UsageError where there are none or it is not clear which."""
    wanted = tool_named(tool) if tool is not None else None
    files: list[SourceFile] = []
    words: list[str] = []
    doubts: list[tuple[str, str]] = []
    for path in paths:
        found = _of_path(path, wanted)
        files += found.files
        words.append(found.words)
        doubts += (*found.beside, *_doubts(path, found.files))
    return Sources(tuple(files), ", ".join(dict.fromkeys(words)), tuple(doubts))


def label_of(path: Path) -> str:
    """Give a path as people write it: relative to the current folder where it lies in it."""
    absolute, here = Path(os.path.abspath(path)), Path.cwd()  # noqa: PTH100 - links stay as they are named
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else absolute.as_posix()


def _of_path(path: Path, wanted: Tool | None) -> _Found:
    try:
        if path.is_dir():
            return _of_folder(path, wanted)
        if path.is_file():
            tool = wanted or _MODELS.get(path.suffix.lower(), _FILE)
            return _Found((SourceFile(path, label_of(path), tool),), tool.words)
        path.stat()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {reason_of(error)}.", next_step="Name a file or a folder that is there."
        ) from error
    raise UsageError(f"{path} is neither a file nor a folder.", next_step="Name another.")


def _of_folder(folder: Path, wanted: Tool | None) -> _Found:
    """Give the files of a folder, or of the only one below it that has migrations."""
    found = _with_tool(folder, wanted)
    chosen = folder
    beside: tuple[tuple[str, str], ...] = ()
    if found is None or (wanted is None and _is_loose(found)) or _lies_below(folder, found):
        candidates = [each for each in folders_below(folder) if _with_tool(each, wanted) is not None]
        chosen = _the_one(folder, found, candidates, wanted)
        found = _with_tool(chosen, wanted)
        beside = tuple(_unread(folder, chosen, candidates)) if wanted is None else ()
    assert found is not None  # noqa: S101 - the folder was chosen because it has files
    tool, paths = found
    return _Found(tuple(SourceFile(path, label_of(path), tool) for path in paths), tool.words, beside)


def _the_one(
    folder: Path, found: tuple[Tool, Sequence[Path]] | None, candidates: Sequence[Path], wanted: Tool | None
) -> Path:
    """Give the one folder of migrations in a project; raises UsageError where there is none, or more than one."""
    below = found is not None and _lies_below(folder, found)
    telling = [each for each in candidates if _tool_of(each, wanted) != "numbered"]
    if below:
        # Flyway looks in folders below its own too: what lies apart is one project if no version is there twice.
        paths = found[1] if found is not None else ()
        versions = [version for path in paths if (version := flyway_version(path))]
        apart = list(dict.fromkeys(path.parent for path in paths if flyway_version(path)))
        telling = [each for each in telling if _tool_of(each, wanted) != "flyway"]
        if telling or len(set(versions)) < len(versions):
            telling += apart
        else:
            return folder
    telling = telling or (list(candidates) if found is None else [])
    if len(telling) > 1:
        listed = ", ".join(label_of(each) for each in telling[:_MOST_LISTED])
        more = f" and {len(telling) - _MOST_LISTED} more" if len(telling) > _MOST_LISTED else ""
        raise UsageError(
            f"{folder} has several folders with migrations: {listed}{more}.",
            next_step="Name one; lint each in a run of its own if they are of several databases.",
        )
    if telling or found is not None:
        return telling[0] if telling else folder
    asked = f" of {wanted.name}" if wanted is not None else ""
    written = next((each for below in (folder, *folders_below(folder)) for each in in_code(below)), None)
    if written is not None:
        raise UsageError(
            f"{label_of(written)} is a migration in {language_of(written)}; only SQL can be read.",
            next_step="Name a dump (pg_dump --schema-only), or judge a snapshot with fkdash check --from.",
        )
    if (folder / "toc.dat").is_file():
        raise archive(str(folder))
    raise UsageError(
        f"{folder} has no SQL migrations{asked} in it.", next_step="Name the folder they lie in, or a dump."
    )


def _unread(folder: Path, chosen: Path, candidates: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Give the migrations of a project that lie elsewhere than in the folder that was chosen."""
    for each in candidates:
        found = _with_tool(each, None)
        if found is not None and found[0].name == "numbered" and not each.is_relative_to(chosen):
            declaring = not _is_loose(found) and any(_DECLARES.search(beginning(path)) for path in found[1])
            if declaring:
                yield label_of(each), f"it has migrations too, and only those of {label_of(chosen)} are read"
    for each in folders_below(folder):
        if each.name in _CALLED and not each.is_relative_to(chosen):
            first = next(iter(in_code(each)), None)
            if first is not None:
                yield label_of(first), f"it is a migration in {language_of(first)}, which is not read"


def _with_tool(folder: Path, wanted: Tool | None) -> tuple[Tool, Sequence[Path]] | None:
    for tool in TOOLS if wanted is None else (wanted,):
        paths = tool.files(folder)
        if paths:
            return tool, paths
    return None


def _lies_below(folder: Path, found: tuple[Tool, Sequence[Path]]) -> bool:
    """Tell a project from Flyway's folder: nothing of it lies in the folder itself."""
    return found[0].name == "flyway" and all(path.parent != folder for path in found[1])


def _is_loose(found: tuple[Tool, Sequence[Path]]) -> bool:
    """Tell SQL files without numbers, beside which the migrations may lie in a folder below."""
    tool, paths = found
    return tool.name == "numbered" and any(number_of(path) is None for path in paths)


def _tool_of(folder: Path, wanted: Tool | None) -> str:
    found = _with_tool(folder, wanted)
    return found[0].name if found is not None else ""


def _doubts(path: Path, files: Sequence[SourceFile]) -> Iterator[tuple[str, str]]:
    if not files or not path.is_dir():
        return
    for file in files:
        if not file.path.is_file():
            yield file.label, f"{file.tool.words} names it, but it is not there"
    tool, folder = files[0].tool, files[0].path.parent
    if tool.name in _A_FOLDER_EACH:
        yield from _empty_ones(folder.parent, files[0].path.name)
    for other in sorted(folder.iterdir()) if folder.is_dir() else ():
        if other.suffix.lower() == ".sql" and not other.is_file() and not other.is_dir():
            yield (
                label_of(other),
                "it is no file to read: a link that leads nowhere, a pipe or a device",
            )
    if tool.name == "drizzle":
        known = {file.path.name for file in files}
        for other in sql_files(folder):
            if other.name not in known:
                yield label_of(other), "it has no entry in meta/_journal.json, so Drizzle never runs it"
    if tool.name not in _LISTED_ELSEWHERE and folder.is_dir():
        read = {file.path for file in files}
        for other in (each for each in in_code(folder) if each not in read):
            yield label_of(other), f"it is a migration in {language_of(other)}, which is not read"
    yield from _repeated(tool, files)


def _empty_ones(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    """Give the folders of migrations that have none in them."""
    for each in sorted(folder.iterdir()):
        if each.is_dir() and number_of(each) is not None and not (each / name).is_file():
            yield label_of(each), f"there is no {name} in it"


def _repeated(tool: Tool, files: Sequence[SourceFile]) -> Iterator[tuple[str, str]]:
    seen: dict[tuple[int, ...], str] = {}
    for file in files if tool.name in {"numbered", "flyway", *_ONE_NUMBER} else ():
        number = flyway_version(file.path) or None if tool.name == "flyway" else number_of(file.path)
        if number is not None and tool.name in _ONE_NUMBER:
            number = number[:1]
        if number is not None and number in seen:
            yield file.label, f"it has the same number as {seen[number]}: which of them runs first is not clear"
        elif number is not None:
            seen[number] = file.label
