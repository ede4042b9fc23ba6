"""Flyway: `V<version>__<description>.sql`, a transaction for each; `U...` where the team has undo migrations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import created, names
from fkdash.fix.export.model import Exported, FileChange, Kind, Transaction
from fkdash.fix.export.naming import SECONDS, moments, part_slugs
from fkdash.fix.export.sequence import Sequence, note_of, refuse_doubled, refuse_repeated, sequence
from fkdash.fix.export.sql_text import comment, down, heading, lines, up, way_back

if TYPE_CHECKING:
    from fkdash.fix.export.model import Request

_NAME: Final = re.compile(r"V(?P<number>\d+(?:[._]\d+)*)__.*\.sql")

_NOTE: Final = "skipExecutingMigrations is the paid editions'; else let it run: where the fix is, it does nothing"


def export(request: Request) -> Exported:
    """Give one file for each part, its undo where the folder has such files."""
    migration = request.migration
    found = sequence(request, "Flyway", _NAME, "a file V1__name.sql")
    refuse_repeated(found.folder, request)
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


def _versions(found: Sequence, request: Request, count: int) -> tuple[str, ...]:
    last = found.numbers[-1]
    start, separator, end = re.fullmatch(r"(.*?)([._]?)(\d+)", last).groups()  # type: ignore[union-attr]
    if not start and len(end) == SECONDS:
        return moments([end], request.now, count)
    width = len(end) if end.startswith("0") else 1
    return tuple(f"{start}{separator}{int(end) + number:0{width}d}" for number in range(1, count + 1))
