"""From the words of a command line to a plan: the constraint, what is wrong with it, the chosen option."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.apply.journal.identity import identity_of
from fkdash.apply.journal.records import history
from fkdash.catalog.confirmed_references import knowing_those_there
from fkdash.catalog.names import find_foreign_key
from fkdash.catalog.postgres.equality import compared
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.cli.numbers import number
from fkdash.cli.settings import label_columns_set, operator_settings, team_configuration
from fkdash.db.where.conninfo import is_uri
from fkdash.errors import AlreadySoError, UsageError
from fkdash.fact import fact
from fkdash.fix.blocker_relief import chosen_rows
from fkdash.fix.declare import new_key_named
from fkdash.fix.fix_for import subject_of
from fkdash.fix.plan import Pace
from fkdash.fix.plan_file.carried_out import reached
from fkdash.fix.plan_file.carry import planned_here
from fkdash.fix.plan_file.document import plan_of
from fkdash.fix.planner import plan
from fkdash.fix.remedies.registry import BY_ID
from fkdash.reading.source import parsed_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.pool import ReadPool
    from fkdash.fix.plan import Plan
    from fkdash.fix.value_from import Picked

_PICKING_SECONDS: Final = 60.0
_LIVE: Final = "Leave --from out, and name the database."
_OF_A_PLAN: Final = (
    "keep_validated",
    "value",
    "value_from",
    "of",
    "like",
    "batch_rows",
    "pause_ms",
    "rows_per_second",
)
"""The arguments beside the option that a plan has the answer to already."""


@fact
class Planned:
    """A plan and the catalog it was made from; `picked` is what a query gave for it, row by row."""

    catalog: Catalog
    plan: Plan
    picked: Picked | None = None


def add_plan_arguments(parser: argparse.ArgumentParser, *, carried: bool = False) -> None:
    """Declare the constraint and the option; `carried` also takes a plan that was made elsewhere."""
    parser.add_argument(
        "constraint",
        nargs="?" if carried else None,
        metavar="CONSTRAINT",
        help="schema.table.constraint, or any shorter form that is unambiguous; for a reference of [references] "
        "without a foreign key: table.column",
    )
    parser.add_argument("--option", metavar="OPTION", choices=tuple(BY_ID), help=", ".join(BY_ID))
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
    parser.add_argument(
        "--of",
        action="append",
        metavar="KEY",
        default=[],
        help="a referenced row that blocking rows are to let go, for move-blockers, null-blockers and "
        "delete-blockers; COLUMN=VALUE,COLUMN=VALUE or a JSON object for several columns; may be repeated",
    )
    parser.add_argument(
        "--like",
        action="append",
        metavar="KEY",
        default=[],
        help="for recreate-parents: an existing row whose other values the rows made again get, beside those of "
        "--value; COLUMN=VALUE for each of several columns",
    )
    parser.add_argument(
        "--value-from",
        metavar="QUERY",
        help="for move-blockers, instead of --value: a SELECT that gives the row each of them is to refer to, "
        "with $1 (and $2 …) for its primary key; asked once, in a transaction that cannot write",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of fkdash.toml or pyproject.toml")
    pace = parser.add_argument_group("how fast rows are changed", "For the options that change rows.")
    pace.add_argument("--batch-rows", type=number(1, 1_000_000), metavar="N", help="rows in a transaction")
    pace.add_argument("--pause-ms", type=number(0, 3_600_000), metavar="N", help="milliseconds between two")
    pace.add_argument("--rows-per-second", type=number(1, 100_000_000), metavar="N", help="rows a second at most")
    if carried:
        parser.add_argument(
            "--plan", metavar="FILE", type=Path, help="a plan as `fix plan --format json` printed it"
        )


def settle_words(arguments: argparse.Namespace) -> None:
    """Take the one word beside --plan for where to connect, as the plan says which constraint is meant; read it.

    Raises UsageError where there are two, where a DSN stands in the constraint's place, or for what is no plan.
    Otherwise the word would be passed over, and another database changed.
    """
    _settle_words(arguments)
    arguments.carried = _carried(arguments)


def _settle_words(arguments: argparse.Namespace) -> None:
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
    carried: Plan | None = arguments.carried
    if carried is None and arguments.option is None:
        raise UsageError(
            "Which fix? --option says it.", next_step="fkdash fix plan CONSTRAINT shows what can be done."
        )
    catalog = await read_whole_catalog(pool)
    if carried is not None:
        return Planned(catalog, planned_here(catalog, carried))
    try:
        catalog, key = await with_the_key(pool, catalog, arguments)
        await fill_like(pool, catalog, key, arguments)
        return planned_from(catalog, key, arguments, await picked(pool, catalog, key, arguments))
    except UsageError:
        if arguments.option == "drop-duplicate":
            await _refuse_what_was_dropped(pool, catalog, arguments.constraint)
        raise


async def with_the_key(
    pool: ReadPool | None, catalog: Catalog, arguments: argparse.Namespace
) -> tuple[Catalog, ForeignKey]:
    """Give the key that is meant: a declared one, or one that a confirmed reference would become.

    Raises UsageError where there is neither; without a `pool` nobody can tell how a reference would compare.
    """
    text: str = arguments.constraint
    try:
        return catalog, find_foreign_key(catalog, text)
    except UsageError as unknown:
        known, _ = knowing_those_there(catalog, team_configuration(arguments.config).references)
        key = new_key_named(known, text)
        if key is None:
            raise _unconfirmed(unknown, text) from None
        if pool is None:
            raise UsageError(
                "A reference is declared from the database, not from a snapshot.", next_step=_LIVE
            ) from None
        async with pool.session() as session:
            return known, await compared(session, known, key)


def _unconfirmed(unknown: UsageError, text: str) -> UsageError:
    """Say of what may be a reference without a foreign key how it is confirmed."""
    if "." not in text:
        return unknown
    how = f'A reference without a foreign key is confirmed in fkdash.toml: [references] "{text}" = "TABLE.COLUMN".'
    return UsageError(unknown.what, next_step=f"{unknown.next_step} {how}".strip())


async def fill_like(
    pool: ReadPool | None, catalog: Catalog, key: ForeignKey, arguments: argparse.Namespace
) -> None:
    """Add the values of the row that --like names to those of --value, which say last; raises as its reader."""
    if not arguments.like:
        return
    if arguments.option != "recreate-parents" or pool is None:
        raise UsageError("--like is for recreate-parents, and needs the database.", next_step="Leave it out.")
    from fkdash.fix.template_row import template_words  # few ask for it

    words = await template_words(pool, catalog, key, arguments.like, seconds=_PICKING_SECONDS)
    arguments.value = [*words, *arguments.value]
    arguments.like = []


async def picked(
    pool: ReadPool | None, catalog: Catalog, key: ForeignKey, arguments: argparse.Namespace
) -> Picked | None:
    """Give what the operator's query picks for each blocking row; None without one. Raises as `pick` does."""
    if arguments.value_from is None:
        return None
    if pool is None:
        raise UsageError("--value-from asks the database; a snapshot cannot answer it.", next_step=_LIVE)
    from fkdash.fix.value_from import pick  # loads the SQL parser

    chosen = chosen_rows(key, arguments.of)
    labels = label_columns_set(operator_settings())
    return await pick(pool, catalog, key, chosen, arguments.value_from, seconds=_PICKING_SECONDS, labels=labels)


