"""Reads a Prisma schema as the SQL that `prisma migrate` would write for it on an empty database.

The defaults are Prisma's: a required relation restricts, an optional one sets NULL, updates cascade; names end in
_pkey, _key, _idx and _fkey. With relationMode = "prisma" there are no foreign keys at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.reading.splitting import Statement
from fkdash.catalog.table_name import quoted
from fkdash.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BLOCK: Final = re.compile(r"^\s*(model|enum|view|type|datasource|generator)\s+(\w+)\s*\{")
_FIELD: Final = re.compile(r"^\s*(\w+)\s+(Unsupported\(\"[^\"]*\"\)|\w+)(\[\])?(\?)?\s*(.*)$")
_SCALARS: Final = {
    "String": "text", "Int": "integer", "BigInt": "bigint", "Boolean": "boolean", "DateTime": "timestamp(3)",
    "Float": "double precision", "Decimal": "numeric(65,30)", "Json": "jsonb", "Bytes": "bytea",
}  # fmt: skip
_NATIVE: Final = {
    "Uuid": "uuid", "VarChar": "varchar", "Char": "char", "Text": "text", "Timestamp": "timestamp", "Date": "date",
    "SmallInt": "smallint", "Integer": "integer", "BigInt": "bigint", "Oid": "oid", "Decimal": "numeric",
    "Citext": "citext", "Inet": "inet", "Xml": "xml", "Json": "json", "JsonB": "jsonb", "Real": "real",
    "DoublePrecision": "double precision", "Money": "money", "Bit": "bit", "VarBit": "varbit", "Time": "time",
    "ByteA": "bytea", "Boolean": "boolean",
}  # fmt: skip
_ACTIONS: Final = {
    "Cascade": "CASCADE", "Restrict": "RESTRICT", "NoAction": "NO ACTION", "SetNull": "SET NULL",
    "SetDefault": "SET DEFAULT",
}  # fmt: skip
_LONGEST: Final = 63


@dataclass(slots=True)
class _Line:
    number: int
    text: str


@dataclass(slots=True)
class _Field:
    name: str
    type: str
    many: bool
    optional: bool
    attributes: str
    line: int
    text: str

    @property
    def column(self) -> str:
        return _string(_arguments(self.attributes, "@map")) or self.name

    def has(self, attribute: str) -> bool:
        return re.search(rf"(?<!@){re.escape(attribute)}\b", self.attributes) is not None


@dataclass(slots=True)
class _Model:
    name: str
    line: int
    lines: list[_Line] = field(default_factory=list)

    @property
    def fields(self) -> list[_Field]:
        found = []
        for line in self.lines:
            match = _FIELD.match(line.text)
            if match is not None and not line.text.lstrip().startswith("@@"):
                name, kind, many, optional, attributes = match.groups()
                found.append(
                    _Field(name, kind, bool(many), bool(optional), attributes, line.number, line.text.strip())
                )
        return found

    def blocks(self, attribute: str) -> list[tuple[str, _Line]]:
        return [
            (_arguments(line.text, attribute), line)
            for line in self.lines
            if re.match(rf"\s*{attribute}\b", line.text)
        ]

    @property
    def table(self) -> str:
        found = self.blocks("@@map")
        return (_string(found[0][0]) if found else "") or self.name

    @property
    def schema(self) -> str:
        found = self.blocks("@@schema")
        return (_string(found[0][0]) if found else "") or "public"

    @property
    def sql(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.table)}"


def prisma_statements(text: str, label: str) -> Iterator[Statement]:
    """Give the statements, each with the place in the schema that it comes from.

    Raises UsageError for a schema that is for another database, or that leaves a block open.
    """
    blocks = list(_blocks(text, label))
    sources = [model for kind, model in blocks if kind == "datasource"]
    settings = "\n".join(line.text for model in sources for line in model.lines)
    provider = re.search(r'provider\s*=\s*"(\w+)"', settings)
    if provider is not None and provider.group(1) not in {"postgresql", "postgres", "cockroachdb"}:
        raise UsageError(
            f"{label} is for {provider.group(1)}, not for PostgreSQL.", next_step="Name another file."
        )
    without_keys = re.search(r'relationMode\s*=\s*"prisma"', settings) is not None
    models = {model.name: model for kind, model in blocks if kind == "model"}
    enums = {model.name: model for kind, model in blocks if kind == "enum"}
    schemas = sorted({model.schema for model in (*models.values(), *enums.values())} - {"public"})
    for schema in schemas:
        yield Statement(f"CREATE SCHEMA {quoted(schema)}", 1, 1, shown=f'@@schema("{schema}")')
    if any("@db.Citext" in each.attributes for model in models.values() for each in model.fields):
        yield Statement("CREATE EXTENSION citext", 1, 1, shown="@db.Citext")
    for enum in enums.values():
        yield Statement(f"CREATE TYPE {enum.sql} AS ENUM ()", enum.line, 1, shown=f"enum {enum.name}")
    known = {model.name for _, model in blocks}
    for model in models.values():
        yield from _unknown_types(model, enums, known)
        yield _create_table(model, enums)
    for model in models.values():
        yield from _indexes(model)
    if not without_keys:
        for model in models.values():
            yield from _foreign_keys(model, models)
    yield from _join_tables(models, enums, without_keys=without_keys)


def _blocks(text: str, label: str) -> Iterator[tuple[str, _Model]]:
    current: tuple[str, _Model] | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        line = _without_comment(raw)
        if current is None:
            match = _BLOCK.match(line)
            if match is not None:
                current = (match.group(1), _Model(match.group(2), number))
        elif line.strip() == "}":
            yield current
            current = None
        elif line.strip():
            current[1].lines.append(_Line(number, line))
    if current is not None:
        raise UsageError(
            f"{label}:{current[1].line}: {current[0]} {current[1].name} is never closed.", next_step="Mend it."
        )


def _without_comment(line: str) -> str:
    in_string = False
    for at, character in enumerate(line):
        if character == '"':
            in_string = not in_string
        elif not in_string and line.startswith("//", at):
            return line[:at]
    return line


def _arguments(text: str, attribute: str) -> str:
    """Give what stands in an attribute's parentheses."""
    found = re.search(rf"(?<![@\w]){re.escape(attribute)}\s*\(", text)
    if found is None:
        return ""
    depth, begin = 1, found.end()
    for at in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[begin:at]
    return ""


