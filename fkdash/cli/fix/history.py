"""`fkdash fix history`: the runs there are journals of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.apply.journal.database_copy import runs_in
from fkdash.apply.journal.journal import runs_folder
from fkdash.apply.journal.records import copied_runs, everything, standings
from fkdash.cli.connection import add_connection_arguments, looking, run_async, target_of
from fkdash.cli.messages import say, tell
from fkdash.db.text import plain

if TYPE_CHECKING:
    import argparse

    from fkdash.apply.journal.records import RecordedRun

SUMMARY = (
    "List the runs there are journals of on this machine, the newest first; or those that kept a copy in a "
    "database. Without --journal-in-database it needs no database."
)
EXAMPLES = """examples:
  fkdash fix history
  fkdash fix history --journal-in-database ops postgresql://db/app
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare where else to look: there is only one folder of journals."""
    parser.add_argument(
        "--journal-in-database", metavar="SCHEMA", help="list the copies in this schema of the database instead"
    )
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print one line for each run."""
    schema: str | None = arguments.journal_in_database
    runs, unread = everything() if schema is None else (run_async(_copied(arguments, schema)), ())
    for file in unread:
        tell(plain(f"note: left out: {file.why}"))
    stand = standings(runs)
    if not runs:
        tell(f"No runs in {runs_folder() if schema is None else plain(schema)}.")
    for each in runs:
        what = f"{each.plan.option:<16}  {each.plan.key.qualified}  ({each.database})"
        where = plain(f"{each.path.stem}  on {each.host or 'an unnamed host'}" if schema else str(each.path))
        say(f"{each.started[:19]}  {stand[each.path]:<11}  {plain(what)}\n  {where}")
    return 0


async def _copied(arguments: argparse.Namespace, schema: str) -> tuple[RecordedRun, ...]:
    async with looking(target_of(arguments)) as pool, pool.session() as session:
        return copied_runs(
            {Path(f"{run}.jsonl"): lines for run, lines in (await runs_in(session, schema)).items()}
        )
