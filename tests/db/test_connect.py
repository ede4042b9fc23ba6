"""When there is no connection, the operator reads what happened, to which object, and what to do next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fkdash.db import connect as connect_module
from fkdash.db.connect import connect
from fkdash.db.target import Address, Target, Tls
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import (
    FkdashError,
    NotPermittedError,
    PasswordRequiredError,
    UnreachableError,
    UsageError,
)
from tests.db.conftest import Eventually
from tests.db.listeners import (
    Handler,
    answers_like_http,
    closes_at_once,
    listener,
    never_answers,
    unused_port,
    wire_to,
)
from tests.support.patience import in_time
from tests.support.servers import TestDatabase


def _at_port(target: Target, port: int, mode: str = "prefer") -> Target:
    tls = Tls(mode=mode)  # type: ignore[arg-type]  # from a parametrized list
    return replace(target, addresses=(Address("127.0.0.1", port),), tls=tls, connect_seconds=in_time(0.3))


async def _error(target: Target) -> FkdashError:
    with pytest.raises(FkdashError) as refused:
        await connect(target)
    assert refused.value.next_step
    return refused.value


@pytest.fixture
def nowhere() -> Target:
    return resolve(ConnectionArguments(dsn="postgresql://u:hunter2@127.0.0.1/app"), {"HOME": "/nowhere"})


async def test_a_connection_is_named_and_says_which_address_answered(target: Target) -> None:
    opened = await connect(replace(target, addresses=(Address("/nowhere", 1), *target.addresses)))
    assert opened.address == target.addresses[0]
    assert await opened.connection.fetchval("show application_name") == "fkdash"
    await opened.connection.close()


async def test_the_search_path_and_the_options_that_were_asked_for_hold(database: TestDatabase) -> None:
    target = resolve(ConnectionArguments(dsn=f"{database.dsn}&schema=Odd"), {"PGOPTIONS": "-c work_mem=3MB"})
    opened = await connect(target)
    assert await opened.connection.fetchval("show search_path") == '"Odd"'
    assert await opened.connection.fetchval("show work_mem") == "3MB"
    await opened.connection.close()


async def test_an_unknown_database_is_named(target: Target) -> None:
    error = await _error(replace(target, database="nonesuch"))
    assert isinstance(error, UnreachableError)
    assert 'database "nonesuch" does not exist' in error.what
    assert "psql -l" in error.next_step


async def test_an_unknown_role_is_named(target: Target) -> None:
    error = await _error(replace(target, user="nonesuch"))
    assert isinstance(error, UnreachableError)
    assert 'role "nonesuch" does not exist' in error.what


async def test_a_database_one_may_not_connect_to_is_a_matter_of_privileges(
    target: Target, database: TestDatabase
) -> None:
    await database.execute(
        f"create role db_stranger login; revoke connect on database {database.name} from public"
    )
    assert isinstance(await _error(replace(target, user="db_stranger")), NotPermittedError)
    await database.execute("drop role db_stranger")


async def test_too_many_connections_are_said_so(target: Target, database: TestDatabase) -> None:
    await database.execute("create role db_crowd login connection limit 0")
    error = await _error(replace(target, user="db_crowd"))
    assert "53300" in error.what
    assert "no connection left" in error.next_step
    await database.execute("drop role db_crowd")


async def test_a_setting_that_the_server_does_not_know_is_a_usage_error(database: TestDatabase) -> None:
    target = resolve(ConnectionArguments(dsn=database.dsn), {"PGOPTIONS": "-c colour=red"})
    error = await _error(target)
    assert isinstance(error, UsageError)
    assert "colour" in error.what


async def test_a_server_that_is_too_old_is_refused(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_module, "OLDEST", 99)
    error = await _error(target)
    assert "fkdash needs 99 or newer" in error.what


def _prepended(file: str, lines: str, *, before: str | None = None) -> str:
    """Put lines in front of a file and give what was in it; `before` replaces that."""
    path = Path(file)
    found = path.read_text() if before is None else before
    path.write_text(lines + found)
    return found


@pytest.fixture
async def guarded(target: Target, database: TestDatabase, eventually: Eventually) -> AsyncIterator[Target]:
    """A role that must give the password `right`, and one that pg_hba.conf rejects."""
    rules = await database.value("show hba_file")
    await database.execute("create role db_guarded login password 'right'; create role db_rejected login")
    before = _prepended(rules, "local all db_guarded scram-sha-256\nlocal all db_rejected reject\n")
    await database.execute("select pg_reload_conf()")
    guarded = replace(target, user="db_guarded")

    async def holds() -> bool:
        try:
            await (await connect(guarded)).connection.close()
        except PasswordRequiredError:
            return True
        return False

    await eventually(holds)
    yield guarded
    _prepended(rules, "", before=before)
    await database.execute("select pg_reload_conf(); drop role db_guarded; drop role db_rejected")


async def test_a_missing_password_can_be_asked_for_and_given(
    guarded: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The driver must not find one by its own rules.
    monkeypatch.setenv("PGPASSWORD", "right")
    error = await _error(guarded)
    assert isinstance(error, PasswordRequiredError)
    assert "demands a password" in error.what
    opened = await connect(guarded.with_password("right"))
    await opened.connection.close()


async def test_a_wrong_password_is_refused_and_not_shown(guarded: Target) -> None:
    error = await _error(guarded.with_password("hunter2"))
    assert not isinstance(error, PasswordRequiredError)
    assert "refuses the password" in error.what
    assert "hunter2" not in f"{error} {error!r}"


async def test_a_missing_entry_in_pg_hba_is_pointed_to(guarded: Target) -> None:
    error = await _error(replace(guarded, user="db_rejected"))
    assert "db_rejected" in error.what
    assert "pg_hba.conf" in error.next_step


async def test_nothing_listening_is_said_so(nowhere: Target) -> None:
    port = unused_port()
    error = await _error(_at_port(nowhere, port))
    assert isinstance(error, UnreachableError)
    assert (
        error.what
        == f"Cannot connect to app on 127.0.0.1:{port} as u: nothing listens there (connection refused)."
    )


async def test_an_unknown_host_is_said_so(nowhere: Target) -> None:
    error = await _error(replace(nowhere, addresses=(Address("nonesuch.invalid", 5432),)))
    assert "the host name nonesuch.invalid is not known" in error.what


async def test_a_missing_socket_is_said_so(nowhere: Target, tmp_path: Path) -> None:
    error = await _error(replace(nowhere, addresses=(Address(str(tmp_path), 5432),)))
    assert "there is no socket" in error.what


@pytest.mark.parametrize(
    ("handler", "words"),
    [(never_answers, "no answer within"), (closes_at_once, "does not answer like PostgreSQL")],
)
async def test_a_socket_that_says_nothing_is_told_from_one_that_is_no_server_s(
    nowhere: Target, tmp_path: Path, handler: Handler, words: str
) -> None:
    async with listener(handler, tmp_path) as port:
        error = await _error(
            replace(nowhere, addresses=(Address(str(tmp_path), port),), connect_seconds=in_time(0.3))
        )
    assert words in error.what


@pytest.mark.parametrize("mode", ["disable", "prefer", "require"])
@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (answers_like_http, "what answers there is not PostgreSQL"),
        (closes_at_once, "closes the connection at once"),
        (never_answers, "accepts the connection and does not answer"),
    ],
)
async def test_what_is_not_postgresql_is_told_apart(
    nowhere: Target, handler: Handler, words: str, mode: str
) -> None:
    async with listener(handler) as port:
        began = time.monotonic()
        error = await _error(_at_port(nowhere, port, mode))
        assert time.monotonic() - began < in_time(5)
    assert isinstance(error, UnreachableError)
    assert words in error.what
    assert "hunter2" not in str(error)


async def test_a_server_without_tls_is_told_from_one_that_is_not_postgresql(
    target: Target, database: TestDatabase
) -> None:
    async with wire_to(database.socket_directory) as wire:
        error = await _error(_at_port(target, wire.port, "require"))
        assert "does not offer TLS, and sslmode=require demands it" in error.what
        opened = await connect(_at_port(target, wire.port, "prefer"))
        await opened.connection.close()


async def test_a_missing_certificate_file_is_named(target: Target, database: TestDatabase) -> None:
    async with wire_to(database.socket_directory) as wire:
        for tls in (Tls(mode="verify-ca", root_certificates="/nowhere/root.crt"), Tls(mode="verify-full")):
            error = await _error(replace(_at_port(target, wire.port), tls=tls))
            assert "root.crt" in error.what


async def test_with_several_hosts_each_is_named_with_its_reason(nowhere: Target, tmp_path: Path) -> None:
    port = unused_port()
    error = await _error(replace(nowhere, addresses=(Address(str(tmp_path), 1), Address("127.0.0.1", port))))
    assert f"{tmp_path}:1: there is no socket" in error.what
    assert f"127.0.0.1:{port}: nothing listens there" in error.what


async def test_without_arguments_the_demo_is_pointed_to(tmp_path: Path) -> None:
    target = resolve(ConnectionArguments(), {"PGHOST": str(tmp_path), "PGDATABASE": "app", "PGUSER": "u"})
    error = await _error(target)
    assert "for database app as u (PGHOST, PGDATABASE, PGUSER). Tried:" in error.what
    assert f"{tmp_path}:5432: there is no socket" in error.what
    assert "fkdash demo" in error.next_step
    assert "\n" not in error.what


async def test_the_kind_of_server_that_was_asked_for_is_held_to(target: Target) -> None:
    error = await _error(replace(target, session_attributes="standby"))
    assert "target_session_attrs" in error.what
    for kind in ("primary", "read-write", "prefer-standby"):
        opened = await connect(replace(target, session_attributes=kind), startup={"statement_timeout": "1000"})
        await opened.connection.close()


async def test_a_cancelled_attempt_ends_at_once(nowhere: Target) -> None:
    async with listener(never_answers) as port:
        attempt = asyncio.create_task(connect(replace(_at_port(nowhere, port), connect_seconds=30)))
        await asyncio.wait({attempt}, timeout=0.05)
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt


async def test_a_server_that_does_not_know_what_keeps_a_connection_is_connected_to_without(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Servers before 14 and other engines lack idle_session_timeout; this one lacks another.
    monkeypatch.setattr("fkdash.db.connect._KEEPS_IT", {"no_such_setting": "on", "exit_on_error": "off"})
    monkeypatch.setattr("fkdash.db.connect._MAY_BE_UNKNOWN", ("no_such_setting",))
    opened = await connect(target, startup={"statement_timeout": "1234"})
    assert opened.startup_accepted
    assert await opened.connection.fetchval("show statement_timeout") == "1234ms"
    await opened.connection.close()
