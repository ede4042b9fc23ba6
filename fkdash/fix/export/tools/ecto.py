"""Ecto: `priv/repo/migrations/<time>_name.exs`, a module with up and down, a transaction for each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import read
from fkdash.fix.export.model import Kind
from fkdash.fix.export.naming import camel
from fkdash.fix.export.sequence import one_file_each, sequence
from fkdash.fix.export.sql_text import comment, down, heading, is_alone, up

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fkdash.fix.export.model import Exported, Part, Request

_NAME: Final = re.compile(r"(?P<number>\d+)_.*\.exs")
_MODULE: Final = re.compile(r"^\s*defmodule\s+([\w.]+)\.\w+\s+do", re.MULTILINE)
_OUTSIDE: Final = "  @disable_ddl_transaction true\n  @disable_migration_lock true\n\n"


def export(request: Request) -> Exported:
    """Give one file for each part, its module named as the last one's is."""
    found = sequence(request, "Ecto", _NAME, "priv/repo/migrations/*.exs", fits=_is_ecto)
    module = _MODULE.search(found.last.text)
    start = f"{module[1]}." if module else ""

    def text(part: Part, _number: str, slug: str) -> str:
        outside = part.kind is Kind.ALONE or is_alone(part.down)
        said = comment(heading(request.migration, part), "#")
        return (
            f"{said}defmodule {start}{camel(slug)} do\n  use Ecto.Migration\n\n{_OUTSIDE if outside else ''}"
            f"  def up do\n{_lines(up(part))}  end\n\n  def down do\n{_lines(down(part))}  end\nend\n"
        )

    return one_file_each(
        request,
        "ecto",
        found,
        name=lambda number, slug: f"{number}_{slug}.exs",
        text=text,
        mark=lambda number, _slug: (
            f"INSERT INTO schema_migrations (version, inserted_at) VALUES ({number}, now());"
        ),
        note="Ecto gives each migration a transaction",
    )


def _is_ecto(folder: Path, names: list[str]) -> bool:
    return "use Ecto.Migration" in read(folder / names[-1]).text


def _lines(statements: Iterable[str]) -> str:
    """Give each statement as a heredoc in which nothing is interpolated."""
    said = [f'    execute(~S"""\n{_indented(each)}    """)\n' for each in statements]
    return "".join(said) or "    :ok\n"


def _indented(statement: str) -> str:
    return "".join(f"    {line}\n" for line in statement.split("\n"))
