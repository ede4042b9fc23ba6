"""`fkdash check`: what is wrong with the foreign keys of one or several databases."""

from __future__ import annotations

import argparse
import gc
import json
from typing import TYPE_CHECKING

from fkdash.checking.database import CheckOptions, check, check_snapshot
from fkdash.checking.databases import AT_ONCE
from fkdash.cli.check_several import SeveralChecks
from fkdash.cli.connection import (
    LEFT_TO_THE_END,
    add_connection_arguments,
    add_from_argument,
    looking,
    run_async,
    snapshot_of,
)
from fkdash.cli.judging import add_judging_arguments, baseline_at, baseline_file, threshold
from fkdash.cli.messages import say
from fkdash.cli.numbers import number, seconds
from fkdash.cli.printing import print_reports, write_baseline
from fkdash.cli.selection import chosen_rules, chosen_tables, tell_unmatched
from fkdash.cli.settings import team_configuration
from fkdash.cli.several import destinations_of
from fkdash.errors import StoppedError, UnreachableError
from fkdash.report.check.as_json import check_document
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.checking.kept_run import Verdict
    from fkdash.checking.result import CheckReport
    from fkdash.db.target import Target

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
  fkdash check --all-databases --jobs 8 --format jsonl --resume
  fkdash check --write-baseline fkdash-baseline.json
  fkdash check --baseline fkdash-baseline.json     only what is new fails

exit codes: 0 nothing at or above --fail-on, 1 something, 2 wrong usage, 3 no access, 4 incomplete
"""
_FOUND, _NO_ACCESS, _INCOMPLETE = 1, UnreachableError.exit_code, StoppedError.exit_code


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_judging_arguments(parser, more_formats=("jsonl",))
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
    parser.add_argument(
        "--jobs",
        type=number(1, 64),
        metavar="N",
        help=f"databases of a server to look into at a time, at most what it has free; default: {AT_ONCE}",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="with --format jsonl: go on with the last run over these databases where it was cut off",
    )
    add_from_argument(parser)
    add_connection_arguments(parser, several=True)


def run(arguments: argparse.Namespace) -> int:
    """Check, print the report and give the exit code."""
    # One short run makes many objects that live to its end: the collector would walk them again and again.
    gc.disable()
    options = _options(arguments)
    catalog = snapshot_of(arguments)
    verdicts: tuple[Verdict, ...] = ()
    if catalog is None:
        reports, verdicts = run_async(_check_all(arguments, options))
    else:
        reports = (check_snapshot(catalog, options, where=str(arguments.snapshot)),)
    if arguments.write_baseline is not None:
        reports = write_baseline(arguments.write_baseline, reports)
    if arguments.format == "jsonl" and catalog is None:
        return _exit_code_of(verdicts, threshold(arguments))
    if arguments.format == "jsonl":
        say(json.dumps(check_document(reports)))
        return _exit_code(reports, threshold(arguments))
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


async def _check_all(
    arguments: argparse.Namespace, options: CheckOptions
) -> tuple[tuple[CheckReport, ...], tuple[Verdict, ...]]:
    """Give the reports; of several databases that are told line by line also the verdicts on those told before."""
    targets = [destination.target for destination in destinations_of(arguments)]
    several = SeveralChecks(arguments, options)
    if arguments.all_databases:
        targets = [found for target in targets for found in await several.every_database(target)]
    if len(targets) == 1 and arguments.format != "jsonl":
        return (await _check_one(targets[0], options),), ()
    return await several.run(targets), tuple(several.verdicts.values())


async def _check_one(target: Target, options: CheckOptions) -> CheckReport:
    async with looking(target, nothing_else=True) as pool:
        return await check(pool, options, where=pool.where, left=LEFT_TO_THE_END)


def _exit_code_of(verdicts: Sequence[Verdict], failing: Severity | None) -> int:
    if any(failing is not None and each.worst and Severity(each.worst).rank <= failing.rank for each in verdicts):
        return _FOUND
    if any(each.failed for each in verdicts):
        return _NO_ACCESS
    return 0 if failing is None or all(each.complete for each in verdicts) else _INCOMPLETE


def _exit_code(reports: Sequence[CheckReport], failing: Severity | None) -> int:
    if any(report.reaches(failing) for report in reports):
        return _FOUND
    if any(report.failure for report in reports):
        return _NO_ACCESS
    return 0 if failing is None or all(report.complete for report in reports) else _INCOMPLETE
