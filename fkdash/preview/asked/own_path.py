"""Runs the one statement in which a condition stands that an operator typed, with the operator's search_path.

There, and only there, names mean what they mean to the role. A database's owner may have put a schema of
theirs into everybody's path: what such a name leads to is looked at before the statement is sent.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from fkdash.catalog.postgres.functions import read_functions
from fkdash.catalog.postgres.planted import EVALUATED, not_run, refuse_planted
from fkdash.db.queries import query
from fkdash.errors import NotRunError, UsageError
from fkdash.preview.asked.condition import (
    called_functions,
    called_names,
    names_schemas_of_operators,
    operators_of,
    reads_by_itself,
    relations_in,
    types_in,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from fkdash.db.session import Session

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
_KNOWN_TYPES: Final = (
    "SELECT pg_catalog.current_schemas(true), '{}'::pg_catalog.text[], '{}'::pg_catalog.int8[],"
    " '{}'::pg_catalog.int4[], '{}'::pg_catalog.bool[], '{}'::pg_catalog.oid[]"
)
"""The driver asks once what an array type is, by names that it does not qualify: never in a path of others."""


@asynccontextmanager
async def in_own_path(session: Session, typed: str, sql: str) -> AsyncIterator[None]:
    """Let names mean what they mean to the role, for the statement `sql` that `typed` is a part of.

    Raises NotRunError where a name in it may lead to a function that looking must not run, and the
    session's errors.
    """
    [paths] = await session.rows(_PATHS)
    own = paths["own"] or paths["pinned"]
    await session.rows(_KNOWN_TYPES)
    await session.value(_SET, own)
    schemas = await session.value(_SCHEMAS)
    await session.value(_SET, paths["pinned"])
    await _refuse_shadowing(session, typed, sql, schemas)
    await _refuse_planted_in(session, typed)
    await session.value(_SET, own)
    yield
    await session.value(_SET, paths["pinned"])


async def refuse_volatile_in(session: Session, typed: str, what: str) -> None:
    """Raise UsageError where a typed text may call what answers differently each time, or reads unseen."""
    reading = reads_by_itself(typed)
    if reading:
        raise UsageError(
            f"{what} calls {reading}, which reads tables by itself.", next_step="Name what it is to read instead."
        )
    rows = await session.rows(query(__package__, "preview_volatile"), list(called_functions(typed)))
    if rows:
        names = ", ".join(row["name"] for row in rows)
        raise UsageError(
            f"{what} calls {names}, which may answer differently each time.", next_step="Write it without that."
        )


async def _refuse_planted_in(session: Session, typed: str) -> None:
    """Make sure of the tables that queries in it read as of every table that is read."""
    names = relations_in(typed)
    if names:
        rows = await session.rows(_RELATIONS, sorted(names))
        await refuse_planted(session, [row["oid"] for row in rows])


async def _refuse_shadowing(session: Session, condition: str, sql: str, schemas: Sequence[str]) -> None:
    called = sorted({*called_names(sql), *called_names(condition, dotted=True)})
    found = await session.rows(
        query(__package__, "preview_shadowing"),
        [schema for schema, _ in called],
        [name for _, name in called],
        sorted(operators_of(sql)),
        sorted(types_in(condition)),
        list(schemas),
        names_schemas_of_operators(condition),
        sorted(relations_in(sql)),
    )
    functions = await read_functions(session, (), [row["oid"] for row in found])
    refused = [not_run("the condition", each, EVALUATED) for each in functions.by_oid.values() if not each.trusted]
    if refused:
        raise NotRunError(refused)
