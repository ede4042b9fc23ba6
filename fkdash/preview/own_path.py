"""Runs the one statement in which a condition stands that an operator typed, with the operator's search_path.

There, and only there, names mean what they mean to the role. A database's owner may have put a schema of
theirs into everybody's path: what such a name leads to is looked at before the statement is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.functions import read_functions
from fkdash.catalog.planted import EVALUATED, not_run, refuse_planted
from fkdash.db.queries import query
from fkdash.errors import NotRunError
from fkdash.preview.condition import (
    called_names,
    names_schemas_of_operators,
    operators_of,
    relations_in,
    types_in,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.db.session import Row, Session
    from fkdash.preview.reader import Reader

_PATHS: Final = (
    "SELECT pg_catalog.current_setting('search_path') AS pinned,"
    " pg_catalog.current_setting('fkdash.path', true) AS own"
)
_SET: Final = "SELECT pg_catalog.set_config('search_path', $1, true)"
_RELATIONS: Final = (
    "SELECT c.oid::bigint AS oid FROM pg_catalog.pg_class c"
    " WHERE c.relname = ANY($1::name[]) AND c.relkind IN ('r', 'p', 'm', 'f')"
)
_SCHEMAS: Final = "SELECT pg_catalog.current_schemas(true)"


async def ask_in_own_path(reader: Reader, condition: str, sql: str, *arguments: object) -> Sequence[Row]:
    """Give the rows of a statement that `condition` is a part of.

    Raises NotRunError where a name in it may lead to a function that looking must not run, and the
    session's errors.
    """
    session = reader.session
    [paths] = await session.rows(_PATHS)
    own = paths["own"] or paths["pinned"]
    await session.value(_SET, own)
    schemas = await session.value(_SCHEMAS)
    await session.value(_SET, paths["pinned"])
    await _refuse_shadowing(session, condition, sql, schemas, reader.facts.target)
    await _refuse_planted_below(session, condition)
    await session.value(_SET, own)
    rows = await reader.ask(sql, *arguments)
    await session.value(_SET, paths["pinned"])
    return rows


async def _refuse_planted_below(session: Session, condition: str) -> None:
    """Make sure of the tables that subqueries read as of every table that is read."""
    names = relations_in(condition)
    if names:
        rows = await session.rows(_RELATIONS, sorted(names))
        await refuse_planted(session, [row["oid"] for row in rows])


async def _refuse_shadowing(
    session: Session, condition: str, sql: str, schemas: Sequence[str], target: int
) -> None:
    called = sorted({*called_names(sql), *called_names(condition, dotted=True)})
    found = await session.rows(
        query(__package__, "preview_shadowing"),
        [schema for schema, _ in called],
        [name for _, name in called],
        sorted(operators_of(sql)),
        sorted(types_in(condition)),
        list(schemas),
        names_schemas_of_operators(condition),
        target,
        sorted(relations_in(condition)),
    )
    functions = await read_functions(session, (), [row["oid"] for row in found])
    refused = [not_run("the condition", each, EVALUATED) for each in functions.by_oid.values() if not each.trusted]
    if refused:
        raise NotRunError(refused)