def _string(arguments: str) -> str:
    """Give the text among arguments that stands first or is called name or map."""
    found = re.search(r'^(?:\s*(?:name|map)\s*:)?\s*"([^"]*)"', arguments)
    return found.group(1) if found is not None else ""


def _named(arguments: str) -> str:
    found = re.search(r'\bmap\s*:\s*"([^"]*)"', arguments)
    return found.group(1) if found is not None else ""


def _listed(arguments: str, name: str = "") -> list[str]:
    pattern = rf"\b{name}\s*:\s*\[([^\]]*)\]" if name else r"\[([^\]]*)\]"
    found = re.search(pattern, arguments)
    if found is None:
        return []
    return [
        match.group(1) for each in found.group(1).split(",") if (match := re.match(r"\s*(\w+)", each)) is not None
    ]


def _type(field: _Field, enums: Mapping[str, _Model]) -> str | None:
    """Give a field's type in SQL, None for a relation."""
    if field.type.startswith("Unsupported"):
        return field.type.split('"')[1]
    native = re.search(r"@db\.(\w+)(?:\(([^)]*)\))?", field.attributes)
    if native is not None:
        name, modifier = native.group(1), native.group(2)
        said = f"({modifier})" if modifier else ""
        if name in {"Timestamptz", "Timetz"}:
            return f"{name[:-2].lower()}{said} with time zone"
        return f"{_NATIVE.get(name, name.lower())}{said}"
    if field.type in enums:
        return enums[field.type].sql
    return _SCALARS.get(field.type)


