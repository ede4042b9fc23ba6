"""A second copy of what matters in a journal, in a table of the database itself; only where it is asked for.

The plan with its way back goes in before the first statement, each step's line in the step's own transaction, so
that it is there exactly when the step took effect, and the end at the end. It outlives the machine that fkdash
ran on. It is written only into a table that the run's role owns and on which nothing else hangs, in a schema that
is that role's or a superuser's: a trigger would run as that role. Needed are CREATE on the schema the first time,
then USAGE on it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from fkdash.apply.journal.journal import Line, keep_fetched
from fkdash.apply.sandbox import pinned
from fkdash.catalog.table_name import TableName, quoted
from fkdash.db.queries import query
from fkdash.errors import NotPermittedError, UsageError
from fkdash.fact import fact
from fkdash.fix.statements.rights import taken_back
from fkdash.pasting import dollar_quoted, for_psql
from fkdash.shell import command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fkdash.db.session import Row, Session
    from fkdash.db.writing import Writer

TABLE: Final = "fkdash_journal"
_LOCK_MS: Final = 3000


@fact
class DatabaseCopy:
    """The copy of one run's journal; `run` is the name of the journal's file without its ending."""

    schema: str
    run: str

    async def begin(self, writer: Writer, facts: Mapping[str, object]) -> None:
        """Keep the plan, in a transaction of its own; makes the table where it is not there yet.

        Raises UsageError for a schema that does not exist, NotPermittedError where the role may not write there.
        """
        async with writer.transaction() as session:
            async with pinned(session):
                found = await _privileges(session, self.schema)
            _require_schema(found, self.schema)
            if not found["table_there"]:
                if not found["may_create"]:
                    raise NotPermittedError(
                        f"The copy of the journal cannot be kept: no CREATE on the schema {self.schema}.",
                        next_step=f"Let this role own it: {for_psql(_definition(self.schema))}",
                    )
                await session.execute(_definition(self.schema))
                # Default privileges may give others rights on every new table.
                await session.execute(f"do {dollar_quoted(taken_back(_table(self.schema)))}")
            await self.reserve(session)
            await self.add(session, "plan", facts)

    async def reserve(self, session: Session) -> None:
        """Lock the table and look at it: until the transaction ends a line is written and nothing else is run.

        Raises NotPermittedError for a table that is not this role's own, or on which anything else hangs.
        """
        await session.execute(f"set local lock_timeout = {_LOCK_MS}")
        async with pinned(session):
            found = await _privileges(session, self.schema)
        if found["table_there"] and found["own"]:
            await session.execute(f"lock table {_table(self.schema)} in row exclusive mode")
            async with pinned(session):
                found = await _privileges(session, self.schema)
        _require_schema(found, self.schema)
        if not found["table_there"]:
            raise NotPermittedError(
                f"{_table(self.schema)}, which keeps the copy of the journal, is gone.",
                next_step="Look at who dropped or renamed it.",
            )
        if not found["own"] or found["planted"]:
            why = f"it has {found['planted']}" if found["own"] else f"it belongs to {found['owner']}"
            raise NotPermittedError(
                f"The copy of the journal is not written into {_table(self.schema)}: {why}, "
                "and what hangs on it would run as this role.",
                next_step="Name a schema without such a table, or look at it and drop it.",
            )

    async def add(self, session: Session, event: str, facts: Mapping[str, object]) -> None:
        """Keep one line, in the transaction of `session`, which has reserved the table."""
        # Every column is given: no default is evaluated.
        await session.value(
            f"insert into {_table(self.schema)} (run, event, at, role, facts) "
            "values ($1, $2, pg_catalog.clock_timestamp(), session_user, $3::pg_catalog.text::pg_catalog.jsonb) "
            "returning 1",
            self.run,
            event,
            json.dumps(facts),
        )


async def runs_in(session: Session, schema: str, only: str | None = None) -> dict[str, tuple[Line, ...]]:
    """Give the lines of every run kept in a schema, or of `only` one, the newest run first.

    Raises UsageError where there is no such table, NotPermittedError where the role may not read it or others may
    write it, since what it says is carried out by undo and resume.
    """
    found = await _privileges(session, schema)
    if not found["table_there"]:
        raise UsageError(
            f"There is no {_table(schema)}: no run has kept a copy of its journal there.",
            next_step="Name the schema that the run was given with --journal-in-database, or the journal's path.",
        )
    _require_trusted(found, schema)
    if not found["readable"]:
        raise NotPermittedError(
            f"The copies of journals cannot be read: no SELECT on {_table(schema)}.",
            next_step=f"GRANT SELECT ON {for_psql(_table(schema))} to this role.",
        )
    if found["writers"]:
        who = ", ".join(name or "Everybody" for name in found["writers"])
        them = ", ".join(for_psql(quoted(name)) if name else "PUBLIC" for name in found["writers"])
        raise NotPermittedError(
            f"{who} may write {_table(schema)}, so what it says is not to be carried out.",
            next_step=f"REVOKE INSERT, UPDATE ON {for_psql(_table(schema))} FROM {them}, and look what is in it.",
        )
    rows = await session.rows(
        f"select run, event, at, facts::text as facts from {_table(schema)} "
        "where $1::text is null or run = $1 order by run desc, line",
        only,
    )
    lines: dict[str, list[Line]] = {}
    for row in rows:
        lines.setdefault(row["run"], []).append(
            Line(row["event"], row["at"].isoformat(), json.loads(row["facts"]))
        )
    return {run: tuple(each) for run, each in lines.items()}


async def fetched(session: Session, schema: str, run: str) -> Path:
    """Write the journal of a run kept in a schema into the folder of journals; gives its path."""
    runs = await runs_in(session, schema, run)
    if run not in runs:
        raise UsageError(
            f"{_table(schema)} has no run {run}.",
            next_step=command("fix", "history", "--journal-in-database", schema),
        )
    return keep_fetched(run, runs[run])


async def _privileges(session: Session, schema: str) -> Row:
    row = await session.row(query("fkdash.apply", "copy_privileges"), schema, TABLE)
    if row is None or not row["schema_there"]:
        raise UsageError(
            f"There is no schema {schema} to keep a copy of the journal in.",
            next_step="CREATE SCHEMA, or name another.",
        )
    if not row["may_use"]:
        raise NotPermittedError(
            f"The copy of the journal is out of reach: no USAGE on the schema {schema}.",
            next_step=f"GRANT USAGE ON SCHEMA {for_psql(quoted(schema))} to this role.",
        )
    return row


def _require_schema(row: Row, schema: str) -> None:
    if not row["schema_trusted"]:
        raise NotPermittedError(
            f"The copy of the journal is not written into the schema {schema}: "
            f"it belongs to {row['schema_owner']}, who could put another table in the place of this one.",
            next_step="Name a schema that a superuser or this role owns.",
        )


def _require_trusted(row: Row, schema: str) -> None:
    if not row["trusted"]:
        raise NotPermittedError(
            f"{_table(schema)} belongs to {row['owner']}, and what it says would be carried out.",
            next_step="Let a superuser or this role own it.",
        )


def _table(schema: str) -> str:
    return TableName(schema, TABLE).sql


def _definition(schema: str) -> str:
    return (
        f"CREATE TABLE {_table(schema)} (line bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
        "run pg_catalog.text NOT NULL, event pg_catalog.text NOT NULL, at pg_catalog.timestamptz NOT NULL "
        "DEFAULT pg_catalog.clock_timestamp(), role pg_catalog.name NOT NULL DEFAULT session_user, "
        "facts pg_catalog.jsonb NOT NULL)"
    )
