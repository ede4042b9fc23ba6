"""What the expressions of a block are functions of: the rows and variables in reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from fkdash.catalog.files.blocks.rows import Row
from fkdash.catalog.files.blocks.values import DATABASE, UnknownValueError
from fkdash.catalog.files.state import State
from fkdash.fact import deriving_fact


@deriving_fact
class Scope:
    """What an expression can see: rows by the name of their source, the scope around, and a block's variables.

    `whole` says that every source of the query has its row; before, a plain column may belong to a later one.
    """

    state: State
    rows: dict[str, Row] = field(default_factory=dict)
    outer: Scope | None = None
    variables: dict[str, object] = field(default_factory=dict)
    whole: bool = True

    def column(self, name: str) -> object:
        """Give what a plain name stands for."""
        for row in self.rows.values():
            if name in row:
                return row[name]
        if not self.whole:
            raise UnknownValueError
        if self.outer is not None:
            return self.outer.column(name)
        if name in self.variables:
            return self.variables[name]
        if name.endswith("_catalog"):
            return DATABASE
        raise UnknownValueError

    def column_of(self, source: str, name: str) -> object:
        """Give a column of a source or a field of a record."""
        row = self.rows.get(source)
        if row is None and self.outer is not None:
            return self.outer.column_of(source, name)
        if row is None:
            held = self.variables.get(source)
            row = held if isinstance(held, dict) else {}
        if name.endswith("_catalog"):
            return DATABASE
        if name not in row:
            raise UnknownValueError
        return row[name]


Expression = Callable[[Scope], object]
