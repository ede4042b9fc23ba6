"""Rows of the Constraints list that stand for those alike in other schemas, until they are unfolded."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fkdash.catalog.table_name import visible
from fkdash.fact import fact
from fkdash.tui.words import shown_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.tui.screens.findings.constraint_rows import ConstraintRow


@fact
class _Fold:
    """What the rows of one shape have in common: how many they are, where, and how many hold rows back."""

    number: int
    places: tuple[str, ...]
    biting: int


class Folds:
    """Which rows stand for others; `count` gives how many a row that is shown stands for, itself included."""

    def __init__(self) -> None:
        self.count: Callable[[ConstraintRow], int] = lambda _: 1
        self._shapes: dict[tuple[str, tuple[str, ...]], Hashable] = {}
        self._folds: dict[Hashable, _Fold] = {}
        self._open: set[Hashable] = set()

    def learn(self, rows: Sequence[ConstraintRow], catalog: Catalog) -> None:
        """Find the rows alike in several schemas: of one shape, with the same findings."""
        from fkdash.checking.alike import FEWEST, numbered  # not before the first frame
        from fkdash.checking.key_groups import shape_of

        self._shapes, self._folds = {}, {}
        if len({row.key.table.schema for row in rows}) < FEWEST:
            return
        found: defaultdict[Hashable, list[ConstraintRow]] = defaultdict(list)
        for row in rows:
            found[(row.declared, row.severity, row.reasons, shape_of(catalog, row.key))].append(row)
        for shape, members in found.items():
            schemas = {row.key.table.schema for row in members}
            if len(schemas) < FEWEST:
                continue
            biting = sum(row.impact is not None and row.impact.state == "biting" for row in members)
            self._folds[shape] = _Fold(len(members), tuple(sorted(schemas, key=numbered)), biting)
            self._shapes |= {(row.key.qualified, row.key.columns): shape for row in members}

    def shape(self, row: ConstraintRow) -> Hashable | None:
        """Give what the rows have in common that one stands for, None for a row that is shown by itself."""
        shape = self._shapes.get((row.key.qualified, row.key.columns))
        return None if shape in self._open else shape

    def stands_for_others(self, row: ConstraintRow) -> bool:
        """Tell whether a row that is shown stands for others as well."""
        return self.shape(row) is not None and self.count(row) > 1

    def unfold(self, row: ConstraintRow) -> None:
        """Show the rows that this one stands for, until all are folded again."""
        shape = self.shape(row)
        if shape is not None:
            self._open.add(shape)

    def fold_all(self) -> None:
        """Fold all again."""
        self._open.clear()

    def name(self, row: ConstraintRow) -> str:
        """Give the row's name in the list: how many it stands for, of what and where."""
        if not self.stands_for_others(row):
            return shown_columns(row.key)
        from fkdash.checking.alike import places_words  # loaded with the first fold

        count, fold = self.count(row), self._folds[self.shape(row)]
        where = f" in {places_words(fold.places)}" if count == fold.number else ""
        names = ", ".join(map(visible, row.key.columns))
        return f"{count:,} \N{MULTIPLICATION SIGN} {visible(row.key.table.name)}.{names}{where}"

    def state(self, row: ConstraintRow) -> str:
        """Give the row's state in the list: how many of those that it stands for hold rows back."""
        fold = self._folds.get(self.shape(row))
        if fold is None or not fold.biting or self.count(row) != fold.number:
            return row.state or row.brief
        from fkdash.checking.alike import biting_words

        return biting_words(fold.biting)

    def words(self, row: ConstraintRow) -> str:
        """Say in the pane what the row stands for; "" where it is by itself."""
        if not self.stands_for_others(row):
            return ""
        return f"One of {self.count(row):,} alike in other schemas. Enter shows each; r folds them again."
