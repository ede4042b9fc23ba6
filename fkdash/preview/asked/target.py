"""Turns a delete target into the condition that selects its rows, and finds them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from fkdash.catalog.postgres.node_tree import FIRST_OF_USERS
from fkdash.catalog.spelling import unlimited
from fkdash.catalog.table_name import listed, quoted
from fkdash.db.at_once import at_once
from fkdash.errors import ServerRefusedError, UsageError
from fkdash.preview.asked.condition import by_own_name, nearest_columns
from fkdash.preview.asked.own_path import refuse_volatile_in
from fkdash.preview.evaluating.equality import alias_beside, clause, plain_type
from fkdash.preview.model import Selection
from fkdash.sqlstates import UNDEFINED_COLUMN

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fkdash.db.session import Session
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.model import DeleteTarget
    from fkdash.preview.reader import Reader
    from fkdash.preview.row import RowId


def selection(facts: Facts, target: DeleteTarget) -> Selection:
    """Give the condition for a target; raises UsageError when the keys differ in their columns."""
    table = facts.tables[facts.target]
    by_name = table.columns_by_name
    if target.condition is not None:
        # On a line of its own, so that a comment at its end does not take the parenthesis along.
        condition = by_own_name(target.condition, target.table)
        return Selection(f"({condition}\n)", typed=condition)
    if target.keys is None:
        return Selection("true")
    if not target.keys:
        return Selection("false")
    columns = tuple(target.keys[0])
    if any(set(key) != set(columns) for key in target.keys):
        raise UsageError("The keys do not all have the same columns.", next_step="Give each key the same columns.")
    unknown = [column for column in columns if column not in by_name]
    if unknown:
        raise UsageError(
            f"{target.table} has no column {unknown[0]!r}.",
            next_step=f"It has {', '.join(by_name)}.",
        )
    name = quoted(table.name.name)
    keys = alias_beside(table.name.name, "fk$keys")
    tests = [
        _equals(
            facts,
            f"{name}.{quoted(column)}",
            f"{keys}.a{i}::{unlimited(plain_type(facts, by_name[column]))}",
            column,
        )
        for i, column in enumerate(columns)
    ]
    arrays = ", ".join(f"pg_catalog.unnest(${i + 1}::pg_catalog.text[])" for i in range(len(columns)))
    names = ", ".join(f"a{i}" for i in range(len(columns)))
    return Selection(
        condition=" AND ".join(tests),
        joined=f"CROSS JOIN ROWS FROM ({arrays}) AS {keys}({names})",
        arguments=tuple(
            [spelled(key[column], array=by_name[column].array) for key in target.keys] for column in columns
        ),
    )


def _equals(facts: Facts, column: str, given: str, name: str) -> str:
    """Give the test for a key's value, by the equality of the unique index when the type brought its own (citext).

    A rehearsed delete runs it under the application's path, where each name could mean something else.
    """
    for index in facts.tables[facts.target].indexes:
        for key in index.keys if index.unique else ():
            if key.column == name and (key.operator or 0) >= FIRST_OF_USERS:
                return clause(column, facts.operators[key.operator or 0], given)
    return f"{column} operator(pg_catalog.=) {given}"


def spelled(value: object, *, array: bool = False) -> str | None:
    """Give a JSON value as the text that the server casts to the column's type, which may be an array."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and array:
        return "{" + ",".join(_element(each) for each in value) + "}"
    return _json(value) if isinstance(value, dict | list) else str(value)


def _element(value: object) -> str:
    """Give an array's element as an array literal has it (manual, "Array Input and Output Syntax")."""
    if isinstance(value, list):
        return spelled(value, array=True) or ""
    text = spelled(value)
    return "NULL" if text is None else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _json(value: object) -> str:
    """Write JSON again as it came, numbers with all their digits."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_json(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


async def find_targets(
    reader: Reader, target: DeleteTarget, chosen: Selection, inheriting: Sequence[int]
) -> list[RowId]:
    """Give the rows to delete; raises UsageError when the server cannot use a key or the condition."""
    facts = reader.facts
    table = facts.tables[facts.target]
    members = [table, *(facts.tables[oid] for oid in inheriting)]
    if target.only and table.partitioned:
        return []
    rows: list[RowId] = []
    try:
        for member in members:
            rows += await reader.targets(member, table.name.name, chosen)
    except ServerRefusedError as error:
        raise refusal(target, error, table.columns_by_name) from None
    return rows


def refusal(target: DeleteTarget, error: ServerRefusedError, columns: Collection[str]) -> UsageError:
    """Give the usage error for a key or condition that the server refuses."""
    said = f"{error.said} (SQLSTATE {error.sqlstate})."
    if target.condition is not None:
        hint = nearest_columns(target.condition, columns) if error.sqlstate == UNDEFINED_COLUMN else ""
        known = f"{target.table} has {listed(columns)}."
        return UsageError(f"The server refuses the condition: {said}", next_step=f"{hint} {known}".strip())
    return UsageError(
        f"A key does not fit the columns of {target.table}: {said}",
        next_step="Give each key column a value of its type.",
    )


async def refuse_volatile(session: Session, target: DeleteTarget) -> None:
    """Raise UsageError when a condition may call a volatile function: its answer would not be the delete's."""
    if target.condition is None:
        return
    await refuse_volatile_in(session, target.condition, "The condition")


async def resolve_with_heirs(session: Session, target: DeleteTarget) -> tuple[int, list[int]]:
    """Give what `resolve` and `inheriting_tables` give, which is one wait."""
    async with at_once() as group:
        found = group.create_task(resolve(session, target))
        below = group.create_task(inheriting_tables(session, target))
    return found.result(), below.result()


async def inheriting_tables(session: Session, target: DeleteTarget) -> list[int]:
    """Give the OIDs of the tables that inherit from a plain table, whose rows DELETE without ONLY takes too."""
    if target.only:
        return []
    rows = await session.asked(
        "WITH RECURSIVE below(oid) AS ("
        " SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid"
        "  WHERE i.inhparent = (SELECT p.oid FROM pg_catalog.pg_class p JOIN pg_catalog.pg_namespace n"
        "  ON n.oid = p.relnamespace WHERE n.nspname = $1 AND p.relname = $2)"
        "  AND NOT c.relispartition AND c.relkind IN ('r', 'f')"
        " UNION SELECT i.inhrelid FROM below b JOIN pg_catalog.pg_inherits i ON i.inhparent = b.oid"
        "  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid"
        "  WHERE NOT c.relispartition AND c.relkind IN ('r', 'f'))"
        " SELECT oid::bigint AS oid FROM below ORDER BY 1",
        target.table.schema,
        target.table.name,
    )
    return [row["oid"] for row in rows]


async def resolve(session: Session, target: DeleteTarget) -> int:
    """Give the OID of the target's table; raises UsageError when it is no table one can delete from."""
    rows = await session.asked(
        "SELECT c.oid::bigint AS oid, c.relkind::text AS kind FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2",
        target.table.schema,
        target.table.name,
    )
    row = rows[0] if rows else None
    if row is None or row["kind"] not in ("r", "p", "f"):
        what = "does not exist" if row is None else "is not a table"
        raise UsageError(f"{target.table} {what}.", next_step="Run `fkdash list` to see the tables.")
    return int(row["oid"])
