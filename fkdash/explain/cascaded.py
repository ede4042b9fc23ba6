"""NULLs that ON UPDATE CASCADE hands on: a key from a column that may not be NULL to one that may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action
from fkdash.explain.keys import referencing_names, statement_table, written_table
from fkdash.explain.model import Cause, referenced_table
from fkdash.explain.next_steps import previewing
from fkdash.rules.actions.cascades import node
from fkdash.rules.actions.ways import ways_from

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.explain.clues import Clues


def handing_on(catalog: Catalog, clues: Clues) -> tuple[Cause, ...]:
    """Give the keys that write the NULL which an error tells of when the row that they refer to gets it.

    None where the statement is no UPDATE, or wrote that table itself.
    """
    if clues.statement is not None and clues.statement[0] not in {"UPDATE", "MERGE", "INSERT"}:
        return ()
    written, start = written_table(catalog, clues), statement_table(catalog, clues)
    below = ways_from(catalog, start) if start is not None else None
    found: list[Cause] = []
    for key in catalog.foreign_keys:
        if key.on_update is not Action.CASCADE or clues.table not in referencing_names(catalog, key):
            continue
        if written is not None and node(catalog, written) == node(catalog, key.table):
            continue
        if below is not None and node(catalog, key.referenced) not in below:
            continue
        pairs = (
            each for each in zip(key.columns, key.referenced_columns, strict=True) if each[0] in clues.columns
        )
        column = next((each for each in pairs if _becomes_null(catalog, key, *each)), None)
        if column is not None:
            found.append(_cause(clues, key, *column))
    return tuple(found)


def _becomes_null(catalog: Catalog, key: ForeignKey, column: str, referenced: str) -> bool:
    """Tell whether a column gets a NULL that it must not have from the one that it refers to."""
    own = catalog.tables[key.table].columns_by_name[column]
    above = catalog.tables[key.referenced].columns_by_name[referenced]
    return own.not_null and not above.forbids_null


def _cause(clues: Clues, key: ForeignKey, column: str, referenced: str) -> Cause:
    table = referenced_table(key)
    return Cause(
        key,
        clues.sqlstate,
        f"{key.qualified} is ON UPDATE CASCADE: when {referenced} of a row of {table} becomes NULL, "
        f"as it may, it writes that NULL to {column} of {key.table.shown}, which must not be NULL. An INSERT or "
        f"UPDATE of {key.table.shown} can fail with the same words.",
        ((key,),),
        f"Write no NULL to {referenced} of {table}, or delete the rows of {key.table.shown} first; "
        f"{previewing(key.referenced)} shows whom it concerns.",
    )
