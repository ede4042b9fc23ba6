"""Prisma: a folder `<time>_name` with `migration.sql` for each part, no way down, and the schema beside them.

Its engine sends a file as one query; over an adapter it splits the file at every semicolon (run with 6.19). So no
statement has one inside, and each part is a migration of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export import prisma_schema
from fkdash.fix.export.folder import created, folders, names, newline_of, only_one, read
from fkdash.fix.export.model import Exported, Kind, Missing, Transaction, UnfitFolderError
from fkdash.fix.export.naming import moments, part_slugs
from fkdash.fix.export.sequence import note_of, refuse_repeated
from fkdash.fix.export.sql_text import comment, heading, lines, up, way_back
from fkdash.shell import shell_word

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.fix.export.model import FileChange, Request

_NAME: Final = re.compile(r"(\d{14})_.+")

_REPLACED: Final = "where the fix was applied live, mark it as applied: run there it replaces the key once more"


def export(request: Request) -> Exported:
    """Give one folder for each part, and the edit of the schema."""
    migration, plan = request.migration, request.migration.plan
    folder = _folder(request)
    refuse_repeated(folder, request)
    found = [name for name in names(folder) if _NAME.fullmatch(name)]
    slugs = part_slugs(migration)
    newline = newline_of([folder / name / "migration.sql" for name in found])
    files: list[FileChange] = []
    transactions, stems = [], []
    for number, (part, moment, slug) in enumerate(
        zip(migration.parts, moments(found, request.now, len(slugs)), slugs, strict=True)
    ):
        text = comment(heading(migration, part)) + lines(up(part, guard=False))
        if number == 0:
            text += "\n" + re.sub(r";$", "", way_back(migration), flags=re.MULTILINE)
        stems.append(f"{moment}_{slug}")
        files.append(created(folder / stems[-1] / "migration.sql", text, newline))
        note = note_of(part, "Prisma sends each file as one query")
        transactions.append(Transaction(files[-1].path, up(part, guard=False), note))
    edits, left = prisma_schema.edits(folder, plan)
    if request.edit_schema:
        files = [*edits, *files]
        left = () if edits else left
    return Exported(
        tool="prisma",
        files=tuple(files),
        mark_applied=tuple(f"npx prisma migrate resolve --applied {shell_word(stem)}" for stem in stems),
        transactions=tuple(transactions),
        incomplete=(*left, *_not_in_schema(request)),
        notes=(
            *([_REPLACED] if plan.key != plan.goal.key else ()),
            "npx prisma generate afterwards: the client's types change with the schema",
        ),
        suggested=() if request.edit_schema else edits,
    )


def _folder(request: Request) -> Path:
    candidates = [each for each in folders(request.folder) if (each / "migration_lock.toml").is_file()]
    fitting = []
    for each in candidates:
        provider = re.search(r"provider\s*=\s*\"(\w+)\"", read(each / "migration_lock.toml").text)
        if provider and provider[1] in {"postgresql", "postgres", "cockroachdb"}:
            fitting.append(each)
    if candidates and not fitting:
        raise UnfitFolderError(f"{candidates[0]} is not of PostgreSQL, by its migration_lock.toml.")
    key = request.migration.plan.key
    for word in (key.name, key.table.name) if len(fitting) > 1 else ():
        naming = [each for each in fitting if any(word in text for text in _texts(each))]
        if naming:
            fitting = naming
            break
    folder = only_one(fitting, "Prisma", request.folder, sign="migration_lock.toml")
    found = [name for name in names(folder) if _NAME.fullmatch(name) and (folder / name).is_dir()]
    if not found:
        raise UnfitFolderError(f"{folder} has no migration to go on from.")
    for name in found:
        if not (folder / name / "migration.sql").is_file():
            raise UnfitFolderError(
                f"{folder / name} has no migration.sql.",
                next_step="Restore it: prisma migrate cannot run without it.",
            )
    return folder


def _texts(folder: Path) -> list[str]:
    paths = [folder / name / "migration.sql" for name in names(folder)]
    return [read(path).text for path in paths if path.is_file()]


def _not_in_schema(request: Request) -> tuple[Missing, ...]:
    if any(part.kind is Kind.ALONE for part in request.migration.parts):
        columns = ", ".join(request.migration.plan.key.columns)
        return (Missing(None, 0, f"the schema must have the index as well: @@index([...]) on {columns}"),)
    return ()
