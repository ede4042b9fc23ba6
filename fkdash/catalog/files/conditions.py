"""Conditions that guarded blocks ask of the catalog: EXISTS over pg_catalog or information_schema, to_regclass.

A condition that is not understood is None, unknown; nothing is guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.state import RefusedError, State
from fkdash.catalog.files.tokens import QUOTED, STRING, WORD, Cursor, NotReadError
from fkdash.catalog.files.types import spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = dict[str, object]
_ACTIONS: Final = {"NO ACTION": "a", "RESTRICT": "r", "CASCADE": "c", "SET NULL": "n", "SET DEFAULT": "d"}
_KINDS: Final = {"p": "PRIMARY KEY", "u": "UNIQUE", "f": "FOREIGN KEY", "c": "CHECK"}


class _UnknownError(Exception):
    """The condition is not understood."""


def holds(state: State, cursor: Cursor) -> bool | None:
    """Tell whether a condition holds; None where that is not known."""
    try:
        found = _either(state, cursor)
        cursor.finish()
    except (_UnknownError, NotReadError):
        return None
    return found


def _either(state: State, cursor: Cursor) -> bool:
    found = _both(state, cursor)
    while cursor.take("or"):
        found = _both(state, cursor) or found
    return found


def _both(state: State, cursor: Cursor) -> bool:
    found = _one(state, cursor)
    while cursor.take("and"):
        found = _one(state, cursor) and found
    return found


def _one(state: State, cursor: Cursor) -> bool:  # noqa: PLR0911 - one line for each case
    if cursor.take("not"):
        return not _one(state, cursor)
    if cursor.take("true"):
        return True
    if cursor.take("false"):
        return False
    if cursor.take("exists"):
        begin, end = cursor.pass_parentheses()
        return any(_rows(state, Cursor(cursor.text, cursor.tokens[begin:end])))
    if cursor.sees("(", "select"):
        return _scalar(state, cursor)
    if cursor.sees("("):
        begin, end = cursor.pass_parentheses()
        inner = Cursor(cursor.text, cursor.tokens[begin:end])
        found = _either(state, inner)
        inner.finish()
        return found
    cursor.take("pg_catalog", ".")
    if cursor.take("to_regclass") or cursor.take("to_regtype"):
        is_type = cursor.tokens[cursor.at - 1].value == "to_regtype"
        cursor.want("(")
        name = Cursor(cursor.string()).qualified()
        if cursor.take("::"):
            cursor.word()
        cursor.want(")")
        there = (state.find_type(name) if is_type else state.find(name)) is not None
        cursor.want("is")
        negated = cursor.take("not")
        cursor.want("null")
        return there is negated
    raise _UnknownError


def _scalar(state: State, cursor: Cursor) -> bool:
    """Read `(SELECT count(*) …) = 0` and the like."""
    begin, end = cursor.pass_parentheses()
    inner = Cursor(cursor.text, cursor.tokens[begin:end])
    inner.want("select")
    if not inner.sees("count", "("):
        raise _UnknownError
    inner.at = 0
    count = sum(1 for _ in _rows(state, inner))
    operator = cursor.now.value
    cursor.at += 1
    number = int(cursor.now.value) if cursor.now.kind == "number" else -1
    cursor.at += 1
    if operator == "=":
        return count == number
    if operator == ">":
        return count > number
    if operator == "<":
        return count < number
    raise _UnknownError


def _rows(state: State, cursor: Cursor) -> Iterator[Row]:
    """Give the rows of a query over the catalog that its conditions leave."""
    sources = _sources(cursor)
    name = next((each for each in sources if each not in {"pg_namespace", "pg_class"}), sources[0])
    rows = _TABLES.get(name)
    if rows is None:
        raise _UnknownError
    tests: list[Callable[[Row], bool]] = []
    if cursor.take("where"):
        tests = _tests(state, cursor)
    if cursor.take("limit"):
        cursor.at += 1
    cursor.take(";")
    cursor.finish()
    for row in rows(state):
        if all(test(row) for test in tests):
            yield row


def _sources(cursor: Cursor) -> list[str]:
    """Take SELECT up to its WHERE and give the catalogs that it is from."""
    cursor.want("select")
    while not cursor.take("from"):
        if cursor.done or cursor.sees_any({"where", "union"}):
            raise _UnknownError
        cursor.at += 1
    sources = [_source(cursor)]
    while True:
        if cursor.take(","):
            sources.append(_source(cursor))
            continue
        cursor.take("inner")
        if not cursor.take("join"):
            break
        sources.append(_source(cursor))
        cursor.want("on")
        closing = cursor.take("(")
        _link(cursor)
        while cursor.take("and"):
            _link(cursor)
        if closing:
            cursor.want(")")
    return sources


def _tests(state: State, cursor: Cursor) -> list[Callable[[Row], bool]]:
    found = [_test(state, cursor)]
    while cursor.take("and"):
        found.append(_test(state, cursor))
    return found


def _source(cursor: Cursor) -> str:
    name = cursor.qualified()
    if len(name) > 1 and name[-2] not in {"pg_catalog", "information_schema"}:
        raise _UnknownError
    cursor.take("as")
    if cursor.now.kind in {WORD, QUOTED} and not cursor.sees_any(
        {"where", "join", "inner", "on", "left", "limit", "union", "group", "order", "cross", "natural"}
    ):
        cursor.name()
    return name[-1] if len(name) == 1 or name[-2] == "pg_catalog" else f"information_schema.{name[-1]}"


def _link(cursor: Cursor) -> None:
    """Pass over the condition of a join between catalogs, which the rows have in them already."""
    left = _column(cursor)
    cursor.want("=")
    right = _column(cursor)
    if "oid" not in {left, right} and left != right:
        raise _UnknownError


def _column(cursor: Cursor) -> str:
    return cursor.qualified()[-1]


def _test(state: State, cursor: Cursor) -> Callable[[Row], bool]:
    if cursor.take("not"):
        inner = _test(state, cursor)
        return lambda row: not inner(row)
    folding = cursor.take("lower", "(")
    if not folding and cursor.take("("):
        tests = _tests(state, cursor)
        cursor.want(")")
        return lambda row: all(test(row) for test in tests)
    return _comparison(state, cursor, folding=folding)


def _comparison(state: State, cursor: Cursor, *, folding: bool) -> Callable[[Row], bool]:
    column = _column(cursor)
    if folding:
        cursor.want(")")
    if cursor.take("::"):
        cursor.word()

    def value(row: Row) -> object:
        if column not in row:
            raise _UnknownError
        found = row[column]
        return found.lower() if folding and isinstance(found, str) else found

    if cursor.take("in"):
        cursor.want("(")
        wanted = {_value(state, cursor)}
        while cursor.take(","):
            wanted.add(_value(state, cursor))
        cursor.want(")")
        return lambda row: value(row) in wanted
    negated = cursor.take("<>") or cursor.take("!=")
    if negated or cursor.take("="):
        other = _value_or_column(state, cursor)
        if other is None:
            # A join in the old way: rows have both sides in them.
            return lambda row: value(row) is not _UnknownError
        return lambda row: (value(row) == other) is not negated
    # A plain Boolean column.
    if cursor.done or cursor.sees_any({"and", ")", ";", "limit"}):
        return lambda row: value(row) is True
    raise _UnknownError


def _value_or_column(state: State, cursor: Cursor) -> object:
    if cursor.now.kind in {WORD, QUOTED} and cursor.ahead(1).value == "." and cursor.now.kind != STRING:
        _column(cursor)
        return None
    return _value(state, cursor)


def _value(state: State, cursor: Cursor) -> object:  # noqa: PLR0911 - one line for each case
    """Take a constant: a string, a regclass by its number, a Boolean, the current schema, a schema's number."""
    if cursor.now.kind == STRING:
        text = cursor.string()
        while cursor.take("::"):
            cast = cursor.qualified()[-1]
            if cast in {"regclass", "regtype"}:
                return _number(state, text, cast)
        return text
    if cursor.take("true"):
        return True
    if cursor.take("false"):
        return False
    if cursor.now.kind == "number":
        cursor.at += 1
        return int(cursor.tokens[cursor.at - 1].value)
    if cursor.take("current_schema"):
        cursor.take("(", ")")
        return next((name for name in state.path if name in state.schemas), None) or ""
    if cursor.sees("("):
        begin, end = cursor.pass_parentheses()
        inner = Cursor(cursor.text, cursor.tokens[begin:end])
        if inner.sees("select", "oid"):
            found = next(iter(_rows(state, inner)), None)
            return found["oid"] if found is not None else -1
    raise _UnknownError


