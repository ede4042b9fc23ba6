"""Lets columns be NULL, and the way back, which works only while none is.

DROP NOT NULL changes the catalog only. SET NOT NULL would read the whole table under ACCESS EXCLUSIVE,
so the way back proves it first by a constraint that is validated without stopping anybody (ALTER TABLE,
"SET NOT NULL"; from 18 on "ADD CONSTRAINT ... NOT NULL ... NOT VALID").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import quoted
from fkdash.fix.definition import literal, validate
from fkdash.fix.plan import SHORT_LOCK_MS, Duration, Lock, LockMode, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, Column, Table, TableName

_NAMED_NOT_NULL_SINCE: Final = 180000
_BACKSTOP_MS: Final = 2 * SHORT_LOCK_MS + 1000
_LONGEST_NAME: Final = 63


def drop_not_null_steps(catalog: Catalog, targets: Sequence[tuple[Table, Column]]) -> tuple[Step, ...]:
    """Give one step for each table whose columns are to accept NULL."""
    by_table: dict[TableName, list[Column]] = {}
    for table, column in targets:
        by_table.setdefault(table.name, []).append(column)
    return tuple(
        _step(catalog, number, catalog.tables[name], columns)
        for number, (name, columns) in enumerate(by_table.items(), start=1)
    )


def restore_not_null(catalog: Catalog, targets: Sequence[tuple[Table, Column]]) -> tuple[str, ...]:
    """Give the statements that make the columns NOT NULL again, each for a transaction of its own."""
    named = catalog.server is not None and catalog.server.version_number >= _NAMED_NOT_NULL_SINCE
    statements: list[str] = []
    for table, column in targets:
        statements += _restore_named(table, column) if named else _restore_by_check(table, column)
    return tuple(statements)


def _step(catalog: Catalog, number: int, table: Table, columns: Sequence[Column]) -> Step:
    actions = ",\n".join(f"  ALTER COLUMN {quoted(column.name)} DROP NOT NULL" for column in columns)
    names = ", ".join(literal(column.name) for column in columns)
    return Step(
        number=number,
        title="allow NULL",
        sql=f"ALTER TABLE {table.name.sql}\n{actions}",
        transaction=number,
        locks=tuple(
            Lock(each.name, LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT)
            for each in catalog.with_partitions(table.name)
        ),
        lock_timeout_ms=SHORT_LOCK_MS,
        statement_timeout_ms=_BACKSTOP_MS,
        undo=";\n".join(restore_not_null(catalog, [(table, column) for column in columns])),
        done_when=f"select not bool_or(attnotnull) from pg_attribute where attrelid = "
        f"{literal(table.name.sql)}::regclass and attname in ({names})",
        reserve=table.name,
    )


def _restore_named(table: Table, column: Column) -> list[str]:
    name = column.not_null_constraint or f"{table.name.name}_{column.name}_not_null"[:_LONGEST_NAME]
    return [
        f"ALTER TABLE {table.name.sql} ADD CONSTRAINT {quoted(name)} NOT NULL {quoted(column.name)} NOT VALID",
        validate(table.name, name),
    ]


def _restore_by_check(table: Table, column: Column) -> list[str]:
    proof = f"fkdash_{column.number}_not_null"
    check = f"CHECK ({quoted(column.name)} IS NOT NULL)"
    return [
        f"ALTER TABLE {table.name.sql} ADD CONSTRAINT {quoted(proof)} {check} NOT VALID",
        validate(table.name, proof),
        f"ALTER TABLE {table.name.sql} ALTER COLUMN {quoted(column.name)} SET NOT NULL",
        f"ALTER TABLE {table.name.sql} DROP CONSTRAINT {quoted(proof)}",
    ]
