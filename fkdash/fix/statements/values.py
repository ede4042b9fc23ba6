"""Values that an operator names for the columns of a key: read from words, spelled for statements."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.spelling import compared_type, covering, pairs, source, unlimited
from fkdash.catalog.table_name import listed, quoted
from fkdash.db.literals import literal
from fkdash.errors import UsageError
from fkdash.shell import shell_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.catalog.model import Catalog, Column, ForeignKey

Values = tuple[tuple[str, str], ...]
"""Referencing columns with the value named for each, as text."""
_WITH_ZONE: Final = frozenset({"timestamp with time zone", "time with time zone"})
# What stands in a moment as words without being a time zone (manual, "Date/Time Input").
_NO_ZONE: Final = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)[a-z]*|(?<=\d)t(?=\d)"
    r"|(?:\b|(?<=\d))(?:[ap]m|ad|bc)\b",
    re.IGNORECASE,
)
_ZONE: Final = re.compile(r"[A-Za-z]|:\d\d(?:\.\d+)?\s*[+-]")


def named_values(columns: Sequence[str], words: Sequence[str]) -> Values:
    """Give the value of each column: COLUMN=VALUE for each, of a single column the value alone is enough.

    Raises UsageError where a column has no value, or a word belongs to none.
    """
    if len(columns) == 1 and len(words) == 1:
        return ((columns[0], words[0].removeprefix(f"{columns[0]}=")),)
    found: dict[str, str] = {}
    for word in words:
        column = next((name for name in columns if word.startswith(f"{name}=")), None)
        if column is None:
            raise UsageError(f"{word!r} names no column of the key.", next_step=_how(columns))
        found[column] = word[len(column) + 1 :]
    missing = [name for name in columns if name not in found]
    if missing:
        raise UsageError(f"No value is named for {', '.join(missing)}.", next_step=_how(columns))
    return tuple((name, found[name]) for name in columns)


def named_row(columns: Sequence[str], word: str) -> Values:
    """Give the values of one row that a single word names: VALUE, COLUMN=VALUE,COLUMN=VALUE or a JSON object.

    A comma separates where a column that has no value yet is named after it; others belong to the value. Raises
    UsageError.
    """
    if len(columns) == 1:
        return named_values(columns, (word,))
    if word.lstrip().startswith("{"):
        return _of_json(columns, word)
    words: list[str] = []
    left = list(columns)
    for part in word.split(","):
        column = next((name for name in left if part.startswith(f"{name}=")), None)
        if column is None and words:
            words[-1] += f",{part}"
            continue
        words.append(part)
        if column is not None:
            left.remove(column)
    return named_values(columns, words)


def _of_json(columns: Sequence[str], word: str) -> Values:
    try:
        # A number is kept as it was written.
        found = json.loads(word, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        raise UsageError(f"{word!r} is not JSON.", next_step=_how(columns)) from None
    values = {name: str(value).lower() if isinstance(value, bool) else value for name, value in found.items()}
    if set(values) != set(columns) or not all(isinstance(value, str) for value in values.values()):
        raise UsageError(f"{word!r} does not name {listed(columns)}, each with a value.", next_step=_how(columns))
    return tuple((name, values[name]) for name in columns)


def named_columns(columns: Sequence[str], words: Sequence[str]) -> Values:
    """Give the values of the columns that COLUMN=VALUE names; raises UsageError for one that is none of them."""
    found: dict[str, str] = {}
    for word in words:
        column = next((name for name in columns if word.startswith(f"{name}=")), None)
        if column is None:
            raise UsageError(
                f"{word!r} names no column that can be given a value.",
                next_step=f"Write COLUMN=VALUE; the columns are {', '.join(columns) or 'none'}.",
            )
        found[column] = word[len(column) + 1 :]
    return tuple(found.items())


def constant(text: str, column: Column, written_as: str) -> str:
    """Give a value for a column as a constant of the type `written_as`.

    A moment without a time zone is one in UTC, where looking reads it so, whatever the zone of the session or of a
    script.
    """
    if unlimited(column.plain_type) in _WITH_ZONE and re.search(r"\d", text):
        text = text if _ZONE.search(_NO_ZONE.sub("", text)) else f"{text} UTC"
    return f"{literal(text)}::{written_as}"


def constants(catalog: Catalog, key: ForeignKey, values: Values) -> dict[str, str]:
    """Give for each referencing column the constant that a statement writes, of the column's own type."""
    columns = catalog.tables[key.table].columns_by_name
    return {name: constant(text, columns[name], columns[name].type) for name, text in values}


def referenced_row(catalog: Catalog, key: ForeignKey, values: Values) -> str:
    """Give a query that is true when the referenced table has a row with these values, written or as they are.

    Of a PERIOD key, when its rows cover the period together.
    """
    columns = catalog.tables[key.table].columns_by_name
    limited = {name: constant(text, columns[name], columns[name].plain_type) for name, text in values}
    if key.period:
        return f"select exists ({covering(catalog, key, limited)})"
    # A column cuts what is written to it: what is left must be that row's key, and not another's.
    same = " and ".join(dict.fromkeys((is_row(catalog, key, values), _equal(key, limited))))
    return f"select exists (select from {source(catalog, key.referenced)} p where {same})"


def is_row(catalog: Catalog, key: ForeignKey, values: Values) -> str:
    """Say that the referenced row `p` has these values, which are named by the referencing columns.

    They are compared by the key's own operators, as they would stand in a referencing row. No domain's checks,
    which are its owner's code, are run, and nothing is cut off.
    """
    columns = catalog.tables[key.table].columns_by_name
    return _equal(
        key, {name: constant(text, columns[name], compared_type(columns[name])) for name, text in values}
    )


def _equal(key: ForeignKey, constants: Mapping[str, str]) -> str:
    return " and ".join(
        f"p.{quoted(theirs)} operator({operator}) {constants[own]}"
        for own, theirs, operator in pairs(key)
        if own in constants
    )


def as_referencing(key: ForeignKey, values: Values) -> Values:
    """Give the values of a row, named by the referenced columns, under the names of the referencing ones."""
    given = dict(values)
    return tuple((own, given[theirs]) for own, theirs, _ in pairs(key))


def referenced_rows(catalog: Catalog, key: ForeignKey, rows: Sequence[Values]) -> list[str]:
    """Give for each of these rows, named by the referenced columns, a query that is true when it is there."""
    there = (is_row(catalog, key, as_referencing(key, row)) for row in rows)
    return [f"select exists (select from {source(catalog, key.referenced)} p where {each})" for each in there]


def in_words(values: Values) -> str:
    """Give values as a phrase: `tenant = 1, id = 5`."""
    return ", ".join(f"{name} = {text}" for name, text in values)


def as_referenced(key: ForeignKey, values: Values) -> str:
    """Give values as a phrase about the referenced row: `id = 5`."""
    theirs = dict(zip(key.columns, key.referenced_columns, strict=True))
    return in_words(tuple((theirs[name], text) for name, text in values))


def asking(columns: Sequence[str]) -> str:
    """Give the arguments that name the values of columns, as somebody copies them into a shell."""
    if len(columns) == 1:
        return "--value VALUE"
    return " ".join(f"--value {shell_word(f'{name}=...')}" for name in columns)


def _how(columns: Sequence[str]) -> str:
    return f"{asking(columns)}, once." if len(columns) == 1 else f"Name each: {asking(columns)}"
