"""Which databases are meant where there may be several: DSNs, profiles, or what psql would connect to."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from fkdash.cli.connection import target_of
from fkdash.cli.settings import operator_settings
from fkdash.errors import UsageError
from fkdash.profiles import Destination, settings_file

if TYPE_CHECKING:
    from fkdash.profiles import Settings


def destinations_of(arguments: argparse.Namespace, settings: Settings | None = None) -> list[Destination]:
    """Give every database that is named; without a name it is the one that psql would connect to.

    Raises UsageError for a profile or DSN that cannot be used.
    """
    settings = settings or operator_settings()
    named = [{"dsn": dsn, "profile": None} for dsn in arguments.dsns]
    named += [{"dsn": None, "profile": name} for name in _profiles(arguments, settings)]
    return [_destination(arguments, settings, each) for each in named or [{"dsn": None, "profile": None}]]


def _profiles(arguments: argparse.Namespace, settings: Settings) -> list[str]:
    """Give the names of the profiles that are meant, each once."""
    names = list(arguments.profile or ())
    if arguments.profiles is not None:
        chosen = [name.strip() for name in arguments.profiles.split(",") if name.strip()]
        names += chosen or settings.profiles
        if not names:
            raise UsageError(
                f"There is no profile in {settings_file()}.",
                next_step='Write one: [profiles.prod] and, below it, dsn = "postgresql://dba@db-eu-1/app".',
            )
    return list(dict.fromkeys(names))


def _destination(arguments: argparse.Namespace, settings: Settings, named: dict[str, str | None]) -> Destination:
    one = argparse.Namespace(**(vars(arguments) | named))
    target = target_of(one, settings)
    return Destination(named["profile"] or target.database, target, one.environment)
