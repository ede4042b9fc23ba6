"""What a plan leaves to be done on the other side of logical replication, and in which order.

Only rows are replicated, never DDL (manual, "Logical Replication", "Restrictions"). The process that writes them
on a subscriber checks no foreign key and runs no referential action, but it obeys NOT NULL and stops at a row that
breaks it, and at a table that is not there. So what lets more in comes first where rows arrive, what lets less in
comes last there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.catalog.surroundings import Replication
    from fkdash.catalog.table_name import TableName
    from fkdash.fix.plan import Plan


def with_elsewhere(catalog: Catalog, plan: Plan) -> Plan:
    """Give the plan with what is to be done on subscribers and publishers among its consequences."""
    said = tuple(_on_subscribers(catalog, plan)) + tuple(_on_publishers(catalog, plan))
    return replace(plan, consequences=(*plan.consequences, *said)) if said else plan


def published_at_once(catalog: Catalog, table: TableName) -> bool:
    """Tell whether a table that is made beside this one is published by that alone."""
    parts = catalog.with_partitions(table)
    return any(each.replication is not None and each.replication.new_tables_too for each in parts)


def _on_subscribers(catalog: Catalog, plan: Plan) -> Iterator[str]:
    found = _replications(catalog, plan)
    names = ", ".join(dict.fromkeys(name for each in found for name in each.publications))
    if not names:
        return
    who = f"the subscribers of {names}"
    if plan.kept is not None and published_at_once(catalog, plan.key.table):
        yield (
            f"before it: make {plan.kept.table} on {who} as well, with the same columns: new tables are "
            "published, and a row of one that is not there stops replication"
        )
    if plan.goal.nullable:
        columns = ", ".join(f"{table}.{column}" for table, column in plan.goal.nullable)
        yield (
            f"before it: DROP NOT NULL of {columns} on {who}: DDL is not replicated, and a NULL that arrives "
            "where none is accepted stops replication; the way back goes the other way round, here first"
        )
    elif plan.goal.checks and plan.option == "undo":
        yield (
            f"after it: what refuses NULL again here may refuse it on {who} as well, once they have received "
            "everything up to then; DDL is not replicated"
        )
    if not (plan.goal.nullable and plan.goal.key == plan.key):
        yield (
            f"after it: the same statements on {who}: DDL is not replicated; rows go on arriving meanwhile, for "
            "no foreign key is checked of them there"
        )


def _on_publishers(catalog: Catalog, plan: Plan) -> Iterator[str]:
    names = ", ".join(dict.fromkeys(name for each in _replications(catalog, plan) for name in each.subscriptions))
    if not names:
        return
    yield (
        f"the subscription {names} writes rows of this key here without checking it, so orphans can arrive: look "
        "for them afterwards with fkdash orphans scan, and mend them on the publisher, or they come back"
    )
    if plan.goal.nullable:
        yield "after it: DROP NOT NULL on the publisher; here first, or a NULL that arrives stops replication"
    elif plan.goal.checks and plan.option == "undo":
        yield "before it: refuse NULL again on the publisher, and let everything arrive; DDL is not replicated"
    else:
        yield "the same statements on the publisher, where the key is checked; DDL is not replicated"


def _replications(catalog: Catalog, plan: Plan) -> list[Replication]:
    names = [
        each.name
        for root in dict.fromkeys(
            (plan.key.table, plan.key.referenced, *(table for table, _ in plan.goal.nullable))
        )
        if root in catalog.tables
        for each in catalog.with_partitions(root)
    ]
    for name in list(names):
        above = catalog.tables[name].partition_of
        while above is not None and above in catalog.tables:
            names.append(above)
            above = catalog.tables[above].partition_of
    tables = (catalog.tables[name] for name in dict.fromkeys(names))
    return [table.replication for table in tables if table.replication is not None]
