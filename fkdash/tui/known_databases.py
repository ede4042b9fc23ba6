"""Several databases as the first screen: which ones, and what is known of each. No screen here."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.db.lent import lent
from fkdash.errors import FkdashError, UsageError
from fkdash.fact import fact
from fkdash.profiles import Destination

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.checking.result import CheckReport
    from fkdash.checking.turns import Room
    from fkdash.db.target import Target
    from fkdash.profiles import Profile


@fact
class KnownDatabases:
    """The databases to list, `every_database` of their servers; `begin_at` is the name of the first to look at."""

    destinations: tuple[Destination, ...]
    every_database: bool = False
    begin_at: str = ""

    def with_password(self, asked: Target) -> KnownDatabases:
        """Give the same with the password that was typed for one of them, for all of its server and role."""
        return replace(
            self,
            begin_at=next(
                (each.name for each in self.destinations if _same_login(each.target.looking, asked.looking)), ""
            ),
            destinations=tuple(
                replace(each, target=_with_passwords_of(asked, each.target)) for each in self.destinations
            ),
        )


def survey_of_profiles(profiles: Iterable[Profile]) -> tuple[KnownDatabases, str]:
    """Give the databases of profiles, and what is wrong with those that cannot be used, "" where nothing is."""
    destinations: list[Destination] = []
    unusable: list[str] = []
    for profile in profiles:
        try:
            destinations.append(destination_of(profile))
        except UsageError as error:
            unusable.append(f"profile {profile.name}: {error.what}")
    return KnownDatabases(tuple(destinations)), "; ".join(unusable)


def destination_of(profile: Profile) -> Destination:
    """Give the database of a profile; raises UsageError where its DSN or service cannot be used."""
    from fkdash.db.look import with_look  # loaded when it is wanted
    from fkdash.db.where.resolve import ConnectionArguments, resolve

    arguments = ConnectionArguments(dsn=profile.dsn, origin=f"profile {profile.name}")
    target = replace(
        resolve(arguments, os.environ), trusted_owners=profile.trusted_owners, read_only=profile.read_only
    )
    target = with_look(target, profile.look, os.environ, origin=f"the look of profile {profile.name}")
    return Destination(profile.name, target, profile.environment)


def databases_in(destination: Destination, names: Iterable[str]) -> list[Destination]:
    """Give the databases of a destination's server, each with what its profile says."""
    return [replace(destination, name=name, target=destination.target.on_database(name)) for name in names]


async def look_into(target: Target) -> CheckReport:
    """Check one database on a connection of its own, counting no rows; raises the session's errors."""
    from fkdash.checking.database import CheckOptions, check
    from fkdash.db.pool import Limits, ReadPool  # not before the first frame

    async with lent(await ReadPool.open(target, limits=Limits(connections=1)), nothing_else=True) as pool:
        return await check(pool, CheckOptions(count_rows=False), where=pool.where)


async def list_databases(destination: Destination, seconds: float) -> tuple[list[Destination], Room | None]:
    """Give the databases of a destination's server, and what it has room for, None where unknown.

    Of a server that cannot tell, or not within `seconds`, it is the place that was named: looking there says why.
    """
    from fkdash.checking.databases import databases_of
    from fkdash.db.pool import Limits, ReadPool  # not before the first frame

    try:
        async with asyncio.timeout(seconds):
            async with lent(await ReadPool.open(destination.target, limits=Limits(connections=1))) as pool:
                names, room = await databases_of(pool)
    except (FkdashError, TimeoutError):
        return [destination], None
    return databases_in(destination, names), room


def _with_passwords_of(asked: Target, target: Target) -> Target:
    if _same_login(target, asked):
        target = replace(target, addresses=asked.addresses)
    if target.look is not None and asked.look is not None and _same_login(target.look, asked.look):
        target = replace(target, look=replace(target.look, addresses=asked.look.addresses))
    return target


def _same_login(one: Target, other: Target) -> bool:
    def login(target: Target) -> tuple[object, ...]:
        return target.user, tuple((address.host, address.port) for address in target.addresses)

    return login(one) == login(other)
