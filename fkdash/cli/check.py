"""`fkdash check`: what is wrong with the foreign keys of one or several databases."""

from __future__ import annotations

import argparse
import gc
from functools import partial
from typing import TYPE_CHECKING

from fkdash.checking.database import CheckOptions, check, check_snapshot, failed
from fkdash.checking.databases import check_each, databases_of
from fkdash.cli.connection import add_connection_arguments, add_from_argument, looking, run_async, snapshot_of
from fkdash.cli.judging import add_judging_arguments, baseline_at, baseline_file, threshold
from fkdash.cli.printing import print_reports, write_baseline
from fkdash.cli.selection import chosen_rules, chosen_tables, seconds, tell_unmatched
from fkdash.cli.settings import team_configuration
from fkdash.cli.several import destinations_of
from fkdash.db.pool import Limits
from fkdash.errors import FkdashError, StoppedError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.checking.result import CheckReport
    from fkdash.db.target import Target
    from fkdash.rules.finding import Severity

SUMMARY = (
    "Check the foreign keys of a live database: contradictions that make deletes fail, integrity, cost, types, "
    "design. Only reads."
)
EXAMPLES = """examples:
  fkdash check                                     the database psql would connect to
  fkdash check --format json app > check.json
  fkdash check --fail-on warning --rule FK1        contradictions only, warnings fail too
  fkdash check --each --rule FK301                 every one of a rule, not the first few
  fkdash check --all-databases -h db-eu-1          every database of the server
  fkdash check --write-baseline fkdash-baseline.json
  fkdash check --baseline fkdash-baseline.json     only what is new fails

exit codes: 0 nothing at or above --fail-on, 1 something, 2 wrong usage, 3 no access, 4 incomplete
"""
_FOUND, _NO_ACCESS, _INCOMPLETE = 1, UnreachableError.exit_code, StoppedError.exit_code


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_judging_arguments(parser)
    parser.add_argument(
        "--each", action="store_true", help="tell every finding in the text; otherwise many of one rule are folded"
    )
    parser.add_argument("--no-counts", action="store_true", help="do not count the rows that errors hold back")
    parser.add_argument(
        "--seconds",
        type=seconds,
        default=2.0,
        help="how long one question to the data may take; default: %(default)s",
    )
    add_from_argument(parser)
    add_connection_arguments(parser, several=True)


def run(arguments: argparse.Namespace) -> int:
    """Check, print the report and give the exit code."""
    # One short run makes many objects that live to its end: the collector would walk them again and again.
    gc.disable()
    options = _options(arguments)
    catalog = snapshot_of(arguments)
    reports = (
        run_async(_check_all(arguments, options))
        if catalog is None
        else (check_snapshot(catalog, options, where=str(arguments.snapshot)),)
    )
    if arguments.write_baseline is not None:
        reports = write_baseline(arguments.write_baseline, reports)
    print_reports(reports, arguments.format, each=arguments.each)
    if options.concerns is not None and not any(report.scope.tables or report.failure for report in reports):
        return tell_unmatched(arguments)
    return _exit_code(reports, threshold(arguments))


def _options(arguments: argparse.Namespace) -> CheckOptions:
    configuration = team_configuration(arguments.config)
    baseline = baseline_file(arguments, configuration)
    return CheckOptions(
        rules=chosen_rules(arguments),
        concerns=chosen_tables(arguments),
        configuration=configuration,
        baseline=baseline_at(baseline),
        decided_in=configuration.origin or (str(baseline) if baseline is not None else ""),
        count_rows=not arguments.no_counts,
        seconds=arguments.seconds,
    )


async def _check_all(arguments: argparse.Namespace, options: CheckOptions) -> tuple[CheckReport, ...]:
    targets = [destination.target for destination in destinations_of(arguments)]
    if arguments.all_databases:
        targets = [found for target in targets for found in await _databases(target)]
    if len(targets) == 1:
        return (await _check_one(targets[0], options),)
    reports: dict[int, CheckReport] = {}

    def heard(number: int, found: CheckReport | FkdashError) -> None:
        target = targets[number]
        reports[number] = (
            failed(target.describe(), target.database, found) if isinstance(found, FkdashError) else found
        )

    await check_each([partial(_check_one, target, options) for target in targets], heard)
    return tuple(reports[number] for number in sorted(reports))


async def _databases(target: Target) -> list[Target]:
    async with looking(target, Limits(connections=1)) as pool:
        return [target.on_database(name) for name in await databases_of(pool)]


async def _check_one(target: Target, options: CheckOptions) -> CheckReport:
    async with looking(target) as pool:
        return await check(pool, options, where=pool.where)


def _exit_code(reports: Sequence[CheckReport], failing: Severity | None) -> int:
    if any(report.reaches(failing) for report in reports):
        return _FOUND
    if any(report.failure for report in reports):
        return _NO_ACCESS
    return 0 if failing is None or all(report.complete for report in reports) else _INCOMPLETE
