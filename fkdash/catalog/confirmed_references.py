"""References that no constraint declares and that an operator confirmed: `[references]` of fkdash.toml.

[references]
"workspace_members.workspace_id" = "workspaces.id"
"billing.lines.(tenant_id, order_id)" = "billing.orders.(tenant_id, id)"
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import undeclared
from fkdash.catalog.names import find_table, name_parts, nearest, typed
from fkdash.catalog.table_name import quoted
from fkdash.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey, Table

_SEVERAL: Final = re.compile(r"(?P<table>.+?)\s*\.?\s*\((?P<columns>.*)\)\s*", re.DOTALL)
_COLUMN: Final = re.compile(r'\s*("(?:[^"]|"")+"|[^",]+?)\s*(?:,|$)')


def with_known(catalog: Catalog, written: Mapping[str, str]) -> Catalog:
    """Give the same catalog with the references that an operator confirmed; raises as `known_references`."""
    return replace(catalog, known=known_references(catalog, written)) if written else catalog


def knowing_those_there(catalog: Catalog, written: Mapping[str, str]) -> tuple[Catalog, dict[str, str]]:
    """Give the catalog with the confirmed references that it has, and why it lacks each of the others."""
    known: list[ForeignKey] = []
    lacking: dict[str, str] = {}
    for own, theirs in written.items():
        try:
            known += known_references(catalog, {own: theirs})
        except UsageError as error:
            lacking[own] = error.what
    return (replace(catalog, known=tuple(known)) if known else catalog), lacking


def known_references(catalog: Catalog, written: Mapping[str, str]) -> tuple[ForeignKey, ...]:
    """Give the references as keys without a name that nothing enforces; those that are declared are left out.

    Raises UsageError for one that names no table or column, or as many columns on one side as not on the other.
    """
    found = []
    for own, theirs in written.items():
        table, columns = _side(catalog, own)
        referenced, referenced_columns = _side(catalog, theirs)
        if len(columns) != len(referenced_columns):
            raise UsageError(
                f'The reference "{own}" = "{theirs}" names {len(columns)} and {len(referenced_columns)} columns.',
                next_step='Write as many on each side: "lines.(tenant, id)" = "orders.(tenant, id)".',
            )
        key = undeclared(table.name, columns, referenced.name, referenced_columns)
        if not is_declared(key, catalog.declared_on.get(table.name, ())):
            found.append(key)
    return tuple(found)


def is_declared(key: ForeignKey, declared: Iterable[ForeignKey]) -> bool:
    """Tell whether one of the declared keys is about the same columns, in whatever order."""
    pairs = set(zip(key.columns, key.referenced_columns, strict=True))
    return any(
        each.referenced == key.referenced and set(zip(each.columns, each.referenced_columns, strict=True)) == pairs
        for each in declared
    )


def find_known(catalog: Catalog, text: str) -> ForeignKey | None:
    """Give the confirmed reference that `table.column` means, spelled as on the left side of `[references]`.

    None where it means none; raises UsageError where it means several.
    """
    try:
        table, columns = _side(catalog, text)
    except UsageError:
        return None
    found = [key for key in catalog.known if (key.table, key.columns) == (table.name, columns)]
    if len(found) > 1:
        named = ", ".join(str(key.referenced) for key in found)
        raise UsageError(f"{text} is confirmed as a reference to each of {named}.", next_step="Leave one of them.")
    return found[0] if found else None


def reference_name(key: ForeignKey) -> str:
    """Give a reference by its own side, as `find_known` reads it: `public.a.b_id`, `public.a.(b_id, c)`."""
    own = typed(key.columns) if len(key.columns) == 1 else f"({', '.join(map(quoted, key.columns))})"
    return f"{typed(key.table)}.{own}"


def spelled_reference(key: ForeignKey) -> str:
    """Give a reference as `[references]` has it: `"public.a.b_id" = "public.b.id"`."""
    return f"{_quoted(str(key.table), key.columns)} = {_quoted(str(key.referenced), key.referenced_columns)}"


def _quoted(table: str, columns: tuple[str, ...]) -> str:
    said = f"{table}.{columns[0]}" if len(columns) == 1 else f"{table}.({', '.join(columns)})"
    return '"' + said.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _side(catalog: Catalog, text: str) -> tuple[Table, tuple[str, ...]]:
    several = _SEVERAL.fullmatch(text)
    if several is not None:
        table = find_table(catalog, several["table"])
        return table, tuple(_column(table, each) for each in _COLUMN.findall(several["columns"]))
    verbatim = [
        (table, name)
        for table in catalog.tables.values()
        for name in table.columns_by_name
        if text in (f"{table.name}.{name}", f"{table.name.name}.{name}")
    ]
    if len(verbatim) == 1:
        return verbatim[0][0], (verbatim[0][1],)
    *table_parts, column = name_parts(text)
    if not table_parts:
        raise UsageError(f'The reference "{text}" names no table.', next_step='Write it as "table.column".')
    table = find_table(catalog, typed(table_parts))
    return table, (_column(table, quoted(column)),)


def _column(table: Table, text: str) -> str:
    [name] = name_parts(text) if text.startswith('"') else (text.strip(),)
    found = next((each for each in (name, name.lower()) if each in table.columns_by_name), None)
    if found is None:
        hint = nearest(name, table.columns_by_name)
        raise UsageError(
            f'The reference names the column "{name}", which {table.name} does not have.',
            next_step=f"{hint} It has {', '.join(table.columns_by_name)}.".strip(),
        )
    return found
