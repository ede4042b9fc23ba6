"""Turns what an operator types (keys, JSON, a condition) into a delete target."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from fkdash.catalog.names import nearest
from fkdash.catalog.table_name import quoted
from fkdash.errors import UsageError
from fkdash.preview.asked.condition import checked_condition
from fkdash.preview.model import DeleteTarget
from fkdash.shell import shell_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fkdash.catalog.model import Table
    from fkdash.preview.model import Key

_HOW: Final = "Choose the rows with --key, --keys-json or --where, or ask about every row with --all."


def chosen_target(
    table: Table,
    *,
    keys: Sequence[str] = (),
    keys_json: str | None = None,
    condition: str | None = None,
    everything: bool = False,
) -> DeleteTarget:
    """Give the target that the arguments describe; exactly one way of choosing rows must be used.

    Each of `keys` is `column=value`, or `column=value,column=value` for a composite
    key; single columns of one composite key may also stand in several. Raises
    UsageError.
    """
    ways = sum((bool(keys), keys_json is not None, condition is not None, everything))
    if ways != 1:
        what = "Nothing says which rows to delete." if not ways else "The rows are chosen in more than one way."
        raise UsageError(what, next_step=_HOW)
    if everything:
        return DeleteTarget(table.name)
    if condition is not None:
        checked = checked_condition(condition)
        # Every row in one statement: counted by table rather than row by row.
        return DeleteTarget(table.name, condition=None if checked.strip().lower() == "true" else checked)
    rows = keys_from_json(keys_json) if keys_json is not None else _typed_keys(table, keys)
    for row in rows:
        _check_columns(table, row)
    return DeleteTarget(table.name, keys=tuple(rows))


def keys_from_json(text: str) -> list[Key]:
    """Give the keys of a JSON array of objects, or of one object; raises UsageError for anything else."""
    try:
        # A number keeps all its digits: a numeric key has more of them than a float.
        found = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        why = "they are nested too deeply" if isinstance(error, RecursionError) else error
        raise UsageError(f"The keys are not JSON: {why}.", next_step=_json_help()) from None
    rows = [found] if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row for row in rows):
        raise UsageError("The keys are not an array of objects.", next_step=_json_help())
    return rows


def _typed_keys(table: Table, entries: Iterable[str]) -> list[Key]:
    rows: list[dict[str, object]] = [_typed_key(table, entry) for entry in entries]
    columns = [column for row in rows for column in row]
    if len(rows) > 1 and len(set(columns)) == len(columns):
        # Each entry names another column: together they are one composite key.
        return [{column: value for row in rows for column, value in row.items()}]
    return [*rows]


def _typed_key(table: Table, entry: str) -> dict[str, object]:
    """Read `a=1,b=2`; a comma that no column name follows belongs to the value."""
    row: dict[str, object] = {}
    last = ""
    for part in entry.split(","):
        name, equals, value = part.partition("=")
        column = _column_named(table, name) if equals else None
        if column is not None and column not in row:
            row[column], last = value, column
        elif last:
            row[last] = f"{row[last]},{part}"
        elif not equals:
            raise UsageError(
                f"{entry!r} is not column=value.", next_step=f"Write it as --key {shell_word(_example(table))}"
            )
        else:
            raise _unknown_column(table, name.strip())
    return row


def _column_named(table: Table, name: str) -> str | None:
    """Read a column's name as psql does: verbatim in double quotes, else folded, unless it is one as it stands."""
    bare = name.strip()
    if len(bare) > 1 and bare[0] == bare[-1] == '"':
        bare = bare[1:-1].replace('""', '"')
        return bare if bare in table.columns_by_name else None
    return next((spelling for spelling in (bare, bare.lower()) if spelling in table.columns_by_name), None)


def _check_columns(table: Table, row: Mapping[str, object]) -> None:
    for name in row:
        if name not in table.columns_by_name:
            raise _unknown_column(table, name)
        if row[name] is None:
            raise UsageError(
                f"{name} is NULL in a key, and no row is found by that.",
                next_step=f"Choose such rows with --where {shell_word(f'{quoted(name)} IS NULL')}.",
            )
    numbers = {table.columns_by_name[name].number for name in row}
    unique = [
        index for index in table.indexes if index.unique and index.predicate is None and 0 not in index.columns
    ]
    if not unique or any(set(index.columns) <= numbers for index in unique):
        return
    wanted = ", ".join(table.primary_key) or ", ".join(
        table.columns_by_number[number].name for number in unique[0].columns
    )
    raise UsageError(
        f"{', '.join(row)} is not a key of {table.name}: a key has the columns {wanted}.",
        next_step="Give all of them, or choose the rows with --where.",
    )


def _unknown_column(table: Table, name: str) -> UsageError:
    hint = nearest(name, table.columns_by_name)
    known = f"It has {', '.join(table.columns_by_name)}."
    return UsageError(f"{table.name} has no column {name!r}.", next_step=f"{hint} {known}".strip())


def _example(table: Table) -> str:
    return ",".join(f"{name}=..." for name in table.primary_key or ("id",))


def _json_help() -> str:
    return 'Write them as [{"id": 1}, {"id": 2}], a composite key with all its columns.'
