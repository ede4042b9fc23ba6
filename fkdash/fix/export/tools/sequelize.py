"""Sequelize: `<time>-name.js`, no transaction but the migration's own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from fkdash.fact import fact
from fkdash.fix.export.folder import created, read
from fkdash.fix.export.model import Exported, Kind, Transaction
from fkdash.fix.export.naming import numbers
from fkdash.fix.export.sequence import note_of, refuse_repeated, sequence
from fkdash.fix.export.sql_text import comment, down, heading, is_alone, javascript, up

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fkdash.fix.export.model import Request

_NAME: Final = re.compile(
    r"(?P<number>\d+(?:\.\d\d\.\d\dT\d\d\.\d\d\.\d\d)?)[-_.].*(?P<ending>\.(?:js|ts|mjs|cjs))"
)
_WORDS: Final = re.compile(r"queryInterface|QueryInterface|[sS]equelize|\{\s*context\b")
_UMZUG_TIME: Final = "%Y.%m.%dT%H.%M.%S"
"""What the names of umzug's own command begin with."""


def export(request: Request) -> Exported:
    """Give one file, in the module style of the last one."""
    migration = request.migration
    found = sequence(request, "Sequelize", _NAME, "a migration that takes queryInterface", fits=_is_sequelize)
    refuse_repeated(found.folder, request)
    number = _number(found.numbers, request)
    ending = found.last.path.suffix
    slug = migration.slug.replace("_", "-") if "-" in found.last.path.stem else migration.slug
    separator = found.last.path.name[len(found.found[-1][1])]
    path = found.folder / f"{number}{separator}{slug}{ending}"
    given = _given(found.last.text, typed=ending == ".ts")
    ups = "".join(_run(up(part), given.runner, alone=part.kind is Kind.ALONE) for part in migration.parts)
    backwards = [part for part in reversed(migration.parts) if part.down]
    downs = "".join(_run(down(part), given.runner, alone=is_alone(part.down)) for part in backwards)
    said = comment("\n".join(heading(migration, part) for part in migration.parts), "//")
    text = f"{said}{_frame(found.last.text, given)}".replace("UP\n", ups, 1).replace("DOWN\n", downs, 1)
    return Exported(
        tool="sequelize",
        files=(created(path, text, found.last.newline),),
        mark_applied=(f"INSERT INTO \"SequelizeMeta\" (name) VALUES ('{path.name}');",),
        transactions=tuple(
            Transaction(path, up(part), note_of(part, "Sequelize gives none, the migration makes its own"))
            for part in migration.parts
        ),
    )


@fact
class _Given:
    """What a migration is given: the import and the argument of its functions, and what in it runs SQL."""

    start: str
    argument: str
    runner: str


def _given(last: str, *, typed: bool) -> _Given:
    """Give what the last migration takes: sequelize-cli's queryInterface, or umzug's object with a context."""
    context = re.search(r"\{\s*context\b\s*(?::\s*(\w+))?", last)
    if context is None:
        start = "import type { QueryInterface } from 'sequelize';\n\n" if typed else ""
        argument = "queryInterface: QueryInterface" if typed else "queryInterface"
        return _Given(start, argument, "queryInterface.sequelize")
    name = context[1] or "context"
    # The context is what the team's Umzug was made with: its queryInterface, or the connection itself.
    connected = bool(re.search(rf"\b{name}\s*\.\s*(?:query|transaction|getQueryInterface)\b", last))
    kind = "Sequelize" if connected else "QueryInterface"
    argument = f"{{ context: {name} }}" if name != "context" else "{ context }"
    return _Given(
        f"import type {{ {kind} }} from 'sequelize';\n\n" if typed else "",
        f"{argument}: {{ context: {kind} }}" if typed else argument,
        name if connected else f"{name}.sequelize",
    )


def _frame(last: str, given: _Given) -> str:
    if re.search(r"^export\s+default", last, re.MULTILINE):
        opening = "export default {"
    elif re.search(r"^export\s", last, re.MULTILINE):
        return (
            f"{given.start}export async function up({given.argument}) {{\nUP\n}}\n\n"
            f"export async function down({given.argument}) {{\nDOWN\n}}\n"
        )
    else:
        typed = "" if "context" in given.argument else "/** @type {import('sequelize-cli').Migration} */\n"
        opening = f"'use strict';\n\n{typed}module.exports = {{"
    ups = f"  async up({given.argument}) {{\nUP\n  }},"
    downs = f"  async down({given.argument}) {{\nDOWN\n  }},"
    return f"{given.start}{opening}\n{ups}\n\n{downs}\n}};\n"


def _number(known: Sequence[str], request: Request) -> str:
    times = [each for each in known if "T" in each]
    if not times:
        return numbers(known, request.now, 1)[0]
    last = datetime.strptime(max(times), _UMZUG_TIME).replace(tzinfo=UTC)
    return f"{max(request.now.astimezone(UTC), last + timedelta(seconds=1)):{_UMZUG_TIME}}"


def _run(statements: tuple[str, ...], runner: str, *, alone: bool) -> str:
    if alone:
        return "".join(f"    await {runner}.query({javascript(each)});\n" for each in statements)
    inside = "".join(
        f"      await {runner}.query({javascript(each)}, {{ transaction }});\n" for each in statements
    )
    return f"    await {runner}.transaction(async (transaction) => {{\n{inside}    }});\n"


def _is_sequelize(folder: Path, names: list[str]) -> bool:
    return bool(_WORDS.search(read(folder / names[-1]).text))
