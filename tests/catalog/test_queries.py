"""What queries repeat is the same in all of them: each can be pasted into psql as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fkdash
from fkdash.catalog.too_long import MOST_CHARACTERS, TOO_LONG, TOO_LONG_TREE
from fkdash.rules.sql.expression import parsed

_ROOT = Path(fkdash.__file__).parent
_FILES = sorted(_ROOT.rglob("*.sql"))
_STORED = (
    "adbin",
    "conbin",
    "indexprs",
    "indpred",
    "partexprs",
    "prqual",
    "tgqual",
    "prosqlbody",
    "proargdefaults",
)
_BOUNDED = re.compile(r"octet_length\((?P<what>[^;]*?)\) (?P<sign>>|<=) (?P<most>\d+)(?!\d)", re.IGNORECASE)
_SPELLED = re.compile(r"pg_get_(?:expr|triggerdef|viewdef)\(", re.IGNORECASE)
_OF_THE_SYSTEM = """nspname in ('pg_catalog', 'information_schema')
 or nspname like 'pg\\_toast%'
 or nspname like 'pg\\_temp\\_%'"""


def _sql(path: Path) -> str:
    return re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))


def _named(path: Path) -> str:
    return str(path.relative_to(_ROOT))


@pytest.mark.parametrize("path", _FILES, ids=_named)
def test_no_query_reads_what_somebody_made_millions_of_characters_long(path: Path) -> None:
    sql = _sql(path)
    bounds = list(_BOUNDED.finditer(sql))
    # The text of a function is bounded on its own.
    assert {int(each["most"]) for each in bounds if "prosrc" not in each["what"]} <= {MOST_CHARACTERS}
    for marker in re.findall(r"\{TOO\w*\}|<more than[^']*", sql):
        assert marker in {TOO_LONG, TOO_LONG_TREE}
    guarded = " ".join(each["what"] for each in bounds)
    for name in _STORED:
        for read in re.findall(rf"\w+\.{name}::text", sql):
            assert read in guarded or guarded == "tree", read
    spelled = [
        each for each in _SPELLED.finditer(sql) if "relpartbound" not in sql[each.start() : each.end() + 20]
    ]
    assert len(spelled) <= 2 * len(bounds)


@pytest.mark.parametrize("shape", ["{}", "({})", "ROW({})", "NOT {}", "a = 1 AND {}"])
def test_what_stands_for_a_long_text_is_nothing_that_could_be_understood(shape: str) -> None:
    assert parsed(shape.format(TOO_LONG)) is None


def test_every_reading_of_a_database_leaves_the_same_schemas_out() -> None:
    asking = [path for path in (_ROOT / "catalog").rglob("*.sql") if "information_schema" in _sql(path)]
    assert len(asking) > 1
    for path in asking:
        assert " ".join(_OF_THE_SYSTEM.split()) in " ".join(_sql(path).split()), path
