"""A folder of migrations that run in the order of their names, and the new ones at its end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fact import fact
from fkdash.fix.export.folder import already_there, created, folders, names, only_one, read
from fkdash.fix.export.model import Exported, Kind, Missing, Transaction, UnfitFolderError
from fkdash.fix.export.naming import numbers, part_slugs
from fkdash.fix.export.sql_text import up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from fkdash.fix.export.folder import Text, already_there
    from fkdash.fix.export.model import FileChange, Part, Request

_OUTSIDE: Final = "outside a transaction, which CREATE and DROP INDEX CONCURRENTLY refuse"


@fact
class Sequence:
    """A folder, the names of its migrations with their numbers in order, and the last of them."""

    folder: Path
    found: tuple[tuple[str, str], ...]
    last: Text

    @property
    def numbers(self) -> list[str]:
        """The numbers of the migrations that are there."""
        return [number for _, number in self.found]


def sequence(
    request: Request,
    tool: str,
    pattern: re.Pattern[str],
    sign: str,
    *,
    fits: Callable[[Path, list[str]], bool] = lambda _folder, _names: True,
) -> Sequence:
    """Give the folder whose files match a pattern with a group `number`; raises UnfitFolderError for none.

    Of several, the one is meant whose files name the foreign key, else the table.
    """
    candidates = []
    for folder in folders(request.folder):
        matching = [name for name in names(folder) if pattern.fullmatch(name)]
        if matching and fits(folder, matching):
            candidates.append(folder)
    folder = only_one(about(candidates, pattern, request), tool, request.folder, sign=sign)
    found = [(name, match["number"]) for name in names(folder) if (match := pattern.fullmatch(name))]
    found.sort(key=lambda each: (weight(each[1]), each[0]))
    return Sequence(folder, tuple(found), read(folder / found[-1][0]))


def about(candidates: list[Path], pattern: re.Pattern[str], request: Request) -> list[Path]:
    """Give the folder that `--dir` names, else those that name the foreign key, its table, else all."""
    if len(candidates) < 2 or request.folder in candidates:  # noqa: PLR2004 - nothing to choose from
        return [request.folder] if request.folder in candidates else candidates
    key = request.migration.plan.key
    for word in (key.name, key.table.name):
        mentioning = [
            folder
            for folder in candidates
            if any(_mentions(folder / name, word) for name in names(folder) if pattern.fullmatch(name))
        ]
        if mentioning:
            return mentioning
    return candidates


def refuse_repeated(folder: Path, request: Request) -> None:
    """Raise UnfitFolderError where the folder has a migration of this name already."""
    slug = request.migration.slug.replace("_", "")
    for name in names(folder):
        if re.sub(r"[\W_]", "", name.lower()).removeprefix("v").lstrip("0123456789").startswith(slug):
            raise already_there(str(folder / name))


def refuse_doubled(found: Sequence, tool: str) -> None:
    """Raise UnfitFolderError where two migrations have one number, which the tool refuses to run."""
    numbered: dict[tuple[int, ...], str] = {}
    for name, number in found.found:
        # 1.0 is 1, and 01 is too.
        other = numbered.setdefault(weight(re.sub(r"(?:[._]0+)+$", "", number)), name)
        if number and other != name:
            raise UnfitFolderError(
                f"{found.folder / name} has the same number as {other}: {tool} runs neither.",
                next_step="Give one of them another number.",
            )


def one_file_each(
    request: Request,
    tool: str,
    found: Sequence,
    *,
    name: Callable[[str, str], str],
    text: Callable[[Part, str, str], str],
    mark: Callable[[str, str], str],
    note: str,
    alone: str = _OUTSIDE,
    incomplete: Iterable[Missing] = (),
    notes: Iterable[str] = (),
) -> Exported:
    """Give each part of a migration as a file of its own; `text` and `mark` take number and slug."""
    migration = request.migration
    refuse_repeated(found.folder, request)
    slugs = part_slugs(migration)
    numbered = numbers(found.numbers, request.now, len(slugs))
    files: list[FileChange] = []
    transactions, marks = [], []
    for part, number, slug in zip(migration.parts, numbered, slugs, strict=True):
        file = created(found.folder / name(number, slug), text(part, number, slug), found.last.newline)
        files.append(file)
        transactions.append(Transaction(file.path, up(part), note_of(part, note, alone=alone)))
        marks.append(mark(number, slug))
    return Exported(
        tool=tool,
        files=tuple(files),
        mark_applied=tuple(marks),
        transactions=tuple(transactions),
        incomplete=tuple(incomplete),
        notes=tuple(notes),
    )


def note_of(part: Part, note: str, *, alone: str = _OUTSIDE) -> str:
    """Say what is special about a part's transaction; `alone` is said of what is refused inside one."""
    if part.kind is Kind.CHECK:
        return f"a migration of its own: VALIDATE stops nobody only after the change has committed ({note})"
    return alone if part.kind is Kind.ALONE else ""


def weight(number: str) -> tuple[int, ...]:
    """Give a version as what orders it: 1.10 comes after 1.9."""
    return tuple(int(each) for each in re.findall(r"\d+", number))


def _mentions(path: Path, word: str) -> bool:
    """Tell whether a file has the word as one: `power_users` does not speak of `users`."""
    try:
        return bool(re.search(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", read(path).text))
    except UnfitFolderError:
        return False
