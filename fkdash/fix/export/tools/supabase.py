"""Supabase: `supabase/migrations/<time>_name.sql`, no way down.

Its CLI sends the statements of a file in one batch, which is one transaction. Only from 3 on it takes a file with
nothing but one statement that is CONCURRENTLY (run with 3.1), and a folder does not say which one runs it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.model import Kind, Missing
from fkdash.fix.export.sequence import one_file_each, sequence
from fkdash.fix.export.sql_text import comment, heading, lines, up, way_back

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.fix.export.model import Exported, Part, Request

_ABOUT_CONCURRENTLY: Final = (
    "A batch is a transaction, in which CONCURRENTLY is refused: this makes writers of the table wait,\n"
    "unless the statement was run with psql before, CONCURRENTLY. Then it does nothing."
)
_NAME: Final = re.compile(r"(?P<number>\d{14})_.*\.sql")


def export(request: Request) -> Exported:
    """Give one file for each part."""
    found = sequence(request, "Supabase", _NAME, "supabase/migrations/*.sql", fits=_is_supabase)

    def text(part: Part, _number: str, _slug: str) -> str:
        back = f"\n{way_back(request.migration)}" if part is request.migration.parts[0] else ""
        if part.kind is Kind.ALONE:
            return f"{comment(_ABOUT_CONCURRENTLY)}{lines(map(_waiting, up(part)))}{back}"
        return f"{comment(heading(request.migration, part))}{lines(up(part))}{back}"

    return one_file_each(
        request,
        "supabase",
        found,
        name=lambda number, slug: f"{number}_{slug}.sql",
        text=text,
        mark=lambda number, _slug: f"supabase migration repair --status applied {number}",
        note="supabase runs each file in a transaction",
        alone="in the file's transaction: writers of the table wait while the index is built",
        incomplete=_beforehand(request),
    )


def _waiting(statement: str) -> str:
    return statement.replace(" CONCURRENTLY", "", 1)


def _beforehand(request: Request) -> tuple[Missing, ...]:
    """Give what has to be run by psql first where nobody may wait."""
    return tuple(
        Missing(None, 0, f"where nobody may wait, run this with psql first: {statement}")
        for part in request.migration.parts
        if part.kind is Kind.ALONE
        for statement in up(part)
    )


def _is_supabase(folder: Path, _names: list[str]) -> bool:
    return folder.name == "migrations" and (
        folder.parent.name == "supabase" or (folder.parent / "config.toml").is_file()
    )
