"""A database that mallory planted, the roles that look at it, and what of hers ran meanwhile."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.security.plants import PROBE, Plant
from tests.support.servers import TestDatabase, TestServer, fresh_database

SUPERUSER, OWNER, READER, ADMINISTRATOR = "postgres", "owner", "reader", "administrator"
"""Who looks: a superuser, the database's owner where that is not mallory, a broad reader, a managed cloud's role."""
PLANTER = "mallory"

_ROLES = (
    f"CREATE ROLE {PLANTER} LOGIN",
    f"CREATE ROLE {OWNER} LOGIN",
    f"CREATE ROLE {READER} LOGIN",
    f"GRANT pg_read_all_data TO {READER}",
    f"CREATE ROLE {ADMINISTRATOR} LOGIN CREATEROLE CREATEDB",
    f"GRANT pg_monitor, pg_signal_backend TO {ADMINISTRATOR}",
)
_MARK = "PLANTED "
_IN_CATALOG = ('LOG:  restore point "PLANTED', "LOG:  received SIGHUP")
"""What pg_catalog's own functions write into the log when somebody has them run."""


@dataclass(frozen=True)
class Ran:
    """A planted function that ran as somebody with more rights than mallory."""

    tag: str
    reached: tuple[str, ...]
    program: bool
    statement: str

    def __str__(self) -> str:
        whole = " ".join(self.statement.split())
        return (
            f"{self.tag} | as {', '.join(self.reached)}{', PROGRAM RAN' if self.program else ''} | {whole[:300]}"
        )


class Stage:
    """A planted database; `ran` gives what ran since it was last asked."""

    def __init__(self, database: TestDatabase) -> None:
        self.database = database
        self.tables: tuple[str, ...] = ()
        self._log = Path(database.socket_directory) / "server.log"
        self._read = 0

    def dsn(self, role: str) -> str:
        """Give the URI with which a role looks."""
        return self.database.dsn.replace("//postgres@", f"//{role}@")

    def ran(self) -> list[Ran]:
        """Give what ran with more rights than mallory's since the last time; the server writes its log at once."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            lines = log.read().decode("utf-8", errors="replace").splitlines()
            self._read = log.tell()
        return [*filter(None, map(_ran, lines))]

    async def plant(self, plants: Sequence[Plant]) -> None:
        """Have mallory plant all of it.

        What a plant refers to is a table of its own: an answer that one plant makes unknown would hide the next.
        """
        connection = await asyncpg.connect(self.dsn(PLANTER))
        owner = await self.database.value(
            "SELECT pg_catalog.pg_get_userbyid(datdba) FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
        )
        try:
            for number, plant in enumerate(plants, 1):
                sql = plant.sql.replace("SOCKET_FOLDER", self.database.socket_directory)
                if owner != PLANTER:
                    sql = _WITHOUT_SETTINGS.sub("", sql)
                if _REFERS.search(sql):
                    hub = f"hub{number:02}"
                    sql = f"CREATE TABLE public.{hub} AS TABLE public.hub; ALTER TABLE public.{hub} ADD PRIMARY KEY (id);{_REFERS.sub(rf'REFERENCES {hub}', sql)}"
                try:
                    await connection.execute(sql)
                except asyncpg.PostgresError as error:
                    raise AssertionError(f"not planted: {plant.name}: {error}") from error
        finally:
            await connection.close()
        # What the plants grant to nobody, a role that looks may still read: that is its right, not a plant.
        await self.database.execute(_GRANTS)
        self.tables = tuple(row["name"] for row in await self.database.fetch(_REFERENCED_TABLES))
        self.ran()


_REFERS = re.compile(r"REFERENCES hub\b")
_WITHOUT_SETTINGS = re.compile(r"^DO .*ALTER DATABASE.*$", re.MULTILINE)
"""What only the database's owner may set."""
_GRANTS = """
SET search_path = pg_catalog, pg_temp;
DO $$ DECLARE s name; BEGIN
  FOR s IN SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
    EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA %I TO public', s);
    EXECUTE pg_catalog.format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO public', s);
  END LOOP;
END $$;
RESET search_path
"""
_REFERENCED_TABLES = """
SELECT DISTINCT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.confrelid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE k.contype OPERATOR(pg_catalog.=) 'f'::pg_catalog."char" ORDER BY 1
"""


@asynccontextmanager
async def stage_for(
    server: TestServer, plants: Sequence[Plant], *, owner: str = PLANTER, extensions: Collection[str] = ()
) -> AsyncIterator[Stage]:
    """Make a database that `owner` owns and mallory plants; where she does not own it she may create in it."""
    await make_roles(server)
    async with fresh_database(server) as database:
        await database.execute(f"ALTER DATABASE {database.name} OWNER TO {owner}")
        await database.execute(f"GRANT CREATE ON DATABASE {database.name} TO {PLANTER}")
        await database.execute(f"GRANT ALL ON SCHEMA public TO {PLANTER}")
        stage = Stage(database)
        connection = await asyncpg.connect(stage.dsn(PLANTER))
        await connection.execute(PROBE)
        for extension in sorted(extensions):
            await _install(database, connection, extension)
        await connection.close()
        await stage.plant(plants)
        yield stage


async def _install(database: TestDatabase, planter: asyncpg.Connection[asyncpg.Record], extension: str) -> None:
    """Have mallory install an extension where it is a trusted one, so that it is hers; else the superuser."""
    try:
        await planter.execute(f"CREATE EXTENSION {extension}")
    except asyncpg.InsufficientPrivilegeError:
        await database.execute(f"CREATE EXTENSION {extension}")
        if extension == "postgres_fdw":
            await database.execute(f"GRANT USAGE ON FOREIGN DATA WRAPPER {extension} TO {PLANTER}")


async def make_roles(server: TestServer) -> None:
    """Make those who plant and look, once for each server."""
    connection = await asyncpg.connect(server.dsn)
    try:
        if not await connection.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = $1", PLANTER):
            for statement in _ROLES:
                await connection.execute(statement)
    finally:
        await connection.close()


async def provoked(stage: Stage, plant: Plant) -> list[Ran]:
    """Run as superuser, on a connection of its own, what proves that a plant is alive."""
    stage.ran()
    connection = await asyncpg.connect(stage.dsn(SUPERUSER))
    try:
        await connection.execute(plant.fires)
    except asyncpg.PostgresError:
        pass  # some plants refuse what runs them
    finally:
        await connection.close()
    return stage.ran()


def _ran(line: str) -> Ran | None:
    if any(mark in line for mark in _IN_CATALOG):
        return Ran("pg_catalog alone", ("whoever looked",), program=False, statement=line)
    head, mark, found = line.partition(f"LOG:  {_MARK}")
    if not mark or head.startswith("\t"):
        return None
    # The server may say behind it where in the statement it was.
    facts, _ = json.JSONDecoder().raw_decode(found)
    reached = tuple(dict.fromkeys(facts["reached"]))
    if set(reached) == {PLANTER}:
        return None
    return Ran(facts["tag"], reached, program=facts["program"], statement=facts["statement"])
