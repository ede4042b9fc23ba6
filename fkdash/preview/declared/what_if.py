"""What if: the facts as they would be after a fix, so that the same engine answers for it."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action
from fkdash.catalog.table_name import TableName
from fkdash.db.literals import literal
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.preview.declared.facts import ColumnFact, KeyFact, TableFact, TriggerFact
    from fkdash.preview.declared.reached import Facts

_FUNCTIONS: Final = {
    Action.NO_ACTION: "pg_catalog.RI_FKey_noaction_del",
    Action.RESTRICT: "pg_catalog.RI_FKey_restrict_del",
    Action.CASCADE: "pg_catalog.RI_FKey_cascade_del",
    Action.SET_NULL: "pg_catalog.RI_FKey_setnull_del",
    Action.SET_DEFAULT: "pg_catalog.RI_FKey_setdefault_del",
}


@fact
class NewAction:
    """Another ON DELETE action for a foreign key; `columns` is the column list of SET NULL or SET DEFAULT."""

    action: Action
    columns: tuple[str, ...] = ()


@fact
class Assumptions:
    """What a preview pretends: other actions and dropped foreign keys by constraint OID, columns that take NULL.

    `defaults` are other defaults of columns, each the text of a value.
    A foreign key with another action is one that was dropped and added again: its triggers are
    called after newer OIDs, and fire in the order of their names.
    """

    actions: Mapping[int, NewAction] = field(default_factory=dict)
    dropped: frozenset[int] = frozenset()
    nullable: frozenset[tuple[TableName, str]] = frozenset()
    defaults: Mapping[tuple[TableName, str], str] = field(default_factory=dict)

    def applied(self, facts: Facts) -> Facts:
        """Give the facts as they would be."""
        keys = {oid: self._key(facts, key) for oid, key in facts.keys.items()}
        tables = {oid: self._table(facts, table) for oid, table in facts.tables.items()}
        return replace(facts, keys=keys, tables=tables)

    def _key(self, facts: Facts, key: KeyFact) -> KeyFact:
        change = self.actions.get(facts.root_key(key).oid)
        if change is None:
            return key
        return replace(key, on_delete=change.action, delete_columns=change.columns)

    def _table(self, facts: Facts, table: TableFact) -> TableFact:
        kept: list[TriggerFact] = []
        added: list[TriggerFact] = []
        for trigger in table.triggers:
            key = facts.key_of(trigger)
            declared = facts.root_key(key).oid if key is not None else 0
            change = self.actions.get(declared)
            if declared in self.dropped:
                continue
            if change is None or key is None:
                kept.append(trigger)
            elif trigger.machinery.endswith("_del"):
                # Only NO ACTION waits until the end, and then as the key is declared (CREATE TABLE, "DEFERRABLE").
                deferred = change.action is Action.NO_ACTION and key.deferrable and key.initially_deferred
                added.append(replace(trigger, function=_FUNCTIONS[change.action], deferred=deferred))
            else:
                added.append(trigger)
        columns = tuple(self._column(facts, table, column) for column in table.columns)
        made = (_made_anew(trigger, facts.newest_oid + number) for number, trigger in enumerate(added, start=1))
        return replace(table, triggers=tuple(sorted((*kept, *made), key=_in_turn)), columns=columns)

    def _column(self, facts: Facts, table: TableFact, column: ColumnFact) -> ColumnFact:
        above = [facts.tables[oid].name for oid in facts.lineage(table.oid)]
        if any((name, column.name) in self.nullable for name in above):
            # DROP NOT NULL reaches into every partition.
            column = replace(column, not_null=False)
        # A partition's rows are written with the default of the table that the key was declared on.
        default = self.defaults.get((table.name, column.name), self.defaults.get((above[-1], column.name)))
        if default is None:
            return column
        return replace(
            column,
            default=f"{literal(default)}::{column.type}",
            # Turning a text into a value of a type that users made runs their code.
            default_steady=column.domain is None and not column.type_not_run,
            default_folded=False,
            default_restricted=(),
            default_not_run=column.type_not_run,
        )


def _made_anew(trigger: TriggerFact, oid: int) -> TriggerFact:
    """Give a trigger under the name that it would have with another OID, which it is called after."""
    return replace(trigger, name=f"{trigger.name.rpartition('_')[0]}_{oid}")


def _in_turn(trigger: TriggerFact) -> bytes:
    """Give what triggers fire in the order of: names, byte by byte ("Overview of Trigger Behavior")."""
    return trigger.name.encode()
