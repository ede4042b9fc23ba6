"""What a written row must satisfy by itself: domains, NOT NULL and CHECK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.preview.outcome import Obstacle
from fkdash.sqlstates import CHECK_VIOLATION, NOT_NULL_VIOLATION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.preview.declared.facts import CheckFact, TableFact
    from fkdash.preview.evaluating.evaluate import Evaluated
    from fkdash.preview.queue.defaults import Taken
    from fkdash.preview.queue.state import RunState
    from fkdash.preview.row import RowId, RowValues


async def domains(run: RunState, stated: TableFact, table: TableFact, row: RowId, taken: Taken) -> None:
    """Note the domain constraints that written values break: NOT NULL, then the base domain's CHECKs.

    `stated` is the table that the statement names, which orders the columns; the row may be in a partition.
    """
    for name, column in stated.columns_by_name.items():
        if name in taken.refused:
            run.evaluation_failed(table, (name,), taken.refused[name], [row])
        if name not in taken.values or not column.domain:
            continue
        chain = run.facts.domain_chain(column.type_oid)
        if unknown := [check for domain in chain for check in domain.checks if not check.steady]:
            _not_evaluated(run, f"A CHECK of domain {chain[0].shown}", unknown)
        value = taken.values[name]
        if value is None and any(domain.not_null for domain in chain):
            run.outcome.block(Obstacle(None, table.name, (name,), NOT_NULL_VIOLATION), [row])
        answer = await run.evaluator.domain_failures(column, value)
        if answer.error is not None:
            run.evaluation_failed(table, (name,), answer.error, [row])
        for check, _ in answer.failed:
            run.outcome.block(Obstacle(check.name, table.name, (name,), CHECK_VIOLATION), [row])


def generated(
    run: RunState, table: TableFact, row: RowId, values: Mapping[str, str | None], evaluated: Evaluated | None
) -> None:
    """Note a generated column that cannot be computed."""
    if evaluated is not None and evaluated.error is not None:
        run.evaluation_failed(table, tuple(values), evaluated.error, [row])


def not_null(run: RunState, table: TableFact, row: RowId, new: RowValues) -> None:
    """Note NOT NULL columns without a value, by attribute number; virtual generated columns come last (18)."""
    for name, column in sorted(
        table.columns_by_name.items(), key=lambda item: item[1].generated and not item[1].stored
    ):
        if column.not_null and new.get(name) is None:
            run.outcome.block(Obstacle(None, table.name, (name,), NOT_NULL_VIOLATION), [row])


def checks(
    run: RunState, table: TableFact, row: RowId, values: Mapping[str, str | None], evaluated: Evaluated | None
) -> None:
    """Note the CHECKs that the row breaks, in order of their names."""
    for check in table.checks:
        if not check.steady:
            _not_evaluated(run, f'CHECK "{check.name}" on {table.name}', [check])
    if evaluated is None:
        return
    for check, failure in evaluated.failed:
        read = table.names(check.columns)
        columns = tuple(name for name in read if name in values) or read
        if failure is not None:
            run.evaluation_failed(table, columns, failure, [row])
        else:
            run.outcome.block(Obstacle(check.name, table.name, columns, CHECK_VIOLATION), [row])


def _not_evaluated(run: RunState, what: str, checks: Sequence[CheckFact]) -> None:
    not_run = [each for check in checks for each in check.not_run]
    reason = "code of another role, which was not run" if not_run else "a function that is not immutable"
    run.outcome.doubt(f"{what} calls {reason}.", not_run)
