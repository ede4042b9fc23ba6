"""A catalog as one JSON document: the structure alone, in an order in which two can be compared.

No rows, no statistics, no owners and no privileges are in it. Object numbers of one server mean nothing on
another: what they tell, which foreign key's action runs first and which index a key depends on, is written down
by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fkdash.catalog.model import Catalog, Column, Domain, ForeignKey, Table
from fkdash.catalog.surroundings import Trigger

VERSION: Final = 1
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


# What most have, which is therefore not written.
USUAL_COLUMN: Final[Document] = {
    "not_null": False, "default": None, "identity": False, "identity_always": False, "generated": False,
    "virtual": False, "domain": None, "collation": None, "not_null_constraint": None, "not_null_inherited": False,
    "not_null_borrowed": False, "not_null_validated": True,
}  # fmt: skip
USUAL_CHECK: Final[Document] = {"columns": [], "validated": True, "enforced": True}
USUAL_INDEX: Final[Document] = {
    "unique": False, "primary": False, "valid": True, "method": "btree", "predicate": None,
    "nulls_not_distinct": False, "replica_identity": False, "exclusion": False, "opclasses": [],
    "expressions": None,
}  # fmt: skip
USUAL_TRIGGER: Final[Document] = {
    "enabled": "O", "before": False, "row": True, "events": [], "constraint": None, "columns": [],
    "conditional": False, "code": None,
}  # fmt: skip
USUAL_RULE: Final[Document] = {"instead": False, "conditional": False, "alike": False}
USUAL_TABLE: Final[Document] = {
    "kind": "ordinary", "partition_of": None, "inherits": [], "row_security": False, "force_row_security": False,
    "rules": [], "extension": None, "nulls_without_partition": [], "nulls_into": None, "partition_key": [],
    "values_without_partition": False,
    "checks": [], "indexes": [],
}  # fmt: skip
USUAL_KEY: Final[Document] = {
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
            "rules": [_given(_fields(rule, "name", "event", *USUAL_RULE), USUAL_RULE) for rule in table.rules],
            "extension": table.extension,
            "nulls_without_partition": list(table.nulls_without_partition),
            "nulls_into": list(table.nulls_into) if table.nulls_into is not None else None,
            "values_without_partition": table.values_without_partition,
            "partition_key": list(table.partition_key),
            "columns": [_column(column) for column in table.columns],
            "checks": [
                _given(_fields(check, "name", "expression", *USUAL_CHECK), USUAL_CHECK) for check in table.checks
            ],
            "indexes": [
                _given(_fields(index, "name", "columns", *USUAL_INDEX), USUAL_INDEX) for index in table.indexes
            ],
            "triggers": None
            if table.triggers is None
            else [
                _trigger(each, keys)
                for each in table.triggers
                if each.constraint is None or each.constraint in keys
            ],
        },
        USUAL_TABLE,
    )


def _fields(entry: object, *names: str) -> Document:
    found = {name: getattr(entry, name) for name in names}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def _column(column: Column) -> Document:
    found = _fields(column, "number", "name", "type", *USUAL_COLUMN)
    found["domain"] = [column.domain.schema, column.domain.name] if column.domain is not None else None
    return _given(found, USUAL_COLUMN)


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
    return _given(found, USUAL_TRIGGER)


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
        **_fields(key, *(name for name in USUAL_KEY if name not in {"index", "copies"})),
        "index": index if key.index is not None else None,
        "copies": sorted([*copy.table, copy.name, *copy.referenced, copy.validated] for copy in key.copies),
    }
    return _given(found, USUAL_KEY)
