"""What judging a database and judging files take from the command line alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.checking.configuration_file import load_baseline
from fkdash.cli.selection import add_rule_argument, add_table_arguments
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    import argparse

    from fkdash.checking.policy import Baseline, Configuration

_FORMATS: Final = ("text", "json", "sarif", "github", "junit", "markdown")


def add_judging_arguments(parser: argparse.ArgumentParser, *, more_formats: tuple[str, ...] = ()) -> None:
    """Declare the format, what fails, which rules and tables, the configuration and the baseline."""
    parser.add_argument(
        "--format", choices=(*_FORMATS, *more_formats), default="text", help="default: %(default)s"
    )
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


def baseline_file(arguments: argparse.Namespace, configuration: Configuration) -> Path | None:
    """Give the baseline that is meant: the named one, else the configured one unless one is to be written.

    A configured one stands where the configuration does, from whichever folder below it fkdash is called.
    """
    named: Path | None = arguments.baseline
    if named is None and configuration.baseline is not None and arguments.write_baseline is None:
        return Path(configuration.origin).parent / configuration.baseline
    return named


def baseline_at(place: Path | None) -> Baseline | None:
    """Read a baseline, None for none; raises UsageError for one that cannot be read."""
    return load_baseline(place) if place is not None else None


def threshold(arguments: argparse.Namespace) -> Severity | None:
    """Give the severity from which findings fail, None where none does."""
    return None if arguments.fail_on == "never" else Severity(arguments.fail_on)
