"""Supabase: `supabase/migrations/<time>_name.sql`, no way down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.sequence import one_file_each, sequence
from fkdash.fix.export.sql_text import comment, heading, lines, up, way_back

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.fix.export.model import Exported, Part, Request

_NAME: Final = re.compile(r"(?P<number>\d{14})_.*\.sql")


def export(request: Request) -> Exported:
    """Give one file for each part."""
    found = sequence(request, "Supabase", _NAME, "supabase/migrations/*.sql", fits=_is_supabase)

    def text(part: Part, _number: str, _slug: str) -> str:
        back = f"\n{way_back(request.migration)}" if part is request.migration.parts[0] else ""
        return f"{comment(heading(request.migration, part))}{lines(up(part))}{back}"

    return one_file_each(
        request,
        "supabase",
        found,
        name=lambda number, slug: f"{number}_{slug}.sql",
        text=text,
        mark=lambda number, _slug: f"supabase migration repair --status applied {number}",
        note="supabase runs each file in a transaction",
    )


def _is_supabase(folder: Path, _names: list[str]) -> bool:
    return folder.name == "migrations" and (
        folder.parent.name == "supabase" or (folder.parent / "config.toml").is_file()
    )
