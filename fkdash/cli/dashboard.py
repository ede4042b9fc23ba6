"""`fkdash [DSN]`: the dashboard."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.cli.connection import add_connection_arguments, ask_password, may_ask, target_of
from fkdash.cli.main import commands_help
from fkdash.db.resolve import ConnectionArguments, resolve
from fkdash.profiles import Settings, load_settings
from fkdash.tui.options import DashboardOptions
from fkdash.tui.plain import ASCII, glyphs_for
from fkdash.tui.terminal import PASSWORD_WANTED, refuse_unusable_terminal, run_dashboard

if TYPE_CHECKING:
    import argparse

    from fkdash.db.target import Target
    from fkdash.tui.safe_app import SafeApp

SUMMARY = (
    "See which foreign keys will break the next DELETE and whom they block, and repair them on the live "
    "database. Looking never writes; every change is shown, confirmed and can be undone."
)
EXAMPLES = f"""examples:
  fkdash                             the database psql would connect to
  fkdash postgresql://dba@db-eu-1/app
  fkdash -h db-eu-1 -U dba -d app
  fkdash --profile prod              a profile of config.toml

commands (fkdash COMMAND --help tells more):
{commands_help()}
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_connection_arguments(parser)
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
    parser.add_argument("-V", "--version", action="store_true", help="show the version and end")


def run(arguments: argparse.Namespace) -> int:
    """Open the dashboard and give its exit code."""
    refuse_unusable_terminal()
    settings = load_settings()
    target = target_of(arguments, settings)
    options = replace(
        options_from(settings, ascii_only=arguments.ascii),
        theme=arguments.theme,
        mouse=arguments.mouse,
        read_only=arguments.read_only or arguments.profile_read_only,
        environment=arguments.environment,
    )
    return _open(target, options)


def open_dashboard(dsn: str, *, ascii_only: bool, environment: str) -> int:
    """Open the dashboard on a DSN, with the operator's own settings."""
    options = options_from(load_settings(), ascii_only=ascii_only)
    return _open(resolve(ConnectionArguments(dsn=dsn), os.environ), replace(options, environment=environment))


def options_from(settings: Settings, *, ascii_only: bool) -> DashboardOptions:
    """Give what the settings say of the dashboard."""
    return DashboardOptions(
        glyphs=ASCII if ascii_only else glyphs_for(),
        label_columns=dict(settings.labels),
        keymap=dict(settings.keys),
    )


def _open(target: Target, options: DashboardOptions) -> int:
    """Run the dashboard; where the server demands a password, ask on the terminal and open it again."""

    def application() -> SafeApp:
        from fkdash.tui.app import DashboardApp  # noqa: PLC0415 - Textual is loaded when the terminal is ready

        return DashboardApp(target, options=options)

    status = run_dashboard(application, theme=options.theme, mouse=options.mouse)
    while status == PASSWORD_WANTED and may_ask(target):
        target = ask_password(target)
        status = run_dashboard(application, theme=options.theme, mouse=options.mouse)
    return status
