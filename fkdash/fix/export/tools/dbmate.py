"""dbmate: one SQL file with `-- migrate:up` and `-- migrate:down`, a transaction for each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import read
from fkdash.fix.export.model import Kind
from fkdash.fix.export.sequence import one_file_each, sequence
from fkdash.fix.export.sql_text import comment, down, heading, is_alone, lines, up

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.fix.export.model import Exported, Part, Request

_NAME: Final = re.compile(r"(?P<number>\d+)_.*\.sql")
_OUTSIDE: Final = " transaction:false"


def export(request: Request) -> Exported:
    """Give one file for each part."""
    found = sequence(request, "dbmate", _NAME, "a file with `-- migrate:up`", fits=_is_dbmate)

    def text(part: Part, _number: str, _slug: str) -> str:
        own = _OUTSIDE if part.kind is Kind.ALONE else ""
        back = _OUTSIDE if is_alone(part.down) else ""
        # Nothing but a comment may stand above the first mark.
        said = comment(heading(request.migration, part))
        return f"{said}-- migrate:up{own}\n{lines(up(part))}\n-- migrate:down{back}\n{lines(down(part))}"

    return one_file_each(
        request,
        "dbmate",
        found,
        name=lambda number, slug: f"{number}_{slug}.sql",
        text=text,
        mark=lambda number, _slug: f"INSERT INTO schema_migrations (version) VALUES ('{number}');",
        note="dbmate gives each file a transaction",
        notes=("dbmate up rewrites db/schema.sql: commit it together with the migration",),
    )


def _is_dbmate(folder: Path, names: list[str]) -> bool:
    return "-- migrate:up" in read(folder / names[-1]).text
