"""The program killed at every step, a disk that is full, and what the next start says and offers."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from pathlib import Path

import pytest

from fkdash.apply.events import RunOutcome
from fkdash.apply.journal.journal import Journal, JournalError, is_open, read
from fkdash.apply.journal.recovery import history, recorded_run, unfinished
from tests.apply.test_faults import MOMENTS, finish_or_undo
from tests.support.changes import workbench
from tests.support.gate import Moment, gate
from tests.support.program import Ended, ended, kill, run, start
from tests.support.servers import TestDatabase
from tests.support.traffic import SCHEMA

_APPLY = ("fix", "apply", "ck", "--option", "restrict", "--yes", "--confirm", "ck")


async def killed_at(moment: Moment, database: TestDatabase, state: Path, *command: str) -> Ended:
    with tempfile.TemporaryDirectory(prefix="fk-") as short:
        async with gate(database, Path(short)) as way:
            process = await start(*command, way.dsn, state=state)

            async def fault() -> bool:
                await kill(process)
                return False

            way.arm(moment, fault)
            result = await ended(process)
            assert way.happened, (moment, result)
            return result


@pytest.mark.newest_version
async def test_a_program_killed_at_any_step_leaves_a_journal_that_is_enough(
    busy: TestDatabase, tmp_path: Path
) -> None:
    runs = tmp_path / "fkdash" / "runs"
    for number, moment in enumerate(MOMENTS[1::2] + MOMENTS[6:7]):
        before = set(runs.glob("*.jsonl"))
        action = await busy.value("select confdeltype::text from pg_constraint where conname = 'ck'")
        option = "restrict" if action == "a" else "no-action"
        result = await killed_at(
            moment, busy, tmp_path, "fix", "apply", "ck", "--option", option, "--yes", "--confirm", "ck"
        )
        assert result.code == -signal.SIGKILL, result
        (journal,) = set(runs.glob("*.jsonl")) - before
        recorded = recorded_run(journal)
        assert recorded.standing == ("CUT OFF" if recorded.changed else "no change")
        assert not is_open(journal)
        async with workbench(busy, runs) as bench:
            made = bench.key("ck").on_delete
            half = _Half(journal, (1,) if made.lower()[0].replace("n", "a") != action else ())
            await finish_or_undo(bench, half, finish=number % 2 == 0)  # type: ignore[arg-type] # what it looks at
            await bench.look()
            key = bench.key("ck")
            assert (key.validated, key.comment, len(bench.catalog.foreign_keys)) == (True, "kept", 1), moment
        assert unfinished(runs) == () or not half.steps_done


class _Half:
    def __init__(self, journal: Path, steps_done: tuple[int, ...]) -> None:
        self.journal, self.steps_done = journal, steps_done


@pytest.mark.newest_version
async def test_the_next_start_says_what_is_true_and_finishes_or_undoes(busy: TestDatabase, tmp_path: Path) -> None:
    moment = Moment(b"VALIDATE CONSTRAINT")
    await killed_at(moment, busy, tmp_path, *_APPLY)
    listed = await run("fix", "history", state=tmp_path)
    assert "CUT OFF" in listed.out
    (cut_off,) = unfinished(tmp_path / "fkdash" / "runs")
    resumed = await run("fix", "resume", str(cut_off.path), busy.dsn, "--yes", "--confirm", "ck", state=tmp_path)
    assert (resumed.code, "1 of 3 steps have taken effect" in resumed.err or "2 of 3" in resumed.err) == (
        0,
        True,
    ), resumed
    assert "have not been checked" in resumed.err
    assert unfinished(tmp_path / "fkdash" / "runs") == ()
    latest = history(tmp_path / "fkdash" / "runs")[0]
    assert (latest.continues, latest.outcome) == (cut_off.path, RunOutcome.VERIFIED)
    undone = await run(
        "fix", "undo", str(latest.path), busy.dsn, "--yes", "--confirm", "ck", "--format", "json", state=tmp_path
    )
    assert (undone.code, json.loads(undone.out)["outcome"]) == (0, "verified"), undone.err
    assert await busy.value("select confdeltype::text from pg_constraint where conname = 'ck'") == "a"


def test_what_a_journal_was_told_is_on_the_disk_before_the_call_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash of the machine cannot be had here; that the disk is waited for, with all of the line, can."""
    synced: list[tuple[int, int]] = []
    really = os.fsync

    def noted(descriptor: int) -> None:
        really(descriptor)
        found = os.fstat(descriptor)
        synced.append((found.st_ino, found.st_size))

    monkeypatch.setattr(os, "fsync", noted)
    with Journal.create("a.b.c", folder=tmp_path) as journal:
        assert (tmp_path.stat().st_ino, tmp_path.stat().st_size) in synced
        for event in ("one", "two"):
            journal.write(event)
            assert synced[-1] == (journal.path.stat().st_ino, journal.path.stat().st_size)


