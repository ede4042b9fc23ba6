"""FK302: one DELETE takes very many rows or tables with it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Statement
from fkdash.catalog.table_name import listed
from fkdash.counted import counted
from fkdash.rules.actions.cascades import cascade_children, cascades
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity
from fkdash.rules.sizes import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName

_MANY_ROWS: Final = 10_000
_MANY_TABLES: Final = 10
_MOST_COUNTED: Final = 50


def _find(catalog: Catalog) -> Iterator[Finding]:
    children = cascade_children(catalog)
    seen: set[TableName] = set()
    # One key stands for all that lead from a table: the same one however old each is, as a dump makes them anew.
    for each in sorted(cascades(catalog), key=lambda one: one.key.qualified):
        key, top = each.key, each.parent
        per_row = _rows_per_row(catalog, key)
        if per_row is not None and per_row >= _MANY_ROWS:
            yield _finding(
                key,
                Severity.INFO,
                f"Deleting one row of {key.referenced.shown} cascades to about {per_row:,} rows of "
                f"{key.table.shown} on average.",
                f"about {rows_of(catalog, key.table):,} rows of {key.table.shown} hang on about "
                f"{counted(rows_of(catalog, key.referenced) or 0, 'rows')} of {key.referenced.shown}",
            )
        if top in seen:
            continue
        seen.add(top)
        reached = _reached(children, top)
        if len(reached) >= _MANY_TABLES:
            more = "at least " if len(reached) >= _MOST_COUNTED else ""
            some = listed(sorted(name.name for name in reached)[:_MANY_TABLES])
            yield _finding(
                key,
                Severity.INFO,
                f"Deleting from {top.shown} cascades into {more}{len(reached)} tables.",
                f"reached: {some} …",
            )


def _rows_per_row(catalog: Catalog, key: ForeignKey) -> int | None:
    rows, referenced = rows_of(catalog, key.table), rows_of(catalog, key.referenced)
    return rows // referenced if rows is not None and referenced else None


def _reached(children: Mapping[TableName, Iterable[TableName]], top: TableName) -> set[TableName]:
    """Give the tables below one, the nearest first and no more than are counted."""
    reached = {top}
    waiting = deque(reached)
    while waiting:
        for child in children.get(waiting.popleft(), ()):
            if child not in reached:
                reached.add(child)
                waiting.append(child)
                if len(reached) > _MOST_COUNTED:
                    return reached - {top}
    return reached - {top}


def _finding(key: ForeignKey, severity: Severity, message: str, evidence: str) -> Finding:
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=severity,
        key=key,
        columns=key.columns,
        message=message,
        explanation=f"{message} All of it happens in one statement and one transaction: the rows are locked "
        "until COMMIT, every trigger fires, and replicas receive it at once. Deleting in portions beforehand "
        "is kinder.",
        statements=(Statement.DELETE,),
        evidence=(evidence,),
        certain=False,
    )


RULE = Rule(
    id="FK302",
    name="cascade-fan-out",
    severity=Severity.INFO,
    summary="One DELETE takes very many rows or tables with it",
    explanation="ON DELETE CASCADE leads from one row to ten thousand or more rows of a table on average (by "
    "the statistics), or from one table into ten or more others. It all happens in "
    "one statement and one transaction.",
    example="CREATE TABLE tenants (id int PRIMARY KEY);\n"
    "CREATE TABLE events (id bigint PRIMARY KEY, tenant_id int REFERENCES tenants ON DELETE CASCADE);\n"
    "INSERT INTO tenants VALUES (1);\n"
    "INSERT INTO events SELECT n, 1 FROM generate_series(1, 20000) n;\n"
    "ANALYZE;  -- deleting the one tenant deletes 20,000 events\n",
    find=_find,
    brief="fan-out",
)
