"""Named profiles and personal settings: `config.toml` in the platform's configuration folder.

[profiles.prod]
dsn = "postgresql://dba@db-eu-1/app"
environment = "production"     # colours the header, asks for the database's name at confirmation
look = "service=app-look"       # another login for all that is read; "same" for none

[profiles.prod.trust]
owners = ["app_owner"]         # looking may run functions of these roles, beside superusers'

[labels]
"public.users" = ["email", "name"]

[keys]                             # by the ids that ? shows; several keys with commas
"screen.refresh" = "r,f5"
"""

from __future__ import annotations

import os
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_config_path

from fkdash.db.where.conninfo import spelled
from fkdash.errors import UsageError
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.db.target import Target
    from fkdash.reading.source import Source
    from fkdash.reading.typed import Remark
    from fkdash.settings_files import OperatorFile, ProfileTable


_PRODUCTION = frozenset({"production", "prod", "prd", "live"})


def is_production(environment: str) -> bool:
    """Tell whether an environment's name asks for the greatest care, whatever its case."""
    return environment.strip().casefold() in _PRODUCTION


@fact
class Profile:
    """A place to connect to, by DSN or service name, and what it is (`production`, `staging` ...)."""

    name: str
    dsn: str | None = None
    environment: str = ""
    read_only: bool = False
    trusted_owners: frozenset[str] = frozenset()
    look: str | None = None


@fact
class Destination:
    """A database that can be gone to: its name for the operator, where it is, and what its profile says of it."""

    name: str
    target: Target
    environment: str = ""


@fact
class Settings:
    """What the operator has set: profiles by name, label columns by `schema.table`, keys by binding id.

    `warnings` say what in the file is not used.
    """

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def settings_file() -> Path:
    """Give the file's place; FKDASH_CONFIG overrides it."""
    named = os.environ.get("FKDASH_CONFIG")
    return Path(named) if named else user_config_path("fkdash", appauthor=False) / "config.toml"


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings; without a file there are none. Raises UsageError with every mistake in it."""
    place = path or settings_file()
    if not _is_there(place):
        return Settings()
    try:
        read, source, remarks = read_operator_file(place)
    except FileNotFoundError:
        return Settings()
    return Settings(
        profiles={name: _profile(name, table) for name, table in read.profiles.items()},
        labels={name: tuple(columns) for name, columns in read.labels.items()},
        keys={name: chosen if isinstance(chosen, str) else ",".join(chosen) for name, chosen in read.keys.items()},
        warnings=source.warnings(remarks),
    )


def _is_there(place: Path) -> bool:
    """Tell whether there may be such a file: what cannot be looked at is left to who reads it."""
    try:
        place.stat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def read_operator_file(place: Path) -> tuple[OperatorFile, Source, list[Remark]]:
    """Give what a config.toml says, its source, and what in it is not used.

    Raises FileNotFoundError where there is none, UsageError with every mistake in it.
    """
    from fkdash.reading.source import parsed_toml  # where there is such a file only
    from fkdash.reading.typed import Found, Remark, typed
    from fkdash.settings_files import TEAMS_ONLY, OperatorFile, with_its_place

    document, source = parsed_toml(place, "configuration")
    found = Found()
    read = typed(document, OperatorFile, found)
    remarks = [with_its_place(each, TEAMS_ONLY, "fkdash.toml") for each in found.unknown]
    if read is None:
        raise source.refusal(found.mistakes, unused=remarks)
    remarks += [
        Remark(("profiles", name, "service"), "is not used: dsn says where to connect")
        for name, table in read.profiles.items()
        if table.dsn is not None and table.service is not None
    ]
    return read, source, remarks


def profile_of(settings: Settings, name: str) -> Profile:
    """Give the profile of this name; raises UsageError, naming those there are."""
    if name not in settings.profiles:
        known = ", ".join(settings.profiles) or "none"
        raise UsageError(
            f'There is no profile "{name}" in {settings_file()}.', next_step=f"Profiles there: {known}."
        )
    return settings.profiles[name]


def _profile(name: str, table: ProfileTable) -> Profile:
    by_service = f"service={spelled(table.service)}" if table.service is not None else None
    return Profile(
        name=name,
        dsn=table.dsn if table.dsn is not None else by_service,
        environment=table.environment,
        read_only=table.read_only,
        trusted_owners=frozenset(table.trust.owners),
        look=table.look,
    )
