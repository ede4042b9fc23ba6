"""Rails: `db/migrate/<time>_name.rb`, a class named after the file, a transaction for each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import read
from fkdash.fix.export.model import Kind, Missing
from fkdash.fix.export.naming import camel
from fkdash.fix.export.sequence import one_file_each, sequence
from fkdash.fix.export.sql_text import comment, down, heading, is_alone, up

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fkdash.fix.export.model import Exported, Part, Request
    from fkdash.fix.export.sequence import Sequence

_NAME: Final = re.compile(r"(?P<number>\d+)_.*\.rb")
_CLASS: Final = re.compile(r"^\s*class\s+\w+\s*<\s*[\w:]*Migration\b", re.MULTILINE)
_VERSION: Final = re.compile(r"ActiveRecord::Migration(\[[\d.]+\])")


def export(request: Request) -> Exported:
    """Give one file for each part."""
    found = sequence(request, "Rails", _NAME, "db/migrate/*.rb", fits=_is_rails)
    base = _base(found)

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


def _is_rails(folder: Path, names: list[str]) -> bool:
    return any(_CLASS.search(read(folder / name).text) for name in (names[-1], names[0]))


def _base(found: Sequence) -> str:
    """Give the class that migrations are of: that of the last one that names its version, which Rails asks for."""
    versions = (_VERSION.search(read(found.folder / name).text) for name, _ in reversed(found.found))
    version = next((match[1] for match in versions if match), "")
    return f"ActiveRecord::Migration{version}"


def _schema(folder: Path) -> Path:
    """Give what Rails dumps: `queue_schema.rb` for `queue_migrate`."""
    database = folder.name.removesuffix("migrate")
    structure = folder.parent / f"{database}structure.sql"
    return structure if structure.is_file() else folder.parent / f"{database}schema.rb"


def _lines(statements: Iterable[str]) -> str:
    return "".join(f"    execute <<~'SQL'\n{_indented(each)}    SQL\n" for each in statements)


def _indented(statement: str) -> str:
    return "".join(f"      {line}\n" for line in statement.split("\n"))
