"""Queries that tell whether a step has taken effect; a missing object makes them false, not fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.db.literals import literal

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName


def regclass(table: TableName) -> str:
    """Give an expression for the table's OID, NULL where it does not exist."""
    return f"to_regclass({literal(table.sql)})"


def constraint_oid(table: TableName, name: str) -> str:
    """Give a subquery for a constraint's OID."""
    return f"select oid from pg_constraint where conrelid = {regclass(table)} and conname = {literal(name)}"


def key_is(new: ForeignKey, old: ForeignKey, *, validated: bool = False) -> str:
    """Give a query that is true when the key of this name is `new` and no longer `old` (and validated, if asked).

    Re-creating a constraint changes its OID, which tells them apart where nothing else does.
    """
    conditions = [f"confdeltype = '{new.on_delete.letter}'", f"confupdtype = '{new.on_update.letter}'"]
    if new.delete_columns:
        names = ", ".join(literal(name) for name in sorted(new.delete_columns))
        conditions.append(
            "array(select attname::text from pg_attribute where attrelid = conrelid "
            f'and attnum = any (confdelsetcols) order by attname collate "C") = array[{names}]'
        )
    elif old.delete_columns:
        conditions.append("confdelsetcols is null")
    if new.enforced != old.enforced:
        conditions.append("conenforced" if new.enforced else "not conenforced")
    if validated:
        conditions.append("convalidated")
    elif old.validated and not new.validated:
        conditions.append("not convalidated")
    if old.oid is not None:
        conditions.append(f"oid <> {old.oid}")
    wanted = " and ".join(conditions)
    named = constraint_oid(new.table, new.name)
    return f"select exists (select from pg_constraint where oid = ({named}) and {wanted})"


def present(table: TableName, name: str, *, validated: bool = False) -> str:
    """Give a query that is true when the table has a constraint of this name."""
    condition = " and convalidated" if validated else ""
    return f"select exists ({constraint_oid(table, name)}{condition})"


def absent(table: TableName, name: str) -> str:
    """Give a query that is true when the table has no constraint of this name."""
    return f"select not exists ({constraint_oid(table, name)})"


def either(one: str, other: str) -> str:
    """Give a query that is true when one of two is: what a later step takes away has taken effect all the same."""
    return f"select ({one}) or ({other})"


def commented(table: TableName, name: str, text: str | None) -> str:
    """Give a query that is true when a constraint has this comment."""
    is_now = f"obj_description(({constraint_oid(table, name)}), 'pg_constraint')"
    return f"select {is_now} is not distinct from {'null' if text is None else literal(text)}"
