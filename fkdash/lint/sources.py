"""Finds the files that paths mean: a dump, a folder of a migration tool, a project with one such folder in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fkdash.errors import UsageError, reason_of
from fkdash.lint.tools import TOOLS, Tool, in_code, language_of, number_of, sql_files, tool_named

_PASSED_OVER: Final = frozenset(
    {"node_modules", ".git", ".venv", "venv", "target", "dist", "build", "vendor", "__pycache__"}
)
_DEEPEST: Final = 6
_FILE: Final = Tool("file", "one SQL file", lambda _: ())
_LISTED_ELSEWHERE: Final = frozenset({"drizzle", "drizzle-1", "prisma", "diesel", "sqitch", "atlas", "supabase"})
"""Tools of which a file in another language cannot be a migration."""

_ONE_NUMBER: Final = frozenset({"goose", "dbmate", "golang-migrate", "supabase"})
"""Tools to which a version is the digits before the first underscore, and nothing else."""

_MODELS: Final = {
    ".prisma": Tool("prisma-schema", "a Prisma schema", lambda _: ()),
    ".json": Tool("drizzle-snapshot", "a Drizzle snapshot", lambda _: ()),
}
"""Files that are no SQL, by the ending of their names."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: `label` is how it is named to people, relative to where they are."""

    path: Path
    label: str
    tool: Tool


@dataclass(frozen=True, slots=True)
class Sources:
    """The files in the order in which they run; `words` say which tool that is.

    `doubts` are files, each with the reason, for which the order or whether they run at all is not clear.
    """

    files: tuple[SourceFile, ...]
    words: str
    doubts: tuple[tuple[str, str], ...] = ()


def find_sources(paths: Sequence[Path], tool: str | None = None) -> Sources:
    """Give the files that paths mean; raises UsageError where there are none or it is not clear which."""
    wanted = tool_named(tool) if tool is not None else None
    files: list[SourceFile] = []
    words: list[str] = []
    doubts: list[tuple[str, str]] = []
    for path in paths:
        found, said = _of_path(path, wanted)
        files += found
        words.append(said)
        doubts += _doubts(path, found)
    return Sources(tuple(files), ", ".join(dict.fromkeys(words)), tuple(doubts))


def label_of(path: Path) -> str:
    """Give a path as people write it: relative to the current folder where it lies in it."""
    absolute, here = Path(os.path.abspath(path)), Path.cwd()  # noqa: PTH100 - links stay as they are named
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else absolute.as_posix()


def _of_path(path: Path, wanted: Tool | None) -> tuple[list[SourceFile], str]:
    try:
        if path.is_dir():
            return _of_folder(path, wanted)
        if path.is_file():
            tool = wanted or _MODELS.get(path.suffix.lower(), _FILE)
            return [SourceFile(path, label_of(path), tool)], tool.words
        path.stat()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {reason_of(error)}.", next_step="Name a file or a folder that is there."
        ) from error
    raise UsageError(f"{path} is neither a file nor a folder.", next_step="Name another.")


def _of_folder(folder: Path, wanted: Tool | None) -> tuple[list[SourceFile], str]:
    found = _with_tool(folder, wanted)
    if found is None or (wanted is None and _is_loose(found)):
        candidates = [each for each in _folders_below(folder) if _with_tool(each, wanted) is not None]
        telling = [each for each in candidates if _tool_of(each, wanted) != "numbered"]
        telling = telling or (candidates if found is None else [])
        if len(telling) > 1:
            listed = ", ".join(label_of(each) for each in telling[:5])
            raise UsageError(f"{folder} has several folders with migrations: {listed}.", next_step="Name one.")
        if not telling and found is not None:
            telling = [folder]
        if not telling:
            asked = f" of {wanted.name}" if wanted is not None else ""
            written = next((each for below in (folder, *_folders_below(folder)) for each in in_code(below)), None)
            if written is not None:
                raise UsageError(
                    f"{label_of(written)} is a migration in {language_of(written)}; only SQL can be read.",
                    next_step="Name a dump (pg_dump --schema-only), or judge a snapshot with fkdash check --from.",
                )
            raise UsageError(
                f"{folder} has no SQL migrations{asked} in it.",
                next_step="Name the folder they lie in, or a dump.",
            )
        folder = telling[0]
        found = _with_tool(folder, wanted)
    assert found is not None  # noqa: S101 - the folder was chosen because it has files
    tool, paths = found
    return [SourceFile(path, label_of(path), tool) for path in paths], tool.words


def _with_tool(folder: Path, wanted: Tool | None) -> tuple[Tool, Sequence[Path]] | None:
    for tool in TOOLS if wanted is None else (wanted,):
        paths = tool.files(folder)
        if paths:
            return tool, paths
    return None


def _is_loose(found: tuple[Tool, Sequence[Path]]) -> bool:
    """Tell SQL files without numbers, beside which the migrations may lie in a folder below."""
    tool, paths = found
    return tool.name == "numbered" and any(number_of(path) is None for path in paths)


def _tool_of(folder: Path, wanted: Tool | None) -> str:
    found = _with_tool(folder, wanted)
    return found[0].name if found is not None else ""


def _folders_below(folder: Path) -> Iterator[Path]:
    """Give the folders below one, without what holds other people's code; links are not followed."""
    base = len(folder.parts)
    for where, names, _ in os.walk(folder):
        here = Path(where)
        names[:] = sorted(name for name in names if name not in _PASSED_OVER and not name.startswith("."))
        if len(here.parts) - base >= _DEEPEST:
            names.clear()
        if here != folder:
            yield here


def _doubts(path: Path, files: Sequence[SourceFile]) -> Iterator[tuple[str, str]]:
    if not files or not path.is_dir():
        return
    for file in files:
        if not file.path.is_file():
            yield file.label, f"{file.tool.words} names it, but it is not there"
    tool, folder = files[0].tool, files[0].path.parent
    if tool.name == "drizzle":
        known = {file.path.name for file in files}
        for other in sql_files(folder):
            if other.name not in known:
                yield label_of(other), "it has no entry in meta/_journal.json, so Drizzle never runs it"
    if tool.name not in _LISTED_ELSEWHERE:
        read = {file.path for file in files}
        for other in (each for each in in_code(folder) if each not in read):
            yield label_of(other), f"it is a migration in {language_of(other)}, which is not read"
    yield from _repeated(tool, files)


def _repeated(tool: Tool, files: Sequence[SourceFile]) -> Iterator[tuple[str, str]]:
    seen: dict[tuple[int, ...], str] = {}
    for file in files if tool.name in {"numbered", *_ONE_NUMBER} else ():
        number = number_of(file.path)
        if number is not None and tool.name in _ONE_NUMBER:
            number = number[:1]
        if number is not None and number in seen:
            yield file.label, f"it has the same number as {seen[number]}: which of them runs first is not clear"
        elif number is not None:
            seen[number] = file.label
