"""Migrations of a platform name what it brings: its schemas, its tables of users, its publication."""

from __future__ import annotations

from pathlib import Path

from tests.lint.test_lint import Lint, lint, write

__all__ = ["lint"]

_FIRST = """
create extension if not exists "uuid-ossp" with schema extensions;
create table public.profiles (id uuid references auth.users on delete cascade not null primary key, name text);
create table public.posts (id bigint primary key, author uuid not null references auth.users (id) on delete set null);
create index on public.posts (author);
alter table public.profiles enable row level security;
create policy "own" on profiles for insert with check ((select auth.uid()) = id);
create function public.made() returns trigger as $$ begin insert into public.profiles (id) values (new.id);
  return new; end; $$ language plpgsql security definer;
create trigger made after insert on auth.users for each row execute procedure public.made();
insert into storage.buckets (id, name, public) values ('a', 'a', true) on conflict (id) do nothing;
create policy "seen" on storage.objects for select using (bucket_id = 'a' and owner = auth.uid());
alter publication supabase_realtime add table public.posts;
grant usage on schema storage to public;
"""


def test_keys_to_the_users_of_supabase_are_judged_as_any_other(lint: Lint, tmp_path: Path) -> None:
    write({"supabase/migrations/20240101000000_init.sql": _FIRST}, tmp_path)
    code, document = lint("supabase/migrations")
    assert document["incomplete"] == []
    assert [each["rule"] for each in document["findings"]] == ["FK101"]
    assert code == 1


def test_elsewhere_there_are_no_users_of_supabase(lint: Lint, tmp_path: Path) -> None:
    write({"m/1.sql": _FIRST}, tmp_path)
    code, document = lint("m")
    assert "there is no schema extensions" in document["incomplete"][0]["reason"]
    assert code in {1, 4}


def test_what_the_platform_brings_alone_is_nothing_to_judge(lint: Lint, tmp_path: Path) -> None:
    write({"supabase/migrations/20240101000000_init.sql": "select 1;"}, tmp_path)
    code, document = lint("supabase/migrations")
    assert [each["reason"] for each in document["incomplete"]] == [
        "no table is made in these files: there is nothing to judge"
    ]
    assert code == 4


def test_data_without_a_table_is_told_by_one_reason(lint: Lint, tmp_path: Path) -> None:
    write(
        {"data.sql": "set search_path = ''; copy public.t (a) from stdin;\n1\n\\.\ninsert into u values (1);"},
        tmp_path,
    )
    code, document = lint("data.sql")
    assert [each["reason"] for each in document["incomplete"]] == [
        "no table is made in these files: there is nothing to judge"
    ]
    assert code == 4
