"""goose: one SQL file with `-- +goose Up` and `-- +goose Down`, a transaction for each; split at semicolons."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import read
from fkdash.fix.export.model import Kind
from fkdash.fix.export.sequence import one_file_each, refuse_doubled, sequence
from fkdash.fix.export.sql_text import comment, down, heading, up

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fkdash.fix.export.model import Exported, Part, Request

_NAME: Final = re.compile(r"(?P<number>\d+)_.*(?<!_test)\.(?:sql|go)")
"""Migrations in Go are numbered with those in SQL."""

_UP: Final = re.compile(r"^--\s*\+goose\s+Up\b", re.MULTILINE | re.IGNORECASE)


def export(request: Request) -> Exported:
    """Give one file for each part."""
    found = sequence(request, "goose", _NAME, "a file with `-- +goose Up`", fits=_is_goose)
    refuse_doubled(found, "goose")

    def text(part: Part, _number: str, _slug: str) -> str:
        outside = "-- +goose NO TRANSACTION\n" if part.kind is Kind.ALONE else ""
        said = comment(heading(request.migration, part))
        return f"{outside}-- +goose Up\n{said}{_lines(up(part))}\n-- +goose Down\n{_lines(down(part))}"

    return one_file_each(
        request,
        "goose",
        found,
        name=lambda number, slug: f"{number}_{slug}.sql",
        text=text,
        mark=lambda number, _slug: (
            f"INSERT INTO goose_db_version (version_id, is_applied) VALUES ({int(number)}, true);"
        ),
        note="goose gives each file a transaction",
    )


def _is_goose(folder: Path, names: list[str]) -> bool:
    sql = [name for name in names if name.endswith(".sql")]
    return bool(sql) and _UP.search(read(folder / sql[-1]).text) is not None


def _lines(statements: Iterable[str]) -> str:
    return "".join(_whole(f"{each};\n") if ";" in each else f"{each};\n" for each in statements) or "SELECT 1;\n"


def _whole(statement: str) -> str:
    return f"-- +goose StatementBegin\n{statement}-- +goose StatementEnd\n"
