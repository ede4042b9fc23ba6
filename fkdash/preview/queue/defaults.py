"""The defaults that SET DEFAULT takes, and how taking one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.table_name import visible
from fkdash.fact import fact
from fkdash.preview.evaluating.attempts import Failure
from fkdash.preview.evaluating.equality import assigned, plain_type
from fkdash.sqlstates import CHECK_VIOLATION, NOT_NULL_VIOLATION

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fkdash.preview.declared.facts import ColumnFact, TableFact
    from fkdash.preview.queue.state import RunState
    from fkdash.preview.row import RowId

_REFUSED_BY_A_DOMAIN: Final = (NOT_NULL_VIOLATION, CHECK_VIOLATION)


@fact
class _Default:
    """A default's value; with `failure` what comes instead, the value being known if only a `cast` refuses it."""

    value: str | None
    failure: Failure | None = None
    cast: bool = False


@fact
class Taken:
    """The values that columns take, and how a cast in a column's default refuses one; the value is known."""

    values: dict[str, str | None]
    refused: dict[str, Failure]


async def planned_defaults(
    run: RunState, table: TableFact, columns: Collection[str], rows: Sequence[RowId]
) -> None:
    """Note constant defaults that cannot be computed: planning does that, whether a row takes them or not.

    A cast to a domain is left for the rows.
    """
    for name, column in table.columns_by_name.items():
        if name in columns and column.default_folded and column.default is not None and not column.identity:
            found = await _default(run, column, column.default)
            if found.failure is not None and not found.cast:
                run.evaluation_failed(table, (name,), found.failure, rows)


async def taken_defaults(
    run: RunState, table: TableFact, columns: Collection[str], rows: Sequence[RowId]
) -> Taken | None:
    """Give the columns' defaults: those of the partitioned root, where the table is partitioned.

    None where one has no value at all, so that nothing can be said of the rows that would take it.
    """
    taken = Taken({}, {})
    for name, column in table.columns_by_name.items():
        if name not in columns:
            continue
        taken.values[name] = None
        # A sequence gives no NULL: what such a row comes to is not known at all.
        if column.identity or not column.default_steady:
            what = f"The default of {table.name}.{visible(name)} is only known when it is really taken."
            run.outcome.doubt(what, () if column.identity else column.default_not_run)
            return None
        if column.default is not None:
            found = await _default(run, column, column.default)
            if found.failure is not None and not found.cast:
                run.evaluation_failed(table, (name,), found.failure, rows)
                return None
            if found.failure is not None:
                taken.refused[name] = found.failure
            taken.values[name] = found.value
    return taken


async def _default(run: RunState, column: ColumnFact, expression: str) -> _Default:
    kind = plain_type(run.facts, column)
    found = await run.evaluator.text(assigned(run.facts, column, expression), kind)
    if not isinstance(found, Failure):
        return _Default(found)
    if found.sqlstate in _REFUSED_BY_A_DOMAIN:
        plain = await run.evaluator.without_domains(expression)
        value = await run.evaluator.text(assigned(run.facts, column, plain), kind) if plain is not None else found
        if not isinstance(value, Failure):
            return _Default(value, found, cast=True)
    return _Default(None, found)
