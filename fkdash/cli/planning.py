"""From the words of a command line to a plan: the constraint, what is wrong with it, the chosen option."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.catalog.names import find_foreign_key
from fkdash.catalog.postgres import read_whole_catalog
from fkdash.db.conninfo import is_uri
from fkdash.errors import UsageError
from fkdash.fix.carried import planned_here
from fkdash.fix.document import plan_of
from fkdash.fix.options import OPTION_NAMES
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


def add_plan_arguments(parser: argparse.ArgumentParser, *, carried: bool = False) -> None:
    """Declare the constraint and the option; `carried` also takes a plan that was made elsewhere."""
    parser.add_argument(
        "constraint",
        nargs="?" if carried else None,
        metavar="CONSTRAINT",
        help="schema.table.constraint, or any shorter form that is unambiguous",
    )
    parser.add_argument("--option", metavar="OPTION", choices=OPTION_NAMES, help=", ".join(OPTION_NAMES))
    parser.add_argument(
        "--keep-validated",
        action="store_true",
        help="go a way on which a validated key stands at every moment, even if an orphan turns up",
    )
    parser.add_argument(
        "--value",
        action="append",
        metavar="VALUE",
        default=[],
        help="the key of an existing referenced row, for the options that ask for one; COLUMN=VALUE for each of "
        "several columns",
    )
    if carried:
        parser.add_argument(
            "--plan", metavar="FILE", type=Path, help="a plan as `fix plan --format json` printed it"
        )


def settle_words(arguments: argparse.Namespace) -> None:
    """Take the one word beside --plan for where to connect: the plan says which constraint is meant.

    Raises UsageError where there are two, or where a DSN stands in the constraint's place. Otherwise the word
    would be passed over, and another database changed.
    """
    if arguments.constraint is None:
        return
    if getattr(arguments, "plan", None) is None:
        if is_uri(arguments.constraint):
            raise UsageError(
                "Which foreign key? Its name comes first, then where to connect.",
                next_step="CONSTRAINT DSN is the order; fkdash list DSN shows the constraints.",
            )
        return
    if arguments.dsn is not None:
        raise UsageError(
            f"--plan says which constraint is meant; {arguments.constraint} cannot say it too.",
            next_step="Leave it out: fkdash fix apply DSN --plan FILE",
        )
    arguments.dsn, arguments.constraint = arguments.constraint, None


async def planned(pool: ReadPool, arguments: argparse.Namespace) -> Planned:
    """Read the catalog and plan; raises UsageError for a constraint or an option that does not exist."""
    carried = _carried(arguments)
    if carried is None and arguments.option is None:
        raise UsageError(
            "Which fix? --option says it.", next_step="fkdash fix plan CONSTRAINT shows what can be done."
        )
    catalog = await read_whole_catalog(pool)
    if carried is not None:
        return Planned(catalog, planned_here(catalog, carried))
    return planned_from(catalog, arguments)


def planned_from(catalog: Catalog, arguments: argparse.Namespace) -> Planned:
    """Plan the chosen option; raises UsageError for a constraint or an option that does not exist."""
    key = find_foreign_key(catalog, arguments.constraint)
    subject = subject_of(catalog, key, arguments.option)
    made = plan(catalog, subject, arguments.option, keep_validated=arguments.keep_validated, words=arguments.value)
    return Planned(catalog, made)


def _carried(arguments: argparse.Namespace) -> Plan | None:
    path: Path | None = getattr(arguments, "plan", None)
    if path is None:
        if arguments.constraint is None:
            raise UsageError("Which foreign key? Name it, or give a plan with --plan.")
        return None
    if arguments.option is not None or arguments.value:
        raise UsageError("--plan says what is to be done; --option and --value cannot say it too.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(f"{path} cannot be read as a plan: {error}.") from error
    return plan_of(document)
