"""Which tables are read as another one: letters of other alphabets, blanks at the ends, what is not seen."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from fkdash.db.text import escaped, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName

_ALIKE: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0501\u04bb\u04cf\u051b\u051d"  # Cyrillic
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0405\u0406\u0408"
    "\u03bf\u03b1\u03bd\u03c1\u03b9\u03ba\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u0131\u0251\u0261",
    "aeopcyxsijdhlqw" + "ABEKMHOPCTYXSIJ" + "oavpikABEZHIKMNOPTYX" + "iag",
)
"""Letters of Cyrillic, Greek and rarer Latin ones that most fonts draw like a letter of ASCII."""


def look_alikes(catalog: Catalog, key: ForeignKey) -> Iterator[tuple[TableName, TableName]]:
    """Give each table of a foreign key with every other one whose name is read the same."""
    wanted = {name: _as_read(name) for name in (key.table, key.referenced)}
    for other in catalog.tables:
        read = _as_read(other)
        yield from ((name, other) for name, own in wanted.items() if own == read and name != other)


def spelled_out(name: TableName) -> str:
    r"""Give a name with what is not ASCII by its number: `public.u\u0455ers`."""
    return "".join(each if each.isascii() else escaped(each) for each in str(name))


def _as_read(name: TableName) -> tuple[str, ...]:
    return tuple(_letters(part) for part in name)


def _letters(part: str) -> str:
    if part.isascii() and part.isprintable():
        return part.strip()
    seen = "".join(each for each in unicodedata.normalize("NFKC", part) if plain(each) == each)
    return seen.translate(_ALIKE).strip()
