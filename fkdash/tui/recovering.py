"""From a recorded run to the plan that finishes it or leads back, by what is true in the database now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.errors import StoppedError
from fkdash.fact import fact

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.tui.connection import Connection


@fact
class Way:
    """A plan, the catalog it was made from, and what is true now in a sentence."""

    catalog: Catalog
    plan: Plan
    truth: str


async def way_back(connection: Connection, plan: Plan) -> Way:
    """Give the plan that undoes a run of `plan`.

    Raises StoppedError, with the number of rows, where that is not possible any more, and the session's errors.
    """
    from fkdash.apply.journal.recovery import (  # when it is wanted
        in_the_way_words,
        rows_in_the_way,
        undo_plan,
        what_is_true,
    )
    from fkdash.catalog.postgres.read import read_catalog

    pool = await connection.pool()
    async with pool.session() as session:
        catalog = await read_catalog(session)
        back = undo_plan(catalog, plan)
        in_the_way = await rows_in_the_way(session, catalog, plan)
        truth = await what_is_true(session, catalog, plan)
    if in_the_way:
        counts = in_the_way_words(in_the_way)
        raise StoppedError(
            f"The undo cannot succeed any more: {counts}.", next_step="Give these rows a value first."
        )
    return Way(catalog, back, truth)


async def way_on(connection: Connection, plan: Plan) -> Way:
    """Give the part of a plan that has not taken effect; raises StoppedError where there is nothing to finish."""
    from fkdash.apply.journal.recovery import remaining, what_is_true  # loaded when it is wanted
    from fkdash.catalog.postgres.read import read_catalog

    pool = await connection.pool()
    async with pool.session() as session:
        catalog = await read_catalog(session)
        rest = await remaining(session, catalog, plan)
        truth = await what_is_true(session, catalog, plan)
    return Way(catalog, rest, truth)
