"""`fkdash explain`: which foreign key is behind an error."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from fkdash.apply.journal.earlier_changes import changes_in
from fkdash.apply.journal.identity import identity_of
from fkdash.catalog.postgres.migrations import newest_migrations
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.cli.connection import add_connection_arguments, looking, run_async, target_of
from fkdash.cli.messages import say, tell
from fkdash.db.text import plain
from fkdash.errors import UsageError
from fkdash.explain.bounded import picked, picked_text
from fkdash.explain.find import explain
from fkdash.explain.model import path_words, with_changes
from fkdash.report.not_run import not_run_field, not_run_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from fkdash.catalog.postgres.migrations import Migrations
    from fkdash.explain.model import Cause, Explanation

SUMMARY = (
    "Find the foreign key behind an error: paste what psql, a driver, a framework or the server's log printed, "
    "in any language. Needs the database the error came from."
)
EXAMPLES = """examples:
  fkdash explain 'null value in column "workspace_id" of relation "users" violates not-null constraint'
  pbpaste | fkdash explain postgresql://dba@db-eu-1/app
  fkdash explain app - < error.txt
exit codes: 0 where a foreign key explains it, 1 where none does, 2 wrong usage, 3 no access
"""
_SHOWN_MIGRATIONS = 3
_CHUNK = 256 * 1024
_URIS = ("postgresql://", "postgres://")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("words", nargs="*", metavar="[DSN] ERROR", help="the error; - or nothing reads stdin")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")
    add_connection_arguments(parser, positional=False)


def run(arguments: argparse.Namespace) -> int:
    """Explain one error; 0 when a foreign key explains it, 1 when none does."""
    arguments.dsn, text = _taken_apart(arguments.words)
    if text == "-":
        if sys.stdin.isatty():
            tell("Paste the error, then press ctrl+d:")
        read = picked(iter(partial(sys.stdin.buffer.read, _CHUNK), b""))
    else:
        read = picked_text(text)
    if not read.text.strip():
        raise UsageError("There is no error to explain.", next_step="Give it as an argument or on stdin.")
    if not read.whole:
        tell(f"{read.size:,} bytes were read; only what stands around an error in them is explained.")
    found, changed = run_async(_explain(arguments, read.text))
    say(json.dumps(_document(found, changed), indent=2) if arguments.format == "json" else _text(found, changed))
    return 0 if found.answers or found.understood else 1


def _taken_apart(words: Sequence[str]) -> tuple[str | None, str]:
    """Give where to connect, None for where psql would, and the error, "-" for stdin."""
    match words:
        case []:
            return None, "-"
        case [uri] if uri.startswith(_URIS):
            return uri, "-"
        case [error]:
            return None, error
        case [dsn, error]:
            return dsn, error
    raise UsageError(
        f"There are {len(words)} arguments where a DSN and an error are taken.",
        next_step="Quote the whole error, or give it on stdin.",
    )


async def _explain(arguments: argparse.Namespace, text: str) -> tuple[Explanation, Migrations]:
    async with looking(target_of(arguments)) as pool:
        catalog = await read_whole_catalog(pool)
        found = explain(catalog, text)
        changed = await newest_migrations(pool, catalog)
        async with pool.session() as session:
            here = await identity_of(session)
    return with_changes(found, changes_in(here)), changed


def _text(found: Explanation, changed: Migrations) -> str:
    lines = [found.headline]
    for answer in found.answers:
        lines += ["", answer.message]
        lines += [f"  a delete gets there: {path_words(path)}" for path in answer.paths]
        lines.append(f"Next: {answer.next_step}")
    if found.advice:
        lines += ["", found.advice]
    if changed.newest:
        lines += ["", "Changed last:", *(f"  {each.words}" for each in changed.newest[:_SHOWN_MIGRATIONS])]
    lines += [f"Not known when it was changed: {reason}" for reason in changed.unread]
    lines += not_run_lines(changed.not_run)
    return "\n".join(map(plain, lines))


def _document(found: Explanation, changed: Migrations) -> dict[str, Any]:
    return {
        "fkdash": 1,
        "kind": "explanation",
        "sqlstate": found.clues.sqlstate or None,
        "headline": found.headline,
        "ambiguous": found.ambiguous,
        "advice": found.advice or None,
        "answers": [_answer(answer) for answer in found.answers],
        "migrations": [asdict(each) for each in changed.newest],
        "migrations_unread": list(changed.unread),
        **not_run_field(changed.not_run),
    }


def _answer(answer: Cause) -> dict[str, Any]:
    key = answer.key
    return {
        "constraint": key.name,
        "schema": key.table.schema,
        "table": key.table.name,
        "sqlstate": answer.sqlstate,
        "message": answer.message,
        "paths": [[each.qualified for each in path] for path in answer.paths],
        "next_step": answer.next_step,
    }
