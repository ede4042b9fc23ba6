"""Compares the catalog read from files with the one that a server has after running them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fkdash.catalog.model import Catalog, Table
from tests.preview.many_cases import Connection

_CAST = re.compile(
    r"::\s*(?:\"[^\"]+\"|[a-z_]+)(?:\.(?:\"[^\"]+\"|[a-z_]+))?(?: (?:varying|precision|without time zone|with time zone))?(?:\([0-9, ]+\))?(?:\[\])?"
)
_NOISE = re.compile(r"[()\"\s]")

_DEFAULTS = """
select n.nspname, c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid)
  from pg_attrdef d join pg_class c on c.oid = d.adrelid join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
"""
_CHECKS = """
select n.nspname, c.relname, k.conname, pg_get_expr(k.conbin, k.conrelid)
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
 where k.contype = 'c'
"""


async def expressions_of(connection: Connection) -> Mapping[str, Mapping[tuple[str, str, str], str]]:
    """Give every default and check expression of the server, which the live reader reads only where it matters."""
    async with connection.transaction():
        await connection.execute("set local search_path = pg_catalog")
        return {
            name: {(row[0], row[1], row[2]): row[3] for row in await connection.fetch(query)}
            for name, query in (("default", _DEFAULTS), ("check", _CHECKS))
        }


def plain(expression: str | None) -> str | None:
    """Give an expression without what PostgreSQL adds when it stores one: casts, parentheses, quotes."""
    if expression is None:
        return None
    text = _CAST.sub("", expression)
    text = re.sub(r"(?:public|s1|\"S 2\")\.", "", text)
    if _NOISE.sub("", text).lower() == "null":
        return None  # a default of NULL that a type's length keeps in the catalog
    return re.sub(r"'(-?\d+)'", r"\1", _NOISE.sub("", text).lower())


def differences(
    files: Catalog, server: Catalog, expressions: Mapping[str, Mapping[tuple[str, str, str], str]]
) -> Iterator[str]:
    """Give what differs, in words; nothing for two catalogs that say the same."""
    for name in sorted({*files.tables} ^ {*server.tables}):
        yield f"table {name} only {'in the files' if name in files.tables else 'on the server'}"
    for name in sorted({*files.tables} & {*server.tables}):
        ours, theirs = _table(files, files.tables[name], None), _table(server, server.tables[name], expressions)
        yield from _compare(f"table {name}", ours, theirs)
    yield from _compare("foreign keys", _keys(files), _keys(server))
    yield from _compare("order of foreign keys", {"order": _order(files)}, {"order": _order(server)})
    yield from _compare("domains", _domains(files), _domains(server))


def _compare(where: str, ours: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> Iterator[str]:
    for key in sorted({*ours, *theirs}, key=str):
        if ours.get(key) != theirs.get(key):
            yield f"{where}: {key}: files {ours.get(key)!r}, server {theirs.get(key)!r}"


def _order(catalog: Catalog) -> list[str]:
    return [key.qualified for key in sorted(catalog.foreign_keys, key=lambda key: key.oid or 0)]


def _table(
    catalog: Catalog, table: Table, expressions: Mapping[str, Mapping[tuple[str, str, str], str]] | None
) -> dict[Any, Any]:
    found: dict[Any, Any] = {
        "kind": table.kind,
        "partition_of": table.partition_of,
        "inherits": table.inherits,
        "row_security": (table.row_security, table.force_row_security),
        "rules": table.rules,
        "key": sorted(table.partition_key),
        "nulls into": table.nulls_into,
        "homeless": (sorted(table.nulls_without_partition), table.values_without_partition),
        "index order": [index.name for index in sorted(table.indexes, key=lambda index: index.oid or 0)],
    }
    for column in table.columns:
        default = column.default
        if expressions is not None:
            default = expressions["default"].get((*table.name, column.name))
        domain = (column.domain.schema, column.domain.name) if column.domain is not None else None
        found[f"column {column.number}"] = (
            column.name, column.type, column.not_null, plain(default), column.identity, column.identity_always,
            column.generated, column.virtual, domain, column.collation, column.not_null_constraint,
            column.not_null_inherited, column.not_null_borrowed, column.not_null_validated,
        )  # fmt: skip
    for check in table.checks:
        text = check.expression
        if expressions is not None:
            text = expressions["check"].get((*table.name, check.name), "")
        found["check", check.name] = (plain(text), tuple(sorted(check.columns)), check.validated, check.enforced)
    for index in table.indexes:
        found["index", index.name] = (
            index.columns, index.unique, index.primary, index.valid, index.method, plain(index.predicate),
            index.nulls_not_distinct, index.replica_identity, index.exclusion,
            tuple(each for each, number in zip(index.opclasses, index.columns, strict=True) if number),
            plain(index.expressions),
        )  # fmt: skip
    keys = {key.oid: key.name for key in catalog.foreign_keys}
    for trigger in table.triggers or ():
        name = trigger.name if trigger.constraint is None else (keys.get(trigger.constraint), trigger.function)
        found["trigger", name] = (
            trigger.function, trigger.enabled, trigger.before, trigger.row, trigger.events, trigger.columns,
            trigger.conditional,
            trigger.code,
        )  # fmt: skip
    return found


def _keys(catalog: Catalog) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key in catalog.foreign_keys:
        index = next((each.name for each in catalog.tables[key.referenced].indexes if each.oid == key.index), None)
        found[key.qualified] = (
            key.columns, key.referenced, key.referenced_columns, key.on_delete, key.on_update, key.delete_columns,
            key.match, key.deferrable, key.initially_deferred, key.validated, key.enforced, key.period, key.comment,
            key.operators, index, sorted((copy.table, copy.referenced, copy.name, copy.validated) for copy in key.copies),
        )  # fmt: skip
    return found


def _domains(catalog: Catalog) -> dict[Any, Any]:
    return {
        name: (
            domain.type,
            domain.not_null,
            plain(domain.default),
            [(check.name, plain(check.expression)) for check in domain.checks],
            (domain.base.schema, domain.base.name) if domain.base is not None else None,
        )
        for name, domain in catalog.domains.items()
        if name[0] != "information_schema"
    }
