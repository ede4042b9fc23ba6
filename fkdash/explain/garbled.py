"""Names that a terminal or a log could not print, and had to put something else in place of their letters."""

from __future__ import annotations

import re
from functools import partial
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from fkdash.explain.sentences import QUOTES
from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.model import Catalog

_MOST_READINGS: Final = 8
_INSTEAD: Final = "?\ufffd\u25a1\u00bf"
_RUN: Final = re.compile(rf"[{_INSTEAD}]+")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_GARBLED: Final = re.compile(
    rf"(?<=[{QUOTES}])(?=[^{QUOTES}\n\\]{{0,130}}[{_INSTEAD}])[^{QUOTES}\n\\]{{1,130}}(?=\\{{0,16}}[{QUOTES}])"
)


def restored(catalog: Catalog, text: str) -> Iterator[str]:
    """Give a text with names in quotation marks as the catalog has them; several where they can mean several."""
    if not any(sign in text for sign in _INSTEAD):
        return
    names = _by_what_is_left(catalog)
    said = dict.fromkeys(found[0] for found in _GARBLED.finditer(text))
    meant = {each: names[left] for each in said if (left := _RUN.sub("?", each)) in names}
    for chosen in islice(product(*meant.values()), _MOST_READINGS if meant else 0):
        reading = dict(zip(meant, chosen, strict=True))
        yield _GARBLED.sub(partial(_meant, reading), text)


def _meant(reading: Mapping[str, str], found: re.Match[str]) -> str:
    return reading.get(found[0], found[0])


@once_per_catalog
def _by_what_is_left(catalog: Catalog) -> Mapping[str, tuple[str, ...]]:
    """Give the names that have more than ASCII in them by what is left where that is not printed."""
    left: dict[str, list[str]] = {}
    for name in sorted(_names(catalog)):
        if not name.isascii():
            left.setdefault(_BEYOND_ASCII.sub("?", name), []).append(name)
    return {said: tuple(names) for said, names in left.items()}


def _names(catalog: Catalog) -> set[str]:
    names = {key.name for key in catalog.foreign_keys} | {name.name for name in catalog.tables}
    for table in catalog.tables.values():
        names.update(column.name for column in table.columns)
        names.update(check.name for check in table.checks)
        names.update(index.name for index in table.indexes)
    return names
