"""`fkdash config show`: what is set, and where each value comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.cli.messages import say
from fkdash.report.settings import connection_held, held_settings

if TYPE_CHECKING:
    import argparse

SUMMARY = (
    "Show every setting that holds and where it comes from: file and line, environment or default; and where "
    "fkdash connects without arguments. Never a password. Needs no database."
)
EXAMPLES = """examples:
  fkdash config show
  fkdash config show --format json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of fkdash.toml or pyproject.toml")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")


def run(arguments: argparse.Namespace) -> int:
    """Print the settings."""
    held = [connection_held(), *held_settings(arguments.config)]
    if arguments.format == "json":
        settings = [{"key": each.key, "value": json.loads(each.value), "origin": each.origin} for each in held]
        say(json.dumps({"fkdash": 1, "kind": "config", "settings": settings}, indent=2))
    else:
        say("\n".join(f"{each.key} = {each.value}    # {each.origin}" for each in held))
    return 0
