"""The words that connection strings, service files and the environment may use, and what becomes of them.

Manual: libpq, Parameter Key Words and Environment Variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fkdash.db.text import plain
from fkdash.errors import UsageError

VARIABLE_OF: Mapping[str, str] = MappingProxyType(
    {
        "host": "PGHOST",
        "hostaddr": "PGHOSTADDR",
        "port": "PGPORT",
        "dbname": "PGDATABASE",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "passfile": "PGPASSFILE",
        "connect_timeout": "PGCONNECT_TIMEOUT",
        "options": "PGOPTIONS",
        "application_name": "PGAPPNAME",
        "sslmode": "PGSSLMODE",
        "sslnegotiation": "PGSSLNEGOTIATION",
        "sslcert": "PGSSLCERT",
        "sslkey": "PGSSLKEY",
        "sslrootcert": "PGSSLROOTCERT",
        "sslcrl": "PGSSLCRL",
        "sslcrldir": "PGSSLCRLDIR",
        "sslsni": "PGSSLSNI",
        "sslcertmode": "PGSSLCERTMODE",
        "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
        "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
        "channel_binding": "PGCHANNELBINDING",
        "gssencmode": "PGGSSENCMODE",
        "gssdelegation": "PGGSSDELEGATION",
        "krbsrvname": "PGKRBSRVNAME",
        "gsslib": "PGGSSLIB",
        "requirepeer": "PGREQUIREPEER",
        "require_auth": "PGREQUIREAUTH",
        "target_session_attrs": "PGTARGETSESSIONATTRS",
        "load_balance_hosts": "PGLOADBALANCEHOSTS",
    }
)
"""Parameters that the environment can give too."""

SETTING_VARIABLE_OF: Mapping[str, str] = MappingProxyType({"TimeZone": "PGTZ", "DateStyle": "PGDATESTYLE"})
"""Settings of the session that only the environment can give."""

_WITHOUT_A_VARIABLE = {"service", "servicefile", "sslpassword", "fallback_application_name"}
_WITHOUT_EFFECT = {
    "client_encoding",
    "sslcompression",
    "min_protocol_version",
    "max_protocol_version",
}
_NOT_USED = {
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "sslkeylogfile",
    "scram_client_key",
    "scram_server_key",
    "oauth_issuer",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_scope",
    "replication",
}
_OF_APPLICATIONS = {
    "pgbouncer",
    "connection_limit",
    "pool_timeout",
    "pool_size",
    "pool",
    "pool_max_conns",
    "pool_min_conns",
    "max_overflow",
    "socket_timeout",
    "sslaccept",
    "sslidentity",
    "statement_cache_size",
    "prepared_statement_cache_size",
    "statement_cache_capacity",
    "default_query_exec_mode",
    "prepared_statements",
    "prepareThreshold",
    "binary_parameters",
    "single_use_connections",
    "async_fallback",
    "uselibpqcompat",
    "conn_max_age",
    "encoding",
    "max",
    "idle_timeout",
}
_SCHEMA_WORDS = {"schema", "currentSchema", "search_path"}
_SSL_WORDS = {
    "true": "require",
    "1": "require",
    "no-verify": "require",
    "false": "disable",
    "0": "disable",
}
"""What JDBC and node-postgres write as ssl=; other values are those of sslmode."""
_CANNOT_BE_PROMISED = {
    "require_auth": "the driver uses whatever authentication the server asks for",
    "requirepeer": "the driver does not look at who owns the socket",
}
_DEMANDS = {
    ("channel_binding", "require"): "channel_binding=require is not enforced: the driver has no channel binding.",
    ("sslsni", "0"): "sslsni=0 is not used: the host name is sent in the TLS handshake.",
    ("gssdelegation", "1"): "gssdelegation=1 is not used.",
    (
        "sslcertmode",
        "disable",
    ): "sslcertmode=disable is not used: a client certificate in its default place is sent.",
}


def understood(
    parameters: Mapping[str, str], *, origin: str, is_uri: bool = False, one_per_line: bool = False
) -> tuple[dict[str, str], list[str]]:
    """Give the parameters in libpq's words, and notes on those that are not used.

    Words of ORMs are accepted in URIs only. Raises UsageError for an unknown
    one; `origin` names where they stand. Unless each stands on a line of its own,
    one that follows a password is not repeated: it may be the rest of it.
    """
    known: dict[str, str] = {}
    notes: list[str] = []
    for name, value in parameters.items():
        if name in VARIABLE_OF or name in _WITHOUT_A_VARIABLE:
            known[name] = value
        elif name in _NOT_USED:
            notes.append(f"{name} ({origin}) is not used by fkdash.")
        elif is_uri and name in _OF_APPLICATIONS:
            notes.append(f"{name} ({origin}) is meant for the application and is not used.")
        elif is_uri and name in _SCHEMA_WORDS:
            known["search_path"] = value if name == "search_path" else _quoted(value)
            notes.append(f"{name} ({origin}) became search_path={plain(known['search_path'])}.")
        elif is_uri and name == "ssl":
            known["sslmode"] = _SSL_WORDS.get(value, value)
        elif name not in _WITHOUT_EFFECT:
            raise _unknown(name, origin, may_be_password="password" in known and not one_per_line)
    return known, notes


def _unknown(name: str, origin: str, *, may_be_password: bool) -> UsageError:
    if may_be_password:
        return UsageError(
            f"{origin} has a connection parameter that is not known, after the password.",
            next_step="If it belongs to the password, quote that (in a URI: write & as %26); else remove it.",
        )
    return UsageError(
        f"{origin} has a connection parameter that is not known: {plain(name)}.",
        next_step="The manual of libpq lists them under Parameter Key Words; remove or correct it.",
    )


def refuse_what_cannot_be_promised(parameters: Mapping[str, str]) -> None:
    """Raise UsageError for a demand on security that the driver would silently break."""
    for name, why in _CANNOT_BE_PROMISED.items():
        if parameters.get(name):
            raise UsageError(f"fkdash cannot honour {name}: {why}.", next_step=_unset(name))
    if parameters.get("gssencmode") == "require":
        raise UsageError(
            "fkdash cannot honour gssencmode=require: the driver has no GSSAPI encryption.",
            next_step=_unset("gssencmode"),
        )


def notes_on_demands(parameters: Mapping[str, str]) -> list[str]:
    """Say which demands on the connection are not enforced."""
    notes = [note for (name, value), note in _DEMANDS.items() if parameters.get(name) == value]
    if parameters.get("sslcrldir"):
        notes.append("sslcrldir is not used: give the revocation list as one file in sslcrl.")
    return notes


def _unset(name: str) -> str:
    return f"Leave out {name} (or unset {VARIABLE_OF[name]}) if that is acceptable here."


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
