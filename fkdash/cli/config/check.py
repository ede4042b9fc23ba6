"""`fkdash config check`: every mistake in the settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.cli.messages import say
from fkdash.counted import counted
from fkdash.errors import UsageError
from fkdash.masking import masked
from fkdash.report.settings import checked_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from fkdash.report.settings import Checked

SUMMARY = "Look for mistakes in config.toml and in fkdash.toml. Needs no database."
EXAMPLES = """examples:
  fkdash config check
  fkdash config check --config team/fkdash.toml --format json

exit codes: 0 both can be used, 2 one cannot; an unknown key is a warning
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of fkdash.toml or pyproject.toml")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")


def run(arguments: argparse.Namespace) -> int:
    """Print every mistake and give the exit code."""
    files = checked_settings(arguments.config)
    if arguments.format == "json":
        say(json.dumps({"fkdash": 1, "kind": "config-check", "files": [_entry(each) for each in files]}, indent=2))
    else:
        say("\n".join(line for each in files for line in _lines(each)))
    return UsageError.exit_code if any(each.mistakes for each in files) else 0


def _lines(file: Checked) -> Iterator[str]:
    if not file.there:
        yield f"{masked(file.path)}: there is none"
        return
    found = [counted(len(file.mistakes), "mistakes")] if file.mistakes else []
    found += [counted(len(file.warnings), "warnings")] if file.warnings else []
    yield f"{masked(file.path)}: {', '.join(found) or 'ok'}"
    yield from (f"  mistake: {each}" for each in file.mistakes)
    yield from (f"  warning: {each.removeprefix(f'{file.path}: ')}" for each in file.warnings)


def _entry(file: Checked) -> dict[str, object]:
    return {
        "path": masked(file.path),
        "there": file.there,
        "mistakes": list(file.mistakes),
        "warnings": list(file.warnings),
    }