def _number(state: State, text: str, cast: str) -> int:
    name = Cursor(text).qualified()
    if cast == "regclass":
        relation = state.find(name)
        if relation is None:
            raise RefusedError("42P01", f"there is no relation {text}")
        return relation.oid
    found = state.find_type(name)
    if found is None:
        raise _UnknownError
    return found.oid


def _constraints(state: State) -> Iterator[Row]:
    for each in state.constraints.values():
        table = state.relations.get(each.table)
        row: Row = {
            "conname": each.name,
            "contype": each.kind,
            "conrelid": each.table,
            "confrelid": each.referenced,
            "connamespace": each.schema,
            "convalidated": each.validated,
            "confdeltype": _ACTIONS[each.on_delete],
            "confupdtype": _ACTIONS[each.on_update],
            "nspname": state.schema_name(each.schema),
            "relname": table.name if table is not None else "",
            "oid": each.oid,
        }
        yield row


def _types(state: State) -> Iterator[Row]:
    for each in state.types.values():
        schema = state.schema_name(each.schema)
        kind = {"x": "b", "m": "m"}.get(each.kind, each.kind)
        yield {
            "typname": each.name,
            "typnamespace": each.schema,
            "nspname": schema,
            "oid": each.oid,
            "typtype": kind,
        }


