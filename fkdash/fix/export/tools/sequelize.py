"""Sequelize: `<time>-name.js`, no transaction but the migration's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import created, read
from fkdash.fix.export.model import Exported, Kind, Transaction
from fkdash.fix.export.naming import numbers
from fkdash.fix.export.sequence import note_of, refuse_repeated, sequence
from fkdash.fix.export.sql_text import comment, down, heading, is_alone, javascript, up

if TYPE_CHECKING:
    from pathlib import Path

    from fkdash.fix.export.model import Request

_NAME: Final = re.compile(r"(?P<number>\d+)[-_.].*(?P<ending>\.(?:js|ts|mjs|cjs))")


def export(request: Request) -> Exported:
    """Give one file, in the module style of the last one."""
    migration = request.migration
    found = sequence(request, "Sequelize", _NAME, "a migration that takes queryInterface", fits=_is_sequelize)
    refuse_repeated(found.folder, request)
    number = numbers(found.numbers, request.now, 1)[0]
    ending = found.last.path.suffix
    slug = migration.slug.replace("_", "-") if "-" in found.last.path.stem else migration.slug
    separator = found.last.path.name[len(found.found[-1][1])]
    path = found.folder / f"{number}{separator}{slug}{ending}"
    ups = "".join(_run(up(part), alone=part.kind is Kind.ALONE) for part in migration.parts)
    downs = "".join(_run(down(part), alone=is_alone(part.down)) for part in reversed(migration.parts) if part.down)
    said = comment("\n".join(heading(migration, part) for part in migration.parts), "//")
    text = f"{said}{_frame(found.last.text, ending)}".replace("UP\n", ups, 1).replace("DOWN\n", downs, 1)
    return Exported(
        tool="sequelize",
        files=(created(path, text, found.last.newline),),
        mark_applied=(f"INSERT INTO \"SequelizeMeta\" (name) VALUES ('{path.name}');",),
        transactions=tuple(
            Transaction(path, up(part), note_of(part, "Sequelize gives none, the migration makes its own"))
            for part in migration.parts
        ),
    )


def _frame(last: str, ending: str) -> str:
    argument = "queryInterface: QueryInterface" if ending == ".ts" else "queryInterface"
    start = "import type { QueryInterface } from 'sequelize';\n\n" if ending == ".ts" else ""
    if re.search(r"^export\s+default", last, re.MULTILINE):
        opening = "export default {"
    elif re.search(r"^export\s", last, re.MULTILINE):
        return (
            f"{start}export async function up({argument}) {{\nUP\n}}\n\n"
            f"export async function down({argument}) {{\nDOWN\n}}\n"
        )
    else:
        opening = "'use strict';\n\n/** @type {import('sequelize-cli').Migration} */\nmodule.exports = {"
    ups, downs = f"  async up({argument}) {{\nUP\n  }},", f"  async down({argument}) {{\nDOWN\n  }},"
    return f"{start}{opening}\n{ups}\n\n{downs}\n}};\n"


def _run(statements: tuple[str, ...], *, alone: bool) -> str:
    if alone:
        return "".join(f"    await queryInterface.sequelize.query({javascript(each)});\n" for each in statements)
    inside = "".join(
        f"      await queryInterface.sequelize.query({javascript(each)}, {{ transaction }});\n"
        for each in statements
    )
    return f"    await queryInterface.sequelize.transaction(async (transaction) => {{\n{inside}    }});\n"


def _is_sequelize(folder: Path, names: list[str]) -> bool:
    return bool(re.search(r"queryInterface|QueryInterface|sequelize", read(folder / names[-1]).text))
