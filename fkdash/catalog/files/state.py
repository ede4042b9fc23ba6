"""Holds the facts while statements change them, and takes changes back: transactions, savepoints, failures.

Every change goes through `put`, which remembers what was there. A statement that PostgreSQL would refuse raises
RefusedError, one whose outcome is not known DoubtfulError; both leave the caller to take back what it did.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from fkdash.catalog.files.facts import Constraint, FunctionFact, Hanging, Relation, TypeFact
from fkdash.catalog.files.object_names import object_name
from fkdash.sqlstates import (
    DUPLICATE_OBJECT,
    DUPLICATE_TABLE,
    INVALID_SCHEMA_NAME,
    UNDEFINED_TABLE,
    UNIQUE_VIOLATION,
    WRONG_OBJECT_TYPE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.catalog.files.reading.nodes import Name

DEFAULT_PATH: Final = ("$user", "public")
TEMPORARY: Final = "pg_temp"
_FIRST_OID: Final = 16384
WITH_ROW_TYPE: Final = "rpfvmc"
"""The kinds of relations of which the rows have a type of that name."""
EVERY_CONSTRAINT: Final = "pucfxnt"
_K = TypeVar("_K")
_V = TypeVar("_V")


class RefusedError(Exception):
    """PostgreSQL would refuse the statement, with this SQLSTATE."""

    def __init__(self, sqlstate: str, what: str) -> None:
        super().__init__(what)
        self.sqlstate = sqlstate


class DoubtfulError(Exception):
    """What the statement does is not known here; the words say why, `kept` that what was done of it stays."""

    def __init__(self, what: str, *, kept: bool = False) -> None:
        super().__init__(what)
        self.kept = kept


class State:
    """The facts, found by number and by name. `version` is the major version whose rules hold.

    `doubted`: something was not understood, so that more may be there than is known. `unchecked_bodies`: functions
    are made without a look at what they do. `left` were there, and some may be still.
    """

    def __init__(self, version: int) -> None:
        self.version = version
        self.statement = 0
        self.doubted = self.unchecked_bodies = False
        self._oids = itertools.count(_FIRST_OID)
        self._undo: list[tuple[dict, object, object]] = []  # type: ignore[type-arg] # of every store alike
        self.schemas: dict[str, int] = {}
        self.schemas_left: dict[str, int] = {}
        self.relations: dict[int, Relation] = {}
        self.relation_names: dict[tuple[int, str], int] = {}
        self.types: dict[int, TypeFact] = {}
        self.type_names: dict[tuple[int, str], int] = {}
        self.constraints: dict[int, Constraint] = {}
        self.constraint_names: dict[tuple[int, str], tuple[int, ...]] = {}
        self.constraints_of: dict[int, tuple[int, ...]] = {}
        self.referencing: dict[int, tuple[int, ...]] = {}
        self.indexes_of: dict[int, tuple[int, ...]] = {}
        self.children_of: dict[int, tuple[int, ...]] = {}
        self.functions: dict[int, FunctionFact] = {}
        self.function_names: dict[tuple[int, str], int] = {}
        self.hanging: dict[tuple[str, int, str], Hanging] = {}
        self.left: dict[tuple[str, int, str], int] = {}
        self.extensions: dict[str, int] = {}
        self.servers: dict[str, int] = {}
        self.operators: dict[str, int] = {}
        self.fresh_labels: dict[tuple[int, str], int] = {}
        self.settings: dict[str, tuple[str, ...]] = {"search_path": DEFAULT_PATH}
        self.put(self.schemas, "public", self.new_oid())
        self.forget()

    # --- changing and taking back

    def new_oid(self) -> int:
        """Give the next object number; they grow as on a server."""
        return next(self._oids)

    def put(self, store: dict[_K, _V], key: _K, value: _V | None) -> None:
        """Change one fact, None to remove it."""
        self._undo.append((store, key, store.get(key)))
        if value is None:
            store.pop(key, None)
        else:
            store[key] = value

    @property
    def mark(self) -> int:
        """Where `back_to` leads."""
        return len(self._undo)

    def back_to(self, mark: int) -> None:
        """Take back every change since a mark."""
        while len(self._undo) > mark:
            store, key, before = self._undo.pop()
            if before is None:
                store.pop(key, None)
            else:
                store[key] = before

    def forget(self) -> None:
        """Keep every change for good; a label that was added to an enum can be used from now on."""
        self.fresh_labels.clear()
        self._undo.clear()

    # --- schemas and the search path

    @property
    def path(self) -> tuple[str, ...]:
        """The search path as it was set."""
        return self.settings["search_path"]

    def schema(self, name: str) -> int:
        """Give a schema's number; raises RefusedError where there is none."""
        found = self.schemas.get(name)
        if name in {"pg_catalog", "information_schema"}:
            raise DoubtfulError(f"{name} belongs to PostgreSQL itself")
        if found is None:
            raise RefusedError(INVALID_SCHEMA_NAME, f"there is no schema {name}")
        return found

    def want_schema_of(self, name: Name) -> None:
        """Raise RefusedError where a name says a schema that is not there."""
        if len(name) > 1:
            self.schema(name[-2])

    def schema_name(self, oid: int) -> str:
        """Give a schema's name."""
        return next(name for name, each in self.schemas.items() if each == oid)

    def searched(self) -> Iterator[int]:
        """Give the schemas that a plain name is looked for in."""
        if TEMPORARY in self.schemas:
            yield self.schemas[TEMPORARY]
        for name in self.path:
            if name in self.schemas:
                yield self.schemas[name]

    def creation_schema(self, name: Name) -> int:
        """Give the schema that something of this name is made in."""
        if len(name) > 1:
            return self.schema(name[-2])
        for each in self.path:
            if each in self.schemas:
                return self.schemas[each]
        raise RefusedError(INVALID_SCHEMA_NAME, "no schema has been selected to create in")

    # --- finding

    def find(self, name: Name) -> Relation | None:
        """Give the relation that a name means."""
        if len(name) > 1:
            schema = self.schemas.get(name[-2])
            oid = self.relation_names.get((schema, name[-1])) if schema is not None else None
            return self.relations[oid] if oid is not None else None
        for schema in self.searched():
            oid = self.relation_names.get((schema, name[-1]))
            if oid is not None:
                return self.relations[oid]
        return None

    def relation(self, name: Name, kinds: str = "rpf") -> Relation:
        """Give the relation of one of these kinds that a name means; raises RefusedError."""
        found = self.find(name)
        if found is None:
            if len(name) > 1 and name[-2] in {"pg_catalog", "information_schema"}:
                raise DoubtfulError(f"{'.'.join(name)} belongs to PostgreSQL itself")
            self.want_schema_of(name)
            raise RefusedError(UNDEFINED_TABLE, f"there is no table {'.'.join(name)}")
        if found.kind not in kinds:
            raise RefusedError(WRONG_OBJECT_TYPE, f"{'.'.join(name)} is not a table")
        if found.unknown:
            raise DoubtfulError(f"the columns of {found.name} come from a query or a type and are not known")
        return found

    def find_type(self, name: Name) -> TypeFact | None:
        """Give the type of a schema that a name means."""
        schemas = (self.schemas.get(name[-2], 0),) if len(name) > 1 else self.searched()
        oids = (self.type_names.get((schema, name[-1])) for schema in schemas)
        return next((self.types[oid] for oid in oids if oid is not None), None)

    def constraints_on(self, table: int, kinds: str = "pucfxn") -> list[Constraint]:
        """Give a table's constraints of these kinds, in the order they were made in."""
        found = (self.constraints[oid] for oid in self.constraints_of.get(table, ()))
        return [each for each in found if each.kind in kinds]

    def constraint(self, table: Relation, name: str, kinds: str = "pucfxn") -> Constraint | None:
        """Give a table's constraint by name."""
        return next((each for each in self.constraints_on(table.oid, kinds) if each.name == name), None)

    def indexes_on(self, table: int) -> list[Relation]:
        """Give a table's indexes, in the order they were made in."""
        return [self.relations[oid] for oid in self.indexes_of.get(table, ())]

    def children(self, table: int) -> list[Relation]:
        """Give the partitions or inheriting tables directly below a table."""
        return [self.relations[oid] for oid in self.children_of.get(table, ())]

    # --- names that PostgreSQL makes up

    def constraint_name(self, schema: int, first: str, second: str, label: str) -> str:
        """Give the name that a constraint gets (ChooseConstraintName): free in the whole schema."""
        for number in itertools.count():
            made = object_name(first, second, f"{label}{number or ''}")
            if (schema, made) not in self.constraint_names:
                return made
        raise AssertionError

    def relation_name(
        self,
        schema: int,
        first: str,
        second: str,
        label: str,
        *,
        constraint: bool = False,
        unseen: Sequence[int] = (),
    ) -> str:
        """Give the name that an index or a sequence gets (ChooseRelationName); `unseen` take no name yet."""
        for number in itertools.count():
            made = object_name(first, second, f"{label}{number or ''}")
            free = self.relation_names.get((schema, made), 0) in {0, *unseen}
            if free and not (constraint and (schema, made) in self.constraint_names):
                return made
        raise AssertionError

    # --- storing

    def add_relation(self, relation: Relation) -> None:
        """Add a relation; raises RefusedError where its schema has one of that name."""
        where = (relation.schema, relation.name)
        if where in self.relation_names:
            raise RefusedError(DUPLICATE_TABLE, f"there is a relation {relation.name} already")
        self.put(self.relation_names, where, relation.oid)
        self.put(self.relations, relation.oid, relation)
        for parent in relation.parents:
            self.put(self.children_of, parent, (*self.children_of.get(parent, ()), relation.oid))
        if relation.index is not None:
            table = relation.index.table
            self.put(self.indexes_of, table, (*self.indexes_of.get(table, ()), relation.oid))

    def change(self, relation: Relation, **changes: object) -> Relation:
        """Give a relation other facts; raises RefusedError where a new name is taken."""
        now = self.relations[relation.oid]
        changed = replace(now, **changes)  # type: ignore[arg-type] # fields of a relation
        if (changed.schema, changed.name) != (now.schema, now.name):
            if (changed.schema, changed.name) in self.relation_names:
                raise RefusedError(DUPLICATE_TABLE, f"there is a relation {changed.name} already")
            self.put(self.relation_names, (now.schema, now.name), None)
            self.put(self.relation_names, (changed.schema, changed.name), changed.oid)
        for parent in set(now.parents) ^ set(changed.parents):
            listed = tuple(oid for oid in self.children_of.get(parent, ()) if oid != now.oid)
            self.put(self.children_of, parent, (*listed, now.oid) if parent in changed.parents else listed or None)
        self.put(self.relations, changed.oid, changed)
        return changed

    def change_column(self, table: int, number: int, **changes: object) -> Relation:
        """Give a column other facts."""
        relation = self.relations[table]
        columns = tuple(
            replace(column, **changes) if column.number == number else column  # type: ignore[arg-type] # fields
            for column in relation.columns
        )
        return self.change(relation, columns=columns)

    def add_constraint(self, constraint: Constraint) -> None:
        """Add a constraint; raises RefusedError where its table has one of that name."""
        if constraint.table:
            others = self.constraints_on(constraint.table, EVERY_CONSTRAINT)
            if any(each.name == constraint.name for each in others):
                refused = UNIQUE_VIOLATION if constraint.kind == "t" else DUPLICATE_OBJECT
                raise RefusedError(refused, f"there is a constraint {constraint.name} already")
            self.put(
                self.constraints_of,
                constraint.table,
                (*self.constraints_of.get(constraint.table, ()), constraint.oid),
            )
        if constraint.referenced:
            others_in = self.referencing.get(constraint.referenced, ())
            self.put(self.referencing, constraint.referenced, (*others_in, constraint.oid))
        self._name_constraint(constraint)
        self.put(self.constraints, constraint.oid, constraint)

    def change_constraint(self, constraint: Constraint, **changes: object) -> Constraint:
        """Give a constraint other facts, its name and schema among them."""
        now = self.constraints[constraint.oid]
        changed = replace(now, **changes)  # type: ignore[arg-type] # fields of a constraint
        if (changed.schema, changed.name) != (now.schema, now.name):
            self._unname_constraint(now)
            self._name_constraint(changed)
        self.put(self.constraints, changed.oid, changed)
        return changed

    def remove_constraint(self, constraint: Constraint) -> None:
        """Remove a constraint and nothing else."""
        if constraint.table:
            left = tuple(oid for oid in self.constraints_of[constraint.table] if oid != constraint.oid)
            self.put(self.constraints_of, constraint.table, left or None)
        if constraint.referenced:
            left = tuple(oid for oid in self.referencing[constraint.referenced] if oid != constraint.oid)
            self.put(self.referencing, constraint.referenced, left or None)
        self._unname_constraint(constraint)
        self.put(self.constraints, constraint.oid, None)

    def remove_relation(self, relation: Relation) -> None:
        """Remove a relation and nothing else."""
        self.put(self.relation_names, (relation.schema, relation.name), None)
        for parent in relation.parents:
            left = tuple(oid for oid in self.children_of.get(parent, ()) if oid != relation.oid)
            self.put(self.children_of, parent, left or None)
        if relation.index is not None:
            table = relation.index.table
            left = tuple(oid for oid in self.indexes_of.get(table, ()) if oid != relation.oid)
            self.put(self.indexes_of, table, left or None)
        self.put(self.relations, relation.oid, None)

    def want_free_name(self, schema: int, name: str) -> None:
        """Raise RefusedError where a relation has that name, or a type that a table's row type would be called."""
        if (schema, name) in self.relation_names:
            raise RefusedError(DUPLICATE_TABLE, f"there is a relation {name} already")
        if (schema, name) in self.type_names:
            raise RefusedError(DUPLICATE_OBJECT, f"there is a type {name} already")

    def want_free_type(self, schema: int, name: str) -> None:
        """Raise RefusedError where a type has that name, be it the row type of a table."""
        relation = self.relation_names.get((schema, name))
        if (schema, name) in self.type_names or (
            relation is not None and self.relations[relation].kind in WITH_ROW_TYPE
        ):
            raise RefusedError(DUPLICATE_OBJECT, f"there is a type {name} already")

    def add_type(self, made: TypeFact) -> None:
        """Add a type; raises RefusedError where its schema has one of that name."""
        where = (made.schema, made.name)
        self.want_free_type(*where)
        self.put(self.type_names, where, made.oid)
        self.put(self.types, made.oid, made)

    def change_type(self, type_fact: TypeFact, **changes: object) -> TypeFact:
        """Give a type other facts."""
        changed = replace(type_fact, **changes)  # type: ignore[arg-type] # fields of a type
        if (changed.schema, changed.name) != (type_fact.schema, type_fact.name):
            self.want_free_type(changed.schema, changed.name)
            self.put(self.type_names, (type_fact.schema, type_fact.name), None)
            self.put(self.type_names, (changed.schema, changed.name), changed.oid)
        self.put(self.types, changed.oid, changed)
        return changed

    def remove_type(self, type_fact: TypeFact) -> None:
        """Remove a type and a domain's constraints."""
        self.put(self.type_names, (type_fact.schema, type_fact.name), None)
        self.put(self.types, type_fact.oid, None)
        for constraint in [each for each in self.constraints.values() if each.domain == type_fact.oid]:
            self.remove_constraint(constraint)

    def renew_index(self, oid: int) -> None:
        """Give an index the number of one made now, as it is when a column's type changes."""
        index, new = self.relations[oid], self.new_oid()
        assert index.index is not None  # noqa: S101 - it is an index
        table = index.index.table
        self.put(self.relations, oid, None)
        # Where there is no partition, what was made for the table alone is whole when it is made anew.
        valid = index.index.valid or not self.children_of.get(table)
        self.put(self.relations, new, replace(index, oid=new, index=replace(index.index, valid=valid)))
        self.put(self.relation_names, (index.schema, index.name), new)
        self.put(self.indexes_of, table, (*(each for each in self.indexes_of[table] if each != oid), new))
        for other in [each for each in self.relations.values() if each.index and each.index.parent == oid]:
            assert other.index is not None  # noqa: S101 - it is an index
            self.change(other, index=replace(other.index, parent=new))
        for constraint in [each for each in self.constraints.values() if each.index == oid]:
            self.change_constraint(constraint, index=new)

    def _name_constraint(self, constraint: Constraint) -> None:
        where = (constraint.schema, constraint.name)
        self.put(self.constraint_names, where, (*self.constraint_names.get(where, ()), constraint.oid))

    def _unname_constraint(self, constraint: Constraint) -> None:
        where = (constraint.schema, constraint.name)
        left = tuple(oid for oid in self.constraint_names.get(where, ()) if oid != constraint.oid)
        self.put(self.constraint_names, where, left or None)
