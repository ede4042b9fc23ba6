"""Follows rows through the queue of triggers, in other orders too where rows could be visited in another."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Final

from fkdash.preview.queue.follow import Run
from fkdash.preview.queue.scan_order import scan_order

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from fkdash.preview.evaluating.evaluate import Evaluator
    from fkdash.preview.outcome import QueueOutcome
    from fkdash.preview.queue.state import Order
    from fkdash.preview.reader import Reader
    from fkdash.preview.row import RowId

_MANY_ROWS: Final = 500
_ORDERS_OF_FEW: Final = 10
_ORDERS_OF_MANY: Final = 1
_HARDER: Final = 8
_SECONDS: Final = 5.0


async def outcomes_of(reader: Reader, evaluator: Evaluator, rows: Sequence[RowId]) -> list[QueueOutcome]:
    """Give what deleting `rows` in one statement comes to, the order of a sequential scan first."""
    return await outcomes_in_orders(reader, evaluator, lambda run: run.delete(rows))


async def outcomes_in_orders(
    reader: Reader, evaluator: Evaluator, statement: Callable[[Run], Awaitable[QueueOutcome]]
) -> list[QueueOutcome]:
    """Give what one statement comes to in every order that is tried, that of a sequential scan first."""

    async def outcome_of(order: Order) -> QueueOutcome:
        return await statement(Run(reader, evaluator, order))

    outcomes = [await outcome_of(list)]
    if outcomes[0].orders == 1:
        return outcomes
    outcomes.append(await outcome_of(_backwards))
    shuffles = _ORDERS_OF_FEW if outcomes[0].touched <= _MANY_ROWS else _ORDERS_OF_MANY
    if all(outcome.orders <= len(outcomes) for outcome in outcomes):
        shuffles = 0
    until = time.monotonic() + _SECONDS
    for seed in range(_HARDER * shuffles):
        settled = len({outcome.verdict for outcome in outcomes}) > 1
        # Where order matters, look harder for one that changes the verdict, too.
        enough = seed >= shuffles and not any(outcome.differs(outcomes[0]) for outcome in outcomes)
        if settled or enough or time.monotonic() > until:
            break
        outcomes.append(await outcome_of(_shuffled(seed)))
    if any(outcome.differs(outcomes[0]) for outcome in outcomes) and _many_partitions(reader):
        outcomes.insert(0, await outcome_of(await scan_order(reader)))
    return outcomes


def _many_partitions(reader: Reader) -> bool:
    return any(table.partitioned for table in reader.facts.tables.values())


def _backwards(rows: Sequence[RowId]) -> list[RowId]:
    return list(reversed(rows))


def _shuffled(seed: int) -> Order:
    chance = random.Random(seed)  # noqa: S311 - an arbitrary order, not a secret

    def order(rows: Sequence[RowId]) -> list[RowId]:
        return chance.sample(rows, len(rows))

    return order
