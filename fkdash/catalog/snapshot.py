"""A catalog as one JSON document and back: the structure alone, in an order in which two can be compared.

No rows, no statistics, no owners and no privileges are in it. Object numbers of one server mean nothing on
another: what they tell, which foreign key's action runs first and which index a key depends on, is written down
by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from fkdash.catalog.model import (
    Action,
    Catalog,
    Check,
    Column,
    Copy,
    Domain,
    ForeignKey,
    Index,
    Match,
    Table,
    TableKind,
    TableName,
)
from fkdash.catalog.surroundings import RewriteRule, Server, Trigger, TriggerFunction
from fkdash.errors import UsageError, reason_of

VERSION: Final = 1
_FIRST_OID: Final = 1_000_000
Document = dict[str, Any]


def snapshot_pieces(catalog: Catalog) -> Iterator[str]:
    """Give the document piece by piece, a line for each column, index and foreign key, sorted by name."""
    server = catalog.server
    head = {
        "fkdash": 1,
        "kind": "snapshot",
        "version": VERSION,
        "server": {"version_number": server.version_number, "version": server.version} if server else None,
    }
    yield json.dumps(head, indent=2).removesuffix("\n}")
    yield from _section("domains", (_domain(each) for each in _used_domains(catalog)))
    order = _order(catalog)
    keys = {key.oid: key for key in catalog.foreign_keys}
    yield ',\n  "tables": ['
    before = "\n"
    for name in sorted(catalog.tables):
        yield before + _table_text(_table(catalog.tables[name], keys))
        before = ",\n"
    yield "\n  ]" if catalog.tables else "]"
    listed = sorted(catalog.foreign_keys, key=lambda key: (key.table, key.name))
    yield from _section("foreign_keys", (_foreign_key(catalog, key, order) for key in listed))
    yield "\n}\n"


def _used_domains(catalog: Catalog) -> list[Domain]:
    """Give the domains by name, of PostgreSQL's own only those that a column has."""
    used = {
        (domain.schema, domain.name)
        for table in catalog.tables.values()
        for column in table.columns
        if column.domain is not None
        for domain in column.domain.chain
    }
    return [
        each for name, each in sorted(catalog.domains.items()) if name in used or name[0] != "information_schema"
    ]


def _section(name: str, entries: Iterator[Document]) -> Iterator[str]:
    yield f',\n  "{name}": ['
    before, after = "\n    ", "]"
    for entry in entries:
        yield before + json.dumps(entry, ensure_ascii=False)
        before, after = ",\n    ", "\n  ]"
    yield after


def _table_text(table: Document) -> str:
    """Spell a table with a line for each of its parts."""
    lines: list[str] = []
    for name, value in table.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            inner = ",\n        ".join(json.dumps(each, ensure_ascii=False) for each in value)
            lines.append(f'      "{name}": [\n        {inner}\n      ]')
        else:
            lines.append(f'      "{name}": {json.dumps(value, ensure_ascii=False)}')
    return "    {\n" + ",\n".join(lines) + "\n    }"


def _given(entry: Document, usual: Document) -> Document:
    """Leave out what is as usual, so that what is not stands out."""
    return {name: value for name, value in entry.items() if name not in usual or usual[name] != value}


def _domain(domain: Domain) -> Document:
    return _given(
        {
            "schema": domain.schema,
            "name": domain.name,
            "type": domain.type,
            "not_null": domain.not_null,
            "default": domain.default,
            "checks": [{"name": check.name, "expression": check.expression} for check in domain.checks],
            "base": [domain.base.schema, domain.base.name] if domain.base is not None else None,
        },
        {"not_null": False, "default": None, "checks": [], "base": None},
    )