def _create_table(model: _Model, enums: Mapping[str, _Model]) -> Statement:
    parts: list[str] = []
    shown = [f"model {model.name} {{"]
    keys: list[str] = []
    for each in model.fields:
        kind = _type(each, enums)
        if kind is None:
            continue
        serial = each.has("@default") and "autoincrement()" in each.attributes
        if serial:
            kind = {"smallint": "smallserial", "bigint": "bigserial"}.get(kind, "serial")
        null = "" if each.optional or (each.many and not serial) else " NOT NULL"
        parts.append(
            f"{quoted(each.column)} {kind}{'[]' if each.many else ''}{null}{'' if serial else _default(each)}"
        )
        if each.has("@id"):
            keys = [each.column]
        shown.append(f"  {each.text}")
    name = f"{model.table}_pkey"
    for arguments, _ in model.blocks("@@id"):
        keys = _columns(model, _listed(arguments))
        name = _named(arguments) or name
    for each in model.fields:
        if each.has("@id"):
            name = _named(_arguments(each.attributes, "@id")) or name
    if keys:
        parts.append(f"CONSTRAINT {quoted(name)} PRIMARY KEY ({', '.join(map(quoted, keys))})")
    return Statement(f"CREATE TABLE {model.sql} ({', '.join(parts)})", model.line, 1, shown="\n".join(shown))


def _unknown_types(model: _Model, enums: Mapping[str, _Model], known: set[str]) -> Iterator[Statement]:
    for each in model.fields:
        if _type(each, enums) is None and each.type not in known:
            yield Statement(each.text, each.line, 1, fault=f"there is no type {each.type} in this schema")


def _default(field: _Field) -> str:  # noqa: PLR0911 - one line for each case
    said = _arguments(field.attributes, "@default").strip()
    if not said or said.startswith(("cuid(", "uuid(", "ulid(", "nanoid(", "auto(")):
        return ""
    if said.startswith("now("):
        return " DEFAULT CURRENT_TIMESTAMP"
    if said.startswith("dbgenerated("):
        inner = said.removeprefix("dbgenerated(").removesuffix(")").strip().strip('"').replace('\\"', '"')
        return f" DEFAULT {inner}" if inner else ""
    if said.startswith("["):
        return " DEFAULT ARRAY[]::text[]" if field.type == "String" else ""
    if said.startswith('"'):
        return " DEFAULT '" + said.strip('"').replace("'", "''") + "'"
    if said in {"true", "false"} or re.fullmatch(r"-?[\d.]+", said):
        return f" DEFAULT {said}"
    return " DEFAULT '" + said.replace("'", "''") + "'"


def _columns(model: _Model, names: list[str]) -> list[str]:
    by_name = {each.name: each.column for each in model.fields}
    return [by_name.get(name, name) for name in names]


def _called(table: str, columns: list[str], ending: str) -> str:
    """Give the name that Prisma makes: cut before its ending."""
    base = "_".join([table, *columns])
    return base.encode()[: _LONGEST - len(ending) - 1].decode(errors="ignore") + f"_{ending}"


def _indexes(model: _Model) -> Iterator[Statement]:
    for each in model.fields:
        if each.has("@unique"):
            name = _named(_arguments(each.attributes, "@unique")) or _called(model.table, [each.column], "key")
            sql = f"CREATE UNIQUE INDEX {quoted(name)} ON {model.sql} ({quoted(each.column)})"
            yield Statement(sql, each.line, 1, shown=each.text)
    for attribute, word, ending in (("@@unique", "UNIQUE ", "key"), ("@@index", "", "idx")):
        for arguments, line in model.blocks(attribute):
            columns = _columns(model, _listed(arguments))
            method = re.search(r"\btype\s*:\s*(\w+)", arguments)
            using = f" USING {method.group(1).lower()}" if method is not None else ""
            name = _named(arguments) or _called(model.table, columns, ending)
            sql = f"CREATE {word}INDEX {quoted(name)} ON {model.sql}{using} ({', '.join(map(quoted, columns))})"
            yield Statement(sql, line.number, 1, shown=line.text.strip())


