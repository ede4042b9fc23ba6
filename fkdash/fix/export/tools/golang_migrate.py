"""golang-migrate: `N_title.up.sql` and `N_title.down.sql`, each sent as one query, which is one transaction."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import created
from fkdash.fix.export.model import Exported, FileChange, Transaction
from fkdash.fix.export.naming import numbers, part_slugs
from fkdash.fix.export.sequence import note_of, refuse_doubled, refuse_repeated, sequence
from fkdash.fix.export.sql_text import comment, down, heading, lines, up
from fkdash.shell import shell_word

if TYPE_CHECKING:
    from fkdash.fix.export.model import Request

_NAME: Final = re.compile(r"(?P<number>\d+)_.*\.up\.sql")


def export(request: Request) -> Exported:
    """Give two files for each part."""
    migration = request.migration
    found = sequence(request, "golang-migrate", _NAME, "a file *.up.sql")
    refuse_repeated(found.folder, request)
    refuse_doubled(found, "golang-migrate")
    slugs = part_slugs(migration)
    numbered = numbers(found.numbers, request.now, len(slugs))
    files: list[FileChange] = []
    transactions = []
    for part, number, slug in zip(migration.parts, numbered, slugs, strict=True):
        said = comment(heading(migration, part))
        back = lines(down(part)) or "SELECT 1;\n"
        ups = created(found.folder / f"{number}_{slug}.up.sql", said + lines(up(part)), found.last.newline)
        # The file of the way there is what makes the tool see a version, so it comes last.
        files += [created(found.folder / f"{number}_{slug}.down.sql", said + back, found.last.newline), ups]
        note = note_of(part, "golang-migrate sends each file as one query")
        transactions.append(Transaction(ups.path, up(part), note))
    return Exported(
        tool="golang-migrate",
        files=tuple(files),
        mark_applied=(
            f'migrate -path {shell_word(str(found.folder))} -database "$DATABASE_URL" force {int(numbered[-1])}',
        ),
        transactions=tuple(transactions),
        notes=(
            "with x-multi-statement=true the files are cut at semicolons, which breaks the DO block: leave it off",
        ),
    )
