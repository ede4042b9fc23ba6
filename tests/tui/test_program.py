"""The whole program in a pseudo-terminal, on a real server: terminals of every kind, and what happens to them."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from tests.support.servers import TestDatabase
from tests.support.terminal import Terminal, screen_of, terminal

STYLES = re.compile(rb"\x1b\[([0-9;]*)m")
OF_EIGHT_COLOURS = {
    b"",
    b"0",
    b"1",
    b"2",
    b"4",
    b"7",
    b"39",
    b"49",
    *(b"%d" % n for n in (*range(30, 38), *range(40, 48))),
}
ERROR = b'ERROR:  null value in column "primary_workspace_id" of relation "users" violates not-null constraint\n'


@pytest.fixture
def dsn(incident_database: TestDatabase) -> str:
    return incident_database.dsn


@contextmanager
def dashboard(
    dsn: str,
    state: Path,
    *arguments: str,
    columns: int = 80,
    rows: int = 24,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Terminal]:
    own = {"XDG_STATE_HOME": str(state), "XDG_CONFIG_HOME": str(state), **(environment or {})}
    with terminal(["-m", "fkdash", dsn, *arguments], columns=columns, rows=rows, environment=own) as running:
        running.read_until("BITES 412")
        running.read_quiet()
        yield running


def styles(running: Terminal) -> set[bytes]:
    return {code for match in STYLES.finditer(running.received) for code in match[1].split(b";")}


def quits(running: Terminal) -> None:
    running.send(b"q")
    assert running.wait() == 0
    assert b"\x1b[?1049l" in running.received


def drawn_again(running: Terminal) -> list[str]:
    """Give what the program draws when it is asked to draw everything, once it has done with what came before."""
    running.read_quiet(1.0)
    before = len(running.received)
    running.send(b"\x0c")
    running.read_for(0.1)
    while not running.read_quiet(1.0) and len(running.received) == before:
        pass
    return screen_of(bytes(running.received[before:])).split("\n")


def paste(running: Terminal, text: bytes) -> None:
    running.send(b"\x1b[200~" + text + b"\x1b[201~")


@pytest.mark.parametrize("name", ["screen", "tmux-256color", "linux", "vt100", "xterm-16color", "xterm", "ansi"])
def test_it_works_in_eight_colours_on_every_kind_of_terminal(dsn: str, tmp_path: Path, name: str) -> None:
    with dashboard(dsn, tmp_path, environment={"TERM": name}) as running:
        running.send(b"b")
        running.read_until("read of 1,204")
        running.send(b"\x1b")
        running.read_until("BITES 412")
        assert styles(running) <= OF_EIGHT_COLOURS
        quits(running)


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
def test_dark_and_light_leave_the_ground_to_the_terminal(dsn: str, tmp_path: Path, theme: str) -> None:
    with dashboard(dsn, tmp_path, "--theme", theme) as running:
        assert not {code for code in styles(running) if code.startswith((b"4", b"10")) and len(code) > 1} - {b"49"}
        quits(running)


@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"LC_ALL": "en_US.ISO-8859-1"}, {"TERM": "vt220"}])
def test_a_terminal_without_unicode_gets_ascii_only(dsn: str, tmp_path: Path, environment: dict[str, str]) -> None:
    with dashboard(dsn, tmp_path, environment=environment) as running:
        running.send(b"b")
        running.read_until("read of 1,204")
        running.send(b"?")
        running.read_until("These keys")
        running.send(b"q")
        running.read_quiet()
        quits(running)
        assert running.received.isascii()


@pytest.mark.parametrize("name", ["dumb", ""])
def test_a_terminal_that_cannot_move_its_cursor_is_refused(tmp_path: Path, name: str) -> None:
    with terminal(
        ["-m", "fkdash", "nowhere"], environment={"TERM": name, "XDG_CONFIG_HOME": str(tmp_path)}
    ) as running:
        assert running.wait() == 2
        assert "`fkdash check`, which only prints" in running.screen


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--theme", "nonsense"], "There is no theme nonsense."),
        (["--profile", "nowhere"], 'There is no profile "nowhere"'),
        (["--profiles"], "There is no profile in"),
        (["--profiles", "a,b"], 'There is no profile "a"'),
    ],
)
def test_what_cannot_be_opened_is_said_without_a_traceback(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with terminal(["-m", "fkdash", *arguments], environment=environment) as running:
        assert running.wait() == 2
        assert said in running.screen
        assert "Traceback" not in running.screen


def test_several_databases_without_a_terminal_name_the_command_that_prints(dsn: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "fkdash", dsn, "other", "--all-databases"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env={"XDG_CONFIG_HOME": str(tmp_path)},
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "`fkdash check`" in ended.stderr


def test_a_storm_of_sizes_leaves_the_screen_whole(dsn: str, tmp_path: Path) -> None:
    with dashboard(dsn, tmp_path) as running:
        running.send(b"b")
        running.read_until("read of 1,204")
        for number in range(60):
            running.resize(40 + number * 7 % 120, 10 + number * 5 % 40)
            running.read_for(0.01)
        running.resize(80, 24)
        lines = drawn_again(running)
        assert len(lines) == 24
        assert lines[0].endswith("LOOKING")
        assert lines[-1].endswith("? help")
        running.send(b"\x1b")
        running.read_until("BITES 412")
        quits(running)


@pytest.mark.long
def test_no_size_is_too_small_for_any_screen_to_come_back_from(dsn: str, tmp_path: Path) -> None:
    with dashboard(dsn, tmp_path) as running:
        for key in (b"", b"b", b"p", b"f", b"x", b"i", b"H", b"T", b"?", b":"):
            running.send(key)
            running.read_quiet()
            for columns, rows in ((1, 24), (3, 2), (80, 1), (1, 1)):
                running.resize(columns, rows)
                running.read_quiet(0.1)
            running.resize(80, 24)
            lines = drawn_again(running)
            assert (key, len(lines)) == (key, 24)
            assert lines[0].endswith("LOOKING"), key
            running.send(b"\x1b")
            running.read_quiet()
        running.signal(signal.SIGTERM)
        assert running.wait() == 128 + signal.SIGTERM


def test_a_deeper_screen_comes_back_after_suspension_in_another_size(dsn: str, tmp_path: Path) -> None:
    with dashboard(dsn, tmp_path) as running:
        running.send(b"b")
        running.read_until("read of 1,204")
        running.send(b"\x1a")
        running.wait_stopped()
        running.resize(100, 30)
        running.signal(signal.SIGCONT)
        running.read_until("412 of 1,208")
        running.read_quiet()
        assert running.screen.split("\n")[29].endswith("? help")
        running.send(b"\x1b")
        running.read_until("BITES 412")
        quits(running)


def test_a_bracketed_paste_goes_into_every_input_and_is_never_taken_for_keys(dsn: str, tmp_path: Path) -> None:
    with dashboard(dsn, tmp_path) as running:
        paste(running, b"q\nfq\n")
        running.read_quiet()
        ways = [
            (b"/", "users.", b"table:users\nq\n", "/table:users", b"\r\x1b"),
            (b":", "Type a part of a command", b"history\nq", "/history", b"\x1b"),
            (b"T", "Which table?", b"workspace_m\nq", "1/1 of 49", b"\x1b"),
            (b"x", "Paste it below", ERROR + b"DETAIL:  whatever\nq\n", "23502 comes from", b"\x1b"),
            (b"m", "Mark this for the report?", b"a title\nq", "a title", b"\x1b"),
            (b"p", "Rows of workspaces", b"where slug = 'acme'\nq", "where slug = 'acme'", b"\r"),
        ]
        for key, asked, text, taken, leaving in ways:
            running.send(key)
            running.read_until(asked)
            running.read_quiet(0.1)
            paste(running, text)
            running.read_until(taken)
            running.send(leaving)
            running.read_quiet()
        running.read_until("BLOCKS 1,204 rows")
        quits(running)


def test_the_confirmation_takes_a_paste(dsn: str, tmp_path: Path) -> None:
    with dashboard(dsn, tmp_path) as running:
        running.send(b"f")
        running.read_until("stay blocked")
        running.send(b"\r")
        running.read_until("a apply")
        running.send(b"a")
        running.read_until("Type the constraint's name")
        running.read_quiet(0.1)
        paste(running, b"users_primary_workspace_id_workspaces_id_fk\n")
        running.read_until("ARMED")
        running.send(b"\x1b\x1b\x1b")
        running.read_until("BITES 412")
        quits(running)


@pytest.mark.parametrize("brackets", [(b"", b""), (b"\x1b[200~", b"\x1b[201~")], ids=["keys", "bracketed"])
def test_what_is_sent_before_the_confirmation_can_be_seen_neither_arms_nor_confirms(
    dsn: str, tmp_path: Path, brackets: tuple[bytes, bytes]
) -> None:
    name = b"users_primary_workspace_id_workspaces_id_fk"
    with dashboard(dsn, tmp_path) as running:
        running.send(b"f")
        running.read_until("stay blocked")
        running.send(b"\r")
        running.read_until("a apply")
        # All in one piece: the key that asks, the answer, and the way to Apply.
        running.send(b"a" + brackets[0] + name + brackets[1] + b"\r\x1b[C\r")
        running.read_until("Type the constraint's name")
        running.read_quiet()
        assert b"ARMED" not in running.received
        assert "nothing begins before" in running.screen
        # The field is empty and waits: the same name, typed now, arms.
        running.send(name)
        running.read_until("ARMED")
        running.send(b"\x1b\x1b\x1b")
        running.read_until("BITES 412")
        quits(running)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_it_survives_being_detached_and_attached_in_tmux_at_another_size(dsn: str, tmp_path: Path) -> None:
    tmux = ["tmux", "-S", str(tmp_path / "s"), "-f", "/dev/null"]
    program = f"env XDG_STATE_HOME={tmp_path} {sys.executable} -m fkdash '{dsn}'; echo ended with $?; cat"
    subprocess.run([*tmux, "new-session", "-d", "-x", "80", "-y", "24", program], check=True)

    def said(*question: str) -> str:
        return subprocess.run([*tmux, *question], capture_output=True, text=True, check=True).stdout

    def until(wanted: str, *question: str) -> None:
        deadline = monotonic() + 60
        while wanted not in (answer := said(*(question or ("capture-pane", "-p")))):
            assert monotonic() < deadline, answer

    try:
        until("BITES 412")
        attach = ["-c", "import os, sys; os.execvp('tmux', sys.argv[1:])", *tmux, "attach"]
        for number, (columns, rows) in enumerate(((100, 30), (80, 24)), 2):
            with terminal(attach, columns=columns, rows=rows) as client:
                client.read_until("BITES")
                until(f"{columns}", "display-message", "-p", "#{window_width}")
                client.send(b"j")
                until(f" {number}/58")
                client.hang_up()
                client.wait()
            until("0", "display-message", "-p", "#{session_attached}")
            until("BITES 412")
        subprocess.run([*tmux, "send-keys", "q"], check=True)
        until("ended with 0")
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
