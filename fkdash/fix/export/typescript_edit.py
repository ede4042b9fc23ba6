"""The edit of a Drizzle schema in TypeScript that makes it say what the migration does."""

from __future__ import annotations

import re
from functools import partial
from importlib.util import find_spec
from itertools import chain
from typing import TYPE_CHECKING, Final

from fkdash.errors import UsageError
from fkdash.fix.export.folder import above, folders, names, read
from fkdash.fix.export.migration import action_words
from fkdash.fix.export.model import FileChange, Missing, UnfitFolderError

_PARSER: Final = all(map(find_spec, ("tree_sitter", "tree_sitter_typescript")))
if _PARSER:
    from fkdash.fix.export import typescript_tables as tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from fkdash.fix.export.drizzle_config import Config
    from fkdash.fix.export.folder import Text
    from fkdash.fix.export.model import Request
    from fkdash.fix.plan import Plan

_ENDINGS: Final = (".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs")
_FROM: Final = re.compile(r"""\bfrom\s*["'](\.{1,2}/[^"'\n]*|\.{1,2})["']""")
_MOST_FILES: Final = 3000
_INSTALL: Final = "pip install 'fkdash[export]'"


def edits(request: Request, config: Config, out: Path) -> tuple[tuple[FileChange, ...], tuple[Missing, ...]]:
    """Give the edits of schema files, and what of them is left to the team; `out` is the folder of migrations.

    Raises UsageError where the edit was asked for and the parser is not installed.
    """
    plan = request.migration.plan
    wanted = _wanted(plan)
    if not _PARSER:
        if request.edit_schema:
            raise UsageError("The edit of a schema file needs a parser that is not installed.", next_step=_INSTALL)
        return (), (Missing(None, 0, f"the schema must say the same: {wanted} (shown after {_INSTALL})"),)
    texts = list(_schema_files(request.folder, out, config))
    known = tables.makers(texts)
    found = [table for text in texts for table in tables.find(text, plan.key.table, known, casing=config.casing)]
    if len(found) != 1:
        why = "is not found" if not found else f"is found {len(found)} times"
        return (), (Missing(None, 0, f"the table {plan.key.table} {why} in the schema; there {wanted}"),)
    table = found[0]
    try:
        changes = list(_changes(plan, table))
    except tables.NotFoundError as error:
        return (), (Missing(table.text.path, error.line, f"{error.why}; {wanted}"),)
    new = tables.applied(table.text.text, changes)
    line = min(change.line for change in changes) if changes else table.line
    if not changes:
        return (), (Missing(table.text.path, line, f"the schema must say the same: {wanted}"),)
    if new == table.text.text:
        return (), ()
    left = (
        () if request.edit_schema else (Missing(table.text.path, line, f"the schema must say the same: {wanted}"),)
    )
    return (table.text.edited(new),), left


def _changes(plan: Plan, table: tables.Table) -> Iterator[tables.Change]:
    old, new = plan.key, plan.goal.key
    for what, before, after in (
        ("onDelete", old.on_delete, new.on_delete),
        ("onUpdate", old.on_update, new.on_update),
    ):
        if before != after:
            yield table.action(old.name, old.columns, what, action_words(after))
    for name, column in plan.goal.nullable:
        if name == old.table:
            yield table.nullable(column)


def _wanted(plan: Plan) -> str:
    old, new = plan.key, plan.goal.key
    parts = []
    if plan.goal.gone:
        parts.append(f"remove the reference {old.name}")
    if old.on_delete != new.on_delete:
        parts.append(f"onDelete: '{action_words(new.on_delete)}' for {', '.join(old.columns)}")
    if old.on_update != new.on_update:
        parts.append(f"onUpdate: '{action_words(new.on_update)}' for {', '.join(old.columns)}")
    parts += [f"no .notNull() for {column} of {name.name}" for name, column in plan.goal.nullable]
    return ", ".join(parts) or f"what {plan.option} does"


def _schema_files(root: Path, out: Path, config: Config) -> Iterator[Text]:
    if config.base is not None and config.schemas:
        start = [path for said in config.schemas for path in _named(config.base, said)]
        yield from _reached(start)
        return
    # Of the package that has the migrations: another one may have a table of the same name.
    home = next((each for each in above(out) if (each / "package.json").is_file()), root)
    paths = (folder / name for folder in folders(home) for name in names(folder) if name.endswith(_ENDINGS))
    yield from _read(paths)


def _named(folder: Path, said: str) -> list[Path]:
    path = folder / said
    if path.is_dir():
        return [each / name for each in folders(path) for name in names(each) if name.endswith(_ENDINGS)]
    if path.is_file():
        return [path]
    pattern = said.removeprefix("./")
    if pattern.startswith("/"):
        return []
    back, _, rest = pattern.rpartition("../") if pattern.startswith("../") else ("", "", pattern)
    base = (folder / back / "..").resolve() if pattern.startswith("../") else folder
    found = set(chain.from_iterable(map(partial(_matching, base), _alternatives(rest))))
    return sorted(each for each in found if each.is_file() and "node_modules" not in each.parts)


def _alternatives(pattern: str) -> list[str]:
    """Give the patterns that one with braces stands for."""
    braces = re.search(r"\{([^{}]*)\}", pattern)
    if not braces:
        return [pattern]
    spelled = (pattern.replace(braces[0], each, 1) for each in braces[1].split(","))
    return list(chain.from_iterable(map(_alternatives, spelled)))


def _matching(base: Path, pattern: str) -> list[Path]:
    """Give what a pattern of drizzle-kit's matches; two stars beside other letters are one there."""
    parts = [each if each == "**" else re.sub(r"\*{2,}", "*", each) for each in pattern.split("/")]
    try:
        return list(base.glob("/".join([*parts, *(["*"] if parts[-1] == "**" else [])])))
    except (ValueError, NotImplementedError):
        return []


def _reached(start: Iterable[Path]) -> Iterator[Text]:
    """Give the files, and those that they take something from by a relative path."""
    waiting = list(start)
    seen: set[Path] = set()
    while waiting and len(seen) < _MOST_FILES:
        path = waiting.pop(0).resolve()
        if path in seen:
            continue
        seen.add(path)
        for text in _read([path]):
            yield text
            waiting += [found for said in _FROM.findall(text.text) if (found := _module(path.parent / said))]


def _module(path: Path) -> Path | None:
    """Give the file that an import means: `./users`, `./users.js`, `./schema` for a folder."""
    stem = path.with_suffix("") if path.suffix in {".js", ".mjs", ".cjs"} else path
    tried = [path, *(stem.parent / f"{stem.name}{ending}" for ending in _ENDINGS)]
    tried += [path / f"index{ending}" for ending in _ENDINGS]
    return next((each for each in tried if each.is_file() and each.suffix in _ENDINGS), None)


def _read(paths: Iterable[Path]) -> Iterator[Text]:
    for path in paths:
        try:
            yield read(path)
        except UnfitFolderError:
            continue