_COLUMN: Final[Document] = {
    "not_null": False, "default": None, "identity": False, "identity_always": False, "generated": False,
    "domain": None, "collation": None, "not_null_constraint": None, "not_null_inherited": False,
}  # fmt: skip
_CHECK: Final[Document] = {"columns": [], "validated": True, "enforced": True}
_INDEX: Final[Document] = {
    "unique": False, "primary": False, "valid": True, "method": "btree", "predicate": None,
    "nulls_not_distinct": False, "replica_identity": False, "exclusion": False, "opclasses": [],
    "expressions": None,
}  # fmt: skip
_TRIGGER: Final[Document] = {
    "enabled": "O", "before": False, "row": True, "events": [], "constraint": None, "columns": [],
    "conditional": False, "code": None,
}  # fmt: skip
_RULE: Final[Document] = {"instead": False, "conditional": False, "alike": False}
_TABLE: Final[Document] = {
    "kind": "ordinary", "partition_of": None, "inherits": [], "row_security": False, "force_row_security": False,
    "rules": [], "extension": None, "nulls_without_partition": [], "nulls_into": None, "partition_key": [],
    "checks": [], "indexes": [],
}  # fmt: skip
_KEY: Final[Document] = {
    "on_delete": "NO ACTION", "on_update": "NO ACTION", "delete_columns": [], "match": "SIMPLE",
    "deferrable": False,
    "initially_deferred": False, "validated": True, "enforced": True, "period": False, "comment": None,
    "index": None, "operators": [], "copies": [],
}  # fmt: skip


def _table(table: Table, keys: Mapping[int | None, ForeignKey]) -> Document:
    return _given(
        {
            "schema": table.name.schema,
            "name": table.name.name,
            "kind": str(table.kind),
            "partition_of": list(table.partition_of) if table.partition_of is not None else None,
            "inherits": [list(parent) for parent in table.inherits],
            "row_security": table.row_security,
            "force_row_security": table.force_row_security,
            "rules": [_given(_fields(rule, "name", "event", *_RULE), _RULE) for rule in table.rules],
            "extension": table.extension,
            "nulls_without_partition": list(table.nulls_without_partition),
            "nulls_into": list(table.nulls_into) if table.nulls_into is not None else None,
            "partition_key": list(table.partition_key),
            "columns": [_column(column) for column in table.columns],
            "checks": [_given(_fields(check, "name", "expression", *_CHECK), _CHECK) for check in table.checks],
            "indexes": [_given(_fields(index, "name", "columns", *_INDEX), _INDEX) for index in table.indexes],
            "triggers": None
            if table.triggers is None
            else [
                _trigger(each, keys)
                for each in table.triggers
                if each.constraint is None or each.constraint in keys
            ],
        },
        _TABLE,
    )


def _fields(entry: object, *names: str) -> Document:
    found = {name: getattr(entry, name) for name in names}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def _column(column: Column) -> Document:
    found = _fields(column, "number", "name", "type", *_COLUMN)
    found["domain"] = [column.domain.schema, column.domain.name] if column.domain is not None else None
    return _given(found, _COLUMN)


def _trigger(trigger: Trigger, keys: Mapping[int | None, ForeignKey]) -> Document:
    key = keys[trigger.constraint] if trigger.constraint is not None else None
    found = {
        "name": trigger.name if key is None else f"RI_{trigger.function}",
        "function": trigger.function,
        "enabled": trigger.enabled,
        "before": trigger.before,
        "row": trigger.row,
        "events": sorted(trigger.events),
        "columns": list(trigger.columns),
        "conditional": trigger.conditional,
        "code": _fields(trigger.code, "name", "language", "source") if trigger.code is not None else None,
        "constraint": [*key.table, key.name] if key is not None else None,
    }
    return _given(found, _TRIGGER)


def _order(catalog: Catalog) -> Mapping[int, int]:
    """Give for each foreign key the place at which its action runs among those to the same table, by its id."""
    order: dict[int, int] = {}
    for keys in catalog.referencing.values():
        ranked = sorted(keys, key=lambda key: (str(key.oid or ""), key.qualified))
        order |= {id(key): number for number, key in enumerate(ranked)}
    return order


