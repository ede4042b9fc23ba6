"""FK110: the same rows are reached by CASCADE on one way and refused on another.

Actions run breadth first: those of the deleted row, then those of the rows they
deleted, and so on. NO ACTION (unless deferred) and RESTRICT look when their turn
comes, so a row that a longer way would have deleted still refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import Action
from fkdash.rules.cascades import ancestors, cascade_parents, refusing, roots
from fkdash.rules.enforcement import refusal_error
from fkdash.rules.finding import Finding, Rule, Severity, Statement
from fkdash.rules.rivals import reference, same_reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey, TableName
    from fkdash.rules.finding import PredictedError


_FAR: Final = 1_000_000


def _find(catalog: Catalog) -> Iterator[Finding]:
    above: dict[TableName, Mapping[TableName, int]] = {}

    def ancestors_of(name: TableName) -> Mapping[TableName, int]:
        if name not in above:
            above[name] = ancestors(catalog, name)
        return above[name]

    tops, reached = roots(catalog), cascade_parents(catalog)
    for key in refusing(catalog):
        holder = tops.get(key.table, key.table)
        if holder not in reached or (key.on_delete is Action.NO_ACTION and key.initially_deferred):
            continue
        held = tops.get(key.referenced, key.referenced)
        if held == holder:
            continue
        found = _conflict(held, ancestors_of(holder), ancestors_of(held))
        if found is not None and (found[1] or reference(key) not in same_reference(catalog)):
            error = refusal_error(catalog, key, key.on_delete)
            yield _finding(key, error, found[0], refused_first=found[1])


def _conflict(
    held: TableName, reach: Mapping[TableName, int], above: Mapping[TableName, int]
) -> tuple[TableName, bool] | None:
    """Give the table whose delete runs into the refusal, and whether the refusal comes first for certain.

    The refusing row is looked at one step after the row it holds is deleted.
    """
    first: tuple[int, TableName] | None = None
    tied: tuple[int, TableName] | None = None
    for top, steps in reach.items():
        turn = 1 if top == held else above.get(top, _FAR) + 1
        if steps > turn:
            first = min(first, (turn, top)) if first is not None else (turn, top)
        elif steps == turn:
            tied = min(tied, (turn, top)) if tied is not None else (turn, top)
    if first is not None:
        return first[1], True
    return (tied[1], False) if tied is not None else None


def _finding(key: ForeignKey, error: PredictedError, top: TableName, *, refused_first: bool) -> Finding:
    if refused_first:
        message = (
            f"Deleting any row of {top.name} would cascade to {key.table.name} as well, but {key.name} "
            f"({key.on_delete}) is looked at before those rows are gone and refuses with {error.sqlstate}."
        )
    else:
        message = (
            f"Deleting any row of {top.name} reaches {key.table.name} by CASCADE and by {key.name} "
            f"({key.on_delete}) at the same moment: which comes first depends on the order the foreign keys "
            f"were created in, and it then succeeds or fails with {error.sqlstate}."
        )
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=key.columns,
        message=message,
        explanation=f"Rows of {key.table.name} hang on {top.name} in two ways: over CASCADE, which would delete "
        f"them, and over {key.qualified}, which is {key.on_delete}. PostgreSQL runs actions breadth first and "
        "does not wait for the cascade to finish. A NO ACTION key that is DEFERRABLE INITIALLY DEFERRED would "
        "be looked at last.",
        statements=(Statement.DELETE,),
        error=error,
        evidence=(f"{key.qualified}: ON DELETE {key.on_delete}", f"{top} cascades to {key.table}"),
        fixes=("cascade",),
        certain=refused_first,
    )


RULE = Rule(
    id="FK110",
    name="conflicting-paths",
    severity=Severity.WARNING,
    summary="The same rows are reached by CASCADE on one way and refused on another",
    explanation="Rows hang on the same ancestor in two ways: a CASCADE path would delete them, and a NO ACTION "
    "or RESTRICT key refuses to let go of what they refer to. Actions run breadth first; where the refusing "
    "key is nearer than the end of the CASCADE path it refuses first (SQLSTATE 23503, 23001 for RESTRICT from "
    "PostgreSQL 18 on), although the cascade would have removed the row. At equal distance the order of the "
    "internal trigger names decides, normally the order of creation.",
    example="CREATE TABLE tenants (id int PRIMARY KEY);\n"
    "CREATE TABLE projects (id int PRIMARY KEY, tenant_id int REFERENCES tenants ON DELETE CASCADE);\n"
    "CREATE TABLE tasks (\n"
    "  id int PRIMARY KEY,\n"
    "  project_id int REFERENCES projects ON DELETE CASCADE,\n"
    "  tenant_id int REFERENCES tenants\n"
    ");\n"
    "INSERT INTO tenants VALUES (1);\n"
    "INSERT INTO projects VALUES (1, 1);\n"
    "INSERT INTO tasks VALUES (1, 1, 1);\n"
    "DELETE FROM tenants;  -- ERROR 23503, although the tasks would have been deleted\n",
    find=_find,
)
