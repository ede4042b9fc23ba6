"""Reads the facts of a preview from the server, in the preview's own snapshot."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fkdash.catalog.functions import IMMUTABLE
from fkdash.catalog.model import TableName
from fkdash.catalog.node_tree import read_tree
from fkdash.catalog.planted import refuse_planted
from fkdash.catalog.publications import read_unpublishable
from fkdash.db.at_once import at_once
from fkdash.db.queries import query
from fkdash.preview.called_functions import VOLATILE, MadeOf, conversions_of, read_called
from fkdash.preview.facts import (
    ColumnFact,
    Expression,
    Facts,
    IndexFact,
    IndexKey,
    KeyFact,
    Operator,
    RefusedFunction,
    TableFact,
    TriggerFact,
    TypeFact,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from fkdash.catalog.surroundings import Unpublishable
    from fkdash.db.session import Row, Session
    from fkdash.preview.called_functions import Called

_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_WHEN = re.compile(r" FOR EACH (?:ROW|STATEMENT) WHEN \(")
_THEN = ") EXECUTE "


async def read_facts(
    session: Session, target: int, inheriting: Sequence[int] = (), assumed: Collection[int] = ()
) -> Facts:
    """Give the facts of every table that a DELETE from the table with OID `target` can reach.

    `inheriting` are the tables that inherit from it, whose rows are deleted too;
    `assumed` are foreign keys that may be given another action.
    Raises the session's errors.
    """
    async with at_once() as group:
        about = group.create_task(
            session.asked("SELECT pg_catalog.current_setting('server_version_num')::integer AS version")
        )
        declared = [
            group.create_task(session.asked(query(__package__, "preview_foreign_keys"), oid, sorted(assumed)))
            for oid in (target, *inheriting)
        ]
    version = int(about.result()[0]["version"])
    keys = {row["oid"]: _key(row) for each in declared for row in each.result()}
    wanted = {target, *inheriting, *(k.relation for k in keys.values()), *(k.referenced for k in keys.values())}
    async with at_once() as group:
        everything = group.create_task(_whole(session, wanted))
        looked_at = group.create_task(_with_condition(session, wanted))
    written = _written({target, *inheriting}, keys.values(), assumed) | looked_at.result()
    async with at_once() as group:
        # Before anything is read, or a partition's constraint spelled, that would run other roles' code.
        group.create_task(refuse_planted(session, everything.result()))
        known = group.create_task(_whole(session, written))
    needs = _needs(known.result(), keys.values())
    documents: dict[int, Mapping[str, Any]] = {}
    while wanted:
        for row in await session.asked(query(__package__, "preview_tables"), sorted(wanted), *needs):
            documents[row["oid"]] = row["facts"]
        wanted = {each["parent"] for each in documents.values() if each["parent"] is not None}
        partitioned = sorted(oid for oid, each in documents.items() if each["kind"] == "p")
        if partitioned:
            wanted |= {
                row["oid"] for row in await session.asked(query(__package__, "preview_partitions"), partitioned)
            }
        wanted -= documents.keys()
        needs[0].extend(sorted(wanted))
    texts = [text for each in documents.values() for text in _trees(each)]
    types = {column["type_oid"] for each in documents.values() for column in each["columns"] or ()}
    wanted_types = sorted(types | conversions_of(texts))
    async with at_once() as group:
        unpublished = group.create_task(read_unpublishable(session, version // 10000, sorted(documents)))
        made_of = group.create_task(session.asked(query(__package__, "preview_types"), wanted_types))
    type_rows, unpublishable = made_of.result(), unpublished.result()
    called = await read_called(session, texts, {row["oid"]: _made_of(row) for row in type_rows})
    tables = {oid: _table(oid, each, called, unpublishable.get(oid, ())) for oid, each in documents.items()}
    operators = {
        *(oid for key in keys.values() for oid in (*key.pf_operators, *key.pp_operators, *key.ff_operators)),
        *(
            part.operator
            for table in tables.values()
            for index in table.indexes
            for part in index.keys
            if part.operator is not None and (index.unique or index.exclusion)
        ),
    }
    facts = Facts(
        major=version // 10000,
        target=target,
        tables=tables,
        keys=keys,
        operators={
            row["oid"]: Operator(row["oid"], row["spelling"], row["left_type"], row["right_type"], row["function"])
            for row in await session.asked(query(__package__, "preview_operators"), sorted(operators))
        },
        types={row["oid"]: _type(row, called) for row in type_rows},
        refused={},
    )
    return replace(facts, refused=await _refused(session, facts))


def _trees(document: Mapping[str, Any]) -> Iterator[str | None]:
    """Give the stored expressions in a table's document."""
    yield from document["partition_trees"] or ()
    yield from (column["default_tree"] for column in document["columns"] or ())
    yield from (each["tree"] for each in (*(document["checks"] or ()), *(document["triggers"] or ())))
    yield from (index[name] for index in document["indexes"] or () for name in ("tree", "predicate_tree"))


def _made_of(row: Row) -> MadeOf:
    checks = row["constraints"] or ()
    return MadeOf(tuple(row["parts"] or ()), tuple(each["tree"] for each in checks))


async def _refused(session: Session, facts: Facts) -> dict[str, dict[int, RefusedFunction]]:
    """Give the functions that owners may not execute; asks nothing where everybody may execute all of them."""
    domains = (check for domain in facts.types.values() for check in domain.constraints)
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


def _written(targets: set[int], keys: Collection[KeyFact], assumed: Collection[int]) -> set[int]:
    """Give the tables whose rows may be written, and the targets."""
    return targets | {
        key.relation for key in keys if key.on_delete in "nd" or key.on_update in "cnd" or key.oid in assumed
    }


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


