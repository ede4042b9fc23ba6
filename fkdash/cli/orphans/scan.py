"""`fkdash orphans scan`: which rows refer to rows that do not exist."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.catalog.confirmed_references import with_known
from fkdash.catalog.names import find_foreign_key
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.cli.connection import add_connection_arguments, looking, run_async, target_of
from fkdash.cli.messages import say, tell
from fkdash.cli.numbers import number, seconds
from fkdash.cli.settings import label_columns_set, operator_settings, team_configuration
from fkdash.db.text import plain
from fkdash.errors import StoppedError
from fkdash.orphans.earlier import counted_earlier
from fkdash.orphans.references import Reference, doubtful, every
from fkdash.orphans.scan import ScannedReference, scan
from fkdash.reading.files import LARGE_BYTES
from fkdash.reading.source import parsed_json
from fkdash.report.orphans import orphans_document, orphans_text, reference_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.db.pool import Limits

SUMMARY = (
    "Count the rows that refer to a row that does not exist: for foreign keys that do not guarantee it (NOT "
    "VALID, NOT ENFORCED, triggers disabled, an action that can be swallowed, inheritance) and for references "
    "without a foreign key. Changes nothing."
)
EXAMPLES = """examples:
  fkdash orphans scan
  fkdash orphans scan --all --seconds 300 --format json
  fkdash orphans scan --constraint orders_user_id_fkey
  fkdash orphans scan --all --total-seconds 600 --format json > scan.json
  fkdash orphans scan --all --resume scan.json --format json
exit codes: 0 no orphans, 1 there are some, 2 wrong usage, 3 no access, 4 none found but not everything was counted
"""
_MOST_JOBS: Final = 64
_MOST_SAMPLES: Final = 1000


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--all",
        action="store_true",
        help="every foreign key, also those that guarantee it: a replica session writes unchecked",
    )
    which.add_argument("--constraint", metavar="NAME", help="this foreign key only")
    parser.add_argument(
        "--seconds",
        type=seconds,
        default=60.0,
        metavar="N",
        help="at most this long for each; default: %(default)g",
    )
    parser.add_argument("--total-seconds", type=seconds, metavar="N", help="at most this long for all together")
    parser.add_argument(
        "--jobs",
        type=number(1, _MOST_JOBS),
        default=3,
        metavar="N",
        help="references counted at a time; default: %(default)d",
    )
    parser.add_argument(
        "--samples",
        type=number(0, _MOST_SAMPLES),
        default=3,
        metavar="N",
        help="show so many rows of each; default: %(default)d",
    )
    parser.add_argument(
        "--resume", type=Path, metavar="FILE", help="count only what was not complete in this document of a scan"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of fkdash.toml or pyproject.toml")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; 1 where there are orphans, 4 where it is not known that there are none."""
    catalog, scanned = run_async(_scan(arguments))
    if arguments.format == "json":
        say(json.dumps(orphans_document(scanned, catalog), indent=2))
    else:
        say(orphans_text(scanned, catalog))
    if any(each.orphans.rows for each in scanned):
        return 1
    return 0 if all(each.orphans.status == "complete" for each in scanned) else StoppedError.exit_code


async def _scan(arguments: argparse.Namespace) -> tuple[Catalog, Sequence[ScannedReference]]:
    written = team_configuration(arguments.config).references
    labels = label_columns_set(operator_settings())
    async with looking(target_of(arguments), _limits(arguments)) as pool:
        catalog = with_known(await read_whole_catalog(pool), written)
        if arguments.constraint:
            key = find_foreign_key(catalog, arguments.constraint)
            references: Sequence[Reference] = (Reference(key, declared=True),)
        else:
            references = every(catalog) if arguments.all else doubtful(catalog)
        earlier = _earlier(arguments, references)
        left = [reference for reference in references if reference not in earlier]
        scanned = await scan(
            pool,
            catalog,
            left,
            seconds=arguments.seconds,
            total_seconds=arguments.total_seconds,
            labels=labels,
            samples=arguments.samples,
            jobs=arguments.jobs,
            heard=_progress(len(left)) if sys.stderr.isatty() else None,
        )
        found = {**earlier, **{each.reference: each for each in scanned}}
        return catalog, [found[reference] for reference in references]


def _limits(arguments: argparse.Namespace) -> Limits:
    from fkdash.db.pool import Limits  # the driver takes a while to load

    return Limits(connections=arguments.jobs)


def _earlier(
    arguments: argparse.Namespace, references: Sequence[Reference]
) -> Mapping[Reference, ScannedReference]:
    path: Path | None = arguments.resume
    if path is None:
        return {}
    advice = "Write one with fkdash orphans scan --format json."
    document, _ = parsed_json(path, "document", next_step=advice, most_bytes=LARGE_BYTES)
    return counted_earlier(document, references, str(path))


def _progress(total: int) -> Callable[[ScannedReference], None]:
    """Give what tells of each reference as it comes, with the time that the rest will take at this pace."""
    began, done = time.monotonic(), 0

    def heard(each: ScannedReference) -> None:
        nonlocal done
        done += 1
        left = (time.monotonic() - began) / done * (total - done)
        estimate = f", about {left:.0f} s left" if done < total else ""
        tell(plain(f"{done} of {total}{estimate}: {reference_line(each)}"))

    return heard
