"""Words of PostgreSQL's messages in the languages it is translated into; they stand in `languages.toml`."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Final

_WORDS: Final = tomllib.loads(files("fkdash.explain").joinpath("languages.toml").read_text(encoding="utf-8"))

ERROR: Final = tuple(_WORDS["error"])
WORSE: Final = tuple(_WORDS["worse"])
"""Severities above ERROR: the session or the server ends."""
MILDER: Final = tuple(_WORDS["milder"])
"""Every other severity; DEBUG stands in the log with a digit behind it or without."""
DETAIL: Final = tuple(_WORDS["detail"])
CONTEXT: Final = tuple(_WORDS["context"])
STATEMENT: Final = tuple(_WORDS["statement"])
QUERY: Final = tuple(_WORDS["query"])
OTHER_LABELS: Final = tuple(_WORDS["other_labels"])
"""Labels of lines that tell nothing here: hints and places in PostgreSQL's source."""
VIOLATES: Final = re.compile("|".join(_WORDS["violates"]), re.IGNORECASE)
FOREIGN_KEY: Final = re.compile("|".join(_WORDS["foreign_key"]), re.IGNORECASE)
RAISED: Final = {
    sqlstate: re.compile("|".join(patterns), re.IGNORECASE) for sqlstate, patterns in _WORDS["raised"].items()
}
"""Errors that name no constraint, by SQLSTATE; where several fit, the first is meant."""
NULL: Final = re.compile("|".join(_WORDS["null"]), re.IGNORECASE)


def any_of(words: tuple[str, ...]) -> str:
    """Give the alternatives of a pattern, longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
