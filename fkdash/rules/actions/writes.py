"""What SET NULL and SET DEFAULT write, and when.

PostgreSQL runs both as an ordinary UPDATE of the referencing rows, so everything
that can refuse an UPDATE can refuse them (CREATE TABLE, "REFERENCES").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action, Statement
from fkdash.fact import fact
from fkdash.rules.actions.defaults import default_value
from fkdash.rules.actions.enforcement import action_runs
from fkdash.rules.per_catalog import once_per_catalog
from fkdash.rules.sql.values import NULL_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.rules.sql.values import Results

_WRITING: Final = (Action.SET_NULL, Action.SET_DEFAULT)
_VERBS: Final = {Statement.DELETE: "deleting", Statement.UPDATE: "changing the key of"}


def verbs(statements: Iterable[Statement]) -> str:
    """Give what an operator does with a referenced row: `deleting or changing the key of`."""
    return " or ".join(_VERBS[statement] for statement in statements)


@fact
class Write:
    """An action that writes the referencing columns `columns`, and the statements that set it off."""

    key: ForeignKey
    action: Action
    columns: tuple[str, ...]
    statements: tuple[Statement, ...]

    @property
    def doing(self) -> str:
        """`ON DELETE SET NULL and ON UPDATE SET NULL`."""
        return " and ".join(f"ON {statement} {self.action}" for statement in self.statements)

    @property
    def verbs(self) -> str:
        """`deleting or changing the key of`."""
        return verbs(self.statements)

    def values(self, catalog: Catalog) -> Mapping[str, Results]:
        """Give what is known of the value that goes into each column."""
        if self.action is Action.SET_NULL:
            return dict.fromkeys(self.columns, NULL_ONLY)
        columns = catalog.tables[self.key.table].columns_by_name
        return {name: default_value(columns[name]) for name in self.columns}


@once_per_catalog
def writes(catalog: Catalog) -> tuple[Write, ...]:
    """Give every SET NULL and SET DEFAULT that runs, statements that write the same together."""
    return tuple(
        write
        for key in catalog.foreign_keys
        if key.on_delete in _WRITING or key.on_update in _WRITING
        for write in _writes_of(catalog, key)
    )


def _writes_of(catalog: Catalog, key: ForeignKey) -> tuple[Write, ...]:
    statements: dict[tuple[Action, tuple[str, ...]], tuple[Statement, ...]] = {}
    for statement, action, columns in (
        (Statement.DELETE, key.on_delete, key.set_columns),
        (Statement.UPDATE, key.on_update, key.columns),
    ):
        if action in _WRITING and action_runs(catalog, key, statement):
            same = (action, columns)
            statements[same] = (*statements.get(same, ()), statement)
    return tuple(Write(key, action, columns, each) for (action, columns), each in statements.items())
