"""FK504: tables that refer to each other so that no first row gets in by a statement of its own.

A cycle needs one foreign key that may be NULL or is DEFERRABLE (SET CONSTRAINTS)
for anything to get in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.rules.actions.enforcement import check_runs
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.pairs import column_pairs
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName

_LONGEST: Final = 12


def _find(catalog: Catalog) -> Iterator[Finding]:
    rigid: set[int] = set()
    edges: dict[TableName, list[TableName]] = {}
    for own, _, keys in column_pairs(catalog):
        if not all(column.forbids_null for column in own):
            continue
        for key in keys:
            if not key.deferrable and key.table != key.referenced and check_runs(catalog, key):
                rigid.add(id(key))
                edges.setdefault(key.table, []).append(key.referenced)
    for component in _components(edges):
        if len(component) > 1:
            tables = sorted(component)
            inside = [key for table in tables for key in catalog.declared_on[table] if key.referenced in component]
            yield _finding([key for key in inside if id(key) in rigid], tables)


def _components(edges: Mapping[TableName, list[TableName]]) -> list[set[TableName]]:
    """Give the strongly connected components (Tarjan), without recursion."""
    order: dict[TableName, int] = {}
    low: dict[TableName, int] = {}
    stack: list[TableName] = []
    on_stack: set[TableName] = set()
    found: list[set[TableName]] = []
    for start in edges:
        if start in order:
            continue
        work = [(start, iter(edges[start]))]
        order[start] = low[start] = len(order)
        stack.append(start)
        on_stack.add(start)
        while work:
            table, rest = work[-1]
            for other in rest:
                if other not in order:
                    order[other] = low[other] = len(order)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(edges.get(other, ()))))
                    break
                if other in on_stack:
                    low[table] = min(low[table], order[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[table])
                if low[table] == order[table]:
                    found.append(_popped(stack, on_stack, table))
    return found


def _popped(stack: list[TableName], on_stack: set[TableName], root: TableName) -> set[TableName]:
    component: set[TableName] = set()
    while root not in component:
        component.add(stack.pop())
    on_stack -= component
    return component


def _finding(keys: list[ForeignKey], tables: list[TableName]) -> Finding:
    key = keys[0]
    names = ", ".join(table.shown for table in tables[:_LONGEST]) + (" …" if len(tables) > _LONGEST else "")
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=key.columns,
        message=f"{names} refer to each other, and every one of these foreign keys is NOT NULL and not "
        "deferrable: a first row gets in only by one statement that inserts into all of them (WITH).",
        explanation=f"Each of {names} needs a row of another of them to be there by the end of the statement, so "
        "that an INSERT for each table fails with 23503. Make one of the foreign keys DEFERRABLE, or one of the "
        "columns nullable; rows can then be inserted and deleted in one transaction.",
        evidence=tuple(f"{each.qualified} refers to {each.referenced}" for each in keys[:_LONGEST]),
        path=tuple(keys[:_LONGEST]),
    )


RULE = Rule(
    id="FK504",
    name="closed-cycle",
    severity=Severity.WARNING,
    summary="A cycle of references without a way in",
    explanation="Tables refer to each other in a circle, and no foreign key of the circle is DEFERRABLE or has "
    "a column that may be NULL. Foreign keys are looked at when a statement ends, so that a first row gets in "
    "only by one statement that inserts into all of the tables (WITH ... INSERT); a data-only restore needs "
    "tricks.",
    example="CREATE TABLE users (id int PRIMARY KEY, team_id int NOT NULL);\n"
    "CREATE TABLE teams (id int PRIMARY KEY, owner_id int NOT NULL REFERENCES users);\n"
    "ALTER TABLE users ADD FOREIGN KEY (team_id) REFERENCES teams;\n"
    "INSERT INTO users VALUES (1, 1);  -- ERROR 23503\n",
    find=_find,
    brief="cycle",
)
