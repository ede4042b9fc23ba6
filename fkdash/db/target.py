"""Which server, database and role are meant, and how that was found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from fkdash.db.secret import Secret
from fkdash.db.text import plain
from fkdash.errors import UsageError
from fkdash.fact import fact
from fkdash.masking import masked

TlsMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
GssLibrary = Literal["gssapi", "sspi"]
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class PasswordPrompt(StrEnum):
    """When to ask the operator for a password, as psql's -W and -w say."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@fact
class Address:
    """One place where a server may listen.

    `host` is a name, an IP address or the directory of a unix socket; `route`,
    where given, is the IP address to go to instead of looking the name up.
    """

    host: str
    port: int
    route: str = ""
    password: Secret | None = None

    @property
    def is_socket(self) -> bool:
        """Say whether this is a unix socket."""
        return self.host.startswith("/")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{plain(host)}:{self.port}"


@fact
class Tls:
    """What the operator demands of the encryption; "" leaves a parameter to its default."""

    mode: TlsMode = "prefer"
    negotiation: str = ""
    root_certificates: str = ""
    certificate: str = ""
    key: str = ""
    key_password: Secret | None = None
    revoked: str = ""
    min_version: str = ""
    max_version: str = ""


@fact
class Target:
    """Where to connect, complete: nothing is read from the environment afterwards.

    `settings` are startup parameters the operator asked for (search_path,
    TimeZone, options). `source` names what decided (`DATABASE_URL`,
    `PGSERVICE=lab`), "" for arguments. `notes` say what was ignored, and why.
    `trusted_owners` are roles whose functions looking may run, beside superusers'.
    `look` is another login to the same database, with which everything is read; without one this login reads as
    well, and `looks_as_itself` says that the operator wants it so. `read_only`: no writer commits anything there.
    """

    addresses: tuple[Address, ...]
    database: str
    user: str
    tls: Tls = Tls()
    settings: Mapping[str, str] = field(default_factory=lambda: NO_SETTINGS, hash=False)
    application_name: str = "fkdash"
    connect_seconds: float | None = 10.0
    session_attributes: str = "any"
    shuffled: bool = False
    kerberos_service: str = ""
    gss_library: GssLibrary | None = None
    password_prompt: PasswordPrompt = PasswordPrompt.AUTO
    source: str = ""
    given: bool = False
    notes: tuple[str, ...] = ()
    trusted_owners: frozenset[str] = frozenset()
    look: Target | None = None
    looks_as_itself: bool = False
    read_only: bool = False

    @property
    def looking(self) -> Target:
        """Give the login with which everything is read."""
        return self.look or self

    @property
    def tried(self) -> tuple[str, ...]:
        """Name every address that a connection attempt goes through, in order."""
        return tuple(str(address) for address in self.addresses)

    def describe(self, address: Address | None = None) -> str:
        """Give one line like `app on db-eu-1:5432 as dba (PGSERVICE=lab)`; `address`: the one that answered."""
        where = str(address) if address else ", ".join(self.tried)
        source = f" ({plain(self.source)})" if self.source else ""
        return masked(f"{plain(self.database)} on {where} as {plain(self.user)}{source}")

    def with_password(self, password: str) -> Target:
        """Give the same target with the password that the operator typed."""
        typed = Secret(password)
        return replace(self, addresses=tuple(replace(one, password=typed) for one in self.addresses))

    def with_looking_password(self, password: str) -> Target:
        """Give the same target with the password that the operator typed for the login that reads."""
        if self.look is None:
            return self.with_password(password)
        return replace(self, look=self.look.with_password(password))

    def on_database(self, name: str) -> Target:
        """Give the same logins to another database of the server."""
        look = self.look.on_database(name) if self.look is not None else None
        return replace(self, database=name, notes=(), look=look)


def refuse_writing(target: Target) -> None:
    """Raise UsageError where the command line or the profile says that nothing is to be written."""
    if target.read_only:
        raise UsageError(
            "This would write, and --read-only or the profile forbids that.",
            next_step="Leave --read-only out, or take read_only out of the profile, where it is to be written.",
        )
