"""Prints what was judged, a database or files, in a format; what a format needs is loaded for it only."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from fkdash.checking.policy import baseline_document
from fkdash.cli.messages import say, say_pieces, tell
from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.errors import UsageError, reason_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fkdash.checking.result import CheckReport


def print_reports(reports: Sequence[CheckReport], chosen: str, *, kind: str = "check", each: bool = False) -> None:
    """Print the report in a format; what a format needs is loaded for that format only."""
    if chosen == "json":
        from fkdash.report.check.as_json import check_json_pieces

        say_pieces(check_json_pieces(reports, kind=kind))
    elif chosen != "text":
        module = import_module(f"fkdash.report.check.as_{chosen}")
        say(getattr(module, f"check_{chosen}")(reports))
    else:
        _print_text(reports, each=each)


def _print_text(reports: Sequence[CheckReport], *, each: bool) -> None:
    from rich.console import Console

    from fkdash.report.check.as_text import check_lines, check_text

    if sys.stdout.isatty():
        console = Console(highlight=False, no_color="NO_COLOR" in os.environ or None)
        with console.capture() as shown:
            for line in check_lines(reports, each=each):
                console.print(line, markup=False, soft_wrap=False)
        say(shown.get())
    else:
        say(check_text(reports, each=each))


def write_baseline(path: Path, reports: Sequence[CheckReport]) -> tuple[CheckReport, ...]:
    """Write the findings down and give the reports with all of them known."""
    found = [reported.finding for report in reports for reported in report.findings]
    try:
        path.write_text(json.dumps(baseline_document(found), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The baseline {path} cannot be written: {reason_of(error)}.", next_step="Name another file."
        ) from error
    tell(f"{plain(str(path))}: {counted(len(found), 'findings')} written as known.")
    return tuple(
        replace(report, findings=tuple(replace(each, known=True) for each in report.findings))
        for report in reports
    )
