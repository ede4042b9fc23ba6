"""What a table is called, and how a statement spells a name."""

from __future__ import annotations

from typing import NamedTuple


def quoted(name: str) -> str:
    """Give an identifier as a statement must spell it, always double-quoted."""
    return '"' + name.replace('"', '""') + '"'


def visible(name: str) -> str:
    """Give an identifier as people read it: as it is, quoted where blanks at its ends would not be seen."""
    return name if name and name == name.strip() else quoted(name)


class TableName(NamedTuple):
    """A table's schema and name, exactly as the catalog stores them."""

    schema: str
    name: str

    @property
    def sql(self) -> str:
        """The qualified, quoted spelling for statements."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def __str__(self) -> str:
        return f"{visible(self.schema)}.{visible(self.name)}"
