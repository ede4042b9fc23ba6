"""Flyway: `V<version>__<description>.sql`, a transaction for each; `U...` where the team has undo migrations."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import created, folders, names, only_one, read
from fkdash.fix.export.model import Exported, FileChange, Kind, Transaction
from fkdash.fix.export.naming import SECONDS, moments, part_slugs
from fkdash.fix.export.sequence import Sequence, about, note_of, refuse_doubled, refuse_repeated, weight
from fkdash.fix.export.sql_text import comment, down, heading, lines, up, way_back

if TYPE_CHECKING:
    from fkdash.fix.export.model import Request

_NAME: Final = re.compile(r"V(?P<number>\d+(?:[._]\d+)*)__.*\.sql")

_NOTE: Final = "skipExecutingMigrations is the paid editions'; else let it run: where the fix is, it does nothing"


def export(request: Request) -> Exported:
    """Give one file for each part, its undo where the folder has such files."""
    migration = request.migration
    found = _location(request)
    for folder in {found.folder, *(found.folder / Path(name).parent for name, _ in found.found)}:
        refuse_repeated(folder, request)
    refuse_doubled(found, "Flyway")
    has_undo = any(re.fullmatch(r"U\d.*__.*\.sql", name) for name in names(found.folder))
    slugs = part_slugs(migration)
    files: list[FileChange] = []
    transactions = []
    versions = _versions(found, request, len(slugs))
    for number, (part, version, slug) in enumerate(zip(migration.parts, versions, slugs, strict=True)):
        text = comment(heading(migration, part)) + lines(up(part))
        if has_undo:
            undo = found.folder / f"U{version}__{slug}.sql"
            back = lines(down(part)) or "SELECT 1;\n"
            files.append(created(undo, comment(heading(migration, part)) + back, found.last.newline))
        elif number == 0:
            text += f"\n{way_back(migration)}"
        path = found.folder / f"V{version}__{slug}.sql"
        if part.kind is Kind.ALONE:
            conf = found.folder / f"{path.name}.conf"
            files.append(created(conf, "executeInTransaction=false\n", found.last.newline))
        files.append(created(path, text, found.last.newline))
        note = note_of(part, "Flyway gives each version a transaction, unless group=true")
        transactions.append(Transaction(path, up(part), note))
    return Exported(
        tool="flyway",
        files=tuple(files),
        mark_applied=tuple(
            f"flyway migrate -skipExecutingMigrations=true -target={each}" for each in versions[-1:]
        ),
        transactions=tuple(transactions),
        notes=(_NOTE,),
    )


def _location(request: Request) -> Sequence:
    """Give the folder of the newest version, with all versions of its location.

    A location is `db/migration`, else the outermost folder with versions: Flyway reads those below as well, and a
    number that is not the highest of all would be out of order. Where folders below have the same numbers they are
    of several databases, and each stands for itself.
    """
    inside = next((each for each in (request.folder, *request.folder.parents) if _is_location(each)), None)
    holding = [each for each in folders(inside or request.folder) if any(map(_NAME.fullmatch, names(each)))]
    locations: dict[Path, list[Path]] = {}
    for each in holding:
        outermost = (other for other in (*reversed(each.parents), each) if _is_location(other) or other in holding)
        locations.setdefault(next(outermost), []).append(each)
    own = _one_location(locations, request)
    matched = _versions_in(own)
    numbered = Counter(number for _, number in matched)
    if len(own) > 1 and max(numbered.values()) > 1:
        own = [only_one(about(own, _NAME, request), "Flyway", request.folder, sign="a file V1__name.sql")]
        matched = _versions_in(own)
    last = matched[-1][0]
    target = request.folder if request.folder in own else last.parent
    found = tuple((os.path.relpath(path, target), number) for path, number in matched)
    return Sequence(target, found, read(last))


def _versions_in(own: list[Path]) -> list[tuple[Path, str]]:
    found = [
        (each / name, match["number"]) for each in own for name in names(each) if (match := _NAME.fullmatch(name))
    ]
    return sorted(found, key=lambda each: (weight(each[1]), each[0].name))


def _one_location(locations: dict[Path, list[Path]], request: Request) -> list[Path]:
    """Give the folders of the one location that was named, or that speaks of the table."""
    for root, below in locations.items():
        if request.folder == root or root in request.folder.parents:
            return below
    speaking = set(about([each for below in locations.values() for each in below], _NAME, request))
    meant = [root for root, below in locations.items() if speaking.intersection(below)]
    return locations[only_one(meant, "Flyway", request.folder, sign="a file V1__name.sql")]


def _is_location(folder: Path) -> bool:
    return folder.name == "migration" and folder.parent.name == "db"


def _versions(found: Sequence, request: Request, count: int) -> tuple[str, ...]:
    last = found.numbers[-1]
    start, separator, end = re.fullmatch(r"(.*?)([._]?)(\d+)", last).groups()  # type: ignore[union-attr]
    if not start and len(end) == SECONDS:
        return moments([end], request.now, count)
    width = len(end) if end.startswith("0") else 1
    return tuple(f"{start}{separator}{int(end) + number:0{width}d}" for number in range(1, count + 1))
