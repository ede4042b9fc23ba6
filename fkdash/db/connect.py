"""Opens one connection to a target, and says plainly why it cannot."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from typing import Final

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from fkdash.db.link import notice_loss
from fkdash.db.refused.refusals import nothing_answers, refusal, too_old
from fkdash.db.refused.translate import DRIVER_ERRORS, sqlstate_of
from fkdash.db.target import NO_SETTINGS, Address, Target
from fkdash.db.where.tls import driver_tls
from fkdash.fact import fact
from fkdash.sqlstates import CANNOT_CONNECT_NOW, PROTOCOL_VIOLATION, UNDEFINED_OBJECT
from fkdash.versions import OLDEST

_FOREVER_SECONDS = 1e9
_KEEPS_IT: Final = {"exit_on_error": "off"}
"""A role or a database may have it on, and an error that a probe is made for would end the connection."""
_MAY_BE_UNKNOWN: Final = ("exit_on_error", "idle_session_timeout")
_CONNECT_ERRORS = (*DRIVER_ERRORS, asyncpg.InternalClientError)
"""While connecting the driver has its own words also for a wrong kind of server and for garbage."""

# Without a handler of its own, Python would print the driver's warnings on the screen.
logging.getLogger("asyncpg").addHandler(logging.NullHandler())


@fact
class Opened:
    """A connection that stands; `startup_accepted` is False behind a pooler that takes no parameters."""

    connection: asyncpg.Connection[asyncpg.Record]
    address: Address
    startup_accepted: bool


async def connect(target: Target, *, startup: Mapping[str, str] = NO_SETTINGS, bare: bool = False) -> Opened:
    """Open one connection; `startup` are server settings to begin with, beside those of the target.

    No setting of the role or the database ends it for an error. A pooler that refuses startup
    parameters is asked again without them; `bare` leaves them out at once. Raises PasswordRequiredError where a
    password is missing, else UnreachableError, NotPermittedError or UsageError.
    """
    settings = {} if bare else {**_KEEPS_IT, **target.settings, **startup}
    failures: list[tuple[Address, Exception]] = []
    for attribute in _session_attributes(target):
        failures = []
        for address in _in_order(target):
            try:
                opened = await _open(target, address, settings, attribute)
            except _CONNECT_ERRORS as error:
                # As libpq does: the next host after a failure of this one, but not after a refusal.
                if not _is_for_the_next_host(error):
                    raise await refusal(error, target, address) from None
                failures.append((address, error))
            else:
                _refuse_an_old_server(opened, target)
                notice_loss(opened.connection)
                return opened
    raise await nothing_answers(failures, target)


def _session_attributes(target: Target) -> tuple[SessionAttribute, ...]:
    if target.session_attributes == "prefer-standby":
        return SessionAttribute.standby, SessionAttribute.any
    return (SessionAttribute(target.session_attributes),)


def _in_order(target: Target) -> list[Address]:
    addresses = list(target.addresses)
    if target.shuffled:
        random.shuffle(addresses)
    return addresses


def _is_for_the_next_host(error: Exception) -> bool:
    return (
        isinstance(error, OSError | asyncpg.TargetServerAttributeNotMatched)
        or sqlstate_of(error) == CANNOT_CONNECT_NOW
    )


async def _open(
    target: Target, address: Address, settings: Mapping[str, str], attribute: SessionAttribute
) -> Opened:
    try:
        connection = await _driver_connect(target, address, settings, attribute)
    except asyncpg.PostgresError as error:
        if settings and sqlstate_of(error) == PROTOCOL_VIOLATION:
            connection = await _driver_connect(target, address, {}, attribute)
            return Opened(connection, address, startup_accepted=False)
        if sqlstate_of(error) != UNDEFINED_OBJECT or not any(name in str(error) for name in _MAY_BE_UNKNOWN):
            raise
        # Other engines, and servers that are too old, do not know them.
        fewer = {name: value for name, value in settings.items() if name not in _MAY_BE_UNKNOWN}
        connection = await _driver_connect(target, address, fewer, attribute)
    return Opened(connection, address, startup_accepted=True)


async def _driver_connect(
    target: Target, address: Address, settings: Mapping[str, str], attribute: SessionAttribute
) -> asyncpg.Connection[asyncpg.Record]:
    dsn, tls = driver_tls(target.tls, address)
    return await asyncpg.connect(
        dsn,
        host=address.route or address.host,
        port=address.port,
        user=target.user,
        # Never None: the driver would look into the environment and the passfile by its own rules.
        password=address.password.reveal() if address.password else "",
        database=target.database,
        ssl=tls,
        timeout=target.connect_seconds or _FOREVER_SECONDS,
        # Prepared statements do not survive a pooler in transaction mode.
        statement_cache_size=0,
        server_settings={**settings, "application_name": target.application_name},
        target_session_attrs=attribute,
        krbsrvname=target.kerberos_service or None,
        gsslib=target.gss_library,
    )


def _refuse_an_old_server(opened: Opened, target: Target) -> None:
    major = opened.connection.get_server_version().major
    if major < OLDEST:
        opened.connection.terminate()
        raise too_old(major, OLDEST, target.describe(opened.address))
