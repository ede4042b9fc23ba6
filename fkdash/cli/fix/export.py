"""`fkdash fix export`: a plan as a script, or as a migration of the team's own tool."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.apply.exports import note_export
from fkdash.cli.connection import add_connection_arguments
from fkdash.cli.exporting import add_source_arguments, source_of
from fkdash.cli.fix import plan as fix_plan
from fkdash.cli.messages import say, tell
from fkdash.db.text import plain
from fkdash.errors import FkdashError, UsageError, reason_of
from fkdash.fix.export.folder import required_folder
from fkdash.fix.export.migration import migration_of
from fkdash.fix.export.model import Request
from fkdash.fix.export.table import NAMES, exported
from fkdash.fix.export.write import write
from fkdash.report.fix.export import export_diff, export_document, export_words
from fkdash.report.fix.plan import plan_sql

if TYPE_CHECKING:
    import argparse

    from fkdash.cli.exporting import Source
    from fkdash.fix.export.model import Exported

SUMMARY = (
    "Print a plan as a script for psql, or with --tool as a migration of the team's own tool. The database is not "
    "changed; files are written with --write only."
)
EXAMPLES = """examples:
  fkdash fix export users_workspace_id_fkey --option no-action > fix.sql
  fkdash fix export users_workspace_id_fkey --option no-action --tool drizzle --dir packages/web
  fkdash fix export users_workspace_id_fkey --option no-action --tool drizzle --dir . --edit-schema --write
"""
_GIT_SECONDS = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_source_arguments(parser)
    parser.add_argument("--tool", metavar="TOOL", choices=NAMES, help=", ".join(NAMES))
    parser.add_argument("--dir", metavar="DIR", type=Path, help="the project's root, or its folder of migrations")
    parser.add_argument(
        "--name", metavar="NAME", help="what the migration is called; the default says what it does"
    )
    parser.add_argument(
        "--edit-schema", action="store_true", help="change the team's schema file as well (drizzle, prisma)"
    )
    parser.add_argument("--write", action="store_true", help="write the files; without it they are shown only")
    parser.add_argument(
        "--format", choices=("sql", "json", "diff"), help="default: sql, or with --tool a diff of the files"
    )
    add_connection_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the script, or what is written."""
    if arguments.option is None:
        raise UsageError("Which fix? --option says it.", next_step="fkdash fix plan CONSTRAINT shows them.")
    if arguments.tool is None:
        return _script(arguments)
    if arguments.dir is None:
        raise UsageError(
            "Nothing says where to write.",
            next_step="--dir names the project or its folder of migrations.",
        )
    if arguments.format == "sql":
        raise UsageError(
            "--format sql is for psql; a tool's files are shown as diff or json.",
            next_step="Leave --tool out for the script, or --format.",
        )
    folder = required_folder(arguments.dir)
    source = source_of(arguments)
    request = Request(
        migration=migration_of(source.plan, name=arguments.name),
        folder=folder,
        now=datetime.now(UTC),
        edit_schema=arguments.edit_schema,
    )
    made = exported(arguments.tool, request)
    as_json = arguments.format == "json"
    shown = json.dumps(export_document(made, folder), indent=2) if as_json else export_diff(made, folder)
    words = export_words(made, folder)
    _say_dirty(folder)
    if arguments.write:
        _write(made, source)
    say(shown)
    if not as_json and words.strip():
        tell(words.rstrip("\n"))
    if not arguments.write:
        tell("Nothing was written; --write does it.")
    return 0


def _script(arguments: argparse.Namespace) -> int:
    given = [
        word
        for word, value in (
            ("--dir", arguments.dir),
            ("--name", arguments.name),
            ("--edit-schema", arguments.edit_schema),
            ("--write", arguments.write),
        )
        if value
    ]
    if given or arguments.format == "diff":
        raise UsageError(
            f"{', '.join(given) or '--format diff'} needs --tool.", next_step=f"One of: {', '.join(NAMES)}."
        )
    arguments.format = arguments.format or "sql"
    if arguments.source is None and arguments.journal is None:
        return fix_plan.run(arguments)
    made = source_of(arguments).plan
    say(fix_plan.as_json(made) if arguments.format == "json" else plan_sql(made))
    return 0


def _write(made: Exported, source: Source) -> None:
    write(made.files)
    for change in made.files:
        tell(plain(f"{change.action}: {change.path}"))
    if source.journal is not None:
        try:
            note_export(source.journal, made.tool, [change.path for change in made.files])
        except (OSError, FkdashError) as error:
            tell(plain(f"note: the journal {source.journal} does not say so: {reason_of(error)}"))


def _say_dirty(folder: Path) -> None:
    """Say that the work tree has other changes; git is asked, and nothing is touched."""
    try:
        found = subprocess.run(  # noqa: S603 - no word of it comes from elsewhere but the folder, after -C
            [  # noqa: S607 - the team's own git
                "git",
                "-C",
                str(folder),
                "--no-optional-locks",
                "-c",
                "core.fsmonitor=false",
                "status",
                "--porcelain",
                "--",
                ".",
            ],
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    count = len(found.stdout.splitlines()) if found.returncode == 0 else 0
    if count:
        tell(f"note: {count} {'path has' if count == 1 else 'paths have'} uncommitted changes in this work tree")
