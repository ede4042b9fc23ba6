"""What a partition has of its own against a row that comes to it from another one.

An UPDATE of a partition key moves the row (manual, UPDATE): its new partition's own CHECKs and NOT NULLs are
looked at, also those over columns that nothing was written to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.actions.obstacle import Kind, Obstacle, check_error, not_null_error
from fkdash.rules.actions.routing import entered
from fkdash.rules.sql.values import NULL_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog, Table
    from fkdash.rules.actions.writes import Write
    from fkdash.rules.sql.values import Results


def leaves_entered(catalog: Catalog, root: Table, values: Mapping[str, Results]) -> Sequence[Table]:
    """Give the partitions that a row may come to from another one when these values are written."""
    nulls = [name for name, value in values.items() if value == NULL_ONLY]
    return entered(catalog, root, nulls, [name for name in values if name not in nulls])


def of_entered(
    leaves: Sequence[Table], root: Table, write: Write, values: Mapping[str, Results]
) -> Iterator[Obstacle]:
    """Give what a partition that rows may come to refuses of its own; certain only where every row comes there.

    Where there are several, the first that refuses something stands for all.
    """
    only = len(leaves) == 1
    for leaf in leaves:
        found = (*_not_nulls(root, leaf, values), *_checks(root, leaf, write, values, only=only))
        yield from found
        if found:
            return


def _not_nulls(root: Table, leaf: Table, values: Mapping[str, Results]) -> Iterator[Obstacle]:
    for column in leaf.columns:
        above = root.columns_by_name.get(column.name)
        if column.name in values or not column.not_null or above is None or above.not_null or column.generated:
            continue
        yield Obstacle(
            Kind.CHECK,
            tuple(values),
            f"the row goes to {leaf.name}, where {column.shown} is NOT NULL",
            not_null_error(leaf, column),
            certain=False,
        )


def _checks(
    root: Table, leaf: Table, write: Write, values: Mapping[str, Results], *, only: bool
) -> Iterator[Obstacle]:
    inherited = {check.name for check in root.checks}
    own = [check for check in leaf.checks if check.enforced and check.name not in inherited]
    if not own:
        return
    from fkdash.rules.actions.meeting import CheckOutcome, check_outcome
    from fkdash.rules.sql.expression import bracketed  # the SQL parser takes a while to load

    for check in sorted(own, key=lambda check: check.name):
        # A CHECK without any of the key's columns is not read: some rows pass, and others do not.
        outcome = CheckOutcome.DEPENDS
        if check.expression:
            outcome = check_outcome(
                leaf, check.expression, values, referring=write.key.columns, held=False, comes=True
            )
        if outcome is not CheckOutcome.HOLDS:
            words = f" {bracketed(check.expression)}" if check.expression else ""
            yield Obstacle(
                Kind.CHECK,
                tuple(values),
                f"the row goes to {leaf.name}, which has CHECK {check.shown}{words}",
                check_error(leaf, check),
                certain=only and outcome is CheckOutcome.FAILS,
            )
