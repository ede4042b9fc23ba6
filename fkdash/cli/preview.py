"""`fkdash preview`: what a DELETE would do, without doing it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fkdash.apply.proof.delete_rehearsal import rehearse_delete
from fkdash.apply.writer import writer_beside
from fkdash.catalog.confirmed_references import knowing_those_there
from fkdash.catalog.labels import label_columns
from fkdash.catalog.names import find_table
from fkdash.catalog.postgres.read import read_catalog
from fkdash.cli.connection import (
    add_connection_arguments,
    looking,
    run_async,
    target_of,
    writable,
)
from fkdash.cli.messages import say, tell
from fkdash.cli.numbers import number, seconds
from fkdash.cli.settings import label_columns_set, operator_settings, team_configuration
from fkdash.db.text import plain
from fkdash.errors import StoppedError, UsageError
from fkdash.pictures.picture import pen_of
from fkdash.preview.asked.keys import chosen_target
from fkdash.preview.asked_statements import Hearing
from fkdash.preview.declared.not_tables import no_table
from fkdash.preview.each.answer import PAGE_ROWS, preview_each
from fkdash.preview.left_behind import left_behind
from fkdash.preview.model import Limits
from fkdash.preview.preview import preview
from fkdash.preview.rows.in_the_way import rows_in_the_way
from fkdash.preview.standing import as_it_stands, each_as_it_stands
from fkdash.preview.tree import branches
from fkdash.report.preview.as_sql import preview_sql
from fkdash.report.preview.delete import preview_json, preview_markdown, preview_text
from fkdash.report.preview.each import each_json, each_markdown, each_text
from fkdash.report.preview.way import way_text

if TYPE_CHECKING:
    import argparse

    from fkdash.apply.proof.delete_rehearsal import DeleteRehearsal
    from fkdash.catalog.model import Catalog
    from fkdash.db.pool import ReadPool
    from fkdash.db.session import Session
    from fkdash.preview.each.answer import EachPreview
    from fkdash.preview.model import DeleteTarget, Preview, Progress
    from fkdash.preview.tree import Branch
    from fkdash.report.preview.delete import Listed

SUMMARY = (
    "Say what a DELETE would do: whether PostgreSQL allows it, what stops it and at which rows, and what it takes "
    "along; or, with --all, which rows of a table cannot be deleted. Nothing is deleted, no row is locked, no "
    "trigger fires, unless --rehearse asks for it."
)
EXAMPLES = """examples:
  fkdash preview --table workspaces --key id=7c1e0f8e-5d5f-4a8c-9f60-2c41de2f5a10
  fkdash preview --table workspaces --key slug=acme --list 10
  fkdash preview --table tenants.cases --keys-json '[{"tenant_id": 1, "id": 7}]' --format json
  fkdash preview --table workspaces --where "created_at < '2020-01-01'"
  fkdash preview --table workspaces --all           which rows cannot be deleted, each by itself
  fkdash preview --table workspaces --where true    DELETE FROM workspaces: all of them in one statement

exit codes: 0 allowed, 1 blocked, 2 wrong usage, 3 no access, 4 cut short, not known, or a rehearsal that disagrees
"""
_MOST_ROWS = 1_000_000_000
_FORMATS = ("text", "json", "markdown")
_EACH_RENDERERS = {"text": each_text, "json": each_json, "markdown": each_markdown}


class _Looked(NamedTuple):
    """The answer, the first rows in the way of each blocker, and the tree of the way."""

    answer: Preview
    listed: Listed
    way: tuple[Branch, ...]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    what = parser.add_argument_group("which rows", "Name the table, and choose the rows in one way.")
    what.add_argument("--table", required=True, metavar="NAME", help="[schema.]table, as psql reads it")
    what.add_argument("--schema", metavar="NAME", help="the schema; --table is then taken verbatim")
    what.add_argument(
        "--key", action="append", default=[], metavar="COLUMN=VALUE", help="a row's key (may be repeated)"
    )
    what.add_argument("--keys-json", metavar="JSON", help="an array of objects, each with all columns of a key")
    what.add_argument("--where", metavar="CONDITION", help="a condition, as after WHERE; true means every row")
    what.add_argument(
        "--all",
        action="store_true",
        help="every row, each as if it alone were deleted: which ones cannot go",
    )
    what.add_argument(
        "--list",
        type=number(0, _MOST_ROWS),
        metavar="N",
        help="name so many rows by key and label: with --all of those that cannot go, those that most rows hold "
        f"first (default: {PAGE_ROWS}), else of those that each blocker stops at (default: 0)",
    )
    limits = parser.add_argument_group("limits", "What is cut short says so, and its numbers are lower limits.")
    limits.add_argument("--seconds", type=seconds, default=60.0, help="stop after this time; default: %(default)s")
    limits.add_argument(
        "--max-rows",
        type=number(1, _MOST_ROWS),
        default=Limits().rows,
        help="rows followed one by one; default: %(default)s",
    )
    limits.add_argument("--allow-scan", action="store_true", help="read large tables that have no index for it")
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of fkdash.toml or pyproject.toml")
    parser.add_argument(
        "--rehearse",
        action="store_true",
        help="also run the delete, triggers included, in a transaction that is rolled back, and compare",
    )
    parser.add_argument(
        "--sql",
        action="store_true",
        help="print the SELECTs behind the numbers, and the DELETE as a comment, to paste into psql",
    )
    parser.add_argument("--format", choices=_FORMATS, default="text", help="default: %(default)s")
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the preview and give the exit code."""
    if arguments.all:
        return _run_each(arguments)
    hearing = Hearing()
    (answer, listed, way), rehearsed = run_async(_preview(arguments, hearing))
    if arguments.sql:
        say(preview_sql(answer, hearing))
    elif arguments.format == "json":
        say(preview_json(answer, listed, rehearsed))
    elif arguments.format == "markdown":
        say(preview_markdown(answer, listed))
    else:
        say(preview_text(answer, listed, way_text(way, pen_of(sys.stdout))))
    if rehearsed is None:
        return answer.exit_code
    words = {True: "agrees", False: "DISAGREES", None: "could not be compared"}[rehearsed.agrees]
    who = f" as {plain(rehearsed.role)}" if rehearsed.role else ""
    tell(f"rehearsed{who}, rolled back: {words}: {plain(rehearsed.detail)}")
    return StoppedError.exit_code if rehearsed.agrees is False else answer.exit_code


