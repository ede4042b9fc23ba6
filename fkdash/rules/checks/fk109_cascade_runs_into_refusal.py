"""FK109: a CASCADE leads to rows that a NO ACTION or RESTRICT further down holds.

Most such refusals are meant, and whether one happens is up to the rows: a note. It is a warning where the refusal
looks forgotten: NO ACTION, which is what nobody wrote, among others that all let the row go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import REFUSING, Action, Statement
from fkdash.rules.actions.cascades import cascade_children, node, refusing
from fkdash.rules.actions.enforcement import refusal_error
from fkdash.rules.actions.hopeless import hopeless_paths
from fkdash.rules.actions.paths import PathsInto
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.rules.actions.paths import Path
    from fkdash.rules.finding import PredictedError

_FEWEST_OTHERS: Final = 2


def _find(catalog: Catalog) -> Iterator[Finding]:
    hopeless = {id(each.path.cascades[0]) for each in hopeless_paths(catalog) if not each.spared}
    children = cascade_children(catalog)

    def remains(path: Path) -> bool:
        """Leave out what holds rows only until the first table's own CASCADE has deleted it."""
        return node(catalog, path.last.table) not in children[node(catalog, path.cascades[0].referenced)]

    told: set[int] = set()
    for path in PathsInto(catalog, refusing(catalog)).each(remains, most=0):
        if id(path.cascades[0]) not in hopeless:
            # What refuses is told once as a risk, by a CASCADE that runs right into it.
            alone = len(path.cascades) == 1 and id(path.last) not in told and _stands_alone(catalog, path)
            told.update((id(path.last),) if alone else ())
            yield _finding(path, refusal_error(catalog, path.last, path.last.on_delete), alone=alone)


def _stands_alone(catalog: Catalog, path: Path) -> bool:
    """Tell whether nobody wrote the refusal and all others that refer to the same table let its rows go."""
    others = [key for key in catalog.referencing.get(path.last.referenced, ()) if key is not path.last]
    return (
        path.last.on_delete is Action.NO_ACTION
        and len(others) >= _FEWEST_OTHERS
        and not any(key.on_delete in REFUSING for key in others)
    )


def _finding(path: Path, error: PredictedError, *, alone: bool) -> Finding:
    first, last = path.cascades[0], path.last
    where = last.referenced.shown
    way = f"cascades to {first.table.shown}" + (f" and on to {where}" if len(path.cascades) > 1 else "")
    late = " at COMMIT" if last.initially_deferred and last.on_delete is Action.NO_ACTION else ""
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity if alone else Severity.INFO,
        key=first,
        columns=first.columns,
        message=f"Deleting a row of {first.referenced.shown} {way} and fails there with {error.sqlstate}{late} "
        f"as soon as a row of {last.table.shown} refers to one of them ({last.on_delete}).",
        explanation=f"The delete takes this way: {path.words}. Up to {where} everything is CASCADE, but "
        f"{last.qualified} is {last.on_delete}: where a row of {last.table.shown} refers to a row that would be "
        "deleted, the whole DELETE fails and nothing is deleted. "
        + (
            f"All other foreign keys to {where} let its rows go, so this one may have been forgotten."
            if alone
            else "That may be what was meant; it is not what CASCADE says."
        ),
        statements=(Statement.DELETE,),
        error=error,
        evidence=tuple(f"{key.qualified}: ON DELETE {key.on_delete}" for key in path.keys),
        certain=False,
        path=path.keys,
    )


RULE = Rule(
    id="FK109",
    name="cascade-runs-into-refusal",
    severity=Severity.WARNING,
    summary="CASCADE leads to rows that NO ACTION or RESTRICT further down holds",
    explanation="Deleting a row here cascades to rows that other rows refer to with NO ACTION or RESTRICT. As "
    "soon as one such row exists the whole DELETE fails with SQLSTATE 23503 (23001 for RESTRICT from "
    "PostgreSQL 18 on). It depends on the rows, and mostly it is intended: the refusal protects what the cascade "
    "would tear away (a note). It is a warning, once, for a CASCADE that runs right into a NO ACTION where two or "
    "more others refer to the same table and all of them let its rows go: there it was probably forgotten.",
    example="CREATE TABLE customers (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers ON DELETE CASCADE);\n"
    "CREATE TABLE invoices (id int PRIMARY KEY, order_id int REFERENCES orders);\n"
    "INSERT INTO customers VALUES (1);\n"
    "INSERT INTO orders VALUES (1, 1);\n"
    "INSERT INTO invoices VALUES (1, 1);\n"
    "DELETE FROM customers;  -- ERROR 23503, from invoices\n",
    find=_find,
)
