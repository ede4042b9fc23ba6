"""What a database's owner may set for everybody who connects changes no answer."""

from __future__ import annotations

import json

import pytest

from tests.security.faces import ended
from tests.security.stage import PLANTER, SUPERUSER, Stage, make_roles
from tests.security.test_false_alarms import Answer, assert_alike
from tests.support.servers import TestDatabase, TestServer

pytestmark = pytest.mark.usefixtures("own_folders")

# Not default_transaction_read_only: with it the server refuses every DELETE, and a preview says so.
_SETTINGS = {
    "standard_conforming_strings": "off",
    "backslash_quote": "on",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "constraint_exclusion": "on",
    "row_security": "off",
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Asia/Kathmandu",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "lc_numeric": "C",
    "xmloption": "document",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "statement_timeout": "1",
    "lock_timeout": "1",
    "idle_in_transaction_session_timeout": "1",
    "exit_on_error": "on",
    "client_min_messages": "debug5",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "from_collapse_limit": "1",
    "join_collapse_limit": "1",
    "geqo_threshold": "2",
    "plan_cache_mode": "force_generic_plan",
    "gin_fuzzy_search_limit": "1",
    "work_mem": "64kB",
    "cursor_tuple_fraction": "0",
    "check_function_bodies": "off",
    "escape_string_warning": "on",
    "client_encoding": "SQL_ASCII",
    "search_path": "evil, pg_catalog, public",
}
_LATER = {
    14: {"force_parallel_mode": "regress"},
    16: {"debug_parallel_query": "regress"},
    17: {"transaction_timeout": "300"},
}
_CONFLICT = "public.users.users_primary_workspace_id_workspaces_id_fk"


async def answers(stage: Stage) -> dict[str, Answer]:
    dsn = stage.dsn(SUPERUSER)
    error = (
        f'update or delete on table "workspaces" violates foreign key constraint "{_CONFLICT.rpartition(".")[2]}"'
    )
    commands = {
        "check": ("check", "--format", "json", "--seconds", "20", dsn),
        "list": ("list", "--format", "json", dsn),
        "orphans": ("orphans", "scan", "--all", "--format", "json", dsn),
        "explain": ("explain", "--format", "json", "-d", dsn, error),
        "plan": ("fix", "plan", _CONFLICT, "--option", "no-action", "--format", "json", dsn),
        "preview of all": ("preview", "--table", "workspaces", "--all", "--format", "json", dsn),
        "preview of some": (
            "preview",
            "--table",
            "workspaces",
            "--where",
            "created_at < '2022-01-02 03:04'",
            "--list",
            "5",
            "--format",
            "json",
            dsn,
        ),
    }
    found: dict[str, Answer] = {}
    for name, arguments in commands.items():
        command = await ended(*arguments)
        assert command.code in (0, 1), (name, command.err)
        found[name] = Answer(command.code, tuple(_without_samples(command.out).splitlines()))
    return found


def _without_samples(text: str) -> str:
    """Leave out which few rows are shown of many: the server gives those that it comes to first."""
    document = json.loads(text)
    for result in document.get("results", ()):
        if isinstance(result, dict):
            result.pop("samples", None)
    return json.dumps(document, indent=1)


@pytest.mark.newest_version
async def test_no_setting_of_the_database_changes_an_answer(
    server: TestServer, still_database: TestDatabase
) -> None:
    await make_roles(server)
    stage = Stage(still_database)
    expected = await answers(stage)
    settings = dict(_SETTINGS)
    for version, more in _LATER.items():
        if server.major >= version and not (version == 14 and server.major >= 16):
            settings |= more
    name = still_database.name
    await still_database.execute(f"ALTER DATABASE {name} OWNER TO {PLANTER}")
    for setting, value in settings.items():
        if setting != "search_path":
            await still_database.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'")
    await still_database.execute(f"ALTER DATABASE {name} SET search_path = {settings['search_path']}")
    assert_alike(await answers(stage), expected)


@pytest.mark.newest_version
async def test_a_backslash_ends_no_literal_of_a_condition(
    server: TestServer, still_database: TestDatabase
) -> None:
    """With standard_conforming_strings off the server would read on where the parser of conditions has stopped."""
    await make_roles(server)
    stage = Stage(still_database)
    await still_database.execute("CREATE TABLE victims (id int PRIMARY KEY, name text)")
    await still_database.execute(
        f"ALTER DATABASE {still_database.name} SET standard_conforming_strings = off;"
        f"ALTER DATABASE {still_database.name} SET escape_string_warning = off"
    )
    stage.ran()
    condition = (
        r"name = 'x\' and name <> ' or pg_create_restore_point(repeat('PLANTED-BY-CATALOG', 1)) is null --'"
    )
    await ended("preview", "--table", "victims", "--where", condition, stage.dsn(SUPERUSER))
    assert stage.ran() == []
