"""Whether a DELETE or UPDATE of a table's rows is carried out as it was written, by what its schema says.

A rule DO INSTEAD replaces the statement that names the table (manual, "The Rule System"). Triggers of users come
before the internal ones of foreign keys, BEFORE triggers always and AFTER triggers by their names, and may keep
the row or take away what refers to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import TableKind
from fkdash.rules.actions.trigger_code import Fate, fate, fires, is_quiet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fkdash.catalog.model import Catalog, Table
    from fkdash.catalog.surroundings import RewriteRule, Trigger
    from fkdash.catalog.table_name import TableName

_INTERNAL: Final = "RI_"


def replacing_rules(table: Table, event: str) -> Iterator[RewriteRule]:
    """Give the rules that replace a statement on a table, for every row or (conditional) for some."""
    return (rule for rule in table.rules if rule.instead and rule.event == event)


def is_replaced(catalog: Catalog, name: TableName, event: str) -> bool:
    """Tell whether no statement of that kind ever reaches the table's rows: a rule replaces it always.

    Rows of a partition or of an inheriting table are reached through the table above as well.
    """
    table = catalog.tables[name]
    if not table.rules or table.kind is not TableKind.ORDINARY or table.partition_of is not None or table.inherits:
        return False
    return any(not rule.conditional for rule in replacing_rules(table, event))


def doubts_about(catalog: Catalog, name: TableName, event: str, columns: Collection[str] = ()) -> Iterator[str]:
    """Give what may keep a row of a table from being deleted or updated, or change others first, in words.

    `columns` are those that an UPDATE sets.
    """
    for table in catalog.with_partitions(name):
        for rule in replacing_rules(table, event):
            yield f"rule {rule.shown} on {table.name} replaces ON {event} statements"
        for trigger in table.triggers or ():
            if fires(trigger, event, table, columns) and not _lets_be(trigger, event, columns):
                yield f"trigger {trigger.shown} on {table.name} runs first and may change what happens"


def _lets_be(trigger: Trigger, event: str, columns: Collection[str]) -> bool:
    """Tell whether a trigger surely leaves the row, and what refers to it, to the foreign keys."""
    if not trigger.before:
        return not trigger.row or trigger.name.encode() > _INTERNAL.encode() or is_quiet(trigger, event)
    if not trigger.row:
        return is_quiet(trigger, event)
    return is_quiet(trigger, event) and fate(trigger, event, columns) is Fate.CARRIED_OUT
