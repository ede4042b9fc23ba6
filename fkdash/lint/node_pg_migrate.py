"""Reads a script of node-pg-migrate that does nothing but run statements, as `fix export` writes it.

In a folder of SQL migrations only a script can leave the run's transaction. What a script does otherwise is not
read, and said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.splitting import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SQL: Final = r"pgm\.sql\(`(?:[^`\\$]|\\.|\$(?!\{))*`\);"
_BODY: Final = rf"\{{\s*(?:pgm\.noTransaction\(\);\s*)?(?:{_SQL}\s*)*\}};?\s*"
_SCRIPT: Final = re.compile(
    r"(?:(?://|import type )[^\n]*\n|\s)*"
    rf"(?:exports\.up = \(pgm\) =>|export (?:async )?function up\(pgm[^)]*\)[^{{]*)\s*(?P<up>{_BODY})"
    rf"(?:exports\.down = \(pgm\) =>|export (?:async )?function down\(pgm[^)]*\)[^{{]*)\s*{_BODY}"
)
_STATEMENT: Final = re.compile(r"pgm\.sql\(`(?P<sql>(?:[^`\\$]|\\.|\$(?!\{))*)`\);", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([\\`$])")
_LONGEST: Final = 100_000


def only_runs_statements(path: Path) -> bool:
    """Tell whether a script does nothing but run statements that stand in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return len(text) <= _LONGEST and _SCRIPT.fullmatch(text) is not None


def statements_of(text: str, _label: str) -> Iterator[Statement]:
    """Give the statements of `up`, each with its place."""
    script = _SCRIPT.fullmatch(text)
    if script is None:
        yield Statement("", 1, 1, fault="it is a migration in JavaScript that does more than run statements")
        return
    for found in _STATEMENT.finditer(text, script.start("up"), script.end("up")):
        begin = found.start("sql")
        line = text.count("\n", 0, begin) + 1
        yield Statement(_ESCAPED.sub(r"\1", found["sql"]), line, begin - text.rfind("\n", 0, begin))
