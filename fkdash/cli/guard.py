"""`fkdash guard`: prints what an application runs before it deletes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fkdash.catalog.names import find_table
from fkdash.catalog.postgres.equality import own_equality
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.cli.connection import add_connection_arguments, looking, run_async, target_of
from fkdash.cli.messages import say, tell
from fkdash.cli.numbers import number
from fkdash.db.text import plain
from fkdash.errors import UsageError
from fkdash.preview.declared.not_tables import no_table
from fkdash.preview.guard import guard
from fkdash.report.guard import TOOLS, guard_code

if TYPE_CHECKING:
    import argparse

    from fkdash.preview.guard import Guard

SUMMARY = (
    "Print the query, and the code around it, that an application runs before it deletes rows of a table: which "
    "foreign keys would refuse, and how many rows are behind each. Follows ON DELETE CASCADE. Changes nothing."
)
EXAMPLES = """examples:
  fkdash guard workspaces
  fkdash guard workspaces --for drizzle
  fkdash guard public.workspaces --for sqlalchemy --limit 100
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("table", metavar="TABLE", help="[schema.]table, as psql reads it")
    parser.add_argument(
        "--for", dest="tool", choices=TOOLS, default="sql", help="whose code it is to be; default: %(default)s"
    )
    parser.add_argument(
        "--limit",
        type=number(1, 1_000_000),
        default=1000,
        metavar="N",
        help="stop counting a key's rows at N; default: %(default)d",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the code."""
    made = run_async(_guard(arguments))
    code = guard_code(made, arguments.tool)
    for each in made.not_asked:
        tell(plain(f"note: not asked: {each}"))
    if arguments.format == "json":
        say(json.dumps(_document(made, arguments.tool, code), indent=2))
    else:
        say(code)
    return 0


async def _guard(arguments: argparse.Namespace) -> Guard:
    async with looking(target_of(arguments)) as pool:
        catalog = await read_whole_catalog(pool)
        async with pool.session() as session:
            try:
                table = find_table(catalog, arguments.table)
            except UsageError as missing:
                raise await no_table(session, arguments.table, command="fkdash guard") or missing from None
            equality = await own_equality(session, table, table.primary_key)
        return guard(catalog, table, equality, limit=arguments.limit)


def _document(made: Guard, tool: str, code: str) -> dict[str, object]:
    return {
        "fkdash": 1,
        "kind": "guard",
        "schema": made.table.schema,
        "table": made.table.name,
        "for": tool,
        "parameters": [{"column": each.column, "type": each.type} for each in made.parameters],
        "limit": made.limit,
        "sql": made.sql(lambda number: f"${number}"),
        "code": code,
        "not_asked": list(made.not_asked),
    }
