"""From the words of a command line to a plan: the constraint, what is wrong with it, the chosen option."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fkdash.catalog.names import find_foreign_key
from fkdash.catalog.postgres import read_catalog
from fkdash.fix.planner import plan
from fkdash.fix.subject import subject_of

if TYPE_CHECKING:
    import argparse

    from fkdash.catalog.model import Catalog
    from fkdash.db.pool import ReadPool
    from fkdash.fix.plan import Plan


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and the catalog it was made from."""

    catalog: Catalog
    plan: Plan


def add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the constraint and the option."""
    parser.add_argument(
        "constraint", metavar="CONSTRAINT", help="schema.table.constraint, or any shorter form that is unambiguous"
    )
    parser.add_argument(
        "--option",
        required=True,
        metavar="OPTION",
        help="no-action, restrict, cascade, set-null-columns or drop-not-null",
    )


async def planned(pool: ReadPool, arguments: argparse.Namespace) -> Planned:
    """Read the catalog and plan; raises UsageError for a constraint or an option that does not exist."""
    async with pool.session() as session:
        catalog = await read_catalog(session)
    key = find_foreign_key(catalog, arguments.constraint)
    return Planned(catalog, plan(catalog, subject_of(catalog, key), arguments.option))
