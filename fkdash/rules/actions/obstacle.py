"""The model of an obstacle to the UPDATE that SET NULL or SET DEFAULT is."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from fkdash.fact import fact
from fkdash.rules.finding import PredictedError
from fkdash.sqlstates import CHECK_VIOLATION, NOT_NULL_VIOLATION

if TYPE_CHECKING:
    from fkdash.catalog.model import Check, Column, Table
    from fkdash.catalog.table_name import TableName


class Kind(IntEnum):
    """Kinds of obstacle, in the order in which they are met."""

    IDENTITY = 0
    DOMAIN = 1
    PARTITION = 2
    NOT_NULL = 3
    CHECK = 4
    UNIQUE = 5
    MATCH_FULL = 6


@fact
class Obstacle:
    """Something in the way: its kind, the columns it concerns, the reason in words, the error.

    `certain` False says that it depends on the row. `generated` marks a column
    computed from a written one. `unproven` is the CHECK, NOT VALID, that only rows from before can violate, and
    its table.
    """

    kind: Kind
    columns: tuple[str, ...]
    reason: str
    error: PredictedError
    certain: bool = True
    generated: bool = False
    unproven: tuple[TableName, str] | None = None


def not_null_error(table: Table, column: Column) -> PredictedError:
    """Give what PostgreSQL says of a NULL in a NOT NULL column."""
    where = f'column "{column.name}" of relation "{table.name.name}"'
    return PredictedError(NOT_NULL_VIOLATION, f"null value in {where} violates not-null constraint")


def check_error(table: Table, check: Check) -> PredictedError:
    """Give what PostgreSQL says of a row that a CHECK refuses."""
    return PredictedError(
        CHECK_VIOLATION, f'new row for relation "{table.name.name}" violates check constraint "{check.name}"'
    )