def _foreign_key(catalog: Catalog, key: ForeignKey, order: Mapping[int, int]) -> Document:
    index = next((each.name for each in catalog.tables[key.referenced].indexes if each.oid == key.index), None)
    found = {
        "schema": key.table.schema,
        "table": key.table.name,
        "name": key.name,
        "columns": list(key.columns),
        "referenced": list(key.referenced),
        "referenced_columns": list(key.referenced_columns),
        "order": order[id(key)],
        **_fields(key, *(name for name in _KEY if name not in {"index", "copies"})),
        "index": index if key.index is not None else None,
        "copies": sorted([*copy.table, copy.name, *copy.referenced, copy.validated] for copy in key.copies),
    }
    return _given(found, _KEY)


def load_snapshot(path: Path) -> Catalog:
    """Give the catalog in a snapshot's file; raises UsageError for any other file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The snapshot {path} cannot be read: {reason_of(error)}.",
            next_step="Write one with fkdash snapshot -o FILE.",
        ) from error
    if not isinstance(document, dict) or document.get("kind") != "snapshot" or document.get("fkdash") != 1:
        raise UsageError(f"{path} is not a snapshot.", next_step="Write one with fkdash snapshot -o FILE.")
    if document.get("version") != VERSION:
        raise UsageError(
            f"{path} is a snapshot of version {document.get('version')}, which this fkdash does not read.",
            next_step="Write it again, or use the fkdash that wrote it.",
        )
    try:
        return catalog_from(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{path} is a damaged snapshot: {type(error).__name__} at {error}.",
            next_step="Write it again with fkdash snapshot -o FILE.",
        ) from error


def catalog_from(document: Document) -> Catalog:
    """Give the catalog that a document describes; raises KeyError, TypeError or ValueError for a damaged one."""
    said = {(each["schema"], each["name"]): each for each in document["domains"]}
    domains: dict[tuple[str, str], Domain] = {}
    for name in said:
        _read_domain(name, said, domains)
    oids = iter(range(_FIRST_OID, 2**31))
    ordered = sorted(document["foreign_keys"], key=lambda each: (each["referenced"], each["order"]))
    numbers = {(each["schema"], each["table"], each["name"]): next(oids) for each in ordered}
    tables: dict[TableName, Table] = {}
    for each in document["tables"]:
        table = _read_table(each, domains, numbers)
        tables[table.name] = replace(
            table, oid=next(oids), indexes=tuple(replace(index, oid=next(oids)) for index in table.indexes)
        )
    keys = [_read_key(each, tables, numbers, oids) for each in document["foreign_keys"]]
    return Catalog(
        tables=tables,
        foreign_keys=tuple(sorted(keys, key=lambda key: key.oid or 0)),
        server=_read_server(document["server"]),
        domains=domains,
    )


def _read_server(said: Document | None) -> Server | None:
    if said is None:
        return None
    return Server(
        said["version_number"],
        said["version"],
        database="",
        role="",
        superuser=False,
        standby=False,
        read_only=True,
        bypasses_row_security=True,
    )


def _read_domain(
    name: tuple[str, str], said: Mapping[tuple[str, str], Document], found: dict[tuple[str, str], Domain]
) -> Domain:
    if name not in found:
        entry = said[name]
        base = entry.get("base")
        if base is not None and tuple(base) == name:
            raise ValueError(f"{name} is built on itself")
        found[name] = Domain(
            schema=entry["schema"],
            name=entry["name"],
            type=entry["type"],
            not_null=entry.get("not_null", False),
            default=entry.get("default"),
            checks=tuple(Check(each["name"], each["expression"]) for each in entry.get("checks", [])),
            base=_read_domain((base[0], base[1]), said, found) if base is not None else None,
        )
    return found[name]


def _read_table(
    entry: Document,
    domains: Mapping[tuple[str, str], Domain],
    numbers: Mapping[tuple[str, str, str], int],
) -> Table:
    whole = {**_TABLE, **entry}
    triggers = entry["triggers"]
    partition_of = whole["partition_of"]
    return Table(
        name=TableName(entry["schema"], entry["name"]),
        kind=TableKind(whole["kind"]),
        columns=tuple(_read_column(each, domains) for each in entry["columns"]),
        checks=tuple(
            Check(**{**_CHECK, **each, "columns": tuple(each.get("columns", ()))}) for each in whole["checks"]
        ),
        indexes=tuple(
            Index(
                **{
                    **_INDEX,
                    **each,
                    "columns": tuple(each["columns"]),
                    "opclasses": tuple(each.get("opclasses", ())),
                }
            )
            for each in whole["indexes"]
        ),
        triggers=None if triggers is None else tuple(_read_trigger(each, numbers) for each in triggers),
        partition_of=TableName(*partition_of) if partition_of is not None else None,
        inherits=tuple(TableName(*parent) for parent in whole["inherits"]),
        row_security=whole["row_security"],
        force_row_security=whole["force_row_security"],
        rules=tuple(RewriteRule(**{**_RULE, **each}) for each in whole["rules"]),
        extension=whole["extension"],
        nulls_without_partition=tuple(whole["nulls_without_partition"]),
        nulls_into=TableName(*whole["nulls_into"]) if whole["nulls_into"] is not None else None,
        partition_key=tuple(whole["partition_key"]),
    )


def _read_column(entry: Document, domains: Mapping[tuple[str, str], Domain]) -> Column:
    domain = entry.get("domain")
    return Column(**{**_COLUMN, **entry, "domain": domains[domain[0], domain[1]] if domain is not None else None})


def _read_trigger(entry: Document, numbers: Mapping[tuple[str, str, str], int]) -> Trigger:
    key = entry.get("constraint")
    return Trigger(
        **{
            **_TRIGGER,
            **entry,
            "events": frozenset(entry.get("events", ())),
            "columns": tuple(entry.get("columns", ())),
            "code": TriggerFunction(**entry["code"]) if entry.get("code") is not None else None,
            "constraint": numbers[key[0], key[1], key[2]] if key is not None else None,
        }
    )


def _read_key(
    entry: Document,
    tables: Mapping[TableName, Table],
    numbers: Mapping[tuple[str, str, str], int],
    oids: Iterator[int],
) -> ForeignKey:
    whole = {**_KEY, **entry}
    table, referenced = TableName(entry["schema"], entry["table"]), TableName(*entry["referenced"])
    index = next((each.oid for each in tables[referenced].indexes if each.name == whole["index"]), None)
    missing = {*entry["columns"]} - tables[table].columns_by_name.keys()
    if missing:
        raise ValueError(f"a column of {entry['name']} that {table} does not have")
    return ForeignKey(
        name=entry["name"],
        table=table,
        columns=tuple(entry["columns"]),
        referenced=referenced,
        referenced_columns=tuple(entry["referenced_columns"]),
        on_delete=Action(whole["on_delete"]),
        on_update=Action(whole["on_update"]),
        delete_columns=tuple(whole["delete_columns"]),
        match=Match(whole["match"]),
        deferrable=whole["deferrable"],
        initially_deferred=whole["initially_deferred"],
        validated=whole["validated"],
        enforced=whole["enforced"],
        period=whole["period"],
        comment=whole["comment"],
        index=index,
        operators=tuple(whole["operators"]),
        copies=tuple(
            Copy(
                each[2],
                TableName(each[0], each[1]),
                TableName(each[3], each[4]),
                validated=each[5],
                oid=next(oids),
            )
            for each in whole["copies"]
        ),
        oid=numbers[entry["schema"], entry["table"], entry["name"]],
    )
