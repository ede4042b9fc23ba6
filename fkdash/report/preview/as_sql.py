"""A preview as SQL: the SELECTs behind its numbers, and the DELETE, to paste into psql."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from fkdash.catalog.table_name import quoted
from fkdash.db.literals import literal
from fkdash.db.text import plain
from fkdash.pasting import PSQL_SETTINGS, SETTINGS, for_psql, in_comment, with_constants
from fkdash.preview.asked.target import spelled
from fkdash.report.preview.delete import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.preview.asked_statements import Asked, Hearing
    from fkdash.preview.model import DeleteTarget, Preview

_PINNED: Final = "SET LOCAL search_path = pg_catalog, pg_temp;"
_OWN: Final = "SET LOCAL search_path TO DEFAULT;"


def preview_sql(preview: Preview, hearing: Hearing) -> str:
    """Give a script that changes nothing: the DELETE stands in it as a comment."""
    return "".join(f"{line}\n" for line in _lines(preview, hearing))


def delete_sql(target: DeleteTarget) -> str:
    """Give the DELETE that was asked about, without a semicolon."""
    table = f"{'ONLY ' if target.only else ''}{target.table.sql}"
    if target.condition is not None:
        return f"DELETE FROM {table} WHERE ({target.condition}\n)"
    if target.keys is None:
        return f"DELETE FROM {table}"
    keys = (
        " AND ".join(f"{quoted(name)} = {_constant(value)}" for name, value in key.items()) for key in target.keys
    )
    return f"DELETE FROM {table} WHERE {' OR '.join(f'({key})' for key in keys) or 'false'}"


def _lines(preview: Preview, hearing: Hearing) -> Iterator[str]:
    yield f"-- fkdash preview: {in_comment(sentence(preview))}"
    yield "-- It was answered with these statements. Nothing here changes anything."
    yield from PSQL_SETTINGS.splitlines()
    yield from SETTINGS.splitlines()
    yield "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
    condition = preview.target.condition
    for asked in hearing.asked.values():
        # What an operator wrote means what it means in the operator's own path; all else is written without one.
        yield from ("", _OWN if condition is not None and condition in asked.sql else _PINNED)
        yield f"{for_psql(_statement(asked))};"
    yield from ("", "COMMIT;", "", "-- The statement itself:")
    yield from (f"--   {in_comment(line)}" for line in f"{for_psql(delete_sql(preview.target))};".split("\n"))


def _statement(asked: Asked) -> str:
    sql = with_constants(asked.sql, asked.arguments)
    if not asked.numbers:
        return sql
    words = ", ".join(literal(plain(each)) for each in asked.numbers)
    return (
        f"SELECT each.what, each.rows FROM (\n{sql}\n) AS answer,\n"
        f"  ROWS FROM (pg_catalog.unnest(ARRAY[{words}]), pg_catalog.unnest(answer.numbers)) AS each (what, rows)"
    )


def _constant(value: object) -> str:
    text = spelled(value) if not isinstance(value, dict | list) else json.dumps(value)
    return "NULL" if text is None else literal(text)
