"""What goes wrong is said in words, with the next step and the right exit code; never a traceback."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from fkdash.cli.connection import run_async
from tests.support.commands import fkdash
from tests.support.servers import TestDatabase
from tests.support.terminal import terminal

PLAN = ("fix", "plan", "users_primary_workspace_id_workspaces_id_fk", "--option", "no-action")


def assert_said(ended: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    for word in words:
        assert word in ended.stderr


@contextmanager
def listener(answer: bytes) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(100)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.newest_version
async def test_an_unknown_database_is_named(database: TestDatabase) -> None:
    assert_said(await fkdash(*PLAN, database.dsn.replace(database.name, "nosuch")), 3, "nosuch")


async def test_an_unknown_host_is_named() -> None:
    assert_said(await fkdash(*PLAN, "postgresql://nosuch.invalid/app"), 3, "nosuch.invalid")


async def test_a_refused_connection_names_the_address() -> None:
    assert_said(await fkdash(*PLAN, "postgresql://localhost:1/app"), 3, "localhost:1")


async def test_something_that_is_not_postgresql_is_recognised() -> None:
    with listener(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert_said(await fkdash(*PLAN, f"postgresql://127.0.0.1:{port}/app"), 3, "PostgreSQL")


async def test_without_arguments_it_says_what_was_tried_and_points_to_the_demo(tmp_path: Path) -> None:
    ended = await fkdash("check", environment={"PGHOST": str(tmp_path)})
    assert_said(ended, 3, str(tmp_path), "fkdash demo")


async def test_an_unknown_parameter_is_a_usage_error() -> None:
    assert_said(await fkdash(*PLAN, "postgresql://localhost/app?no_such_parameter=1"), 2, "no_such_parameter")


@pytest.mark.newest_version
async def test_an_unknown_constraint_suggests_the_nearest(incident_database: TestDatabase) -> None:
    ended = await fkdash("fix", "plan", "users_workspace_id_fk", "--option", "no-action", incident_database.dsn)
    assert_said(ended, 2, "users_workspace_id_fk", "Did you mean")


@pytest.mark.newest_version
async def test_an_unknown_option_names_those_there_are(incident_database: TestDatabase) -> None:
    ended = await fkdash(*PLAN[:-1], "explode", incident_database.dsn)
    assert_said(ended, 2, "explode", "no-action", "drop-not-null")


@pytest.mark.newest_version
async def test_a_password_never_reaches_the_output(database: TestDatabase) -> None:
    dsn = database.dsn.replace("postgres@", "nobody:s3cr3t@")
    ended = await fkdash(*PLAN, dsn)
    assert_said(ended, 3, "nobody")
    assert "s3cr3t" not in ended.stdout + ended.stderr


async def test_the_dashboard_refuses_a_pipe_and_names_the_command_that_prints() -> None:
    assert_said(await fkdash("postgresql://localhost:1/app"), 2, "terminal", "fkdash check")


def test_the_dashboard_refuses_a_dumb_terminal() -> None:
    with terminal(["-m", "fkdash", "postgresql://localhost:1/app"], environment={"TERM": "dumb"}) as screen:
        assert screen.wait() == 2
        assert "fkdash check" in screen.screen


@pytest.mark.newest_version
async def test_applying_needs_the_name_spelled_exactly(incident_database: TestDatabase, tmp_path: Path) -> None:
    name = PLAN[2]
    apply = ("fix", "apply", name, "--option", "no-action", incident_database.dsn)
    state = {"XDG_STATE_HOME": str(tmp_path)}
    for arguments in (
        (),
        ("--yes",),
        ("--yes", "--confirm", name.upper()),
        ("--read-only", "--yes", "--confirm", name),
    ):
        ended = await fkdash(*apply, *arguments, environment=state)
        assert ended.returncode == 2, ended.stderr
    action = await incident_database.value("select confdeltype::text from pg_constraint where conname = $1", name)
    assert action == "n"


@pytest.mark.newest_version
async def test_a_profile_marked_production_wants_the_databases_name(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[profiles.prod]\ndsn = "{incident_database.dsn}"\nenvironment = "production"\n')
    environment = {"XDG_STATE_HOME": str(tmp_path), "FKDASH_CONFIG": str(config)}
    apply = ("fix", "apply", PLAN[2], "--option", "no-action", "--profile", "prod", "--yes", "--confirm", PLAN[2])
    assert (await fkdash(*apply, environment=environment)).returncode == 2
    ended = await fkdash(*apply, "--confirm-database", incident_database.name, environment=environment)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.newest_version
async def test_a_change_goes_on_when_nobody_reads_its_progress_any_more(
    incident_database: TestDatabase, tmp_path: Path
) -> None:
    reader, nobody = os.pipe()
    os.close(reader)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fkdash", "fix", "apply", PLAN[2], "--option", "no-action", "--yes", "--confirm", PLAN[2],
        incident_database.dsn, stdout=subprocess.PIPE, stderr=nobody, env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
    )  # fmt: skip
    os.close(nobody)
    output, _ = await process.communicate()
    assert (process.returncode, b"verified" in output) == (0, True), output


@pytest.mark.newest_version
async def test_a_result_that_nobody_reads_or_the_disk_refuses_does_not_pass_for_clean(
    incident_database: TestDatabase,
) -> None:
    command = f"{sys.executable} -m fkdash check {incident_database.dsn}"
    for redirected, code, words in (
        (" | true", 141, ""),
        (" --format jsonl | true", 141, ""),
        (" > /dev/full", 3, "No space left on device"),
        (" >&-", 3, "The result could not be written: Bad file descriptor"),
        (" > /dev/null <&- 2>&-", 1, ""),
    ):
        ended = await asyncio.to_thread(
            subprocess.run,
            ["bash", "-o", "pipefail", "-c", command + redirected],
            capture_output=True,
            text=True,
            check=False,
        )
        assert_said(ended, code, words)


async def test_an_interrupt_is_a_stop_by_the_operator() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fkdash", "check", f"postgresql://127.0.0.1:{silent.getsockname()[1]}/app",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        connection, _ = await asyncio.to_thread(silent.accept)
        with connection:
            process.send_signal(signal.SIGINT)
            output, errors = await process.communicate()
    assert (process.returncode, output, b"Nothing was changed" in errors) == (4, b"", True), errors


def test_a_fault_of_its_own_is_told_in_a_sentence_and_kept_in_a_file(tmp_path: Path) -> None:
    program = (
        "import sys; from fkdash.cli import main, rules; sys.argv[1:] = ['rules']; "
        "rules.run = lambda _arguments: 1 / 0; main.entry_point()"
    )
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False
    )
    assert_said(ended, 70, "ZeroDivisionError", str(tmp_path))
    (details,) = (tmp_path / "fkdash").iterdir()
    assert "Traceback" in details.read_text()


async def test_help_teaches_by_example() -> None:
    for command in ((), ("demo",), ("fix", "plan"), ("fix", "apply"), ("fix", "undo")):
        ended = await fkdash(*command, "--help")
        assert ended.returncode == 0
        assert "examples:" in ended.stdout
    assert "fkdash check" in (await fkdash("--help")).stdout


@pytest.mark.newest_version
async def test_a_report_about_no_table_is_not_written(database: TestDatabase) -> None:
    ended = await fkdash("report", database.dsn, "--table", "nosuch")
    assert_said(ended, 2, "No table matches --table nosuch")


@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "1e7", "soon"])
async def test_a_time_limit_that_is_none_is_refused_by_name(given: str) -> None:
    for command in (("check",), ("orphans", "scan"), ("preview", "--table", "workspaces")):
        ended = await fkdash(*command, "--seconds", given)
        assert_said(ended, 2, "argument --seconds", f"'{given}' is no number of seconds from 0.001 to 1,000,000")


@pytest.mark.parametrize(
    "given", [("--option", "cascade"), ("--keep-validated",), ("--like", "1"), ("--pause-ms", "0")], ids=" ".join
)
async def test_what_a_carried_plan_says_cannot_be_said_beside_it(given: tuple[str, ...]) -> None:
    ended = await fkdash("fix", "apply", "--plan", "plan.json", *given)
    assert_said(ended, 2, f"--plan says what is to be done; {given[0]} cannot say it too.")


async def test_a_dsn_in_the_place_of_the_constraint_is_said_to_be_there_and_not_repeated() -> None:
    dsn = "postgresql://u:hidden-one@nosuch.invalid/app"
    for command in ("plan", "apply", "export", "rehearse"):
        for words in ((dsn,), (dsn, "users_fk")):
            ended = await fkdash("fix", command, *words, "--option", "no-action")
            assert_said(ended, 2, "Its name comes first")
            assert "hidden-one" not in ended.stderr


async def test_a_file_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    ended = await fkdash("check", "--baseline", str(tmp_path / "nosuch"))
    assert_said(ended, 2, f"The baseline {tmp_path / 'nosuch'} cannot be read: No such file or directory.")


def test_a_failure_that_nobody_waits_for_any_more_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    async def leave_behind(error: Exception) -> int:
        asyncio.get_running_loop().create_future().set_exception(error)
        gc.collect()
        return 7

    assert run_async(leave_behind(asyncpg.ConnectionDoesNotExistError("it was closed"))) == 7
    assert capsys.readouterr().err == ""

    async def stumble() -> int:
        ours, theirs = socket.socketpair()
        ended = asyncio.Event()

        class Stumbling(asyncio.Protocol):
            def data_received(self, data: bytes) -> None:
                raise AttributeError(data)

            def connection_lost(self, _: Exception | None) -> None:
                ended.set()

        await asyncio.get_running_loop().create_connection(Stumbling, sock=ours)
        with theirs:
            theirs.sendall(b"an answer that nobody wants any more")
            await ended.wait()
        return 8

    assert run_async(stumble()) == 8
    assert capsys.readouterr().err == ""
    assert run_async(leave_behind(ValueError("of our own"))) == 7
    said = capsys.readouterr().err
    assert "a fault of its own (ValueError)" in said
    assert "Traceback" not in said
