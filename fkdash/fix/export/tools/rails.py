"""Rails: `db/migrate/<time>_name.rb`, a class named after the file, a transaction for each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.model import Kind, Missing
from fkdash.fix.export.naming import camel
from fkdash.fix.export.sequence import one_file_each, sequence
from fkdash.fix.export.sql_text import comment, down, heading, is_alone, up

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fkdash.fix.export.model import Exported, Part, Request

_NAME: Final = re.compile(r"(?P<number>\d+)_.*\.rb")


def export(request: Request) -> Exported:
    """Give one file for each part."""
    found = sequence(request, "Rails", _NAME, "db/migrate/*.rb")
    version = re.search(r"ActiveRecord::Migration(\[[\d.]+\])?", found.last.text)
    base = f"ActiveRecord::Migration{(version[1] if version else '') or ''}"

    def text(part: Part, _number: str, slug: str) -> str:
        outside = part.kind is Kind.ALONE or is_alone(part.down)
        said = comment(heading(request.migration, part), "#")
        disabled = "  disable_ddl_transaction!\n\n" if outside else ""
        return (
            f"{said}class {camel(slug)} < {base}\n{disabled}  def up\n{_lines(up(part))}  end\n\n"
            f"  def down\n{_lines(down(part))}  end\nend\n"
        )

    return one_file_each(
        request,
        "rails",
        found,
        name=lambda number, slug: f"{number}_{slug}.rb",
        text=text,
        mark=lambda number, _slug: f"INSERT INTO schema_migrations (version) VALUES ('{number}');",
        note="Rails gives each migration a transaction",
        incomplete=(Missing(_schema(found.folder), 0, "bin/rails db:migrate rewrites it: commit both together"),),
    )


def _schema(folder: Path) -> Path:
    structure = folder.parent / "structure.sql"
    return structure if structure.is_file() else folder.parent / "schema.rb"


def _lines(statements: Iterable[str]) -> str:
    return "".join(f"    execute <<~'SQL'\n{_indented(each)}    SQL\n" for each in statements)


def _indented(statement: str) -> str:
    return "".join(f"      {line}\n" for line in statement.split("\n"))