def _foreign_keys(model: _Model, models: Mapping[str, _Model]) -> Iterator[Statement]:
    by_name = {each.name: each for each in model.fields}
    for each in model.fields:
        arguments = _arguments(each.attributes, "@relation")
        own = _listed(arguments, "fields")
        if each.type not in models or not own:
            continue
        target = models[each.type]
        optional = any(by_name[name].optional for name in own if name in by_name)
        on_delete = re.search(r"\bonDelete\s*:\s*(\w+)", arguments)
        on_update = re.search(r"\bonUpdate\s*:\s*(\w+)", arguments)
        deleting = _ACTIONS.get(on_delete.group(1) if on_delete else "", "SET NULL" if optional else "RESTRICT")
        updating = _ACTIONS.get(on_update.group(1) if on_update else "", "CASCADE")
        columns = _columns(model, own)
        theirs = _columns(target, _listed(arguments, "references"))
        name = _named(arguments) or _called(model.table, columns, "fkey")
        sql = (
            f"ALTER TABLE {model.sql} ADD CONSTRAINT {quoted(name)} "
            f"FOREIGN KEY ({', '.join(map(quoted, columns))}) "
            f"REFERENCES {target.sql} ({', '.join(map(quoted, theirs))}) ON DELETE {deleting} ON UPDATE {updating}"
        )
        yield Statement(sql, each.line, 1, shown=each.text)


def _join_tables(
    models: Mapping[str, _Model], enums: Mapping[str, _Model], *, without_keys: bool
) -> Iterator[Statement]:
    """Give the tables of many-to-many relations that no model stands for."""
    seen: set[str] = set()
    for model in models.values():
        for each in model.fields:
            if each.type not in models or not each.many:
                continue
            name = _string(_arguments(each.attributes, "@relation"))
            other = models[each.type]
            back = [
                one for one in other.fields
                if one.type == model.name and one.many and one is not each
                and _string(_arguments(one.attributes, "@relation")) == name
                and (other is not model or one.name != each.name)
            ]  # fmt: skip
            if not back:
                continue
            first, second = sorted((model, other), key=lambda one: one.name)
            table = f"_{name or f'{first.name}To{second.name}'}"
            if table in seen:
                continue
            seen.add(table)
            yield from _join_table(table, (first, second), enums, each, without_keys=without_keys)


def _join_table(
    table: str, sides: tuple[_Model, _Model], enums: Mapping[str, _Model], place: _Field, *, without_keys: bool
) -> Iterator[Statement]:
    ids = [next((each for each in side.fields if each.has("@id")), None) for side in sides]
    if None in ids:
        return
    kinds = [_type(each, enums) for each in ids if each is not None]
    sql = f'CREATE TABLE {quoted(table)} ("A" {kinds[0]} NOT NULL, "B" {kinds[1]} NOT NULL'
    yield Statement(
        f'{sql}, CONSTRAINT {quoted(f"{table}_AB_pkey")} PRIMARY KEY ("A", "B"))', place.line, 1, shown=place.text
    )
    index = f'CREATE INDEX {quoted(f"{table}_B_index")} ON {quoted(table)} ("B")'
    yield Statement(index, place.line, 1, shown=place.text)
    for column, side, one in zip("AB", sides, ids, strict=True):
        if one is not None and not without_keys:
            key = (
                f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(f'{table}_{column}_fkey')} "
                f'FOREIGN KEY ("{column}") '
                f"REFERENCES {side.sql} ({quoted(one.column)}) ON DELETE CASCADE ON UPDATE CASCADE"
            )
            yield Statement(key, place.line, 1, shown=place.text)
