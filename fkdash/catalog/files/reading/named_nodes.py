"""What statements name that change nothing which is followed: plain facts, as those of `nodes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.reading.nodes import Skipped
from fkdash.fact import fact

if TYPE_CHECKING:
    from fkdash.catalog.files.reading.nodes import ExpressionSaid, Name


@fact
class Named:
    """Something that a statement names: `kind` is relation, schema, type, extension, trigger, policy or rule.

    `kinds` are those of relations that it may be, `columns` those that it must have, or the name of what hangs on
    it. `row` is a row of VALUES with so many `values`, `emptied` are `tables` of one TRUNCATE without CASCADE,
    `conflict` is told by a unique index over `columns`, `asked` is an expression over a table whose alias is in
    `columns`, `given` are columns that get values other than DEFAULT, all of `values` many where none is
    named, `unruled` a table that no rule rewrites.
    """

    kind: str
    name: Name
    kinds: str = ""
    columns: tuple[str, ...] = ()
    written: bool = False
    values: int = 0
    tables: tuple[Name, ...] = ()
    partial: bool = False
    in_query: bool = False
    asked: ExpressionSaid | None = None


@fact
class Names(Skipped):
    """A statement that changes nothing which is followed, and what it names."""

    named: tuple[Named, ...]