def _classes(state: State) -> Iterator[Row]:
    for each in state.relations.values():
        schema = state.schema_name(each.schema)
        yield {
            "relname": each.name, "relnamespace": each.schema, "nspname": schema, "relkind": each.kind,
            "oid": each.oid, "relispartition": each.is_partition,
        }  # fmt: skip


def _columns(state: State) -> Iterator[Row]:
    for table in state.relations.values():
        schema = state.schema_name(table.schema)
        for each in table.columns if table.kind in "rpf" else ():
            yield {
                "table_schema": schema, "table_name": table.name, "column_name": each.name, "attrelid": table.oid,
                "attname": each.name, "attnotnull": each.not_null, "attisdropped": False, "relname": table.name,
                "nspname": schema, "is_nullable": "NO" if each.not_null else "YES", "table_catalog": _UnknownError,
                "data_type": "ARRAY" if each.type.array else spelled(state, each.type).split("(")[0]
                if each.type.builtin else "USER-DEFINED", "attnum": each.number,
            }  # fmt: skip


def _tables(state: State) -> Iterator[Row]:
    for each in state.relations.values():
        if each.kind in "rpfv":
            schema = state.schema_name(each.schema)
            kind = {"v": "VIEW", "f": "FOREIGN"}.get(each.kind, "BASE TABLE")
            yield {"table_schema": schema, "table_name": each.name, "table_type": kind, "schemaname": schema,
                   "tablename": each.name}  # fmt: skip


def _table_constraints(state: State) -> Iterator[Row]:
    for each in state.constraints.values():
        table = state.relations.get(each.table)
        if table is not None and each.kind in _KINDS:
            yield {
                "constraint_schema": state.schema_name(each.schema), "constraint_name": each.name,
                "table_schema": state.schema_name(table.schema), "table_name": table.name,
                "constraint_type": _KINDS[each.kind],
            }  # fmt: skip


def _indexes(state: State) -> Iterator[Row]:
    for each in state.relations.values():
        if each.index is not None:
            table = state.relations[each.index.table]
            yield {"schemaname": state.schema_name(each.schema), "indexname": each.name, "tablename": table.name}


def _schemas(state: State) -> Iterator[Row]:
    for name, oid in state.schemas.items():
        yield {"nspname": name, "schema_name": name, "oid": oid}


def _extensions(state: State) -> Iterator[Row]:
    for name in (*state.extensions, "plpgsql"):
        yield {"extname": name}


def _triggers(state: State) -> Iterator[Row]:
    for table in state.relations.values():
        for each in table.triggers:
            yield {"tgname": each.name, "tgrelid": table.oid, "relname": table.name, "trigger_name": each.name,
                   "event_object_table": table.name, "nspname": state.schema_name(table.schema)}  # fmt: skip


_TABLES: Final[dict[str, Callable[[State], Iterator[Row]]]] = {
    "pg_constraint": _constraints,
    "pg_type": _types,
    "pg_class": _classes,
    "pg_attribute": _columns,
    "pg_tables": _tables,
    "pg_indexes": _indexes,
    "pg_namespace": _schemas,
    "pg_extension": _extensions,
    "pg_trigger": _triggers,
    "information_schema.columns": _columns,
    "information_schema.tables": _tables,
    "information_schema.table_constraints": _table_constraints,
    "information_schema.schemata": _schemas,
    "information_schema.triggers": _triggers,
}
