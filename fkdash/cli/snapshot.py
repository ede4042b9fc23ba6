"""`fkdash snapshot`: what is declared in a database as one file, for those who have no access to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.catalog.snapshot import snapshot_pieces
from fkdash.cli.connection import add_connection_arguments, looking, run_async, target_of
from fkdash.cli.messages import say_pieces, tell
from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.errors import UsageError, reason_of

if TYPE_CHECKING:
    import argparse

    from fkdash.catalog.model import Catalog

SUMMARY = (
    "Write what is declared in a database as one JSON file: structure only, no rows, no statistics, no roles. "
    "check, list, fix plan and fix export take it with --from. Only reads."
)
EXAMPLES = """examples:
  fkdash snapshot app -o schema.json
  fkdash check --from schema.json
  fkdash snapshot --profile production -o schema.json && git diff schema.json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where to write; default: standard output"
    )
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read the catalog and write it down."""
    catalog = run_async(_read(arguments))
    if arguments.output is None:
        say_pieces(snapshot_pieces(catalog))
        return 0
    path: Path = arguments.output
    try:
        beside = path.with_name(f"{path.name}.part")
        # In a folder that others may write, a link of this name could lead to a file of ours.
        beside.unlink(missing_ok=True)
        with beside.open("x", encoding="utf-8") as file:
            file.writelines(snapshot_pieces(catalog))
        beside.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {reason_of(error)}.", next_step="Name another file."
        ) from error
    tell(
        f"{plain(str(path))}: {counted(len(catalog.tables), 'tables')} and "
        f"{counted(len(catalog.foreign_keys), 'foreign keys')} written."
    )
    return 0


async def _read(arguments: argparse.Namespace) -> Catalog:
    async with looking(target_of(arguments), nothing_else=True) as pool:
        return await read_whole_catalog(pool)
