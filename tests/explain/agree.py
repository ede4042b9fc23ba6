"""Compares what is said of real errors with what dropping the keys does to them.

python -m tests.explain.agree --cases N --seed S --version V. A foreign key is behind an error if the error is gone, or
another one, once the key is dropped. Every error of a generated schema is read as psql prints it, and as its message
alone: a key that is said to be behind it must be, and where none is said to be, dropping all must change nothing.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import asyncpg

from fkdash.catalog.model import Catalog, ForeignKey
from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.table_name import quoted
from fkdash.db.statements import OpenTransaction
from fkdash.explain.find import explain
from tests.preview.agree import set_up
from tests.preview.many_cases import Comparison, Connection, clean_up, command
from tests.preview.schema_parts import Case
from tests.preview.schemas import make


@dataclass
class Tally:
    """How the cases of a run ended."""

    errors: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)


async def compare(connection: Connection, seed: int, major: int, tally: Tally) -> None:
    """Set the case of a seed up, and explain the errors of its statements."""
    case = make(seed, major)
    if not await set_up(connection, case):
        await clean_up(connection)
        return
    try:
        async with connection.transaction(readonly=True):
            catalog = await read_catalog(OpenTransaction(connection, where="a test", statement_seconds=None))
        for statement in _statements(case):
            error = await _error(connection, statement, ())
            if error is None:
                continue
            tally.errors[error.sqlstate] += 1
            for form, text in _texts(error, statement):
                tally.disagreements += [
                    f"seed {seed}, {form}: {problem}: {statement}: {text}"
                    async for problem in _problems(connection, catalog, statement, error, text)
                ]
    finally:
        await clean_up(connection)


def _statements(case: Case) -> Iterator[str]:
    yield case.statement
    for table in case.tables:
        yield f"DELETE FROM {table.sql}"
        for column in table.columns:
            yield f"UPDATE {table.sql} SET {quoted(column)} = {quoted(column)} + 50"
            yield f"UPDATE {table.sql} SET {quoted(column)} = NULL"


def _texts(error: asyncpg.PostgresError, statement: str) -> Iterator[tuple[str, str]]:
    message = f"ERROR:  {error.message}" + (f"\nDETAIL:  {error.detail}" if error.detail else "")
    yield "its message", message
    context = f"\nCONTEXT:  {error.context}" if error.context else ""
    yield "whole", f"{message}{context}\nSTATEMENT:  {statement}"


async def _problems(
    connection: Connection, catalog: Catalog, statement: str, error: asyncpg.PostgresError, text: str
) -> AsyncIterator[str]:
    found = explain(catalog, text)
    keys = [answer.key for answer in found.answers]
    if not keys:
        # A message alone does not tell whether the statement itself or a key wrote what was refused.
        if "STATEMENT" in text and not await _same(connection, statement, error, catalog.foreign_keys):
            yield f"named none: {found.headline}"
        return
    if "STATEMENT" not in text and not error.context and error.sqlstate not in {"23503", "23001"}:
        return
    if found.ambiguous:
        if await _same(connection, statement, error, keys):
            yield f"named {[key.name for key in keys]}, of which none is"
        return
    for key in keys[:1]:
        twins = [each for each in catalog.foreign_keys if (each.table, each.columns) == (key.table, key.columns)]
        # Another key's statement may fail on the same column: only CONTEXT tells them apart.
        if await _same(connection, statement, error, [key], whole="CONTEXT" in text) and await _same(
            connection, statement, error, twins, whole="CONTEXT" in text
        ):
            yield f"named {key.name}, which is not"


async def _same(
    connection: Connection,
    statement: str,
    error: asyncpg.PostgresError,
    keys: Iterable[ForeignKey],
    *,
    whole: bool = False,
) -> bool:
    again = await _error(connection, statement, keys)
    if again is None or (whole and again.context != error.context):
        return False
    return (again.sqlstate, again.message) == (error.sqlstate, error.message)


async def _error(
    connection: Connection, statement: str, dropped: Iterable[ForeignKey]
) -> asyncpg.PostgresError | None:
    """Give the error of a statement, None where it has none, without these foreign keys; nothing stays."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        for key in dropped:
            await connection.execute(f"ALTER TABLE {key.table.sql} DROP CONSTRAINT IF EXISTS {quoted(key.name)}")
        await connection.execute(statement)
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except asyncpg.PostgresError as error:
        return error
    finally:
        await transaction.rollback()
    return None


def main() -> int:
    """Compare as many cases as the arguments say."""
    tally = Tally()
    comparison = Comparison(
        partial(compare, tally=tally), tally.disagreements, lambda: [f"errors: {dict(tally.errors.most_common())}"]
    )
    return command(__doc__, comparison, cases=100)


if __name__ == "__main__":
    sys.exit(main())
