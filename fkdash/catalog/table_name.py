"""What a table is called, and how a statement spells a name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple


def quoted(name: str) -> str:
    """Give an identifier as a statement must spell it, always double-quoted."""
    return '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=32_768)  # findings about a large catalog name the same tables over and over
def visible(name: str) -> str:
    """Give an identifier as people read it: as it is, quoted where it could be taken for another one.

    So is one with blanks at its ends, which would not be seen, with a dot, or with a quotation mark in front.
    """
    alone = name and name == name.strip() and "." not in name and name[0] != '"'
    return name if alone else quoted(name)


def listed(names: Iterable[str], between: str = ", ") -> str:
    """Give several names as people read them."""
    return between.join(map(visible, names))


class Named:
    """What has a name in the catalog, exactly as that stores it."""

    __slots__ = ()
    name: str

    @property
    def shown(self) -> str:
        """The name as people read it."""
        return visible(self.name)


class TableName(NamedTuple):
    """A table's schema and name, exactly as the catalog stores them."""

    schema: str
    name: str

    @property
    def sql(self) -> str:
        """The qualified, quoted spelling for statements."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def shown(self) -> str:
        """The name alone, as people read it."""
        return visible(self.name)

    def beside(self, other: TableName) -> str:
        """Give it as people read it next to `other`: without the schema where that is the schema of both."""
        return self.shown if self.schema == other.schema else str(self)

    def __str__(self) -> str:
        return f"{visible(self.schema)}.{visible(self.name)}"
