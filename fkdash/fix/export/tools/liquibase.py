"""Liquibase: a file of formatted SQL, a changeset for each part, each with its rollback."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import above, created, names, read
from fkdash.fix.export.model import Exported, Kind, Missing, Transaction, UnfitFolderError
from fkdash.fix.export.naming import numbers, part_slugs
from fkdash.fix.export.sequence import note_of, refuse_repeated, sequence
from fkdash.fix.export.sql_text import comment, down, heading, is_alone, lines, up

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.fix.export.model import Part, Request
    from fkdash.fix.export.sequence import Sequence

_NAME: Final = re.compile(r"(?P<number>\d*).*\.sql", re.IGNORECASE)
_FORMATTED: Final = re.compile(r"^--\s*liquibase formatted sql", re.IGNORECASE)
_CHANGELOG: Final = re.compile(r".*\.(?:xml|ya?ml|json)", re.IGNORECASE)
_AUTHOR: Final = re.compile(r"^--\s*changeset\s+\"?([\w.@-]+)\"?:", re.MULTILINE | re.IGNORECASE)


def export(request: Request) -> Exported:
    """Give one file, which goes on with the folder's numbers where it has any."""
    migration = request.migration
    found = sequence(
        request, "Liquibase", _NAME, "a file that begins with --liquibase formatted sql", fits=_is_formatted
    )
    refuse_repeated(found.folder, request)
    numbered = [each for each in found.numbers if each]
    number = numbers(numbered, request.now, 1)[0] if numbered else ""
    between = re.match(r"\d+([-_.]+|(?=\D))", found.last.path.name)
    prefix = f"{number}{between[1] if between else '_'}" if number else ""
    path = found.folder / f"{prefix}{migration.slug}.sql"
    authors = _AUTHOR.findall(found.last.text)
    author = authors[-1] if authors else "fkdash"
    text = ["--liquibase formatted sql\n"]
    for part, slug in zip(migration.parts, part_slugs(migration), strict=True):
        # Uncut, a DO block stays whole whatever stands in it; a rollback is cut line by line.
        outside = " runInTransaction:false" if part.kind is Kind.ALONE or is_alone(part.down) else ""
        text += [
            f"\n--changeset {author}:{slug} splitStatements:false{outside}\n",
            comment(heading(migration, part)),
            lines(up(part)),
            _rollback(part),
        ]
    return Exported(
        tool="liquibase",
        files=(created(path, "".join(text), found.last.newline),),
        mark_applied=(
            "liquibase mark-next-changeset-ran, once for each changeset; where the fix is, it does nothing",
        ),
        transactions=tuple(
            Transaction(path, up(part), note_of(part, "Liquibase gives each changeset a transaction"))
            for part in migration.parts
        ),
        incomplete=_not_included(found),
    )


def _rollback(part: Part) -> str:
    statements = lines(down(part)) or "SELECT 1;\n"
    return "".join(f"--rollback {line}\n" for line in statements.rstrip("\n").split("\n"))


def _is_formatted(folder: Path, found: list[str]) -> bool:
    return any(_formatted(folder / name) for name in found)


def _formatted(path: Path) -> bool:
    try:
        return bool(_FORMATTED.match(read(path).text))
    except UnfitFolderError:
        return False


def _not_included(found: Sequence) -> tuple[Missing, ...]:
    """Say which changelog must name the new file, where none takes all files of the folder."""
    for folder in above(found.folder, most=4):
        for name in names(folder):
            if not _CHANGELOG.fullmatch(name):
                continue
            try:
                text = read(folder / name).text
            except UnfitFolderError:
                continue
            if "includeAll" in text:
                return ()
            if found.last.path.name in text:
                line = text[: text.index(found.last.path.name)].count("\n") + 1
                return (Missing(folder / name, line, "the changelog must include the new file, behind this one"),)
    return (Missing(None, 0, "the root changelog must include the new file, unless it has an includeAll"),)
