"""The statements of a part as a migration holds them, and as constants of the languages that migrations are in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.spelling import unlimited
from fkdash.fix.export.migration import guarded
from fkdash.fix.export.model import LOCK_TIMEOUT, Kind
from fkdash.fix.plan import DEFAULT
from fkdash.pasting import for_psql, in_comment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fkdash.fix.export.model import Migration, Part, Statement

LIMIT: Final = f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"
_READ_AS_LOOKING_DOES: Final = ("SET LOCAL DateStyle = 'ISO, MDY'", "SET LOCAL IntervalStyle = postgres")
_DEFAULT: Final = re.compile(r" SET DEFAULT E?'(?:[^']|'')*'::(?P<type>.+?),?$", re.MULTILINE)
_READ_ALIKE_ANYWHERE: Final = frozenset(
    {"smallint", "integer", "bigint", "numeric", "boolean", "uuid", "text", "character varying", "bpchar"}
)
"""Types of which a constant means the same whatever a role or a database has set."""


def opening(statements: Iterable[Statement]) -> tuple[str, ...]:
    """Give what a transaction with these statements begins with: its limit, and how typed dates are read."""
    defaults = (each.sql for each in statements if each.step == DEFAULT)
    types = {unlimited(found["type"]) for sql in defaults for found in _DEFAULT.finditer(sql)}
    return (LIMIT,) if types <= _READ_ALIKE_ANYWHERE else (LIMIT, *_READ_AS_LOOKING_DOES)


def up(part: Part, *, guard: bool = True) -> tuple[str, ...]:
    """Give what a part does, with its limit where it runs in a transaction."""
    spelled = tuple(guarded(each) if guard else for_psql(each.sql) for each in part.up)
    return spelled if part.kind is Kind.ALONE else (*opening(part.up), *spelled)


def down(part: Part) -> tuple[str, ...]:
    """Give what leads back, with its limit; nothing where another part does."""
    if not part.down:
        return ()
    spelled = tuple(for_psql(each.sql) for each in part.down)
    return spelled if is_alone(part.down) else (LIMIT, *spelled)


def is_alone(statements: Sequence[Statement]) -> bool:
    """Tell whether statements are refused inside a transaction."""
    return any(" CONCURRENTLY " in each.sql for each in statements)


def lines(statements: Iterable[str]) -> str:
    """Give statements as SQL, each with its semicolon and its line end."""
    return "".join(f"{each};\n" for each in statements)


def comment(text: str, mark: str = "--") -> str:
    """Give text as comments of whole lines."""
    return "".join(f"{mark} {in_comment(line)}".rstrip() + "\n" for line in text.split("\n"))


def heading(migration: Migration, part: Part) -> str:
    """Say in plain lines what a part is for."""
    said = f"fkdash: {migration.title}"
    if part.kind is Kind.CHECK:
        return f"{said}: checks the existing rows, in a transaction of its own so that nobody waits."
    if part.kind is Kind.ALONE:
        return f"{said}: outside a transaction, so that nobody waits."
    return f"{said}."


def way_back(migration: Migration, *, transactions: bool = False) -> str:
    """Give the way back as comments, for a tool that has none; with its transactions where the tool makes none."""
    parts = [part for part in migration.parts if part.down]
    if not parts:
        return comment(f"There is no way back: {migration.plan.undo_condition}")
    said = comment(f"The way back ({migration.plan.undo_condition}), as a migration of its own:")
    back = (_framed(part) if transactions else lines(down(part)) for part in parts)
    return said + comment("".join(back).rstrip("\n"))


def _framed(part: Part) -> str:
    statements = lines(down(part))
    return statements if is_alone(part.down) else f"BEGIN;\n{statements}COMMIT;\n"


def javascript(sql: str) -> str:
    """Give a statement as a template literal of JavaScript."""
    escaped = sql.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
    return f"`{escaped}`"


def python(sql: str) -> str:
    """Give a statement as a constant of Python."""
    escaped = sql.replace("\\", "\\\\").replace("'''", "\\'\\'\\'")
    if escaped.endswith("'"):
        escaped = f"{escaped[:-1]}\\'"
    return f"'''{escaped}'''" if "\n" in sql or "'" in sql else f"'{escaped}'"


def without_bind_names(sql: str) -> str:
    """Give a statement for SQLAlchemy's `text()`, which takes :name for a parameter."""
    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", sql)
