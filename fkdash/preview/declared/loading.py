"""Reads the facts of a preview from the server, in the preview's own snapshot."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fkdash.catalog.postgres.functions import IMMUTABLE
from fkdash.catalog.postgres.node_tree import read_tree
from fkdash.catalog.postgres.planted import refuse_planted
from fkdash.catalog.postgres.read import read_fully
from fkdash.catalog.table_name import TableName
from fkdash.db.at_once import at_once
from fkdash.db.queries import query
from fkdash.fact import fuller
from fkdash.preview.declared.called_functions import VOLATILE, MadeOf, conversions_of, read_called
from fkdash.preview.declared.facts import (
    CheckFact,
    ColumnFact,
    DomainFact,
    IndexFact,
    IndexKey,
    KeyFact,
    Operator,
    RefusedFunction,
    TableFact,
    TriggerFact,
    TypeFact,
)
from fkdash.preview.declared.reached import Facts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from fkdash.catalog.model import Check, Column, Domain, ForeignKey, Index, Table
    from fkdash.catalog.surroundings import Trigger
    from fkdash.db.session import Row, Session
    from fkdash.preview.declared.called_functions import Called

    Document = Mapping[str, Any]
    _Known = tuple[Mapping[int, TypeFact], Called]

_QUOTED = re.compile(r"""'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*\"""")
_WHEN = re.compile(r" FOR EACH (?:ROW|STATEMENT) WHEN \(")
_THEN = ") EXECUTE "
_FIRING = "OA"
"""What tgenabled is of a trigger that fires in an ordinary session."""


async def read_facts(
    session: Session, target: int, inheriting: Sequence[int] = (), assumed: Collection[int] = ()
) -> Facts:
    """Give the facts of every table that a DELETE from the table with OID `target` can reach.

    `inheriting` are the tables that inherit from it, whose rows are deleted too;
    `assumed` are foreign keys that may be given another action.
    Raises the session's errors.
    """
    async with at_once() as group:
        about = group.create_task(session.asked(query(__package__, "preview_server")))
        declared = [
            group.create_task(session.asked(query(__package__, "preview_foreign_keys"), oid, sorted(assumed)))
            for oid in (target, *inheriting)
        ]
    server = about.result()[0]
    key_rows = {row["oid"]: row for each in declared for row in each.result()}
    targets = {target, *inheriting}
    wanted = {*targets, *(row[side] for row in key_rows.values() for side in ("relation", "referenced"))}
    async with at_once() as group:
        everything = group.create_task(_whole(session, wanted))
        looked_at = group.create_task(_with_condition(session, wanted))
    written = {
        *targets,
        *looked_at.result(),
        *(row["relation"] for row in key_rows.values() if row["writes"] or row["oid"] in assumed),
    }
    async with at_once() as group:
        # Before anything is read, or a partition's constraint spelled, that would run other roles' code.
        group.create_task(refuse_planted(session, everything.result()))
        known = group.create_task(_whole(session, written))
    every = sorted(everything.result())
    async with at_once() as group:
        reading = group.create_task(read_fully(session, every))
        evaluating = group.create_task(
            _read_evaluating(session, every, known.result() | (everything.result() - wanted), key_rows)
        )
    fully, (documents, type_rows, called, operators) = reading.result(), evaluating.result()
    types = _types(type_rows, fully.domains, called)
    parents = {table.name: oid for oid, table in fully.tables.items()}
    facts = Facts(
        major=int(server["version"]) // 10000,
        newest_oid=int(server["newest_oid"]),
        target=target,
        tables={
            oid: _table(fully.tables[oid], document, parents, (types, called))
            for oid, document in documents.items()
        },
        keys={
            key.oid: _key(key_rows[key.oid], key)
            for key in fully.foreign_keys
            if key.oid is not None and key.oid in key_rows
        },
        operators=operators,
        types=types,
        refused={},
    )
    return replace(facts, refused=await _refused(session, facts))


async def _read_evaluating(
    session: Session, tables: Sequence[int], whole: set[int], key_rows: Mapping[int, Row]
) -> tuple[dict[int, Document], Sequence[Row], Called, dict[int, Operator]]:
    """Read what evaluating rows takes: tables' documents, types, what expressions call, and operators."""
    documents: dict[int, Document] = {
        row["oid"]: row["facts"]
        for row in await session.asked(
            query(__package__, "preview_tables"), tables, sorted(whole), sorted(key_rows)
        )
    }
    texts = [text for each in documents.values() for text in _trees(each)]
    types = {column["type_oid"] for each in documents.values() for column in (each["columns"] or {}).values()}
    wanted_types = sorted(types | conversions_of(texts))
    wanted_operators = sorted(_operators(documents.values(), key_rows.values()))
    async with at_once() as group:
        made_of = group.create_task(session.asked(query(__package__, "preview_types"), wanted_types))
        spelled = group.create_task(session.asked(query(__package__, "preview_operators"), wanted_operators))
    type_rows = made_of.result()
    called = await read_called(session, texts, {row["oid"]: _made_of(row) for row in type_rows})
    operators = {
        row["oid"]: Operator(row["oid"], row["spelling"], row["left_type"], row["right_type"], row["function"])
        for row in spelled.result()
    }
    return documents, type_rows, called, operators


