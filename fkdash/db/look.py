"""The second login: everything is read with it, and only changes are made with the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from fkdash.db.target import Target
from fkdash.db.text import plain
from fkdash.db.where.conninfo import is_connection_string, parse_connection_string
from fkdash.db.where.passfile import read_passwords
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.db.where.service_file import home
from fkdash.errors import UsageError

SAME: Final = "same"
"""What the operator says who wants to read with the login that writes."""

_PLACE: Final = frozenset({"host", "hostaddr", "port", "service"})
_OF_THE_FIRST: Final = frozenset({"DATABASE_URL", "PGSERVICE", "PGUSER", "PGPASSWORD", "PGDATABASE"})


def with_look(target: Target, look: str | None, environment: Mapping[str, str], *, origin: str) -> Target:
    """Give `target` with the login for looking that `look` names, which `origin` says the place of.

    `look` is a role's name, a URI or a conninfo string, or "same". One that names no server leads to that of
    `target`, with its encryption; what the environment says of a role and its password belongs to `target`.
    Raises UsageError for what cannot be used, also for another database than that of `target`.
    """
    if look is None:
        return target
    if look == SAME:
        return replace(target, looks_as_itself=True)
    words = parse_connection_string(look) if is_connection_string(look) else {"user": look}
    if not words.get("user") and not words.get("service"):
        raise UsageError(
            f"{origin} names no role.", next_step='Write a role\'s name, or "user=fkdash_look host=...".'
        )
    others = {name: value for name, value in environment.items() if name not in _OF_THE_FIRST}
    dsn = look if is_connection_string(look) else None
    found = resolve(
        ConnectionArguments(dsn=dsn, user=words["user"] if dsn is None else None, origin=origin), others
    )
    if "service" not in words and "dbname" not in words:
        found = replace(found, database=target.database)
    if not _PLACE & words.keys():
        found = _at_the_same_server(found, target, others, has_password=bool(words.get("password")))
    if found.database != target.database:
        raise UsageError(
            f"{origin} leads to the database {plain(found.database)}, and changes would be made in "
            f"{plain(target.database)}.",
            next_step="Both must lead to the same database.",
        )
    found = replace(
        found,
        password_prompt=target.password_prompt,
        application_name=target.application_name,
        trusted_owners=target.trusted_owners,
    )
    return replace(target, look=found, notes=(*target.notes, *found.notes))


def advice(target: Target, *, superuser: bool) -> str:
    """Say that a superuser looks where another role could, and what to paste; "" where nothing is to be said."""
    if not superuser or target.look is not None or target.looks_as_itself:
        return ""
    return (
        "You look as a superuser. fkdash grants prints the SQL of a role that can only read; then --look "
        'fkdash_look reads with it (look = "same" in the profile ends this advice).'
    )


def _at_the_same_server(
    found: Target, target: Target, environment: Mapping[str, str], *, has_password: bool
) -> Target:
    passwords = read_passwords(Path(environment.get("PGPASSFILE") or home(environment) / ".pgpass"))
    given = found.addresses[0].password if has_password else None
    addresses = tuple(
        replace(each, password=given or passwords.find(each.host, each.port, target.database, found.user))
        for each in target.addresses
    )
    return replace(
        found,
        addresses=addresses,
        tls=target.tls,
        session_attributes=target.session_attributes,
        shuffled=target.shuffled,
        connect_seconds=target.connect_seconds,
    )
