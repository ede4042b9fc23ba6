"""The connection arguments, named as psql names them, and the sessions they lead to."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from fkdash.cli.command_words import refuse_command_as_database
from fkdash.cli.commands import COMMANDS
from fkdash.cli.messages import tell
from fkdash.cli.settings import operator_settings
from fkdash.db.lent import lent
from fkdash.db.look import with_look
from fkdash.db.target import PasswordPrompt, Target, refuse_writing
from fkdash.db.where.conninfo import without_password
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import FkdashError, PasswordRequiredError, UsageError
from fkdash.profiles import Settings, profile_of, settings_file
from fkdash.shell import shell_word

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Coroutine, Mapping

    from fkdash.catalog.model import Catalog
    from fkdash.db.pool import Limits, ReadPool

_T = TypeVar("_T")

LEFT_TO_THE_END: Final[list[object]] = []
"""What a command read of one database, which nobody gives back: the process ends at once when it has answered."""


def add_connection_arguments(
    parser: argparse.ArgumentParser, *, positional: bool = True, several: bool = False, look: bool = True
) -> None:
    """Declare where to connect; `positional` also takes the DSN as an argument of its own.

    `several` takes more than one DSN and profile, and all of them; `fkdash.cli.several` says which those are.
    `look` takes a second login for looking.
    """
    parser.set_defaults(look=None, snapshot=None)
    group = parser.add_argument_group(
        "where to connect",
        "As psql: a database name, a URI or a conninfo string; else PG* variables and service files.",
    )
    if several:
        group.add_argument("dsns", nargs="*", metavar="DSN", help="databases: names, URIs or conninfo strings")
    elif positional:
        group.add_argument("dsn", nargs="?", metavar="DSN", help="a database's name, URI or conninfo string")
    group.add_argument("-h", "--host", help="server or socket folder")
    group.add_argument("-p", "--port", help="port")
    group.add_argument("-U", "--username", help="role")
    group.add_argument("-d", "--dbname", help="a database's name, URI or conninfo string")
    if several:
        group.add_argument(
            "--profile", action="append", metavar="NAME", help="a profile of config.toml; may be repeated"
        )
        group.add_argument(
            "--profiles",
            nargs="?",
            const="",
            metavar="NAMES",
            help="several profiles, separated by commas; without names all of them",
        )
        group.add_argument("--all-databases", action="store_true", help="every database of the server")
    else:
        group.add_argument("--profile", metavar="NAME", help="a profile of config.toml, instead of the above")
    group.add_argument(
        "--trust-owner",
        action="append",
        metavar="ROLE",
        help="let looking run code of this role (functions in indexes, checks and the like); may be repeated",
    )
    if look:
        group.add_argument(
            "--look",
            metavar="LOGIN",
            help="another login for all that is read: a role's name, a URI or a conninfo string; 'same' for none",
        )
    group.add_argument("--read-only", action="store_true", help="refuse every command that writes")
    prompt = group.add_mutually_exclusive_group()
    prompt.add_argument("-W", "--password", action="store_true", help="ask for the password first")
    prompt.add_argument("-w", "--no-password", action="store_true", help="never ask for a password")


def add_from_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the snapshot that is read in the place of a database."""
    parser.add_argument(
        "--from",
        dest="snapshot",
        type=Path,
        metavar="FILE",
        help="a file of fkdash snapshot, instead of a database",
    )


def snapshot_of(arguments: argparse.Namespace) -> Catalog | None:
    """Give the catalog of --from, None without it; raises UsageError where a database is named as well."""
    if arguments.snapshot is None:
        return None
    named = (
        getattr(arguments, "dsn", None) or getattr(arguments, "dsns", None) or arguments.dbname or arguments.host
    )
    if named or arguments.profile or getattr(arguments, "all_databases", False):
        raise UsageError("--from reads a file; a database cannot be read too.", next_step="Leave one of them out.")
    from fkdash.catalog.snapshot_reading import load_snapshot  # only where a snapshot is read

    return load_snapshot(arguments.snapshot)


