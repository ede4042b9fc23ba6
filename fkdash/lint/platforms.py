"""What a platform brings before the first migration runs, as far as migrations refer to it.

Of Supabase's own tables only the columns are told that keys refer to; they have more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.execute import execute
from fkdash.catalog.files.reading.splitting import split
from fkdash.catalog.files.reading.statement import read

if TYPE_CHECKING:
    from fkdash.catalog.files.state import State

_SUPABASE: Final = """
create schema auth; create schema storage; create schema extensions; create schema realtime; create schema vault;
create schema graphql; create schema graphql_public; create schema supabase_functions; create schema pgbouncer;
create table auth.users (id uuid primary key, email varchar(255), phone text unique, created_at timestamptz);
create table storage.buckets (id text primary key, name text not null unique);
create table storage.objects (id uuid primary key, name text);
create table realtime.messages (topic text not null, extension text not null);
create publication supabase_realtime;
"""
_BROUGHT: Final = {"supabase": _SUPABASE}
"""By the name of the tool that such a platform's migrations are written with."""


def bring(state: State, tool: str) -> None:
    """Make what the platform of a tool brings, if it is one's."""
    for statement in split(iter([_BROUGHT.get(tool, "")])):
        execute(state, read(statement.text))
    for relation in list(state.relations.values()):
        if relation.kind == "r":
            state.change(relation, partial=True)
    state.forget()