def _run_each(arguments: argparse.Namespace) -> int:
    if arguments.sql:
        raise UsageError(
            "--sql is for one DELETE, and --all asks about every row by itself.",
            next_step="--where true is the DELETE of all rows.",
        )
    if arguments.rehearse:
        raise UsageError(
            "--all asks about every row by itself; a rehearsal is one DELETE.",
            next_step="Rehearse the DELETE of all rows with --where true.",
        )
    found = run_async(_each(arguments))
    say(_EACH_RENDERERS[arguments.format](found))
    return found.preview.exit_code


async def _each(arguments: argparse.Namespace) -> EachPreview:
    async with (
        looking(target_of(arguments), nothing_else=True) as pool,
        pool.session(arguments.seconds) as session,
    ):
        catalog = await read_catalog(session)
        table = catalog.tables[(await _target(session, catalog, arguments)).table]
        labels = label_columns(table, label_columns_set(operator_settings()))
        page_rows = PAGE_ROWS if arguments.list is None else arguments.list
        found = await preview_each(
            session, table, _limits(arguments), _shown_progress(), labels=labels, page_rows=page_rows
        )
        return each_as_it_stands(catalog, found)


async def _preview(arguments: argparse.Namespace, hearing: Hearing) -> tuple[_Looked, DeleteRehearsal | None]:
    where = target_of(arguments)
    if arguments.rehearse:
        where = await writable(where)
    async with looking(where) as pool:
        looked = await _looked(pool, arguments, hearing)
        if not arguments.rehearse:
            return looked, None
        answer = looked.answer
        async with writer_beside(pool) as writer:
            rehearsed = await rehearse_delete(
                writer, answer.target, answer, seconds=arguments.seconds, warn=lambda said: tell(plain(said))
            )
            return looked, rehearsed


async def _looked(pool: ReadPool, arguments: argparse.Namespace, hearing: Hearing) -> _Looked:
    async with pool.session(arguments.seconds) as session:
        catalog = await read_catalog(session)
        target = await _target(session, catalog, arguments)
        answer = await preview(session, target, _limits(arguments), _shown_progress(), hearing=hearing)
        answer = as_it_stands(catalog, answer)
        knowing, _ = knowing_those_there(catalog, team_configuration(arguments.config).references)
        answer = replace(answer, notes=(*answer.notes, *await left_behind(session, knowing, answer)))
        way = branches(catalog, answer)
        if not arguments.list:
            return _Looked(answer, {}, way)
        labels = label_columns_set(operator_settings())
        listed = await rows_in_the_way(session, catalog, answer, limit=arguments.list, labels=labels)
        return _Looked(answer, listed, way)


async def _target(session: Session, catalog: Catalog, arguments: argparse.Namespace) -> DeleteTarget:
    try:
        table = find_table(catalog, arguments.table, schema=arguments.schema)
    except UsageError as missing:
        raise await no_table(session, arguments.table, schema=arguments.schema) or missing from None
    return chosen_target(
        table,
        keys=arguments.key,
        keys_json=arguments.keys_json,
        condition=arguments.where,
        everything=arguments.all,
    )


def _limits(arguments: argparse.Namespace) -> Limits:
    return Limits(rows=arguments.max_rows, seconds=arguments.seconds, allow_scan=arguments.allow_scan)


def _shown_progress() -> Progress | None:
    return _progress if sys.stderr.isatty() else None


def _progress(doing: str) -> None:
    tell(f"{plain(doing)} ...")