def planned_from(
    catalog: Catalog, key: ForeignKey, arguments: argparse.Namespace, given: Picked | None = None
) -> Planned:
    """Plan the chosen option; raises UsageError for one that does not exist."""
    subject = subject_of(catalog, key, arguments.option)
    made = plan(
        catalog,
        subject,
        arguments.option,
        keep_validated=arguments.keep_validated,
        words=arguments.value,
        pace=_pace(arguments),
        of=arguments.of,
        picks=given.picks if given is not None else None,
    )
    return Planned(catalog, made, given)


async def _refuse_what_was_dropped(pool: ReadPool, catalog: Catalog, constraint: str) -> None:
    """Raise AlreadySoError where a run of this account dropped the constraint as a duplicate in this database."""
    async with pool.session() as session:
        here = await identity_of(session)
    for run in history():
        key = run.plan.key
        named = constraint in {key.qualified, f"{key.table.name}.{key.name}", key.name}
        if named and run.plan.option == "drop-duplicate" and run.identity.is_same(here):
            so = reached(catalog, run.plan)
            if so:
                raise AlreadySoError(key.qualified, run.plan.option, so)


def _pace(arguments: argparse.Namespace) -> Pace | None:
    given = (arguments.batch_rows, arguments.pause_ms, arguments.rows_per_second)
    if given == (None, None, None):
        return None
    return Pace(arguments.batch_rows or Pace().batch_rows, arguments.pause_ms, arguments.rows_per_second)


def refuse_beside_a_plan(arguments: argparse.Namespace, given_by: str, names: Sequence[str] = _OF_A_PLAN) -> None:
    """Raise UsageError where what a plan that is `given_by` an argument says was said by others of `names` too."""
    besides = [f"--{name.replace('_', '-')}" for name in names if _is_given(getattr(arguments, name))]
    if besides:
        raise UsageError(
            f"{given_by} says what is to be done; {', '.join(besides)} cannot say it too.",
            next_step="Leave that out, or make another plan with fkdash fix plan.",
        )


def _is_given(value: object) -> bool:
    """Tell whether an argument was written, whatever it is when it is not; a 0 was."""
    return value is not None and value is not False and value != []


def _carried(arguments: argparse.Namespace) -> Plan | None:
    path: Path | None = getattr(arguments, "plan", None)
    if path is None:
        if arguments.constraint is None:
            raise UsageError(
                "No foreign key is named.", next_step="Name it first, or give a plan with --plan FILE."
            )
        return None
    refuse_beside_a_plan(arguments, "--plan", ("option", *_OF_A_PLAN))
    advice = "Make one with fkdash fix plan CONSTRAINT --option OPTION --format json."
    document, source = parsed_json(path, "plan", next_step=advice)
    return plan_of(document, source)
