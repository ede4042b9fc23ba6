"""Lets columns be NULL, and the way back, which works only while none is.

DROP NOT NULL changes the catalog only. SET NOT NULL would read the whole table under ACCESS EXCLUSIVE,
so the way back proves it first by a constraint that is validated without stopping anybody (ALTER TABLE,
"SET NOT NULL"; from 18 on "ADD CONSTRAINT ... NOT NULL ... NOT VALID").
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.table_name import quoted
from fkdash.db.literals import literal
from fkdash.fix.plan import BACKSTOP_MS, CHECK_ROWS, PATIENT_LOCK_MS, SHORT_LOCK_MS, Duration, Lock, LockMode, Step
from fkdash.fix.statements.definition import server_name, validate
from fkdash.fix.statements.took_effect import absent, present, regclass
from fkdash.versions import NOT_NULL_CONSTRAINTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, Column, Table
    from fkdash.catalog.table_name import TableName


def drop_not_null_steps(catalog: Catalog, targets: Sequence[tuple[Table, Column]]) -> tuple[Step, ...]:
    """Give one step for each table whose columns are to accept NULL."""
    by_table: dict[TableName, list[Column]] = {}
    for table, column in targets:
        by_table.setdefault(table.name, []).append(column)
    return tuple(
        _step(catalog, number, catalog.tables[name], columns)
        for number, (name, columns) in enumerate(by_table.items(), start=1)
    )


def restore_steps(catalog: Catalog, targets: Sequence[tuple[Table, Column]]) -> tuple[Step, ...]:
    """Give the steps that make the columns NOT NULL again; the check among them fails while a NULL is there."""
    steps: list[Step] = []
    for table, column in targets:
        first = steps[-1].transaction + 1 if steps else 1
        make = _restore_named if _named(catalog) else _restore_by_check
        steps += make(catalog, table, column, first)
    return tuple(replace(step, number=number) for number, step in enumerate(steps, start=1))


def undone_until(targets: Sequence[tuple[Table, Column]]) -> str:
    """Say how long there is a way back: what was NOT VALID before can be declared so at any time."""
    return "until a NULL is written" if any(column.not_null_validated for _, column in targets) else "any time"


def proves_no_null(steps: Sequence[Step], table: TableName, column: str) -> bool:
    """Tell whether the steps that lead back look for NULLs; they do not where a NOT NULL was NOT VALID before."""
    before, after = f"ALTER TABLE {table.sql} ADD CONSTRAINT ", f" NOT NULL {quoted(column)} NOT VALID"
    named = [
        step.sql.removeprefix(before).removesuffix(after)
        for step in steps
        if step.sql.startswith(before) and step.sql.endswith(after)
    ]
    checked = {step.sql for step in steps if step.title == CHECK_ROWS}
    return not named or any(f"ALTER TABLE {table.sql} VALIDATE CONSTRAINT {name}" in checked for name in named)


def refuses_null(table: TableName, column: str) -> str:
    """Give a query that is true when the column is NOT NULL."""
    return f"select {_refuses(table, column)}"


def abandon_steps(catalog: Catalog, targets: Sequence[tuple[Table, Column]]) -> tuple[Step, ...]:
    """Give the way back from a restoring that stopped halfway: what only proved the column goes again."""
    steps = []
    for number, (table, column) in enumerate(targets, start=1):
        name = _name(table, column) if _named(catalog) else _proof(column)
        clause = f" DROP CONSTRAINT IF EXISTS {quoted(name)}"
        step = _exclusive(catalog, table, "allow NULL", clause, number)
        steps.append(replace(step, number=number, done_when=absent(table.name, name)))
    return tuple(steps)


def _step(catalog: Catalog, number: int, table: Table, columns: Sequence[Column]) -> Step:
    actions = ",\n".join(f"  ALTER COLUMN {quoted(column.name)} DROP NOT NULL" for column in columns)
    names = ", ".join(literal(column.name) for column in columns)
    undo = ";\n".join(step.sql for step in restore_steps(catalog, [(table, column) for column in columns]))
    return replace(
        _exclusive(catalog, table, "allow NULL", f"\n{actions}", number),
        number=number,
        undo=undo,
        done_when=f"select not bool_or(attnotnull) from pg_attribute where attrelid = {regclass(table.name)} "
        f"and attname in ({names})",
    )


def _restore_named(catalog: Catalog, table: Table, column: Column, first: int) -> list[Step]:
    name = _name(table, column)
    clause = f" ADD CONSTRAINT {quoted(name)} NOT NULL {quoted(column.name)} NOT VALID"
    refuse = replace(_exclusive(catalog, table, "refuse NULL", clause, first), done_when=present(table.name, name))
    return [refuse, _validation(table, name, first + 1)] if column.not_null_validated else [refuse]


def _restore_by_check(catalog: Catalog, table: Table, column: Column, first: int) -> list[Step]:
    proof = _proof(column)
    not_null = _refuses(table.name, column.name)
    check = f" ADD CONSTRAINT {quoted(proof)} CHECK ({quoted(column.name)} IS NOT NULL) NOT VALID"
    set_not_null = f" ALTER COLUMN {quoted(column.name)} SET NOT NULL, DROP CONSTRAINT {quoted(proof)}"
    return [
        replace(
            _exclusive(catalog, table, "refuse NULL", check, first),
            done_when=f"select {not_null} or ({present(table.name, proof)})",
        ),
        replace(
            _validation(table, proof, first + 1),
            done_when=f"select {not_null} or ({present(table.name, proof, validated=True)})",
        ),
        replace(_exclusive(catalog, table, "NOT NULL", set_not_null, first + 2), done_when=f"select {not_null}"),
    ]


def _refuses(table: TableName, column: str) -> str:
    return (
        f"exists (select from pg_attribute where attrelid = {regclass(table)} "
        f"and attname = {literal(column)} and attnotnull)"
    )


def _named(catalog: Catalog) -> bool:
    return catalog.server is not None and catalog.server.major >= NOT_NULL_CONSTRAINTS


def _name(table: Table, column: Column) -> str:
    """Give the NOT NULL's own name, else one as the server makes it."""
    if column.not_null_constraint is not None:
        return column.not_null_constraint
    return server_name(table.name.name, column.name, "not_null")


def _proof(column: Column) -> str:
    return f"fkdash_{column.number}_not_null"


def _exclusive(catalog: Catalog, table: Table, title: str, clause: str, transaction: int) -> Step:
    return Step(
        number=0,
        title=title,
        sql=f"ALTER TABLE {table.name.sql}{clause}",
        transaction=transaction,
        locks=tuple(
            Lock(name, LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT)
            for name in (
                *(each.name for each in catalog.with_partitions(table.name)),
                *catalog.inheriting(table.name),
            )
        ),
        lock_timeout_ms=SHORT_LOCK_MS,
        statement_timeout_ms=BACKSTOP_MS,
        done_when="",
        reserve=table.name,
    )


def _validation(table: Table, constraint: str, transaction: int) -> Step:
    return Step(
        number=0,
        title=CHECK_ROWS,
        sql=validate(table.name, constraint),
        transaction=transaction,
        locks=(Lock(table.name, LockMode.SHARE_UPDATE_EXCLUSIVE, Duration.SCAN),),
        lock_timeout_ms=PATIENT_LOCK_MS,
        statement_timeout_ms=0,
        done_when=present(table.name, constraint, validated=True),
        reserve=table.name,
    )