def _operators(documents: Iterable[Document], keys: Iterable[Row]) -> set[int]:
    """Give the operators that foreign keys compare with, and unique indexes and exclusion constraints."""
    kinds = ("pf_operators", "pp_operators", "ff_operators")
    found = {oid for key in keys for kind in kinds for oid in key[kind] or ()}
    indexes = (index for each in documents for index in (each["indexes"] or {}).values())
    return found | {
        part["operator"] for index in indexes for part in index["keys"] or () if part["operator"] is not None
    }


def _trees(document: Document) -> Iterator[str | None]:
    """Give the stored expressions in a table's document."""
    yield from document["partition_trees"] or ()
    yield from (column["default_tree"] for column in (document["columns"] or {}).values())
    yield from (document["checks"] or {}).values()
    yield from (trigger["tree"] for trigger in (document["triggers"] or {}).values())
    yield from (
        index[name] for index in (document["indexes"] or {}).values() for name in ("tree", "predicate_tree")
    )


def _made_of(row: Row) -> MadeOf:
    return MadeOf(tuple(row["parts"] or ()), tuple((row["checks"] or {}).values()))


async def _refused(session: Session, facts: Facts) -> dict[str, dict[int, RefusedFunction]]:
    """Give the functions that owners may not execute; asks nothing where everybody may execute all of them."""
    domains = (check for each in facts.types.values() if each.domain for check in each.domain.checks)
    functions = {
        *(function for table in facts.tables.values() for function in table.restricted),
        *(function for check in domains for function in check.restricted),
        *(operator.function for operator in facts.operators.values() if operator.function is not None),
    }
    refused: dict[str, dict[int, RefusedFunction]] = {}
    if functions:
        owners = sorted({table.owner for table in facts.tables.values()})
        for row in await session.asked(query(__package__, "preview_functions"), sorted(functions), owners):
            refused.setdefault(row["role"], {})[row["function"]] = RefusedFunction(row["name"], row["inlined"])
    return refused


async def _with_condition(session: Session, tables: set[int]) -> set[int]:
    """Give those of some tables whose triggers, or those of a partition beside them, look at a row."""
    rows = await session.asked(
        "WITH u AS MATERIALIZED (SELECT asked.oid, pg_catalog.pg_partition_root(asked.oid)::pg_catalog.oid AS root"
        "  FROM unnest($1::oid[]) AS asked(oid)),"
        # Each root once: of a thousand partitions each has the same tree.
        " conditional(root) AS (SELECT DISTINCT r.root FROM (SELECT DISTINCT root FROM u) r"
        "  CROSS JOIN LATERAL pg_catalog.pg_partition_tree(r.root) AS p"
        "  JOIN pg_catalog.pg_trigger t ON t.tgrelid = p.relid AND t.tgqual IS NOT NULL)"
        " SELECT u.oid::bigint AS oid FROM u WHERE u.root IN (SELECT root FROM conditional)"
        "  OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = u.oid AND t.tgqual IS NOT NULL)",
        sorted(tables),
    )
    return {row["oid"] for row in rows}


async def _whole(session: Session, tables: set[int]) -> set[int]:
    """Give tables, and for a partition everything of its partitioned table: a row is known alike by every name."""
    rows = await session.asked(
        "SELECT p.relid::pg_catalog.oid::bigint AS oid"
        " FROM (SELECT DISTINCT pg_catalog.pg_partition_root(u.oid) AS root FROM unnest($1::oid[]) AS u(oid)) AS r"
        " CROSS JOIN LATERAL pg_catalog.pg_partition_tree(r.root) AS p",
        sorted(tables),
    )
    return tables | {row["oid"] for row in rows}


def _key(row: Row, declared: ForeignKey) -> KeyFact:
    return fuller(
        KeyFact,
        declared,
        relation=row["relation"],
        referenced_oid=row["referenced"],
        parent=row["parent"],
        pf_operators=tuple(row["pf_operators"] or ()),
        pp_operators=tuple(row["pp_operators"] or ()),
        ff_operators=tuple(row["ff_operators"] or ()),
    )


def _types(rows: Sequence[Row], declared: Iterable[Domain], called: Called) -> dict[int, TypeFact]:
    by_oid, by_name = {row["oid"]: row for row in rows}, {(each.schema, each.name): each for each in declared}
    built: dict[int, DomainFact] = {}

    def domain(oid: int) -> DomainFact | None:
        row = by_oid.get(oid)
        if row is None or row["base"] is None:
            return None
        if oid not in built:
            found = by_name[row["schema"], row["name"]]
            trees = row["checks"] or {}
            built[oid] = fuller(
                DomainFact,
                found,
                checks=tuple(
                    _check(check, f"{row['schema']}.{row['name']}", trees, called) for check in found.checks
                ),
                base=domain(row["base"]),
                base_oid=row["base"],
            )
        return built[oid]

    return {
        oid: TypeFact(oid, row["kind"], TableName(row["schema"], row["name"]), domain(oid))
        for oid, row in by_oid.items()
    }


