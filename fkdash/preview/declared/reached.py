"""The reached part of the database: what a delete meets, and how it hangs together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.fact import derived, deriving_fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fkdash.preview.declared.facts import (
        DomainFact,
        KeyFact,
        Operator,
        RefusedFunction,
        TableFact,
        TriggerFact,
        TypeFact,
    )


@deriving_fact
class Facts:
    """The reached part of the database; `target` is the OID of the table to delete from.

    `refused` has, for each owner of a table, the functions in its expressions that this
    role may not execute, by OID. What is made next has a higher OID than `newest_oid`.
    """

    major: int
    newest_oid: int
    target: int
    tables: Mapping[int, TableFact]
    keys: Mapping[int, KeyFact]
    operators: Mapping[int, Operator]
    types: Mapping[int, TypeFact]
    refused: Mapping[str, Mapping[int, RefusedFunction]]

    @derived
    def idle(self) -> set[tuple[int, str]]:
        """The actions, by foreign key and kind, that were seen to do nothing, and to be allowed, without a row."""
        return set()

    def refused_to(self, owner: str, functions: Iterable[int | None]) -> tuple[RefusedFunction, ...]:
        """Give those of some functions that an owner may not execute."""
        refused = self.refused.get(owner, {})
        return tuple(refused[oid] for oid in dict.fromkeys(functions) if oid is not None and oid in refused)

    def operators_refused_to(self, owner: str, operators: Iterable[int]) -> tuple[RefusedFunction, ...]:
        """Give the functions of operators that an owner may not execute."""
        return self.refused_to(owner, (self.operators[oid].function for oid in operators))

    @derived
    def children(self) -> Mapping[int, tuple[int, ...]]:
        """For each table, its direct partitions."""
        found: dict[int, list[int]] = {}
        for table in self.tables.values():
            if table.parent is not None:
                found.setdefault(table.parent, []).append(table.oid)
        return {oid: tuple(sorted(below)) for oid, below in found.items()}

    def root(self, oid: int) -> int:
        """Give the topmost partitioned table above a partition, or the table itself."""
        parent = self.tables[oid].parent
        return oid if parent is None or parent not in self.tables else self.root(parent)

    def lineage(self, oid: int) -> tuple[int, ...]:
        """Give a table and the partitioned tables above it, the nearest first."""
        parent = self.tables[oid].parent
        return (oid,) if parent is None or parent not in self.tables else (oid, *self.lineage(parent))

    def leaves(self, oid: int) -> tuple[int, ...]:
        """Give the tables that hold the rows: every leaf partition below, or the table itself."""
        if not self.tables[oid].partitioned:
            return (oid,)
        return tuple(leaf for child in self.children.get(oid, ()) for leaf in self.leaves(child))

    @derived
    def _leaf_sets(self) -> dict[int, frozenset[int]]:
        return {}

    def leaf_set(self, oid: int) -> frozenset[int]:
        """Give `leaves` for membership tests."""
        if oid not in self._leaf_sets:
            self._leaf_sets[oid] = frozenset(self.leaves(oid))
        return self._leaf_sets[oid]

    def root_key(self, key: KeyFact) -> KeyFact:
        """Give the foreign key that was declared, for a partition's clone of it."""
        while key.parent and key.parent in self.keys:
            key = self.keys[key.parent]
        return key

    def domain_chain(self, type_oid: int) -> tuple[DomainFact, ...]:
        """Give the domains a type consists of, outermost first; empty for a plain type."""
        known = self.types.get(type_oid)
        return known.domain.chain if known is not None and known.domain is not None else ()

    def key_of(self, trigger: TriggerFact) -> KeyFact | None:
        """Give the foreign key whose machinery a trigger is; None for any other trigger."""
        return self.keys.get(trigger.constraint) if trigger.constraint is not None else None

    def key_carried_out(self, trigger: TriggerFact) -> KeyFact:
        """Give the foreign key of a trigger that is one's machinery; raises KeyError for any other."""
        return self.keys[trigger.constraint or 0]

    def base_type(self, type_oid: int) -> int:
        """Give the plain type below a domain, or the type itself."""
        chain = self.domain_chain(type_oid)
        return chain[-1].base_oid if chain else type_oid
