"""Gives columns a default that an operator names, and the one they had back; the catalog changes, no row does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import quoted
from fkdash.db.literals import literal
from fkdash.fix.plan import DEFAULT, Duration, Lock, LockMode, Step
from fkdash.fix.statements.redeclaring import short
from fkdash.fix.statements.took_effect import regclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.catalog.model import Catalog
    from fkdash.catalog.table_name import TableName


def default_step(catalog: Catalog, table: TableName, defaults: Mapping[str, str], transaction: int) -> Step:
    """Give the step that sets defaults, as expressions; it is done when none is what it was."""
    columns = catalog.tables[table].columns_by_name
    changed = [f"not ({_is(catalog, table, name, columns[name].default)})" for name in defaults]
    return _step(table, defaults, f"select {' and '.join(changed)}", transaction)


def restore_step(catalog: Catalog, table: TableName, names: tuple[str, ...], transaction: int) -> Step:
    """Give the step that gives columns back the defaults they have in `catalog`, or none."""
    columns = catalog.tables[table].columns_by_name
    before = {name: columns[name].default for name in names}
    restored = [f"({_is(catalog, table, name, text)})" for name, text in before.items()]
    return _step(table, before, f"select {' and '.join(restored)}", transaction)


def _step(table: TableName, defaults: Mapping[str, str | None], done_when: str, transaction: int) -> Step:
    actions = ",\n".join(
        f"  ALTER COLUMN {quoted(name)} " + ("DROP DEFAULT" if text is None else f"SET DEFAULT {text}")
        for name, text in defaults.items()
    )
    locks = (Lock(table, LockMode.ACCESS_EXCLUSIVE, Duration.INSTANT),)
    # Partitions and heirs may have defaults of their own; the key writes that of the table it is declared on.
    statement = f"ALTER TABLE ONLY {table.sql}\n{actions}"
    return short(DEFAULT, statement, transaction, locks, done_when, reserve=table)


def _is(catalog: Catalog, table: TableName, column: str, text: str | None) -> str:
    """Give a query that is true when the column's default is this expression, as the catalog reader spells it."""
    number = catalog.tables[table].columns_by_name[column].number
    wanted = "null" if text is None else literal(text)
    return (
        "select (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d "
        f"where d.adrelid = {regclass(table)} and d.adnum = {number} and s.path <> '') "
        f"is not distinct from {wanted} "
        "from (select set_config('search_path', 'pg_catalog', true) as path) s"
    )
