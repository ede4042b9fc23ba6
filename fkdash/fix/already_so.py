"""What an option asks for and is so already: repeating a fix that is done is no mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.model import Action
from fkdash.fix.changed_key import ACTIONS, wanted_key
from fkdash.fix.remedies.create_index import serving
from fkdash.fix.remedies.other_options import silenced
from fkdash.fix.statements.definition import definition
from fkdash.rules.actions.refusal import refusals

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.fix.plan import Plan
    from fkdash.rules.finding import Finding


def already_so(catalog: Catalog, finding: Finding, option_id: str) -> str:
    """Say, as a clause, what is so already where an option would change nothing; "" where it would."""
    key = finding.key
    if option_id in ACTIONS:
        return definition(key) if wanted_key(catalog, finding, option_id) == key else ""
    serves = serving(catalog.tables[key.table], key.columns)
    nothing_refuses = Action.SET_NULL in {key.on_delete, key.on_update} and not refusals(
        catalog, key, key.set_columns
    )
    accepts = f"{', '.join(key.set_columns)} of {key.table.name} accepts NULL"
    so = {
        "drop-not-null": accepts if nothing_refuses else "",
        "drop-not-null-set-null": f"{accepts}, ON DELETE SET NULL"
        if nothing_refuses and key.on_delete is Action.SET_NULL
        else "",
        "validate": "every row was checked, and every new one is" if _proven(catalog, key) else "",
        "enable-triggers": "its triggers fire" if key.enforced and not silenced(catalog, key) else "",
        "create-index": f"the index {serves.name} serves it" if serves is not None else "",
    }
    return so.get(option_id, "")


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
        return f"{carried.key.table} has no {carried.key.name} any more" if key is None and known else ""
    if key is None or carried.mends or (definition(carried.key) == definition(goal.key) and not goal.nullable):
        return ""
    accepting = all(
        table in catalog.tables
        and column in catalog.tables[table].columns_by_name
        and not catalog.tables[table].columns_by_name[column].not_null
        for table, column in goal.nullable
    )
    return definition(key) if accepting and definition(key) == definition(goal.key) else ""


def _proven(catalog: Catalog, key: ForeignKey) -> bool:
    return key.validated and key.enforced and not silenced(catalog, key)
