"""Works out where to connect as psql would, from arguments, service files and the environment."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from fkdash.db.secret import Secret
from fkdash.db.target import Address, PasswordPrompt, Target
from fkdash.db.text import plain
from fkdash.db.where.addresses import addresses_of
from fkdash.db.where.conninfo import is_connection_string, is_uri, parse_connection_string
from fkdash.db.where.parameters import (
    SETTING_VARIABLE_OF,
    VARIABLE_OF,
    notes_on_demands,
    refuse_what_cannot_be_promised,
    understood,
)
from fkdash.db.where.passfile import read_passwords
from fkdash.db.where.service_file import home, service_parameters
from fkdash.db.where.tls import tls_of
from fkdash.errors import UsageError
from fkdash.fact import fact
from fkdash.masking import may_hold_a_password

_SETTINGS = ("options", "search_path", "TimeZone", "DateStyle")
_PLACE = ("host", "hostaddr", "port", "service")
_WHERE_FROM_ENVIRONMENT = ("host", "hostaddr", "port", "dbname", "user")
_SESSION_ATTRIBUTES = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
_CONNECT_SECONDS = 10.0
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_LONGEST_CONNECT_SECONDS = 1_000_000.0


@fact
class ConnectionArguments:
    """What the command line or a profile says; None where it says nothing.

    `dsn` and `dbname` are the same to psql (a database's name, a keyword string
    or a URI): at most one of them. `origin` names a profile, "" for arguments.
    """

    dsn: str | None = field(default=None, repr=False)
    host: str | None = None
    port: str | int | None = None
    user: str | None = None
    dbname: str | None = field(default=None, repr=False)
    service: str | None = None
    password_prompt: PasswordPrompt = PasswordPrompt.AUTO
    origin: str = ""


@dataclass(slots=True)
class _Layers:
    """Parameters, the first to say one wins; and what is to be said about them."""

    values: dict[str, str] = field(default_factory=dict, repr=False)
    notes: list[str] = field(default_factory=list)
    source: str = ""

    def below(self, parameters: Mapping[str, str], notes: list[str]) -> None:
        """Add a layer under what is there already."""
        for name, value in parameters.items():
            self.values.setdefault(name, value)
        self.notes += notes


def resolve(arguments: ConnectionArguments, environment: Mapping[str, str]) -> Target:
    """Give the complete target; reads the service file and the password file, nothing else.

    Precedence: connection string, then -h -p -U -d, DATABASE_URL (only where
    those name no server), service file, PG* variables, defaults (manual: libpq,
    Database Connection Control Functions). Raises UsageError.
    """
    layers = _Layers(source=arguments.origin)
    _add_arguments(layers, arguments)
    given = any(layers.values.get(name) for name in _PLACE) or bool(arguments.origin)
    url_used = not given and _add_database_url(layers, environment)
    _add_service(layers, {} if url_used else environment, environment)
    _add_environment(layers, environment)
    return _target(layers, arguments, environment, given=given)


def _add_arguments(layers: _Layers, arguments: ConnectionArguments) -> None:
    if arguments.dsn and arguments.dbname:
        raise UsageError(
            "Two databases are named: by -d and as an argument.", next_step="Name one; -U names the role."
        )
    named = arguments.dsn or arguments.dbname or ""
    if is_connection_string(named):
        layers.below(
            *understood(parse_connection_string(named), origin="the connection string", is_uri=is_uri(named))
        )
        named = ""
    flags = {
        "host": arguments.host,
        "port": None if arguments.port is None else str(arguments.port),
        "user": arguments.user,
        "dbname": named,
        "service": arguments.service,
    }
    # An empty argument counts as not given; an empty value in a connection string does not.
    layers.below({name: value for name, value in flags.items() if value}, [])


def _add_database_url(layers: _Layers, environment: Mapping[str, str]) -> bool:
    url = environment.get("DATABASE_URL", "").strip()
    if not url:
        return False
    if not is_uri(url):
        layers.notes.append("DATABASE_URL is not a PostgreSQL URI and was not used.")
        return False
    parameters, notes = understood(parse_connection_string(url), origin="DATABASE_URL", is_uri=True)
    if layers.values.get("user", parameters.get("user")) != parameters.get("user"):
        # The password there belongs to the role there.
        parameters.pop("password", None)
    layers.below(parameters, notes)
    layers.source = "DATABASE_URL"
    return True


def _add_service(layers: _Layers, naming: Mapping[str, str], environment: Mapping[str, str]) -> None:
    by_variable = "service" not in layers.values
    name = layers.values.get("service") or naming.get("PGSERVICE", "")
    if not name:
        return
    file = layers.values.get("servicefile", "")
    parameters = service_parameters(name, environment, file=file)
    layers.below(*understood(parameters, origin=f"service {name}", one_per_line=True))
    layers.source = layers.source or (f"PGSERVICE={name}" if by_variable else f"service={name}")


def _add_environment(layers: _Layers, environment: Mapping[str, str]) -> None:
    variables = {**VARIABLE_OF, **SETTING_VARIABLE_OF}
    present = {name: environment[variable] for name, variable in variables.items() if environment.get(variable)}
    decisive = [
        VARIABLE_OF[name] for name in _WHERE_FROM_ENVIRONMENT if name in present and name not in layers.values
    ]
    layers.source = layers.source or ", ".join(decisive)
    layers.below(present, [])
    if environment.get("PGREQUIRESSL", "").startswith("1"):
        layers.values.setdefault("sslmode", "require")


def _target(
    layers: _Layers, arguments: ConnectionArguments, environment: Mapping[str, str], *, given: bool
) -> Target:
    values = layers.values
    refuse_what_cannot_be_promised(values)
    _refuse_hidden_uri(values)
    _refuse_no_text(values)
    user = values.get("user") or _name_of_this_user()
    database = values.get("dbname") or user
    tls = tls_of(values)
    addresses, address_notes = addresses_of(values, verify_name=tls.mode == "verify-full")
    addresses, password_note = _with_passwords(addresses, values, environment, database=database, user=user)
    notes = [*layers.notes, *notes_on_demands(values), *address_notes, password_note]
    return Target(
        addresses=addresses,
        database=database,
        user=user,
        tls=tls,
        settings=MappingProxyType({name: values[name] for name in _SETTINGS if values.get(name)}),
        application_name=values.get("application_name") or "fkdash",
        connect_seconds=_connect_seconds(values.get("connect_timeout", "")),
        session_attributes=_one_of(values, "target_session_attrs", _SESSION_ATTRIBUTES),
        shuffled=_one_of(values, "load_balance_hosts", ("disable", "random")) == "random",
        kerberos_service=values.get("krbsrvname", ""),
        gss_library="sspi" if _one_of(values, "gsslib", ("gssapi", "sspi")) == "sspi" else None,
        password_prompt=arguments.password_prompt,
        source=layers.source,
        given=given,
        notes=tuple(filter(None, notes)),
    )


def _refuse_no_text(values: Mapping[str, str]) -> None:
    """Raise UsageError for bytes that are not UTF-8 or end a string: no server can be told of them."""
    wrong = [name for name, value in values.items() if _NO_TEXT.search(value)]
    if wrong:
        raise UsageError(f"What is given as {plain(wrong[0])} is no text.", next_step="Give it in UTF-8.")


def _refuse_hidden_uri(values: Mapping[str, str]) -> None:
    """Raise UsageError for a URI in a name's place; the name would go to the server, its log and the screen."""
    for name, variable in (
        ("dbname", "PGDATABASE"),
        ("user", "PGUSER"),
        ("host", "PGHOST"),
        ("service", "PGSERVICE"),
    ):
        if may_hold_a_password(values.get(name, "")):
            raise UsageError(
                f"What is given as {name} looks like a connection URI with a password, which is not read there.",
                next_step=f"Check its spelling and its quotes: a URI begins with postgresql://, and stands in an "
                f"argument, -d or DATABASE_URL, never in {variable}.",
            )


