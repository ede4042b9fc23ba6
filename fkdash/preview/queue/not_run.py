"""What a written row must satisfy by code of other roles, which looking does not run: nothing is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from fkdash.preview.declared.facts import TableFact
    from fkdash.preview.queue.state import RunState


def of_row(run: RunState, leaf: TableFact, columns: Collection[str]) -> None:
    """Note what is not evaluated of a row that is written to a leaf table, `columns` with new values.

    An index about other columns holds for the row what it held before.
    """
    written = set(columns)
    if leaf.not_computed:
        what = f"What is computed of a row of {leaf.name} would run code of another role"
        run.outcome.doubt(f"{what}; it was not run.", leaf.not_computed)
    elif not leaf.computable:
        run.outcome.doubt(f"What is computed of a row of {leaf.name} is only known when it is really written.")
    if leaf.partition_not_run and written & set(leaf.partition_columns or columns):
        what = f"The partition key above {leaf.name} calls code of another role"
        run.outcome.doubt(f"{what}; it was not run.", leaf.partition_not_run)
    for index in leaf.indexes:
        if index.computed and not index.steady and index.ready and index.reads & written:
            what = f'Index "{index.name}" of {leaf.name} calls code of another role'
            run.outcome.doubt(f"{what}; it was not run.", index.not_run)