def _needs(whole: set[int], keys: Collection[KeyFact]) -> tuple[list[int], list[str]]:
    """Give the tables to know all of, and the names of columns in foreign keys.

    A foreign key may be about one partition, and its rows read from the whole
    table: a named column is wanted wherever there is one.
    """
    named = {name for key in keys for name in (*key.columns, *key.referenced_columns)}
    return sorted(whole), sorted(named)


def _key(row: Row) -> KeyFact:
    return KeyFact(
        oid=row["oid"],
        name=row["name"],
        relation=row["relation"],
        referenced=row["referenced"],
        parent=row["parent"],
        on_delete=row["on_delete"],
        on_update=row["on_update"],
        match_full=row["match"] == "f",
        period=row["period"],
        columns=tuple(row["columns"]),
        referenced_columns=tuple(row["referenced_columns"]),
        delete_columns=tuple(row["delete_columns"]),
        pf_operators=tuple(row["pf_operators"] or ()),
        pp_operators=tuple(row["pp_operators"] or ()),
        ff_operators=tuple(row["ff_operators"] or ()),
    )


def _type(row: Row, called: Called) -> TypeFact:
    found = row["constraints"] or None
    name = TableName(row["schema"], row["name"])
    return TypeFact(
        oid=row["oid"],
        kind=row["kind"],
        base=row["base"],
        base_spelling=row["base_spelling"],
        name=name,
        not_null=row["not_null"],
        constraints=_expressions(found, str(name), called),
    )


def _expressions(
    entries: Iterable[Mapping[str, Any]] | None, owner: str, called: Called
) -> tuple[Expression, ...]:
    """Give the CHECKs of `owner`, a table or domain."""
    return tuple(
        Expression(
            name=entry["name"],
            sql=entry["expression"] or "true",
            columns=tuple(entry.get("columns") or ()),
            steady=called.steady(entry["tree"], entry["expression"]),
            restricted=called.restricted(entry["tree"]),
            not_run=called.not_run(f"{owner}.{entry['name']}", entry["tree"]),
        )
        for entry in entries or ()
    )


def _table(
    oid: int, facts: Mapping[str, Any], called: Called, unpublishable: tuple[Unpublishable, ...]
) -> TableFact:
    name = TableName(facts["schema"], facts["name"])
    numbers = {entry["number"]: entry["name"] for entry in facts["columns"] or ()}
    return TableFact(
        oid=oid,
        name=name,
        kind=facts["kind"],
        parent=facts["parent"],
        partition_check=facts["partition_check"],
        partition_columns=tuple(facts["partition_columns"] or ()),
        partition_restricted=called.restricted(*(facts["partition_trees"] or ())),
        partition_not_run=called.not_run(f"{name}", *(facts["partition_trees"] or ())),
        rows=int(facts["rows"]) if facts["rows"] >= 0 else None,
        bytes=facts["bytes"],
        owner=facts["owner"],
        row_security=facts["row_security"],
        readable=facts["readable"],
        deletable=facts["deletable"],
        owner_may=facts["owner_may"],
        rules=tuple(facts["rules"] or ()),
        replaced=tuple(facts["replaced"] or ()),
        unpublishable=unpublishable,
        columns={entry["name"]: _column(entry, name, numbers, called) for entry in facts["columns"] or ()},
        checks=_expressions(facts["checks"], str(name), called),
        indexes=tuple(_index(entry, name, called) for entry in facts["indexes"] or ()),
        triggers=tuple(_trigger(entry, called) for entry in facts["triggers"] or ()),
    )


def _column(entry: Mapping[str, Any], table: TableName, numbers: Mapping[int, str], called: Called) -> ColumnFact:
    tree, default = entry["default_tree"], entry["default"]
    what = f"{table}.{entry['name']}"
    reads = read_tree(tree).columns if entry["generated"] else ()
    return ColumnFact(
        name=entry["name"],
        type=entry["type"],
        type_oid=entry["type_oid"],
        domain=entry["domain"],
        not_null=entry["not_null"],
        generated=entry["generated"],
        reads=frozenset(numbers[number] for number in reads if number in numbers),
        identity=entry["identity"] != "",
        always=entry["identity"] == "a",
        deterministic=entry["deterministic"],
        collation=entry["collation"],
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


def _index(entry: Mapping[str, Any], table: TableName, called: Called) -> IndexFact:
    tree, predicate = entry["tree"], entry["predicate_tree"]
    return IndexFact(
        oid=entry["oid"],
        name=entry["name"],
        unique=entry["unique"],
        exclusion=entry["exclusion"],
        ready=entry["ready"],
        valid=entry["valid"],
        immediate=entry["immediate"],
        nulls_not_distinct=entry["nulls_not_distinct"],
        predicate=entry["predicate"],
        steady=VOLATILE not in (called.risk(tree), called.risk(predicate)),
        keys=tuple(
            IndexKey(
                column=key["column"],
                expression=key["expression"],
                type=key["type"],
                type_oid=key["type_oid"],
                deterministic=key["deterministic"],
                collation=key["collation"],
                operator=key["operator"],
            )
            for key in entry["keys"] or ()
        ),
        reads=frozenset(entry["reads"] or ()),
        restricted=called.restricted(tree),
        predicate_restricted=called.restricted(predicate),
        not_run=called.not_run(f"{table.schema}.{entry['name']}", tree, predicate),
    )


def _trigger(entry: Mapping[str, Any], called: Called) -> TriggerFact:
    return TriggerFact(
        name=entry["name"],
        function=entry["function"],
        referential=entry["referential"],
        recheck=entry["recheck"],
        type=entry["type"],
        constraint=entry["constraint"],
        index=entry["index"],
        clone=entry["clone"],
        deferred=entry["deferred"],
        columns=tuple(entry["columns"] or ()),
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