def _with_passwords(
    addresses: Sequence[Address],
    values: Mapping[str, str],
    environment: Mapping[str, str],
    *,
    database: str,
    user: str,
) -> tuple[tuple[Address, ...], str]:
    if values.get("password"):
        password = Secret(values["password"])
        return tuple(replace(address, password=password) for address in addresses), ""
    passwords = read_passwords(Path(values.get("passfile") or home(environment) / ".pgpass"))
    found = (passwords.find(address.host, address.port, database, user) for address in addresses)
    together = zip(addresses, found, strict=True)
    return tuple(replace(address, password=password) for address, password in together), passwords.note


def _name_of_this_user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise UsageError("This user has no name on this machine.", next_step="Name the role with -U.") from None


def _connect_seconds(text: str) -> float | None:
    """Give the seconds to wait for each address; None, for ever, where the operator wrote 0 or less."""
    if not text:
        return _CONNECT_SECONDS
    try:
        seconds = float(int(text))
    except (ValueError, OverflowError):
        raise UsageError(
            "connect_timeout is not a whole number of seconds.", next_step="Check it, or PGCONNECT_TIMEOUT."
        ) from None
    return min(seconds, _LONGEST_CONNECT_SECONDS) if seconds > 0 else None


def _one_of(values: Mapping[str, str], name: str, possible: Sequence[str]) -> str:
    value = values.get(name) or possible[0]
    if value not in possible:
        raise UsageError(f"{name} cannot be {plain(value)}.", next_step=f"Use one of: {', '.join(possible)}.")
    return value
