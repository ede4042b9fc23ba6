"""node-pg-migrate: `<ms>_name.js`, .ts or .sql; one transaction for the whole run, which a file can leave."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import above, read
from fkdash.fix.export.model import Kind
from fkdash.fix.export.naming import part_slugs
from fkdash.fix.export.sequence import Sequence, one_file_each, sequence
from fkdash.fix.export.sql_text import comment, down, heading, is_alone, javascript, lines, up

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fkdash.fix.export.model import Exported, Part, Request

_NAME: Final = re.compile(r"(?P<number>\d+)[_-].*(?P<ending>\.(?:js|ts|mjs|cjs|sql))")


def export(request: Request) -> Exported:
    """Give one file for each part; what leaves the run's transaction is a script, also in a folder of SQL."""
    found = sequence(request, "node-pg-migrate", _NAME, "a migration that takes pgm", fits=_is_node_pg_migrate)
    own = found.last.path.suffix
    script = own if own != ".sql" else ".js"
    separator = found.last.path.name[len(found.found[-1][1])]
    slug_of = (lambda slug: slug.replace("_", "-")) if separator == "-" or "-" in found.last.path.stem else str
    frame = _frame(found, script)

    def outside(part: Part) -> bool:
        return part.kind is not Kind.CHANGE

    def text(part: Part, _number: str, _slug: str) -> str:
        said = heading(request.migration, part)
        if own == ".sql" and not outside(part):
            return f"-- Up Migration\n{comment(said)}{lines(up(part))}\n-- Down Migration\n{lines(down(part))}"
        leave = "  pgm.noTransaction();\n" if outside(part) else ""
        # Outside a transaction SET LOCAL would do nothing.
        ups = up(part)[1:] if part.kind is Kind.CHECK else up(part)
        limit = "SET lock_timeout = '5s'" if part.kind is Kind.CHECK else ""
        body = _lines((limit, *ups, "RESET lock_timeout") if limit else ups)
        back = "  pgm.noTransaction();\n" if is_alone(part.down) else ""
        return (
            f"{frame.start}{comment(said, '//')}{frame.function('up')}\n{leave}{body}{frame.end}\n"
            f"{frame.function('down')}\n{back}{_lines(down(part))}{frame.end}"
        )

    endings = {
        slug: (own if own != ".sql" or not outside(part) else script)
        for slug, part in zip(part_slugs(request.migration), request.migration.parts, strict=True)
    }
    return one_file_each(
        request,
        "node-pg-migrate",
        found,
        name=lambda number, slug: f"{number}{separator}{slug_of(slug)}{endings[slug]}",
        text=text,
        mark=lambda number, slug: (
            f"INSERT INTO pgmigrations (name, run_on) VALUES ('{number}{separator}{slug_of(slug)}', now());"
        ),
        note="it commits what the run has done so far",
    )


class _Frame:
    """How the folder's scripts declare their functions."""

    def __init__(self, *, typed: bool, exporting: bool) -> None:
        self.start = "import type { MigrationBuilder } from 'node-pg-migrate';\n\n" if typed else ""
        self._typed = typed
        self._exporting = exporting
        self.end = "}\n" if typed or exporting else "};\n"

    def function(self, word: str) -> str:
        """Give the first line of `up` or `down`."""
        if self._typed:
            return f"export async function {word}(pgm: MigrationBuilder): Promise<void> {{"
        return f"export function {word}(pgm) {{" if self._exporting else f"exports.{word} = (pgm) => {{"


def _frame(found: Sequence, script: str) -> _Frame:
    if found.last.path.suffix == ".sql":
        return _Frame(typed=False, exporting=_is_module(found.folder))
    return _Frame(typed=script == ".ts", exporting=bool(re.search(r"^export\s", found.last.text, re.MULTILINE)))


def _is_module(folder: Path) -> bool:
    """Tell whether a .js file here is an ES module, by the nearest package.json."""
    for each in above(folder):
        if (each / "package.json").is_file():
            try:
                return bool(json.loads(read(each / "package.json").text).get("type") == "module")
            except (ValueError, AttributeError):
                return False
    return False


def _is_node_pg_migrate(folder: Path, names: list[str]) -> bool:
    text = read(folder / names[-1]).text
    return bool(re.search(r"\bpgm\b|^--\s*Up Migration", text, re.MULTILINE | re.IGNORECASE))


def _lines(statements: Iterable[str]) -> str:
    return "".join(f"  pgm.sql({javascript(each)});\n" for each in statements)