def _check(declared: Check, owner: str, trees: Mapping[str, str], called: Called) -> CheckFact:
    """Give a CHECK of `owner`, a table or domain, by the stored expressions of all of its."""
    tree = trees.get(declared.name)
    return fuller(
        CheckFact,
        declared,
        expression=declared.expression or "true",
        steady=called.steady(tree, declared.expression),
        restricted=called.restricted(tree),
        not_run=called.not_run(f"{owner}.{declared.name}", tree),
    )


def _table(declared: Table, document: Document, oids: Mapping[TableName, int], known: _Known) -> TableFact:
    _, called = known
    name, trees = declared.name, document["partition_trees"] or ()
    columns, checks = document["columns"] or {}, document["checks"] or {}
    indexes, triggers = document["indexes"] or {}, document["triggers"] or {}
    names = {column.number: column.name for column in declared.columns}
    return fuller(
        TableFact,
        declared,
        columns=tuple(
            _column(column, columns[str(column.number)], (name, names), known)
            for column in declared.columns
            if str(column.number) in columns
        ),
        checks=tuple(
            _check(check, str(name), checks, called)
            for check in declared.checks
            if check.enforced and check.name in checks
        ),
        indexes=tuple(_index(index, indexes[str(index.oid)], name, called) for index in declared.indexes),
        triggers=tuple(
            _trigger(trigger, triggers[trigger.name], called)
            for trigger in declared.triggers or ()
            if trigger.enabled in _FIRING
        ),
        parent=oids.get(declared.partition_of) if declared.partition_of is not None else None,
        partition_check=document["partition_check"],
        partition_columns=tuple(document["partition_columns"] or ()),
        partition_restricted=called.restricted(*trees),
        partition_not_run=called.not_run(f"{name}", *trees),
        on_disk=document["on_disk"],
        hides_rows=document["hides_rows"],
        readable=document["readable"],
        deletable=document["deletable"],
    )


def _column(
    declared: Column, entry: Document, stands: tuple[TableName, Mapping[int, str]], known: _Known
) -> ColumnFact:
    """Give a column that `stands` in a table beside columns with these names."""
    (table, names), (types, called) = stands, known
    tree, what = entry["default_tree"], f"{table}.{declared.name}"
    kind = types.get(entry["type_oid"])
    domain = kind.domain if kind is not None else None
    default = declared.default
    if default is None and domain is not None and not declared.generated:
        default = domain.default
    reads = read_tree(tree).columns if declared.generated else ()
    return fuller(
        ColumnFact,
        declared,
        type_oid=entry["type_oid"],
        domain=domain,
        reads=frozenset(names[number] for number in reads if number in names),
        stored=entry["stored"],
        deterministic=entry["deterministic"],
        ordering=entry["ordering"],
        default=default,
        default_steady=called.steady(tree, default),
        default_folded=called.risk(tree) == IMMUTABLE and called.steady(tree, default),
        default_restricted=called.restricted(tree),
        default_not_run=called.not_run(what, tree),
        type_not_run=called.checks_of_type(what, entry["type_oid"]),
        unproven=entry["unproven"],
        owner_selects=entry["owner_selects"],
        owner_updates=entry["owner_updates"],
    )


def _index(declared: Index, entry: Document, table: TableName, called: Called) -> IndexFact:
    tree, predicate = entry["tree"], entry["predicate_tree"]
    return fuller(
        IndexFact,
        declared,
        ready=entry["ready"],
        immediate=entry["immediate"],
        steady=VOLATILE not in (called.risk(tree), called.risk(predicate)),
        keys=tuple(IndexKey(**key) for key in entry["keys"] or ()),
        reads=frozenset(entry["reads"] or ()),
        restricted=called.restricted(tree),
        predicate_restricted=called.restricted(predicate),
        not_run=called.not_run(f"{table.schema}.{declared.name}", tree, predicate),
    )


def _trigger(declared: Trigger, entry: Document, called: Called) -> TriggerFact:
    return fuller(
        TriggerFact,
        declared,
        index=entry["index"],
        clone=entry["clone"],
        deferred=entry["deferred"],
        condition=_when(entry["definition"]) if entry["definition"] else None,
        plain=called.plain(entry["tree"]),
    )


def _when(definition: str) -> str:
    """Give the condition of a trigger that has one, out of its CREATE TRIGGER statement."""
    bare = _QUOTED.sub(lambda found: "x" * len(found[0]), definition)
    begin = _WHEN.search(bare)
    if begin is None:
        raise ValueError(f"a trigger's definition without WHEN: {definition}")
    return definition[begin.end() : bare.rindex(_THEN)]
