"""Reads a Drizzle snapshot (meta/0007_snapshot.json, version 5 to 7) as the SQL for it on an empty database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fkdash.catalog.files.reading.splitting import Statement
from fkdash.catalog.table_name import quoted
from fkdash.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERIAL = ("serial", "bigserial", "smallserial")


def is_drizzle_snapshot(document: object) -> bool:
    """Tell whether a JSON document is a snapshot of Drizzle's."""
    return isinstance(document, dict) and isinstance(document.get("tables"), dict) and "prevId" in document


def drizzle_statements(text: str, label: str) -> Iterator[Statement]:
    """Give the statements, each at the line of its table or key; raises UsageError for what is no snapshot."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{label} is no JSON: {error}.", next_step="Mend it, or name another file.") from error
    if not is_drizzle_snapshot(document):
        raise UsageError(
            f"{label} is no snapshot of Drizzle's that this fkdash reads.", next_step="Name the SQL files instead."
        )
    if document.get("dialect") not in {"postgresql", "pg"}:
        raise UsageError(
            f"{label} is for {document.get('dialect')}, not for PostgreSQL.", next_step="Name another."
        )
    lines = text.splitlines()
    try:
        yield from _statements(document, lines)
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{label} is a damaged snapshot: {error}.", next_step="Generate it again.") from error


def _statements(document: dict[str, Any], lines: list[str]) -> Iterator[Statement]:
    for schema in document.get("schemas", {}):
        yield Statement(f"CREATE SCHEMA {quoted(schema)}", _line(lines, schema), 1, shown=schema)
    for enum in document.get("enums", {}).values():
        name = f"{quoted(enum.get('schema') or 'public')}.{quoted(enum['name'])}"
        yield Statement(f"CREATE TYPE {name} AS ENUM ()", _line(lines, enum["name"]), 1, shown=enum["name"])
    tables = document["tables"].values()
    for table in tables:
        yield _create_table(table, lines)
    for table in tables:
        for index in (table.get("indexes") or {}).values():
            yield _index(table, index, lines)
    for table in tables:
        for key in (table.get("foreignKeys") or {}).values():
            yield _foreign_key(table, key, lines)


def _line(lines: list[str], name: str) -> int:
    """Give the line at which a name stands first as a key."""
    wanted = json.dumps(name) + ":"
    return next((number for number, line in enumerate(lines, 1) if wanted in line), 1)


def _name(table: dict[str, Any]) -> str:
    return f"{quoted(table.get('schema') or 'public')}.{quoted(table['name'])}"


def _create_table(table: dict[str, Any], lines: list[str]) -> Statement:
    parts = []
    shown = [f'"{table.get("schema") or "public"}.{table["name"]}":']
    for column in table["columns"].values():
        kind = column["type"]
        if column.get("typeSchema"):
            kind = f"{quoted(column['typeSchema'])}.{quoted(kind)}"
        said = f"{quoted(column['name'])} {kind}"
        if column.get("primaryKey"):
            said += " PRIMARY KEY"
        if column.get("notNull"):
            said += " NOT NULL"
        if column.get("default") is not None and kind not in _SERIAL:
            default = column["default"]
            said += f" DEFAULT {str(default).lower() if isinstance(default, bool) else default}"
        identity = column.get("identity")
        if identity:
            always = "ALWAYS" if identity.get("type") == "always" else "BY DEFAULT"
            said += f" GENERATED {always} AS IDENTITY"
        generated = column.get("generated")
        if generated:
            said += f" GENERATED ALWAYS AS ({generated['as']}) STORED"
        parts.append(said)
        shown.append(f'  "{column["name"]}": {json.dumps(column)}')
    parts += [
        f"CONSTRAINT {quoted(key['name'])} PRIMARY KEY ({_columns(key['columns'])})"
        for key in (table.get("compositePrimaryKeys") or {}).values()
    ]
    for key in (table.get("uniqueConstraints") or {}).values():
        nulls = " NULLS NOT DISTINCT" if key.get("nullsNotDistinct") else ""
        parts.append(f"CONSTRAINT {quoted(key['name'])} UNIQUE{nulls} ({_columns(key['columns'])})")
    parts += [
        f"CONSTRAINT {quoted(check['name'])} CHECK ({check['value']})"
        for check in (table.get("checkConstraints") or {}).values()
    ]
    sql = f"CREATE TABLE {_name(table)} ({', '.join(parts)})"
    line = _line(lines, f"{table.get('schema') or 'public'}.{table['name']}")
    return Statement(sql, line, 1, shown="\n".join(shown))


def _columns(names: list[str]) -> str:
    return ", ".join(map(quoted, names))


def _index(table: dict[str, Any], index: dict[str, Any], lines: list[str]) -> Statement:
    parts = [
        f"({each['expression']})" if each.get("isExpression") else quoted(each["expression"])
        for each in (one if isinstance(one, dict) else {"expression": one} for one in index["columns"])
    ]
    where = f" WHERE {index['where']}" if index.get("where") else ""
    sql = (
        f"CREATE {'UNIQUE ' if index.get('isUnique') else ''}INDEX {quoted(index['name'])} ON {_name(table)} "
        f"USING {index.get('method') or 'btree'} ({', '.join(parts)}){where}"
    )
    return Statement(sql, _line(lines, index["name"]), 1, shown=index["name"])


def _foreign_key(table: dict[str, Any], key: dict[str, Any], lines: list[str]) -> Statement:
    target = f"{quoted(key.get('schemaTo') or 'public')}.{quoted(key['tableTo'])}"
    sql = (
        f"ALTER TABLE {_name(table)} ADD CONSTRAINT {quoted(key['name'])} "
        f"FOREIGN KEY ({_columns(key['columnsFrom'])}) "
        f"REFERENCES {target} ({_columns(key['columnsTo'])}) ON DELETE {key.get('onDelete') or 'no action'} "
        f"ON UPDATE {key.get('onUpdate') or 'no action'}"
    )
    return Statement(sql, _line(lines, key["name"]), 1, shown=json.dumps(key))
