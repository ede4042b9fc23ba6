"""`fkdash orphans scan`: which rows refer to rows that do not exist."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fkdash.catalog.names import find_foreign_key
from fkdash.catalog.postgres import read_whole_catalog
from fkdash.cli.connection import add_connection_arguments, looking, run_async, target_of
from fkdash.cli.messages import say
from fkdash.cli.selection import seconds
from fkdash.errors import StoppedError
from fkdash.orphans.references import Reference, ScannedReference, doubtful, every, scan
from fkdash.report.orphans import orphans_document, orphans_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

SUMMARY = (
    "Count the rows that refer to a row that does not exist: for foreign keys that do not guarantee it (NOT "
    "VALID, "
    "NOT ENFORCED, triggers disabled) and for references without a foreign key. Changes nothing."
)
EXAMPLES = """examples:
  fkdash orphans scan
  fkdash orphans scan --all --seconds 300 --format json
  fkdash orphans scan --constraint orders_user_id_fkey
exit code: 1 where there are orphans, 4 where none was found but not everything could be counted
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="every foreign key, also those that guarantee it")
    which.add_argument("--constraint", metavar="NAME", help="this foreign key only")
    parser.add_argument(
        "--seconds",
        type=seconds,
        default=60.0,
        metavar="N",
        help="at most this long for each, default: %(default)g",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; 1 where there are orphans, 4 where it is not known that there are none."""
    scanned = run_async(_scan(arguments))
    if arguments.format == "json":
        say(json.dumps(orphans_document(scanned), indent=2))
    else:
        say(orphans_text(scanned))
    if any(each.orphans.rows for each in scanned):
        return 1
    return 0 if all(each.orphans.status == "complete" for each in scanned) else StoppedError.exit_code


async def _scan(arguments: argparse.Namespace) -> tuple[ScannedReference, ...]:
    async with looking(target_of(arguments)) as pool:
        catalog = await read_whole_catalog(pool)
        if arguments.constraint:
            key = find_foreign_key(catalog, arguments.constraint)
            references: Sequence[Reference] = (Reference(key, declared=True),)
        else:
            references = every(catalog) if arguments.all else doubtful(catalog)
        return await scan(pool, catalog, references, seconds=arguments.seconds)
