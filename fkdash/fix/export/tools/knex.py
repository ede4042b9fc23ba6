"""Knex: `<time>_name.js`, .ts, .mjs or .cjs; one transaction for a run, or one for each where a file opts out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import read
from fkdash.fix.export.model import Kind
from fkdash.fix.export.sequence import one_file_each, sequence
from fkdash.fix.export.sql_text import comment, down, heading, is_alone, javascript, up

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fkdash.fix.export.model import Exported, Part, Request

_NAME: Final = re.compile(r"(?P<number>\d+)_.*(?P<ending>\.(?:js|ts|mjs|cjs|mts|cts))")
_ESM: Final = re.compile(r"^export\s", re.MULTILINE)


def export(request: Request) -> Exported:
    """Give one file for each part, in the module style of the last one."""
    found = sequence(request, "Knex", _NAME, "a migration that takes knex", fits=_is_knex)
    ending = found.last.path.suffix
    typed = ending in {".ts", ".mts", ".cts"}
    exporting = bool(_ESM.search(found.last.text))

    def function(word: str, statements: tuple[str, ...]) -> str:
        body = _lines(statements)
        if typed:
            return f"export async function {word}(knex: Knex): Promise<void> {{\n{body}}}\n"
        if exporting:
            return f"export async function {word}(knex) {{\n{body}}}\n"
        return f"exports.{word} = async function (knex) {{\n{body}}};\n"

    def text(part: Part, _number: str, _slug: str) -> str:
        said = comment(heading(request.migration, part), "//")
        start = "import type { Knex } from 'knex';\n\n" if typed else ""
        end = ""
        if part.kind is not Kind.CHANGE or is_alone(part.down):
            end = "\nexport const config = " if typed or exporting else "\nexports.config = "
            end += "{ transaction: false };\n"
        return f"{start}{said}{function('up', _ups(part))}\n{function('down', down(part))}{end}"

    return one_file_each(
        request,
        "knex",
        found,
        name=lambda number, slug: f"{number}_{slug}{ending}",
        text=text,
        mark=lambda number, slug: (
            "INSERT INTO knex_migrations (name, batch, migration_time) "
            f"SELECT '{number}_{slug}{ending}', coalesce(max(batch), 0) + 1, now() FROM knex_migrations;"
        ),
        note="Knex has one for all files of a run, unless one of them opts out",
    )


def _is_knex(folder: Path, names: list[str]) -> bool:
    text = read(folder / names[-1]).text
    return bool(re.search(r"\bexports\.up\b|\bexport\b.*\bup\b", text)) and not re.search(
        r"queryInterface|MigrationInterface|QueryRunner|\bpgm\b", text
    )


def _ups(part: Part) -> tuple[str, ...]:
    """Give the statements; outside Knex's transaction a limit holds only in the same query as what it limits."""
    return (";\n".join(up(part)),) if part.kind is Kind.CHECK else up(part)


def _lines(statements: Iterable[str]) -> str:
    # A question mark is a parameter to Knex, also inside names.
    return "".join(f"  await knex.raw({javascript(each.replace('?', chr(92) + '?'))});\n" for each in statements)
