"""Has a plan that was made before been carried out already? Repeating a fix that is done is no mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.fix.statements.definition import definition

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan


def reached(catalog: Catalog, carried: Plan) -> str:
    """Say what is so already where a plan that was made before has been carried out; "" where it has not."""
    key = next(
        (
            each
            for each in catalog.foreign_keys
            if (each.table, each.name) == (carried.key.table, carried.key.name)
        ),
        None,
    )
    goal = carried.goal
    if goal.gone:
        known = carried.key.table in catalog.tables
        return f"{carried.key.table} has no {carried.key.shown} any more" if key is None and known else ""
    if key is None or carried.mends or (definition(carried.key) == definition(goal.key) and not goal.nullable):
        return ""
    accepting = all(
        table in catalog.tables
        and column in catalog.tables[table].columns_by_name
        and not catalog.tables[table].columns_by_name[column].not_null
        for table, column in goal.nullable
    )
    return definition(key) if accepting and definition(key) == definition(goal.key) else ""
