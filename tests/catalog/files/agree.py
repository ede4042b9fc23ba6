"""Runs written migrations on a server and through the reader, statement by statement, and compares all of it.

    python -m tests.catalog.files.agree --cases 300 --version 18

A statement that one of them takes and the other refuses is a disagreement, as is any difference in the end; one
that the reader says it does not follow ends the case, which then counts as incomplete.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random

import asyncpg

from fkdash.catalog.files.reading.splitting import split
from fkdash.catalog.files.script import Script
from fkdash.catalog.files.to_catalog import catalog_of
from fkdash.catalog.postgres.read import read_catalog
from fkdash.db.statements import OpenTransaction
from tests.catalog.files.comparing import differences, expressions_of
from tests.catalog.files.migrations import Writer
from tests.catalog.files.wrapping import Wrapper
from tests.preview.many_cases import Comparison, Connection, command

NOTHING = "create function public.nothing() returns trigger language plpgsql as 'begin return null; end'"
EMPTY = f"""
rollback; set search_path to default; discard temp;
do $$ declare each record; begin
  for each in select nspname from pg_namespace where nspname !~ '^pg_|^information_schema$' loop
    execute format('drop schema %I cascade', each.nspname);
  end loop;
end $$;
create schema public;
{NOTHING};
"""


@dataclass
class Tally:
    """How the cases of a run ended."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)

    def told(self) -> Iterator[str]:
        """Give the lines about a whole run."""
        yield ", ".join(f"{count} {what}" for what, count in self.counts.most_common())
        yield "not followed: " + "; ".join(f"{count} {what}" for what, count in self.reasons.most_common(12))


async def compare(connection: Connection, seed: int, major: int, tally: Tally) -> None:
    """Run the case of a seed and note how it ends."""
    await compare_written(connection, Random(seed), major, tally, f"seed {seed}")


async def compare_written(connection: Connection, random: Random, major: int, tally: Tally, name: str) -> None:
    """Write migrations as `random` says, run each statement on both sides, and compare the catalogs."""
    await connection.execute(EMPTY)
    script = Script(major)
    assert _ours(script, NOTHING) == ""
    writer = Wrapper(Writer(random, script.state))
    ran: list[str] = []
    for file in range(random.randint(3, 12)):
        script.begin_file(f"{file}.sql")
        wanted = ""
        for _ in range(random.randint(1, 8)):
            statement = wanted or writer.statement()
            wanted = ""
            ours = _ours(script, statement)
            theirs = await _theirs(connection, statement)
            ran.append(f"{statement};{f'  -- {theirs}' if theirs else ''}")
            tally.counts["statements"] += 1
            tally.counts["refused"] += bool(theirs)
            if ours and not ours.startswith("PostgreSQL would refuse it"):
                tally.reasons[ours] += 1
                tally.counts["incomplete"] += 1
                return
            if theirs.startswith("XX000"):
                tally.counts["internal errors of PostgreSQL"] += 1
                return
            if bool(ours) != bool(theirs):
                tally.disagreements.append(
                    f"{name}: files: {ours or 'taken'}; server: {theirs or 'taken'}\n" + _told(ran)
                )
                return
            if theirs:
                wanted = writer.after_refusal()
        script.end_file()
        writer.end_file()
        await connection.execute("rollback; set search_path to default; discard temp")
    async with connection.transaction():
        server = await read_catalog(OpenTransaction(connection, where="the test's server", statement_seconds=None))
    found = list(differences(catalog_of(script.state), server, await expressions_of(connection)))
    tally.counts["foreign keys"] += len(server.foreign_keys)
    tally.counts["compared"] += 1
    if found:
        tally.disagreements.append(f"{name}: " + "\n    ".join(found) + "\n" + _told(ran))


def _told(ran: list[str]) -> str:
    return "\n".join(f"      {each}" for each in ran)


def _ours(script: Script, text: str) -> str:
    before = len(script.incomplete)
    for statement in split(iter([text])):
        script.run(statement)
    # Here every file is a session of its own, so what one leaves set is no question.
    reasons = [each.reason for each in script.incomplete[before:] if not each.reason.startswith("it holds at")]
    return reasons[-1] if reasons else ""


async def _theirs(connection: Connection, statement: str) -> str:
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return f"{error.sqlstate} {str(error).splitlines()[0]}"
    return ""


if __name__ == "__main__":
    tally = Tally()
    sys.exit(
        command(__doc__, Comparison(partial(compare, tally=tally), tally.disagreements, tally.told), cases=300)
    )
