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
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_config_path

from fkdash.errors import UsageError, reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.db.target import Target


_PRODUCTION = frozenset({"production", "prod", "live"})


def refuse_writing(*, read_only: bool) -> None:
    """Raise UsageError where a session only looks."""
    if read_only:
        raise UsageError("This command writes, and --read-only or the profile forbids that.")


def is_production(environment: str) -> bool:
    """Tell whether an environment's name asks for the greatest care, whatever its case."""
    return environment.strip().casefold() in _PRODUCTION


@dataclass(frozen=True, slots=True)
class Profile:
    """A place to connect to, by DSN or service name, and what it is (`production`, `staging` ...)."""

    name: str
    dsn: str | None = None
    environment: str = ""
    read_only: bool = False
    trusted_owners: frozenset[str] = frozenset()
    look: str | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """A database that can be gone to: its name for the operator, where it is, and what its profile says of it."""

    name: str
    target: Target
    environment: str = ""
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator has set: profiles by name, label columns by `schema.table`, keys by binding id."""

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)


def settings_file() -> Path:
    """Give the file's place; FKDASH_CONFIG overrides it."""
    named = os.environ.get("FKDASH_CONFIG")
    return Path(named) if named else user_config_path("fkdash", appauthor=False) / "config.toml"


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings; without a file there are none. Raises UsageError for one that cannot be read."""
    place = path or settings_file()
    try:
        document = _parsed(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{place} cannot be read: {reason_of(error)}.", next_step="Correct it, or move it away."
        ) from error
    try:
        return Settings(
            profiles={name: _profile(name, table) for name, table in document.get("profiles", {}).items()},
            labels={name: tuple(columns) for name, columns in document.get("labels", {}).items()},
            keys={
                name: chosen if isinstance(chosen, str) else ",".join(chosen)
                for name, chosen in document.get("keys", {}).items()
            },
        )
    except (AttributeError, TypeError) as error:
        raise UsageError(f"{place} is not what it should be: {error}.", next_step="See fkdash --help.") from error


def _parsed(text: str) -> dict[str, Any]:
    """Read TOML; raises ValueError for what is none."""
    import tomllib  # noqa: PLC0415 - most operators have no such file, and the first frame waits for this

    return tomllib.loads(text)


def profile_of(settings: Settings, name: str) -> Profile:
    """Give the profile of this name; raises UsageError, naming those there are."""
    if name not in settings.profiles:
        known = ", ".join(settings.profiles) or "none"
        raise UsageError(
            f'There is no profile "{name}" in {settings_file()}.', next_step=f"Profiles there: {known}."
        )
    return settings.profiles[name]


def _profile(name: str, table: Mapping[str, Any]) -> Profile:
    unknown = set(table) - {"dsn", "service", "environment", "read_only", "trust", "look"}
    if unknown:
        raise UsageError(
            f'The profile "{name}" has settings that fkdash does not know: {", ".join(sorted(unknown))}.',
            next_step="It knows dsn, service, environment, read_only, trust and look.",
        )
    dsn = table.get("dsn")
    if dsn is None and "service" in table:
        dsn = f"service={table['service']}"
    look = table.get("look")
    if not (look is None or isinstance(look, str)):
        raise UsageError(
            f'The look of the profile "{name}" is not text.',
            next_step='Write it as look = "service=app-look", or look = "same".',
        )
    return Profile(
        name=name,
        dsn=dsn,
        environment=str(table.get("environment", "")),
        read_only=bool(table.get("read_only", False)),
        trusted_owners=_trusted_owners(name, table.get("trust", {})),
        look=look,
    )


def _trusted_owners(name: str, table: object) -> frozenset[str]:
    owners = table.get("owners", []) if isinstance(table, dict) and set(table) <= {"owners"} else None
    if not isinstance(owners, list) or not all(isinstance(owner, str) for owner in owners):
        raise UsageError(
            f'What the profile "{name}" trusts cannot be read.',
            next_step=f'Write it as [profiles.{name}.trust] and, below it, owners = ["role", "another"].',
        )
    return frozenset(owners)
