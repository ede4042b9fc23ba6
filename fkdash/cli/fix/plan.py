"""`fkdash fix plan`: shows the options of a foreign key or the plan of one; changes nothing."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.apply.proof.preflight import Standing, sessions_in_the_way
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.cli.connection import (
    add_connection_arguments,
    add_from_argument,
    looking,
    run_async,
    snapshot_of,
    target_of,
)
from fkdash.cli.messages import say
from fkdash.cli.planning import add_plan_arguments, fill_like, picked, planned_from, settle_words, with_the_key
from fkdash.db.text import plain
from fkdash.errors import UsageError
from fkdash.fix.durations import expected_seconds
from fkdash.fix.fix_for import anything_about, subject_of, subjects_of
from fkdash.fix.options import options
from fkdash.fix.plan_file.document import plan_document
from fkdash.fix.planner import plan
from fkdash.pictures.picture import pen_of
from fkdash.report.fix.options import options_document, options_text
from fkdash.report.fix.picked import picked_text
from fkdash.report.fix.plan import plan_sql, plan_text
from fkdash.report.fix.preflight import preflight_text
from fkdash.report.preview.promises import promises
from fkdash.report.preview.relief import delete_of_freed

if TYPE_CHECKING:
    import argparse

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.pool import ReadPool
    from fkdash.fix.plan import Plan

SUMMARY = (
    "Show how an option would be carried out: every statement, its locks, the way back; without --option, what "
    "can be done. Changes nothing."
)
EXAMPLES = """examples:
  fkdash fix plan users_workspace_id_fkey
  fkdash fix plan users_workspace_id_fkey --option no-action
  fkdash fix plan users_workspace_id_fkey --option reparent-orphans --value 17
  fkdash fix plan public.users.users_workspace_id_fkey --option cascade --format json > plan.json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_plan_arguments(parser)
    parser.add_argument("--format", choices=("text", "sql", "json"), default="text", help="default: %(default)s")
    add_from_argument(parser)
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the plan, or the options there are."""
    say(run_async(_text(arguments)))
    return 0


async def _text(arguments: argparse.Namespace) -> str:
    settle_words(arguments)
    catalog = snapshot_of(arguments)
    if catalog is not None:
        return await _answer(None, catalog, arguments)
    async with looking(target_of(arguments)) as pool:
        return await _answer(pool, await read_whole_catalog(pool), arguments)


async def _answer(pool: ReadPool | None, catalog: Catalog, arguments: argparse.Namespace) -> str:
    """Give the text; where there is a server, with its rows counted."""
    catalog, key = await with_the_key(pool, catalog, arguments)
    given = await picked(pool, catalog, key, arguments)
    await fill_like(pool, catalog, key, arguments)
    if arguments.option is None:
        return await _options(pool, catalog, key, arguments)
    made = planned_from(catalog, key, arguments, given).plan
    if pool is not None and arguments.format != "sql":
        async for each in promises(pool, catalog, [made]):
            made = replace(made, consequences=(*made.consequences, each.words))
    if arguments.format == "json":
        return as_json(made)
    if arguments.format == "sql":
        return plan_sql(made)
    now = await delete_of_freed(pool, made, "today") if pool is not None else ""
    before = f"{plain(now)}\n\n" if now else ""
    held = await _in_the_way(pool, catalog, made) if pool is not None else ""
    return (picked_text(given, made.key) if given is not None else "") + before + plan_text(made) + held


async def _in_the_way(pool: ReadPool, catalog: Catalog, made: Plan) -> str:
    """Say who holds a lock now that the plan would wait for, and who waits for whom; "" where nobody does."""
    async with pool.session() as session:
        found = await sessions_in_the_way(session, catalog, made, pool.backend_pids)
    held = [preflight_text(each, pen_of(sys.stdout)) for each in found if each.standing is not Standing.OK]
    return "\nIn the way now\n" + "\n".join(held) + "\n" if held else ""


def as_json(made: Plan) -> str:
    """Give a plan's document as text."""
    return json.dumps(plan_document(made), indent=2)


async def _options(pool: ReadPool | None, catalog: Catalog, key: ForeignKey, arguments: argparse.Namespace) -> str:
    if arguments.format == "sql":
        raise UsageError("Which fix? --option says it.", next_step="Without --format sql all are shown.")
    found = subjects_of(catalog, key)
    finding = found[0] if found else subject_of(catalog, key)
    offered = options(catalog, finding)
    plans = {option.id: plan(catalog, finding, option.id) for option in offered if option.ready}
    seconds = {name: expected_seconds(catalog, each) for name, each in plans.items()}
    rows = (
        {} if pool is None else {each.plan.option: each async for each in promises(pool, catalog, plans.values())}
    )
    shown = {option.id for option in offered}
    others = [
        option.id
        for option in options(catalog, anything_about(key))
        if not option.refused and option.id not in shown
    ]
    if arguments.format == "json":
        return json.dumps({**options_document(finding, offered, plans, seconds, rows), "others": others}, indent=2)
    also = f"It can also be planned with --option {', '.join(others)}." if others else ""
    return options_text(finding, offered, plans, seconds, rows) + also
