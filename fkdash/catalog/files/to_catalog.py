"""Gives the facts as the catalog that rules read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action, Match
from fkdash.catalog.files.state import TEMPORARY, State
from fkdash.catalog.files.tables.columns import default_text
from fkdash.catalog.files.trigger_functions import PG_CATALOG
from fkdash.catalog.files.types import spelled
from fkdash.catalog.model import Catalog, Check, Column, Copy, Domain, ForeignKey, Index, Table, TableKind
from fkdash.catalog.surroundings import LONGEST_SOURCE, RewriteRule, Server, Trigger, TriggerFunction
from fkdash.catalog.table_name import TableName
from fkdash.versions import KEY_TRIGGERS_ON_PARTITIONED

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Attribute, Constraint, Relation

_KINDS: Final = {"r": TableKind.ORDINARY, "p": TableKind.PARTITIONED, "f": TableKind.FOREIGN}
_OWN_TRIGGERS: Final = ("RI_FKey_check_ins", "RI_FKey_check_upd")
_EVENTS: Final = {"ins": "INSERT", "upd": "UPDATE", "del": "DELETE"}
_ACTION_WORDS: Final = {
    "NO ACTION": "noaction",
    "RESTRICT": "restrict",
    "CASCADE": "cascade",
    "SET NULL": "setnull",
    "SET DEFAULT": "setdefault",
}


def catalog_of(state: State) -> Catalog:
    """Give everything declared; what no file knows is None."""
    domains = {oid: _domain(state, oid) for oid, each in state.types.items() if each.kind == "d"}
    relations = [
        each
        for each in state.relations.values()
        if each.kind in _KINDS and not each.unknown and state.schema_name(each.schema) != TEMPORARY
    ]
    names = {each.oid: TableName(state.schema_name(each.schema), each.name) for each in relations}
    return Catalog(
        tables={names[each.oid]: _table(state, each, names, domains) for each in relations},
        foreign_keys=_foreign_keys(state, names),
        server=_server(state.version),
        domains={(each.schema, each.name): each for each in domains.values()},
    )


def _server(version: int) -> Server:
    return Server(version * 10000, str(version), "", "", False, False, True, bypasses_row_security=True)  # noqa: FBT003


def _domain(state: State, oid: int) -> Domain:
    found = state.types[oid]
    assert found.base is not None  # noqa: S101 - a domain has one
    below = state.types.get(found.base.oid)
    checks = sorted(
        (each for each in state.constraints.values() if each.domain == oid and each.kind == "c"),
        key=lambda each: each.name.encode(),
    )
    return Domain(
        schema=state.schema_name(found.schema),
        name=found.name,
        type=spelled(state, found.base),
        not_null=found.not_null,
        default=found.default,
        checks=tuple(Check(each.name, each.expression.text({}) if each.expression else "") for each in checks),
        base=_domain(state, found.base.oid)
        if below is not None and below.kind == "d" and not found.base.array
        else None,
    )


def _table(state: State, relation: Relation, names: dict[int, TableName], domains: dict[int, Domain]) -> Table:
    parents = tuple(names[oid] for oid in relation.parents if oid in names)
    return Table(
        name=names[relation.oid],
        kind=_KINDS[relation.kind],
        columns=tuple(_column(state, relation, each, domains) for each in relation.columns),
        checks=_checks(state, relation),
        indexes=tuple(_index(relation, each) for each in state.indexes_on(relation.oid)),
        triggers=_triggers(state, relation),
        partition_of=parents[0] if relation.is_partition and parents else None,
        inherits=() if relation.is_partition else parents,
        row_security=relation.row_security,
        force_row_security=relation.force_row_security,
        rules=_rules(relation),
        nulls_without_partition=_homeless(state, relation),
        nulls_into=names.get(_takes_nulls(state, relation)),
        values_without_partition=relation.strategy in {"list", "range"}
        and not any(each.bound == "default" for each in state.children(relation.oid)),
        partition_key=tuple(number for number in relation.key if number),
        oid=relation.oid,
    )


def _column(state: State, relation: Relation, column: Attribute, domains: dict[int, Domain]) -> Column:
    named = next(
        (each for each in state.constraints_on(relation.oid, "n") if each.columns == (column.number,)), None
    )
    usual = f"{relation.name}_{column.name}_not_null"
    inherited = column.inherited > 0
    if named is not None:
        inherited = named.inherited > 0
    return Column(
        number=column.number,
        name=column.name,
        type=spelled(state, column.type),
        not_null=column.not_null,
        default=default_text(state, relation, column),
        identity=bool(column.identity),
        identity_always=column.identity == "a",
        generated=bool(column.generated),
        virtual=column.generated == "v",
        domain=domains.get(column.type.oid) if not column.type.array else None,
        collation=column.collation,
        not_null_constraint=named.name if named is not None and named.name != usual else None,
        not_null_inherited=inherited,
        not_null_borrowed=named is not None and named.inherited == 1 and not named.local,
        not_null_validated=named is None or named.validated,
    )


def _checks(state: State, relation: Relation) -> tuple[Check, ...]:
    found = sorted(state.constraints_on(relation.oid, "c"), key=lambda each: each.name.encode())
    return tuple(
        Check(
            each.name,
            each.expression.text(relation.names) if each.expression is not None else "",
            each.columns,
            validated=each.validated,
            enforced=each.enforced,
        )
        for each in found
    )


def _index(relation: Relation, index: Relation) -> Index:
    fact = index.index
    assert fact is not None  # noqa: S101 - it is an index
    names = relation.names
    return Index(
        name=index.name,
        columns=fact.columns,
        unique=fact.unique,
        primary=fact.primary,
        valid=fact.valid,
        method=fact.method,
        predicate=fact.predicate.text(names) if fact.predicate is not None else None,
        nulls_not_distinct=fact.nulls_not_distinct,
        replica_identity=fact.replica_identity,
        exclusion=bool(fact.exclusion),
        opclasses=fact.opclasses,
        expressions=", ".join(each.text(names) for each in fact.expressions) or None,
        oid=index.oid,
    )


def _triggers(state: State, relation: Relation) -> tuple[Trigger, ...]:
    found = [
        Trigger(
            each.name,
            _function(state, each.function),
            each.enabled,
            before=each.before,
            row=each.row,
            events=each.events,
            columns=each.columns,
            conditional=each.conditional,
            code=_code(state, each.function),
        )
        for each in relation.triggers
    ]
    if relation.kind == "p" and state.version < KEY_TRIGGERS_ON_PARTITIONED:
        return tuple(sorted(found, key=lambda each: each.name.encode()))
    for oid, enabled in relation.silenced:
        key = state.constraints.get(oid)
        if key is not None:
            found += _silenced(state, relation, key, enabled)
    return tuple(sorted(found, key=lambda each: each.name.encode()))


def _function(state: State, oid: int) -> str:
    found = state.functions[oid]
    return f"{state.schema_name(found.schema) if found.schema else PG_CATALOG}.{found.name}"


def _code(state: State, oid: int) -> TriggerFunction | None:
    """Give what a trigger runs, None where no file says it."""
    found = state.functions[oid]
    if not found.language:
        return None
    short = found.source is not None and len(found.source) <= LONGEST_SOURCE
    return TriggerFunction(_function(state, oid), found.language, found.source if short else None)


def _silenced(state: State, relation: Relation, key: Constraint, enabled: str) -> list[Trigger]:
    """Give the triggers of a foreign key that do not fire on this table."""
    functions: list[str] = []
    above = state.constraints.get(key.parent)
    # What it has for each partition of a table referred to is checked by the key itself.
    if key.table == relation.oid and (above is None or above.table != relation.oid):
        functions += _OWN_TRIGGERS
    # What a partition has of its table's key acts through that key on the table referred to.
    if key.referenced == relation.oid and (above is None or above.referenced != relation.oid):
        functions += [f"RI_FKey_{_ACTION_WORDS[key.on_delete]}_del", f"RI_FKey_{_ACTION_WORDS[key.on_update]}_upd"]
    return [
        Trigger(
            f"RI_ConstraintTrigger_{'c' if name in _OWN_TRIGGERS else 'a'}_{key.oid}",
            f"pg_catalog.{name}",
            enabled,
            before=False,
            row=True,
            events=frozenset({_EVENTS[name[-3:]]}),
            constraint=key.oid,
        )
        for name in functions
    ]


def _homeless(state: State, relation: Relation) -> tuple[int, ...]:
    """Give the columns of a partition key for which no partition takes a NULL (as sql/tables.sql asks)."""
    if relation.strategy not in {"list", "range"} and len(relation.key) > 1:
        return ()
    if _takes_nulls(state, relation):
        return ()
    return tuple(number for number in relation.key if number)


def _takes_nulls(state: State, relation: Relation) -> int:
    """Give the partition that takes a NULL of the key, 0 where none does or a hash of several columns decides."""
    children = state.children(relation.oid)
    if relation.strategy == "hash":
        alone = children if len(relation.key) == 1 else []
        return next((each.oid for each in alone if " remainder 0 " in each.bound), 0)
    named = (each.oid for each in children if relation.strategy == "list" and "null" in each.bound.split())
    return next(named, next((each.oid for each in children if each.bound == "default"), 0))


def _rules(relation: Relation) -> tuple[RewriteRule, ...]:
    """Give the rules that fire in an ordinary session, by name."""
    return tuple(
        RewriteRule(each.name, each.event, each.instead, each.conditional, each.alike)
        for each in sorted(relation.rules, key=lambda each: each.name.encode())
        if each.enabled in {"O", "A"}
    )


def _foreign_keys(state: State, names: dict[int, TableName]) -> tuple[ForeignKey, ...]:
    copies: dict[int, list[Copy]] = {}
    keys = sorted((each for each in state.constraints.values() if each.kind == "f"), key=lambda each: each.oid)
    for key in keys:
        if key.parent and key.table in names and key.referenced in names:
            root = key
            while root.parent in state.constraints:
                root = state.constraints[root.parent]
            copies.setdefault(root.oid, []).append(
                Copy(key.name, names[key.table], names[key.referenced], validated=key.validated, oid=key.oid)
            )
    return tuple(
        _foreign_key(state, key, names, tuple(copies.get(key.oid, ())))
        for key in keys
        if not key.parent and key.table in names and key.referenced in names
    )


def _foreign_key(
    state: State, key: Constraint, names: dict[int, TableName], copies: tuple[Copy, ...]
) -> ForeignKey:
    own, theirs = state.relations[key.table].names, state.relations[key.referenced].names
    return ForeignKey(
        name=key.name,
        table=names[key.table],
        columns=tuple(own[number] for number in key.columns),
        referenced=names[key.referenced],
        referenced_columns=tuple(theirs[number] for number in key.referenced_columns),
        on_delete=Action(key.on_delete),
        on_update=Action(key.on_update),
        # What was a partition's has the numbers of the table that it was of.
        delete_columns=tuple(own[number] for number in key.delete_columns if number in own),
        match=Match(key.match),
        deferrable=key.deferrable,
        initially_deferred=key.initially_deferred,
        validated=key.validated,
        enforced=key.enforced,
        period=key.period,
        comment=key.comment,
        index=key.index or None,
        operators=key.operators,
        copies=copies,
        oid=key.oid,
    )
