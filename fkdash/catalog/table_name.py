"""What a table is called, and how a statement spells a name."""

from __future__ import annotations

from typing import NamedTuple


def quoted(name: str) -> str:
    """Give an identifier as a statement must spell it, always double-quoted."""
    return '"' + name.replace('"', '""') + '"'


class TableName(NamedTuple):
    """A table's schema and name, exactly as the catalog stores them."""

    schema: str
    name: str

    @property
    def sql(self) -> str:
        """The qualified, quoted spelling for statements."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"
