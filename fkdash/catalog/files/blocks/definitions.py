"""Spells a foreign key as pg_get_constraintdef does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.identifiers import identifier

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Constraint
    from fkdash.catalog.files.state import State


def foreign_key_definition(state: State, key: Constraint, referenced: str) -> str:
    """Give the definition; `referenced` is the table referred to as it is printed."""
    own, theirs = state.relations[key.table].names, state.relations[key.referenced].names
    period, of_period = ("PERIOD ", "PERIOD ") if key.period else ("", "")
    mine = [identifier(own[number]) for number in key.columns]
    others = [identifier(theirs[number]) for number in key.referenced_columns]
    mine[-1], others[-1] = period + mine[-1], of_period + others[-1]
    said = f"FOREIGN KEY ({', '.join(mine)}) REFERENCES {referenced}({', '.join(others)})"
    if key.match == "FULL":
        said += " MATCH FULL"
    if key.on_update != "NO ACTION":
        said += f" ON UPDATE {key.on_update}"
    if key.on_delete != "NO ACTION":
        said += f" ON DELETE {key.on_delete}"
    if key.delete_columns:
        said += f" ({', '.join(identifier(own[number]) for number in key.delete_columns)})"
    if key.deferrable:
        said += " DEFERRABLE"
    if key.initially_deferred:
        said += " INITIALLY DEFERRED"
    if not key.enforced:
        return f"{said} NOT ENFORCED"
    return said if key.validated else f"{said} NOT VALID"
