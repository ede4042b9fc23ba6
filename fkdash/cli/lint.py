"""`fkdash lint`: the rules of `check` on migration files, dumps and snapshots, without a server."""

from __future__ import annotations

import argparse
import gc
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.cli.messages import tell
from fkdash.cli.printing import print_reports, write_baseline
from fkdash.cli.selection import add_rule_argument, add_table_arguments, chosen_rules, chosen_tables
from fkdash.errors import StoppedError, UsageError, reason_of
from fkdash.report.configuration_file import load_baseline, load_configuration
from fkdash.rules.finding import Severity

if TYPE_CHECKING:
    from fkdash.report.check import CheckReport

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
_FORMATS: Final = ("json", "sarif", "github", "junit", "markdown")
_FOUND, _INCOMPLETE = 1, StoppedError.exit_code
_VERSIONS: Final = (14, 15, 16, 17, 18)
_CONFIGURATIONS: Final = ("fkdash.toml", "pyproject.toml")
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
    parser.add_argument("--format", choices=("text", *_FORMATS), default="text", help="default: %(default)s")
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning", "info", "never"),
        default="error",
        help="the severity from which findings make the exit code 1; default: %(default)s",
    )
    add_table_arguments(parser)
    add_rule_argument(parser)
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of fkdash.toml or pyproject.toml")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="findings that are known and do not fail")
    parser.add_argument("--write-baseline", type=Path, metavar="FILE", help="write what is found as the baseline")
    parser.add_argument(
        "--changed-since", metavar="REV", help="judge only what files bring that git says are new or changed since"
    )


def run(arguments: argparse.Namespace) -> int:
    """Read, judge, print the report and give the exit code."""
    gc.disable()
    from fkdash.lint.changed import changed_files  # noqa: PLC0415 - what only this command needs
    from fkdash.lint.reading import read_sources  # noqa: PLC0415
    from fkdash.lint.sources import find_sources  # noqa: PLC0415
    from fkdash.report.linting import LintOptions, lint  # noqa: PLC0415

    configuration = load_configuration(arguments.config)
    configured, tool = _settings(arguments.config)
    paths = arguments.path or configured
    if not paths:
        raise UsageError(
            "Nothing is named to read.", next_step="fkdash lint FOLDER, or paths in [lint] of fkdash.toml."
        )
    sources = find_sources(paths, arguments.tool or tool)
    read = read_sources(sources, arguments.postgres, _tell_progress if sys.stderr.isatty() else None)
    baseline = arguments.baseline
    if baseline is None and configuration.baseline is not None and arguments.write_baseline is None:
        baseline = Path(configuration.baseline)
    only = changed_files(arguments.changed_since, sources) if arguments.changed_since is not None else None
    rules = chosen_rules(arguments) if arguments.rule else None
    options = LintOptions(
        concerns=chosen_tables(arguments),
        configuration=configuration,
        baseline=load_baseline(baseline) if baseline is not None else None,
        only_files=only,
        **({"rules": rules} if rules is not None else {}),
    )
    reports: tuple[CheckReport, ...] = (lint(read, options, where=", ".join(map(str, paths))),)
    if arguments.write_baseline is not None:
        reports = write_baseline(arguments.write_baseline, reports)
    print_reports(reports, arguments.format, kind="lint")
    threshold = None if arguments.fail_on == "never" else Severity(arguments.fail_on)
    if reports[0].reaches(threshold):
        return _FOUND
    return 0 if threshold is None or reports[0].complete else _INCOMPLETE


def _settings(named: Path | None) -> tuple[list[Path], str | None]:
    """Give paths and tool of [lint] of the configuration that is in force."""
    searched = [folder / name for folder in (Path.cwd(), *Path.cwd().parents) for name in _CONFIGURATIONS]
    places = [named] if named is not None else searched
    for place in places:
        if place.is_file():
            try:
                document = tomllib.loads(place.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise UsageError(
                    f"{place} cannot be read: {reason_of(error)}.", next_step="Correct it."
                ) from error
            if place.name == "pyproject.toml":
                document = document.get("tool", {}).get("fkdash", {})
            found = document.get("lint", {})
            paths, tool = found.get("paths", []), found.get("tool")
            if not isinstance(paths, list) or not all(isinstance(each, str) for each in paths):
                raise UsageError(f"{place}: paths in [lint] is no list of texts.", next_step="Correct it.")
            if tool is not None and not isinstance(tool, str):
                raise UsageError(f"{place}: tool in [lint] is no text.", next_step="Correct it.")
            return [place.parent / each for each in paths], tool
    return [], None


def _tell_progress(label: str, done: int) -> None:
    if done >= _PROGRESS_FROM and done % _PROGRESS_FROM < 1 << 20:
        tell(f"{label}: {done // 1024 // 1024} MB read")
