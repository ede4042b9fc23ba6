"""What the journals tell: only what is asked for is read, what cannot be read is named, nothing is followed elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

import fkdash.apply.run.run
from fkdash.apply.events import Event, RunOutcome, StepDone
from fkdash.apply.journal import records
from fkdash.apply.journal.journal import Journal, JournalError, Line
from fkdash.apply.journal.journal import read as journal_lines
from fkdash.apply.journal.records import everything, history, recorded_run, standings, unfinished
from fkdash.catalog.table_name import TableName
from tests.support.changes import good, workbench
from tests.support.patience import in_time
from tests.support.program import run
from tests.support.servers import TestDatabase
from tests.support.traffic import SCHEMA

pytestmark = pytest.mark.newest_version
_YES = ("--yes", "--confirm", "ck")
_ODD = [
    "[1]\n",
    '{"event": "plan"}\n',
    '{"event": "plan", "at": 1, "plan": []}\n',
    "\x00\xff\n",
    '"plan"\n',
    "[" * 9999,
]


async def test_what_cannot_be_read_is_named_and_left_out_and_keeps_nothing_from_working(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    runs = tmp_path / "fkdash" / "runs"
    runs.mkdir(parents=True, mode=0o700)
    named = "20990101T000000.000000Z-public.children.{}.jsonl"
    for number, text in enumerate(_ODD):
        (runs / named.format(f"odd{number}")).write_text(text, encoding="latin-1")
    os.mkfifo(runs / named.format("pipe"))
    (runs / named.format("folder")).mkdir()
    (runs / named.format("link")).symlink_to("/dev/zero")
    # One odd line in a journal that is one otherwise.
    async with workbench(database, runs) as bench:
        ended = await bench.apply("ck", "restrict")
    with ended.journal.open("a") as file:
        file.write("[1]\n")
    listed = await run("fix", "history", state=tmp_path)
    assert (listed.code, listed.out.count("verified")) == (0, 1), listed
    for left_out in (*(f"odd{number}" for number in range(len(_ODD))), "pipe", "folder", "link"):
        assert left_out in listed.err
    for command in (
        ("fix", "undo", str(ended.journal), *_YES),
        ("fix", "apply", "ck", "--option", "cascade", *_YES),
        ("report",),
    ):
        worked = await run(*command, database.dsn, state=tmp_path)
        assert (worked.code, "Traceback" in worked.err) == (0, False), worked


@pytest.mark.parametrize("mb", [70, 100_000])
async def test_a_file_that_is_larger_than_a_journal_can_be_is_named_at_once(tmp_path: Path, mb: int) -> None:
    runs = tmp_path / "fkdash" / "runs"
    runs.mkdir(parents=True, mode=0o700)
    large = runs / "20990101T000000.000000Z-public.children.ck.jsonl"
    with large.open("wb") as file:
        file.truncate(mb * 1024 * 1024)  # of zeros, that take no room
    large.chmod(0o600)
    began = time.monotonic()
    listed = await run("fix", "history", state=tmp_path)
    shown = await run("fix", "show", str(large), state=tmp_path)
    assert time.monotonic() - began < in_time(5)
    assert (listed.code, shown.code, "MB" in shown.err) == (0, 2, True), shown
    for said in (listed.err, shown.err):
        assert f"{large} is not the journal of a run: it has" in said


async def test_a_run_that_was_undone_and_the_one_that_undid_it_are_told_apart(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    async with workbench(database, tmp_path) as bench:
        ended = await bench.apply("ck", "restrict")
        back = await bench.undo(ended)
    stand = standings(history(tmp_path))
    assert (stand[ended.journal], stand[back.journal]) == ("undone", "verified")


async def test_the_copy_in_the_database_calls_a_step_done_after_its_last_batch_only(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        "create schema ops; create table p (id int primary key); create table c (id int primary key, p_id int,"
        "constraint ck foreign key (p_id) references p not valid); alter table c disable trigger all;"
        "insert into c select g, g from generate_series(1, 4500) g; alter table c enable trigger all"
    )
    applied = await run(
        "fix", "apply", "ck", "--option", "delete-orphans", *_YES, "--journal-in-database", "ops", database.dsn,
        state=tmp_path,
    )  # fmt: skip
    assert applied.code == 0, applied.err
    lines = await database.fetch(
        "select event, (facts->>'step')::int as step from ops.fkdash_journal where event like '%-done' order by line"
    )
    deleting = [line["event"] for line in lines if line["step"] == 3]
    assert deleting == ["batch-done", "batch-done", "batch-done", "batch-done", "step-done"]


async def test_of_thousands_of_journals_those_of_the_table_are_read(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.execute(SCHEMA)
    async with workbench(database, tmp_path) as bench:
        ended = await bench.apply("ck", "restrict")
    for number in range(5000):
        (tmp_path / f"20200101T000000.{number:06}Z-public.table{number % 50}.key.jsonl").hardlink_to(ended.journal)
    read: list[Path] = []

    def counted(path: Path) -> tuple[Line, ...]:
        read.append(path)
        return journal_lines(path)

    monkeypatch.setattr(records, "read", counted)
    began = time.process_time()
    assert unfinished(tmp_path, table=TableName("public", "children")) == ()
    assert time.process_time() - began < in_time(0.5)
    assert read == [ended.journal]


async def test_a_fault_while_verifying_does_not_hide_that_the_change_is_made(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of fkdash itself")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(fkdash.apply.run.run, "verify", fails)
    await database.execute(SCHEMA)
    async with workbench(database, tmp_path / "runs") as bench:
        ended = await bench.apply("ck", "restrict")
    assert (ended.outcome, ended.steps_done, ended.exit_code) == (RunOutcome.FAILED, (1, 2, 3), 1)
    assert "Nothing was changed" not in ended.message + ended.next_step
    assert "fix undo" in ended.next_step
    assert recorded_run(ended.journal).steps_done == (1, 2, 3)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody without a passwd entry")
def test_an_account_without_a_passwd_entry_has_a_name_in_the_journal() -> None:
    program = "import os; from fkdash.apply.journal.journal import operator; os.setuid(54321); print(operator())"
    bare = {
        name: value for name, value in os.environ.items() if name not in {"LOGNAME", "USER", "LNAME", "USERNAME"}
    }
    said = subprocess.run([sys.executable, "-c", program], env=bare, capture_output=True, text=True, check=False)
    assert said.stdout.strip() == "uid 54321", said.stderr


@pytest.mark.parametrize("what", ["the file", "the folder", "the folders around it"])
async def test_a_journal_that_is_taken_away_on_the_way_is_there_again_and_leads_back(
    database: TestDatabase, tmp_path: Path, what: str
) -> None:
    await database.execute(SCHEMA)
    folder = tmp_path / "some" / "runs"

    class Taking(list[Event]):
        def append(self, event: Event) -> None:
            super().append(event)
            if isinstance(event, StepDone) and event.step.number == 1:
                [journal] = folder.glob("*.jsonl")
                if what == "the file":
                    journal.unlink()
                else:
                    shutil.rmtree(folder if what == "the folder" else folder.parent)

    async with workbench(database, folder) as bench:
        bench.events = Taking()
        ended = await bench.apply("ck", "restrict")
        good(ended)
        recorded = recorded_run(ended.journal)
        assert (recorded.standing, recorded.steps_done) == ("verified", ended.steps_done)
        assert stat.S_IMODE(ended.journal.stat().st_mode) == 0o600
        bench.events = []
        good(await bench.undo(ended))


def test_another_file_in_the_place_of_a_journal_is_left_as_it_is(tmp_path: Path) -> None:
    with Journal.create("public.t.c", folder=tmp_path / "runs") as journal:
        journal.write("plan", plan={})
        journal.path.unlink()
        journal.path.write_text("somebody else's")
        with pytest.raises(JournalError, match="cannot be written"):
            journal.write("step-started", step=1)
    assert journal.path.read_text() == "somebody else's"


def test_a_folder_that_is_a_link_or_somebody_elses_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(JournalError, match="link is a link, which could lead anywhere"):
        Journal.create("public.t.k", folder=tmp_path / "link")
    if os.geteuid() == 0:
        os.chown(tmp_path / "real", 65534, 65534)
        with pytest.raises(JournalError, match="real belongs to somebody else"):
            Journal.create("public.t.k", folder=tmp_path / "real")


def test_a_folder_that_others_may_enter_is_closed_to_them(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    with Journal.create("public.t.k", folder=folder) as journal:
        journal.write("plan", plan={})
    assert folder.stat().st_mode & 0o077 == 0
    assert json.loads(journal.path.read_text())["event"] == "plan"
    runs, unread = everything(folder)
    assert (runs, [each.path for each in unread]) == ((), [journal.path])


def test_the_folder_around_that_of_the_journals_is_judged_like_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "runs").mkdir(parents=True)
    around = tmp_path / "fkdash"
    around.symlink_to(elsewhere)
    with pytest.raises(JournalError, match="fkdash is a link, which could lead anywhere"):
        Journal.create("public.t.k")
    around.unlink()
    elsewhere.rename(around)
    around.chmod(0o777)
    if os.geteuid() == 0:
        os.chown(around, 65534, 65534)
        with pytest.raises(JournalError, match="fkdash belongs to somebody else"):
            Journal.create("public.t.k")
        os.chown(around, 0, 0)
    Journal.create("public.t.k").close()
    assert around.stat().st_mode & 0o077 == 0


def test_a_folder_that_everybody_shares_is_never_closed_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(JournalError, match="shared is shared with everybody"):
        Journal.create("public.t.k", folder=shared)
    monkeypatch.setattr("fkdash.apply.journal.journal.runs_folder", lambda: shared / "runs")
    Journal.create("public.t.k").close()
    assert shared.stat().st_mode & 0o7777 == 0o1777


def test_a_link_to_a_journal_is_not_followed(tmp_path: Path) -> None:
    with Journal.create("public.t.k", folder=tmp_path / "runs") as journal:
        journal.write("plan", plan={})
    link = tmp_path / "20990101T000000.000000Z-public.t.k.jsonl"
    link.symlink_to(journal.path)
    runs, unread = everything(tmp_path)
    assert (runs, [each.path for each in unread]) == ((), [link])
