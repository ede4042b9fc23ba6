"""TypeORM: `<ms>-Name.ts` with a class Name<ms>; by default one transaction for the whole run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.fix.export.folder import above, created, folders, names, read
from fkdash.fix.export.model import Exported, Kind, Missing, Transaction, UnfitFolderError
from fkdash.fix.export.naming import MILLISECONDS, camel, numbers
from fkdash.fix.export.sequence import refuse_repeated, sequence
from fkdash.fix.export.sql_text import comment, down, heading, is_alone, javascript, up

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fkdash.fix.export.model import Request
    from fkdash.fix.export.sequence import Sequence

_NAME: Final = re.compile(r"(?P<number>\d+)-.*(?P<ending>\.(?:ts|js|mjs|cjs))")
_SCRIPTS: Final = (".ts", ".js", ".mjs", ".cjs")
_LEAVE: Final = (
    "    const inside = queryRunner.isTransactionActive;\n    if (inside) await queryRunner.commitTransaction();\n"
)
_ENTER: Final = "    if (inside) await queryRunner.startTransaction();\n"


def export(request: Request) -> Exported:
    """Give one file: between its parts it commits what TypeORM has open, and begins again."""
    migration = request.migration
    found = sequence(request, "TypeORM", _NAME, "a migration that takes a queryRunner", fits=_is_typeorm)
    refuse_repeated(found.folder, request)
    known = [each for each in found.numbers if len(each) == MILLISECONDS] or [
        str(int(request.now.timestamp() * 1000) - 1)
    ]
    number = numbers(known, request.now, 1)[0]
    ending = found.last.path.suffix
    name = camel(migration.slug)
    path = found.folder / f"{number}-{name}{ending}"
    ups = ""
    for place, part in enumerate(migration.parts):
        run = _lines(up(part))
        if part.kind is Kind.ALONE:
            run = f"{_LEAVE}{run}{_ENTER}"
        elif place > 0:
            run = f"{_LEAVE}{_ENTER}{run}"
        ups += run if place == 0 else _block(run)
    downs = "".join(
        f"{_LEAVE}{_lines(down(part))}{_ENTER}" if is_alone(part.down) else _lines(down(part))
        for part in reversed(migration.parts)
    )
    said = comment("\n".join(heading(migration, part) for part in migration.parts), "//")
    text = _frame(found.last.text, ending, name=f"{name}{number}", said=said, ups=ups, downs=downs)
    several = len(migration.parts) > 1
    return Exported(
        tool="typeorm",
        files=(created(path, text, found.last.newline),),
        mark_applied=(f"INSERT INTO migrations (\"timestamp\", name) VALUES ({number}, '{name}{number}');",),
        transactions=tuple(
            Transaction(
                path,
                up(part),
                "the migration commits what the run has done so far and begins again" if place and several else "",
            )
            for place, part in enumerate(migration.parts)
        ),
        incomplete=_lists(found, request, f"{name}{number}"),
        notes=("the entity must say the same: onDelete of the relation, nullable of the column",),
    )


def _lists(found: Sequence, request: Request, name: str) -> tuple[Missing, ...]:
    """Give where migrations are listed class by class: what is not in the list never runs."""
    listed = re.search(r"\bclass\s+(\w+)", found.last.text)
    if listed is None:
        return ()
    word = re.compile(rf"\b{listed[1]}\b")
    home = next((each for each in above(found.folder) if (each / "package.json").is_file()), request.folder)
    scripts = (folder / own for folder in folders(home) for own in names(folder) if own.endswith(_SCRIPTS))
    said = f"migrations are listed here one by one: add {name}, or it never runs"
    return tuple(
        Missing(path, place, said) for path in scripts if path != found.last.path and (place := _place(path, word))
    )


def _place(path: Path, word: re.Pattern[str]) -> int:
    """Give the last line of a file that has the word; 0 for none."""
    try:
        lines = read(path).text.split("\n")
    except UnfitFolderError:
        return 0
    return max((number for number, line in enumerate(lines, start=1) if word.search(line)), default=0)


def _frame(last: str, ending: str, *, name: str, said: str, ups: str, downs: str) -> str:
    if ending == ".ts":
        return (
            f'import {{ MigrationInterface, QueryRunner }} from "typeorm";\n\n{said}'
            f"export class {name} implements MigrationInterface {{\n"
            f'  name = "{name}";\n\n'
            f"  public async up(queryRunner: QueryRunner): Promise<void> {{\n{ups}  }}\n\n"
            f"  public async down(queryRunner: QueryRunner): Promise<void> {{\n{downs}  }}\n}}\n"
        )
    opening = "export class" if re.search(r"^export\s", last, re.MULTILINE) else "module.exports = class"
    return (
        f'{said}{opening} {name} {{\n  name = "{name}";\n\n'
        f"  async up(queryRunner) {{\n{ups}  }}\n\n  async down(queryRunner) {{\n{downs}  }}\n}}"
        + ("\n" if opening.startswith("export") else ";\n")
    )


def _block(run: str) -> str:
    return "    {\n" + "".join(f"  {line}\n" for line in run.rstrip("\n").split("\n")) + "    }\n"


def _lines(statements: Iterable[str]) -> str:
    return "".join(f"    await queryRunner.query({javascript(each)});\n" for each in statements)


def _is_typeorm(folder: Path, found: list[str]) -> bool:
    text = read(folder / found[-1]).text
    return "class" in text and bool(re.search(r"MigrationInterface|queryRunner|async up\(", text))
