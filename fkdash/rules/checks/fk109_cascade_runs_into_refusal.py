"""FK109: a CASCADE leads to rows that a NO ACTION or RESTRICT further down holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.model import Action
from fkdash.rules.actions.cascades import cascade_children, node, paths_into, refusing
from fkdash.rules.actions.enforcement import refusal_error
from fkdash.rules.actions.hopeless import hopeless_paths
from fkdash.rules.finding import Finding, Rule, Severity, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.rules.actions.cascades import Path
    from fkdash.rules.finding import PredictedError


def _find(catalog: Catalog) -> Iterator[Finding]:
    hopeless = {id(each.path.cascades[0]) for each in hopeless_paths(catalog) if not each.spared}
    children = cascade_children(catalog)

    def remains(path: Path) -> bool:
        """Leave out what holds rows only until the first table's own CASCADE has deleted it."""
        return node(catalog, path.last.table) not in children[node(catalog, path.cascades[0].referenced)]

    for path in paths_into(catalog, refusing(catalog), remains, farther=False):
        if id(path.cascades[0]) not in hopeless:
            yield _finding(path, refusal_error(catalog, path.last, path.last.on_delete))


def _finding(path: Path, error: PredictedError) -> Finding:
    first, last = path.cascades[0], path.last
    where = last.referenced.name
    way = f"cascades to {first.table.name}" + (f" and on to {where}" if len(path.cascades) > 1 else "")
    late = " at COMMIT" if last.initially_deferred and last.on_delete is Action.NO_ACTION else ""
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        # What refuses is told once as a risk, by the CASCADE that runs right into it.
        severity=RULE.severity if len(path.cascades) == 1 else Severity.INFO,
        key=first,
        columns=first.columns,
        message=f"Deleting a row of {first.referenced.name} {way} and fails there with {error.sqlstate}{late} "
        f"as soon as a row of {last.table.name} refers to one of them ({last.on_delete}).",
        explanation=f"The delete takes this way: {path.words}. Up to {where} everything is CASCADE, but "
        f"{last.qualified} is {last.on_delete}: where a row of {last.table.name} refers to a row that would be "
        "deleted, the whole DELETE fails and nothing is deleted. That may be what was meant; it is not what "
        "CASCADE says.",
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
    "PostgreSQL 18 on). It depends on the rows, and it may be intended: the refusal protects what the cascade "
    "would tear away. It is a warning for the CASCADE that runs right into the refusal, a note for those that "
    "only lead there.",
    example="CREATE TABLE customers (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers ON DELETE CASCADE);\n"
    "CREATE TABLE invoices (id int PRIMARY KEY, order_id int REFERENCES orders);\n"
    "INSERT INTO customers VALUES (1);\n"
    "INSERT INTO orders VALUES (1, 1);\n"
    "INSERT INTO invoices VALUES (1, 1);\n"
    "DELETE FROM customers;  -- ERROR 23503, from invoices\n",
    find=_find,
)
