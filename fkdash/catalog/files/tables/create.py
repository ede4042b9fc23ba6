"""CREATE TABLE: columns of its own, of LIKE, of parents; then checks, NOT NULLs, keys and foreign keys in turn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.files.expressions import template
from fkdash.catalog.files.facts import Attribute, Relation
from fkdash.catalog.files.possible import want_expression
from fkdash.catalog.files.reading.nodes import ColumnSaid, ConstraintSaid, LikeSaid, OwnConstraint
from fkdash.catalog.files.servers import want_server
from fkdash.catalog.files.state import TEMPORARY, DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables.bounds import want_key, want_strategy
from fkdash.catalog.files.tables.checks import add_check, inherit_another
from fkdash.catalog.files.tables.columns import (
    default_of,
    generation_of,
    make_column,
    make_sequence,
    want_one_default,
)
from fkdash.catalog.files.tables.descent import parents_said
from fkdash.catalog.files.tables.foreign_keys import add_foreign_key
from fkdash.catalog.files.tables.generated import want_redefinable, want_same_generation
from fkdash.catalog.files.tables.keys import add_key
from fkdash.catalog.files.tables.likes import copy_afterwards
from fkdash.catalog.files.tables.merged_keys import merged_keys
from fkdash.catalog.files.tables.not_nulls import inherit_not_nulls, not_null_of, said_again, set_not_null
from fkdash.catalog.files.tables.partitions import clone_to_partition
from fkdash.catalog.files.tables.sayable import want_sayable
from fkdash.catalog.files.tables.typed import columns_of_type, composite_type
from fkdash.catalog.files.tables.unknown import name_alone
from fkdash.sqlstates import (
    DATATYPE_MISMATCH,
    DUPLICATE_COLUMN,
    FEATURE_NOT_SUPPORTED,
    INVALID_TABLE_DEFINITION,
    SYNTAX_ERROR,
    UNDEFINED_COLUMN,
    UNIQUE_VIOLATION,
)
from fkdash.versions import FOREIGN_TABLES_LIKE_OTHERS, IDENTITY_IN_PARTITIONS, NOT_NULL_CONSTRAINTS

if TYPE_CHECKING:
    from fkdash.catalog.files.reading.nodes import CreateTable, Name


def create_table(state: State, said: CreateTable) -> None:
    """CREATE TABLE in all its forms."""
    if said.temporary and TEMPORARY not in state.schemas:
        state.put(state.schemas, TEMPORARY, state.new_oid())
    schema = state.schemas[TEMPORARY] if said.temporary else state.creation_schema(said.name)
    if said.on_commit_drop and not said.temporary:
        raise RefusedError(INVALID_TABLE_DEFINITION, "ON COMMIT is for temporary tables")
    if said.if_not_exists and (schema, said.name[-1]) in state.relation_names:
        return
    if said.query is not None:
        name_alone(state, said, schema)
        if not said.temporary:
            raise DoubtfulError("the columns of a table made of a query are not known", kept=True)
        return
    _Making(state, said, schema).make()


class _Making:
    """One table in the making."""

    def __init__(self, state: State, said: CreateTable, schema: int) -> None:
        self.state = state
        self.said = said
        self.schema = schema
        self.name = said.name[-1]
        self.oid = state.new_oid()
        self.columns: list[Attribute] = []
        self.sequences: list[tuple[int, int]] = []
        self.generated: list[ColumnSaid] = []
        self.own: list[OwnConstraint] = []
        self.named_nulls: dict[str, tuple[str | None, bool]] = {}
        self.with_default: set[str] = set()
        self.likes: list[tuple[LikeSaid, Relation]] = []
        self.parents: list[Relation] = []
        self.of_type = 0

    def make(self) -> None:
        """Make it, in the order in which PostgreSQL does."""
        state, said = self.state, self.said
        self.parents = parents_said(state, said)
        if said.of_type is not None:
            self._take_type(said.of_type)
        for each in said.elements:
            self._take(each)
        self._merge_parents()
        # Only now does it look for the name (heap_create_with_catalog).
        state.want_free_name(self.schema, self.name)
        self._store()
        want_server(state, said)
        self._inherit_checks()
        if said.partition_of is not None:
            clone_to_partition(state, self.parents[0], self.relation)
        for constraint, _ in self.own:
            if constraint.kind == "c":
                add_check(state, self.relation, constraint, may_be_unchecked=False)
        self._nulls()
        for like, origin in self.likes:
            own_primary = any(each.kind == "p" for each, _ in self.own)
            copy_afterwards(state, self.relation, like, origin, has_primary=own_primary)
        self._keys()
        for constraint, columns in self.own:
            if constraint.kind == "f":
                add_foreign_key(state, self.relation, constraint, columns, checked=True)

    def _inherit_checks(self) -> None:
        for parent in self.parents:
            for check in self.state.constraints_on(parent.oid, "c"):
                if not check.no_inherit:
                    inherit_another(self.state, check, self.relation)

    @property
    def relation(self) -> Relation:
        return self.state.relations[self.oid]

    def _take(self, element: ColumnSaid | ConstraintSaid | LikeSaid) -> None:
        if isinstance(element, LikeSaid):
            self._like(element)
        elif isinstance(element, ConstraintSaid):
            want_sayable(self.state, element)
            if element.kind == "n":
                self._forbid_null(element.columns[0], element)
            else:
                self.own.append((element, element.columns))
        elif self.said.of_type is not None:
            return  # its type has been taken, with what is said of its columns
        elif self.said.partition_of is not None or element.type is None:
            if any(each.name == element.name for each in self.generated):
                raise RefusedError(DUPLICATE_COLUMN, f"there is a column {element.name} already")
            self._take_constraints(element)
            self.generated.append(element)
        else:
            if any(column.name == element.name for column in self.columns):
                raise RefusedError(DUPLICATE_COLUMN, f"there is a column {element.name} already")
            number = len(self.columns) + 1
            column, sequences = make_column(
                self.state,
                self.schema,
                self.name,
                element,
                number,
                made_along=[each for each, _ in self.sequences],
            )
            self.columns.append(column)
            self.sequences += [(sequence, number) for sequence in sequences]
            if (column.sequence and sequences) or column.identity:
                self.named_nulls.setdefault(column.name, (None, False))
            if column.generated:
                self.generated.append(element)
            self._take_constraints(element)

    def _take_type(self, name: Name) -> None:
        found, attributes = composite_type(self.state, name)
        self.of_type = found.oid
        for number, (said, type_ref) in enumerate(columns_of_type(attributes, self.said.elements), 1):
            column, _ = make_column(self.state, self.schema, self.name, said, number, of=type_ref)
            self.columns.append(column)
            self._take_constraints(said)

    def _take_constraints(self, said: ColumnSaid) -> None:
        for each in said.constraints:
            want_sayable(self.state, each)
            if each.kind == "n":
                self._forbid_null(said.name, each)
            elif each.kind == "default":
                self.with_default.add(said.name)
            elif each.kind in "pucf":
                self.own.append((each, (said.name,)))

    def _forbid_null(self, column: str, said: ConstraintSaid) -> None:
        before = self.named_nulls.get(column)
        if self.state.version < NOT_NULL_CONSTRAINTS:
            if said.no_inherit:
                raise RefusedError(SYNTAX_ERROR, "NO INHERIT of NOT NULL is known from PostgreSQL 18 on")
            self.named_nulls[column] = (None, False)
            return
        self.named_nulls[column] = said_again(before, said, column, partitioned=self.said.partitioning is not None)

    def _like(self, said: LikeSaid) -> None:
        if self.said.kind == "f" and self.state.version < FOREIGN_TABLES_LIKE_OTHERS:
            raise RefusedError(FEATURE_NOT_SUPPORTED, "a foreign table can be like another from PostgreSQL 18 on")
        origin = self.state.relation(said.table, "rpfvmc")
        if origin.kind in "vm":
            raise DoubtfulError("the columns of a view are not known")
        self.likes.append((said, origin))
        for column in origin.columns:
            if any(each.name == column.name for each in self.columns):
                raise RefusedError(DUPLICATE_COLUMN, f"there is a column {column.name} already")
            self._copy(said, origin, column)

    def _copy(self, said: LikeSaid, origin: Relation, column: Attribute) -> None:
        state, number, now = self.state, len(self.columns) + 1, self.state.statement
        keeps = "generated" if column.generated else "defaults"
        identity = column.identity if "identity" in said.including else ""
        copied = replace(
            column,
            number=number,
            not_null=False,
            default=column.default if keeps in said.including else None,
            sequence=column.sequence if keeps in said.including else 0,
            generated=column.generated if keeps in said.including else "",
            identity=identity,
            local=True,
            inherited=0,
            made=now,
            null_set=now,
            type_set=now,
            default_set=now,
        )
        self.columns.append(copied)
        if identity:
            sequence = make_sequence(state, self.schema, self.name, column.name, identity=True)
            self.sequences.append((sequence.oid, number))
        if column.not_null:
            named = not_null_of(state, origin.oid, column.number)
            copied_null = (named.name, named.no_inherit) if named is not None else (None, False)
            self.named_nulls.setdefault(column.name, copied_null)

    def _merge_parents(self) -> None:
        """Put the parents' columns first; those of one name become one (MergeAttributes)."""
        own = self.columns
        merged: list[Attribute] = []
        now = self.state.statement
        for parent in self.parents:
            for column in parent.columns:
                before = next((each for each in merged if each.name == column.name), None)
                if before is not None:
                    self._want_same_type(before, column)
                    at = merged.index(before)
                    own_default = any(each.name == column.name and (each.default or each.sequence) for each in own)
                    want_one_default(before, column, decided=own_default)
                    merged[at] = replace(before, inherited=before.inherited + 1)
                    continue
                keeps_identity = (
                    self.said.partition_of is not None and self.state.version >= IDENTITY_IN_PARTITIONS
                )
                merged.append(
                    replace(
                        column,
                        number=len(merged) + 1,
                        not_null=False,
                        local=False,
                        inherited=1,
                        identity=column.identity if keeps_identity else "",
                        default=column.default,
                        made=now,
                        null_set=now,
                        type_set=now,
                    )
                )
        for column in own:
            before = next((each for each in merged if each.name == column.name), None)
            if before is None:
                merged.append(replace(column, number=len(merged) + 1))
                continue
            self._want_same_type(before, column)
            if column.generated and self.likes:
                raise DoubtfulError(
                    f"{column.name} is generated in a table that is copied and in one inherited from"
                )
            want_same_generation(self.state, before, column, otherwise=column.name in self.with_default)
            at = merged.index(before)
            own_default = bool(column.default or column.sequence) or column.name in self.with_default
            merged[at] = replace(
                before,
                local=True,
                default=column.default if own_default else before.default,
                sequence=column.sequence if own_default else before.sequence,
                default_set=now if own_default else before.default_set,
                identity=column.identity,
                generated=column.generated or before.generated,
            )
        self.sequences = [
            (sequence, next(each.number for each in merged if each.name == own[number - 1].name))
            for sequence, number in self.sequences
        ]
        self._redefine(merged)
        self.columns = merged

    def _redefine(self, merged: list[Attribute]) -> None:
        """Give inherited columns the defaults that a partition sets for itself."""
        if self.said.partition_of is None:
            return
        for element in self.said.elements:
            if not isinstance(element, ColumnSaid):
                continue
            at = next((number for number, each in enumerate(merged) if each.name == element.name), None)
            if at is None:
                raise RefusedError(UNDEFINED_COLUMN, f"there is no column {element.name}")
            for each in element.constraints:
                if each.kind in {"default", "generated"}:
                    want_redefinable(self.state, merged[at], each)
                if each.kind == "default" and each.expression is not None:
                    default = default_of(self.state, each.expression, merged[at].type)
                    merged[at] = replace(merged[at], default=default, sequence=0, default_set=self.state.statement)

    def _want_same_type(self, one: Attribute, other: Attribute) -> None:
        if one.type != other.type:
            raise RefusedError(
                DATATYPE_MISMATCH, f"{one.name} has another type in the table that it is inherited from"
            )

    def _store(self) -> None:
        state, said = self.state, self.said
        columns = tuple(self.columns)
        relation = Relation(
            self.oid,
            self.schema,
            self.name,
            "p" if said.partitioning is not None else said.kind,
            columns,
            len(columns) + 1,
            tuple(parent.oid for parent in self.parents),
            said.partition_of is not None,
            said.bound,
            temporary=said.temporary,
            unlogged=said.unlogged,
            server=said.server,
            of_type=self.of_type,
            made=state.statement,
        )
        columns = tuple(self._generation(relation, column) for column in columns)
        relation = replace(relation, columns=columns)
        if said.partitioning is not None:
            want_strategy(said.partitioning)
            numbers = {column.name: column.number for column in columns}
            missing = [each for each in said.partitioning.columns if each is not None and each not in numbers]
            if missing:
                raise RefusedError(UNDEFINED_COLUMN, f"there is no column {missing[0]}")
            for each in said.partitioning.expressions:
                want_expression(self.state, each, relation, steady=True)
            want_key(said.partitioning, relation)
            relation = replace(
                relation,
                strategy=said.partitioning.strategy,
                key=tuple(numbers[each] if each is not None else 0 for each in said.partitioning.columns),
                key_expressions=tuple(
                    template(each, numbers, self.name) for each in said.partitioning.expressions
                ),
            )
        state.add_relation(relation)
        for sequence, number in self.sequences:
            state.change(state.relations[sequence], owned_by=(self.oid, number))

    def _generation(self, relation: Relation, column: Attribute) -> Attribute:
        said = next((each for each in self.generated if each.name == column.name), None)
        found = generation_of(self.state, said, relation) if said is not None else None
        if found is not None:
            return replace(column, default=found)
        if column.generated and column.default is not None:
            for parent in (*self.parents, *(origin for _, origin in self.likes)):
                theirs = parent.column(column.name)
                if theirs is not None and theirs.default is column.default:
                    mine = {each.name: each.number for each in relation.columns}
                    numbers = {each.number: mine[each.name] for each in parent.columns if each.name in mine}
                    return replace(column, default=column.default.moved(numbers))
        return column

    def _nulls(self) -> None:
        state = self.state
        for constraint, columns in self.own:
            if constraint.kind == "p" and constraint.using_index is None:
                for each in columns:
                    self.named_nulls[each] = said_again(self.named_nulls.get(each), constraint, each)
        for name, (constraint_name, no_inherit) in self.named_nulls.items():
            column = self.relation.column(name)
            if column is None:
                raise RefusedError(UNDEFINED_COLUMN, f"there is no column {name}")
            named = state.version >= NOT_NULL_CONSTRAINTS and constraint_name is not None
            if named and state.constraint(self.relation, constraint_name or "", "cn") is not None:
                # PostgreSQL does not look: the unique index of pg_constraint refuses it.
                raise RefusedError(UNIQUE_VIOLATION, f"there is a constraint {constraint_name} already")
            set_not_null(state, self.oid, column.number, constraint_name, no_inherit=no_inherit)
        for parent in self.parents:
            inherit_not_nulls(state, self.relation, parent, self.named_nulls)

    def _keys(self) -> None:
        keys = [each for each in self.own if each[0].kind in "pux"]
        keys.sort(key=lambda each: each[0].kind != "p")
        if sum(each[0].kind == "p" for each in keys) > 1:
            raise RefusedError(INVALID_TABLE_DEFINITION, f"{self.name} has more than one primary key")
        kept = merged_keys(keys)
        # The primary key's columns are NOT NULL before any name is chosen.
        for constraint, columns in kept:
            if constraint.kind == "p":
                for name in columns:
                    column = self.relation.column(name)
                    if column is None:
                        raise RefusedError(UNDEFINED_COLUMN, f"there is no column {name}")
                    if not column.not_null:
                        set_not_null(self.state, self.oid, column.number)
        for constraint, columns in kept:
            add_key(self.state, self.relation, constraint, columns)
