"""Where the plan of an export comes from: the database, a file, or the journal of a run that was applied live."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from fkdash.apply.exports import applied_run
from fkdash.apply.journal.identity import identity_of
from fkdash.apply.journal.records import recorded_run
from fkdash.catalog.names import name_parts
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.catalog.snapshot_reading import load_snapshot
from fkdash.cli.connection import looking, run_async, target_of
from fkdash.cli.planning import (
    add_plan_arguments,
    picked,
    planned_from,
    refuse_beside_a_plan,
    settle_words,
    with_the_key,
)
from fkdash.errors import UsageError
from fkdash.fact import fact
from fkdash.fix.plan_file.document import plan_of
from fkdash.reading.files import LARGE_BYTES
from fkdash.reading.source import parsed_json

if TYPE_CHECKING:
    import argparse

    from fkdash.apply.journal.records import RecordedRun
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan


_FITTING: Final = "Name the constraint and the option that it is about, or give another file."


@fact
class Source:
    """A plan to export; `journal` is that of the run which applied it live, None where none did."""

    plan: Plan
    journal: Path | None = None


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the constraint, the option, and where the plan comes from instead of a database."""
    add_plan_arguments(parser)
    parser.add_argument(
        "--from",
        dest="source",
        metavar="FILE",
        type=Path,
        help="a plan as `fix plan --format json` printed it, or a file of fkdash snapshot; no database is needed",
    )
    parser.add_argument(
        "--journal", metavar="FILE", type=Path, help="the journal of the run that applied the fix live"
    )


def source_of(arguments: argparse.Namespace) -> Source:
    """Give the plan; raises UsageError where what was named does not fit, and what connecting raises."""
    if arguments.journal is not None and arguments.source is not None:
        raise UsageError("--journal and --from both say where the plan comes from.", next_step="Leave one out.")
    if arguments.journal is not None:
        refuse_beside_a_plan(arguments, "--journal")
        run = recorded_run(arguments.journal)
        return Source(_fitting(arguments, run.plan, arguments.journal), run.path)
    if arguments.source is not None:
        return _in_file(arguments)
    return run_async(_in_database(arguments))


async def _in_database(arguments: argparse.Namespace) -> Source:
    settle_words(arguments)
    async with looking(target_of(arguments)) as pool:
        async with pool.session() as session:
            here = await identity_of(session)
        catalog, key = await with_the_key(pool, await read_whole_catalog(pool), arguments)
        given = await picked(pool, catalog, key, arguments)
    run: RecordedRun | None = applied_run(catalog, key, arguments.option, here)
    if run is not None:
        return Source(run.plan, run.path)
    try:
        made = planned_from(catalog, key, arguments, given).plan
    except UsageError as error:
        raise UsageError(
            error.what,
            next_step=f"{error.next_step}\nWhere it was applied from elsewhere: --journal FILE names its journal.",
        ) from error
    return Source(made)


def _in_file(arguments: argparse.Namespace) -> Source:
    """Give the plan that a file is, or one made from the snapshot that it is."""
    path: Path = arguments.source
    if arguments.dsn or arguments.dbname or arguments.host or arguments.profile:
        raise UsageError("--from reads a file; a database cannot be read too.", next_step="Leave one of them out.")
    advice = "Make one with fkdash fix plan CONSTRAINT --option OPTION --format json, or with fkdash snapshot."
    document, source = parsed_json(path, "plan or snapshot", next_step=advice, most_bytes=LARGE_BYTES)
    if isinstance(document, dict) and document.get("kind") == "snapshot":
        return run_async(_in_snapshot(load_snapshot(path), arguments))
    refuse_beside_a_plan(arguments, "--from")
    return Source(_fitting(arguments, plan_of(document, source), path))


async def _in_snapshot(snapshot: Catalog, arguments: argparse.Namespace) -> Source:
    settle_words(arguments)
    catalog, key = await with_the_key(None, snapshot, arguments)
    return Source(planned_from(catalog, key, arguments, await picked(None, catalog, key, arguments)).plan)


def _fitting(arguments: argparse.Namespace, made: Plan, where: Path) -> Plan:
    """Give the plan where it is of the constraint and the option that were named."""
    parts = tuple(name_parts(arguments.constraint))
    full = (*made.key.table, made.key.name)
    verbatim = {made.key.qualified, f"{made.key.table.name}.{made.key.name}", made.key.name}
    if arguments.constraint not in verbatim and full[-len(parts) :] != parts:
        raise UsageError(
            f"{where} is about {made.key.qualified}, not about {arguments.constraint}.", next_step=_FITTING
        )
    if made.option != arguments.option:
        raise UsageError(f"{where} is about {made.option}, not about {arguments.option}.", next_step=_FITTING)
    return made
