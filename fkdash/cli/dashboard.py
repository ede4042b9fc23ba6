"""`fkdash [DSN]`: the dashboard."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.cli.commands import commands_help
from fkdash.cli.connection import add_connection_arguments, ask_looking_password, ask_password, may_ask
from fkdash.cli.numbers import number
from fkdash.cli.settings import label_columns_set, operator_settings
from fkdash.cli.several import destinations_of
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import UsageError
from fkdash.profiles import Destination, Settings
from fkdash.tui.plain import ASCII, glyphs_for
from fkdash.tui.settings import DashboardOptions
from fkdash.tui.terminal import PASSWORD_WANTED, refuse_unusable_terminal, run_dashboard

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from fkdash.db.target import Target
    from fkdash.tui.app import DashboardApp
    from fkdash.tui.known_databases import KnownDatabases
    from fkdash.tui.safe_app import SafeApp

SUMMARY = (
    "See which foreign keys will break the next DELETE and whom they block, and repair them on the live "
    "database. Looking never writes; every change is shown, confirmed and can be undone."
)
_REFRESH_SECONDS, _LEAST_REFRESH_SECONDS, _MOST_REFRESH_SECONDS = 60.0, 5.0, 86_400.0
EXAMPLES = f"""examples:
  fkdash                             the database psql would connect to
  fkdash postgresql://dba@db-eu-1/app
  fkdash -h db-eu-1 -U dba -d app
  fkdash --profile prod              a profile of config.toml
  fkdash --profiles                  all of them in a list, the worst first; enter goes into one
  fkdash --all-databases -h db-eu-1  every database of a server, likewise

commands (fkdash COMMAND --help tells more):
{commands_help()}
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_connection_arguments(parser, several=True)
    parser.add_argument(
        "--theme", default="ansi-dark", metavar="NAME", help="ansi-dark, ansi-light or a Textual theme"
    )
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument(
        "--mouse",
        action="store_true",
        default=None,
        help="use the mouse over SSH too (shift+drag then selects text)",
    )
    parser.add_argument(
        "--refresh",
        type=float,
        metavar="SECONDS",
        help="look every so many seconds whether what is declared has changed (0: never; else 60, over SSH never)",
    )
    parser.add_argument(
        "--jobs",
        type=number(1, 64),
        metavar="N",
        help="with several databases: how many of a server to look into at a time, at most what it has free",
    )
    parser.add_argument("-V", "--version", action="store_true", help="show the version and end")


def run(arguments: argparse.Namespace) -> int:
    """Open the dashboard and give its exit code."""
    refuse_unusable_terminal()
    settings = operator_settings()
    destinations = destinations_of(arguments, settings)
    options = replace(
        options_from(settings, ascii_only=arguments.ascii),
        theme=arguments.theme,
        mouse=arguments.mouse,
        read_only=arguments.read_only,
        refresh=_refresh_seconds(arguments.refresh, os.environ),
        jobs=arguments.jobs,
    )
    if len(destinations) > 1 or arguments.all_databases or arguments.profiles is not None:
        from fkdash.tui.known_databases import KnownDatabases  # only where there are several

        return _open(KnownDatabases(tuple(destinations), every_database=arguments.all_databases), options)
    return _open(destinations[0], options)


def _refresh_seconds(asked: float | None, environment: Mapping[str, str]) -> float | None:
    """Give after how many seconds to look again, None for never; raises UsageError."""
    if asked is None:
        return None if "SSH_CONNECTION" in environment else _REFRESH_SECONDS
    if asked == 0:
        return None
    if not _LEAST_REFRESH_SECONDS <= asked <= _MOST_REFRESH_SECONDS:
        raise UsageError(
            f"--refresh takes {_LEAST_REFRESH_SECONDS:g} to {_MOST_REFRESH_SECONDS:g} seconds, not {asked:g}.",
            next_step="0 never looks again by itself; r always does.",
        )
    return asked


def open_dashboard(dsn: str, *, ascii_only: bool, environment: str) -> int:
    """Open the dashboard on a DSN, with the operator's own settings."""
    options = options_from(operator_settings(), ascii_only=ascii_only)
    # A throwaway server has no other roles whose code could be met.
    target = replace(resolve(ConnectionArguments(dsn=dsn), os.environ), looks_as_itself=True)
    return _open(Destination(target.database, target, environment), options)


def options_from(settings: Settings, *, ascii_only: bool) -> DashboardOptions:
    """Give what the settings say of the dashboard."""
    return DashboardOptions(
        glyphs=ASCII if ascii_only else glyphs_for(),
        label_columns=dict(label_columns_set(settings)),
        keymap=dict(settings.keys),
        profiles=dict(settings.profiles),
    )


def _open(start: Target | Destination | KnownDatabases, options: DashboardOptions) -> int:
    """Run the dashboard; where a server demands a password, ask on the terminal and open it again."""
    opened: list[DashboardApp] = []

    def application() -> SafeApp:
        from fkdash.tui.app import DashboardApp  # Textual is loaded when the terminal is ready

        opened.append(DashboardApp(start, options=options))
        return opened[-1]

    while True:
        status = run_dashboard(application, mouse=options.mouse)
        wanted = opened[-1].wants_password
        if status != PASSWORD_WANTED or wanted is None or not may_ask(wanted):
            return status
        ask = ask_looking_password if opened[-1].wants_it_for_looking else ask_password
        start = opened[-1].begin_again(ask(wanted))