@pytest.mark.newest_version
async def test_a_disk_with_no_room_for_the_journal_keeps_the_run_from_starting(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(SCHEMA)
    result = await run(*_APPLY, database.dsn, state=tmp_path, limit_file_bytes=10_000)
    assert (result.code, "cannot be written" in result.err, "Traceback" in result.err) == (4, True, False), result
    assert list((tmp_path / "fkdash" / "runs").glob("*.jsonl")) == []
    assert await database.value("select confdeltype::text from pg_constraint where conname = 'ck'") == "a"


@pytest.mark.newest_version
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("fix", "apply", "ck", "--option", "no-action"), 0),
        (("fix", "apply", "ck", "--option", "set-column-default"), 2),
        (("fix", "apply", "ck", "--option", "restrict", "--yes", "--confirm", "other"), 2),
        (("fix", "apply", "nothing", "--option", "restrict"), 2),
        (("fix", "apply", "ck", "--option", "restrict", "--read-only", "--yes", "--confirm", "ck"), 2),
        (("fix", "apply", "ck", "--option", "restrict", "--yes", "--confirm", "ck", "-U", "nobody_there"), 3),
        (("fix", "plan", "ck", "--option", "restrict"), 0),
        (("fix", "plan", "ck", "--format", "json"), 0),
        (("fix", "rehearse", "ck", "--option", "restrict"), 0),
        (("orphans", "scan", "--all"), 0),
        ((*_APPLY, "--rehearse", "--reason", "INC-1"), 0),
    ],
)  # fmt: skip
async def test_exit_codes_are_those_of_the_contract(
    database: TestDatabase, tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    await database.execute(SCHEMA)
    result = await run(
        *arguments, "-h", database.socket_directory, "-d", database.name, *_user(arguments), state=tmp_path
    )
    assert (result.code, "Traceback" in result.err) == (code, False), result


def _user(arguments: tuple[str, ...]) -> tuple[str, ...]:
    return () if "-U" in arguments else ("-U", "postgres")


def test_a_journal_that_loses_its_room_midway_still_says_how_it_ended(tmp_path: Path) -> None:
    with Journal.create("public.t.k", folder=tmp_path) as journal:
        journal.write("plan", plan={})
        reserve = journal.path.with_suffix(".reserve")
        assert reserve.stat().st_size > 100_000
        journal._give_room_back()
        assert not reserve.exists()
        assert is_open(journal.path)
        journal.write("ended")
    assert not is_open(journal.path)
    assert [line.event for line in read(journal.path)] == ["plan", "ended"]


def test_room_that_a_killed_run_set_aside_is_freed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "killed.jsonl").write_text("")
    (tmp_path / "killed.reserve").write_bytes(bytes(1000))
    with Journal.create("public.t.k", folder=tmp_path) as going_on, Journal.create("public.t.l", folder=tmp_path):
        assert not (tmp_path / "killed.reserve").exists()
        assert going_on.path.with_suffix(".reserve").exists()
    assert list(tmp_path.glob("*.reserve")) == []


def test_a_folder_that_cannot_be_written_is_said_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be written"):
        Journal.create("public.t.k", folder=tmp_path / "file" / "runs")
