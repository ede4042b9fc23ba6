"""`fkdash lint`: the rules of `check` on migration files, dumps and snapshots, without a server."""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.cli.judging import add_judging_arguments, baseline_at, baseline_file, threshold
from fkdash.cli.messages import tell
from fkdash.cli.printing import print_reports, write_baseline
from fkdash.cli.selection import chosen_rules, chosen_tables
from fkdash.cli.settings import team_configuration
from fkdash.errors import StoppedError, UsageError

if TYPE_CHECKING:
    from fkdash.checking.result import CheckReport

SUMMARY = (
    "Check the foreign keys that files add up to: a folder of migrations, a dump, a schema file. "
    "No server, no credentials."
)
EXAMPLES = """examples:
  fkdash lint migrations                           a folder; its tool is recognised and said
  fkdash lint db/structure.sql                     a dump
  fkdash lint --tool flyway --format sarif sql > lint.sarif
  fkdash lint --changed-since origin/main drizzle  only what new files bring

exit codes: 0 nothing at or above --fail-on, 1 something, 2 wrong usage, 4 incomplete: something was not understood
"""
_FOUND, _INCOMPLETE = 1, StoppedError.exit_code
_VERSIONS: Final = (14, 15, 16, 17, 18)
_PROGRESS_FROM: Final = 8 * 1024 * 1024


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("path", nargs="*", type=Path, metavar="PATH", help="folders and files, in this order")
    parser.add_argument("--tool", metavar="NAME", help="the migration tool, where it is not recognised")
    parser.add_argument(
        "--postgres",
        type=int,
        choices=_VERSIONS,
        metavar="MAJOR",
        help="the major version the files are for; default: what a dump says, else the newest",
    )
    add_judging_arguments(parser)
    parser.add_argument(
        "--changed-since", metavar="REV", help="judge only what files bring that git says are new or changed since"
    )


def run(arguments: argparse.Namespace) -> int:
    """Read, judge, print the report and give the exit code."""
    gc.disable()
    from fkdash.checking.files import LintOptions, lint
    from fkdash.lint.changed import changed_files  # what only this command needs
    from fkdash.lint.reading import read_sources
    from fkdash.lint.sources import find_sources

    configuration = team_configuration(arguments.config)
    # What the file names stands where the file does.
    configured = [Path(configuration.origin).parent / each for each in configuration.lint_paths]
    paths = arguments.path or configured
    if not paths:
        raise UsageError(
            "Nothing is named to read.", next_step="fkdash lint FOLDER, or paths in [lint] of fkdash.toml."
        )
    sources = find_sources(paths, arguments.tool or configuration.lint_tool)
    read = read_sources(sources, arguments.postgres, _tell_progress if sys.stderr.isatty() else None)
    only = changed_files(arguments.changed_since, sources) if arguments.changed_since is not None else None
    rules = chosen_rules(arguments) if arguments.rule else None
    options = LintOptions(
        concerns=chosen_tables(arguments),
        configuration=configuration,
        baseline=baseline_at(baseline_file(arguments, configuration)),
        only_files=only,
        **({"rules": rules} if rules is not None else {}),
    )
    reports: tuple[CheckReport, ...] = (lint(read, options, where=", ".join(map(str, paths))),)
    if arguments.write_baseline is not None:
        reports = write_baseline(arguments.write_baseline, reports)
    print_reports(reports, arguments.format, kind="lint")
    failing = threshold(arguments)
    if reports[0].reaches(failing):
        return _FOUND
    return 0 if failing is None or reports[0].complete else _INCOMPLETE


def _tell_progress(label: str, done: int) -> None:
    if done >= _PROGRESS_FROM and done % _PROGRESS_FROM < 1 << 20:
        tell(f"{label}: {done // 1024 // 1024} MB read")