def target_of(arguments: argparse.Namespace, settings: Settings | None = None) -> Target:
    """Give where to connect; asks for the password where -W says so. Raises UsageError.

    `arguments.environment` then says what the chosen profile is.
    """
    prompt = PasswordPrompt.AUTO
    if arguments.password:
        prompt = PasswordPrompt.ALWAYS
    elif arguments.no_password:
        prompt = PasswordPrompt.NEVER
    dsn, origin = getattr(arguments, "dsn", None), ""
    arguments.environment = ""
    read_only = bool(arguments.read_only)
    trusted = frozenset(arguments.trust_owner or ())
    look, look_origin = arguments.look, "--look"
    refuse_command_as_database(dsn, COMMANDS)
    if arguments.profile is not None:
        if dsn is not None:
            raise UsageError(
                "Two databases are named: by --profile and as an argument.", next_step="Leave one of them out."
            )
        profile = profile_of(settings or operator_settings(), arguments.profile)
        trusted |= profile.trusted_owners
        dsn, origin = profile.dsn, f"profile {profile.name}"
        arguments.environment = profile.environment
        read_only |= profile.read_only
        if look is None:
            look, look_origin = profile.look, f"the look of profile {profile.name}"
    given = ConnectionArguments(
        dsn=dsn,
        host=arguments.host,
        port=arguments.port,
        user=arguments.username,
        dbname=arguments.dbname,
        password_prompt=prompt,
        origin=origin,
    )
    try:
        target = replace(resolve(given, os.environ), trusted_owners=trusted, read_only=read_only)
        target = with_look(target, look, os.environ, origin=look_origin)
    except UsageError as error:
        if not origin:
            raise
        raise UsageError(f"{settings_file()}: {origin}: {error.what}", next_step=error.next_step) from None
    if prompt is not PasswordPrompt.ALWAYS:
        return target
    return ask_password(target if target.look is None else ask_looking_password(target))


def words_to_connect(arguments: argparse.Namespace) -> str:
    """Give the arguments that led here as a shell takes them, to stand in another command; never a password."""
    given = [getattr(arguments, "dsn", None)]
    for option, value in (
        ("-h", arguments.host),
        ("-p", arguments.port),
        ("-U", arguments.username),
        ("-d", arguments.dbname),
        ("--profile", arguments.profile),
        ("--look", arguments.look),
    ):
        given += [option, value] if value is not None else []
    return " ".join(shell_word(without_password(word)) for word in given if word is not None)


def ask_password(target: Target) -> Target:
    """Ask for the password of the login that writes on the terminal."""
    return target.with_password(getpass.getpass(f"Password for {target.describe()}: "))


def ask_looking_password(target: Target) -> Target:
    """Ask for the password of the login that reads on the terminal."""
    return target.with_looking_password(getpass.getpass(f"Password for {target.looking.describe()}: "))


async def writable(target: Target) -> Target:
    """Give the target with the password of the login that writes, where the server demands one and nobody gave it.

    Where one login does both, looking asks for it. Raises UsageError where nothing is to be written.
    """
    refuse_writing(target)
    if target.look is None or not may_ask(target):
        return target
    from fkdash.db.writing import open_writer  # the driver takes a while to load

    try:
        async with open_writer(target):
            return target
    except PasswordRequiredError:
        return ask_password(target)


def may_ask(target: Target) -> bool:
    """Tell whether there is somebody to ask for a password."""
    return target.password_prompt is PasswordPrompt.AUTO and sys.stdin.isatty() and sys.stderr.isatty()


@asynccontextmanager
async def looking(
    target: Target, limits: Limits | None = None, *, nothing_else: bool = False
) -> AsyncIterator[ReadPool]:
    """Open the pool of read-only sessions; asks once for a password that the server demands.

    Where the command does nothing else on the server its last transaction ends with the connection: a wait less.
    """
    from fkdash.db.pool import ReadPool  # the driver takes a while to load; the dashboard does later

    try:
        pool = await ReadPool.open(target, limits=limits)
    except PasswordRequiredError:
        if not may_ask(target):
            raise
        pool = await ReadPool.open(ask_looking_password(target), limits=limits)
    for note in pool.notes:
        tell(f"note: {note}")
    async with lent(pool, nothing_else=nothing_else):
        yield pool


def run_async(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a command's asynchronous part to its end."""
    kept: list[_T] = []

    async def keep() -> None:
        asyncio.get_running_loop().set_exception_handler(_unheard)
        kept.append(await work)

    # asyncio.run spells the task, its result included, when it puts the signal handler back: it must be small.
    asyncio.run(keep())
    return kept[0]


def _unheard(_loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """Keep from the terminal what went wrong where nobody waits any more: asyncio would print a traceback.

    A lost connection has been told by whoever gave it up, and one that the driver stumbled over, on an answer that
    nobody wanted any more, is closed: whoever waits hears of it. Anything else is a fault of fkdash, told as one.
    """
    if "transport" in context:
        return
    from fkdash.db.refused.translate import DRIVER_ERRORS  # only a failure pays for these
    from fkdash.faults import account_of

    error = context.get("exception")
    if error is not None and not isinstance(error, (*DRIVER_ERRORS, FkdashError)):
        tell(account_of(error))
