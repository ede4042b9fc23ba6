"""Of the same messages in several formats each is counted once, whenever which of them was written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fkdash.watch.classify import Classifier
from fkdash.watch.clock import Clock
from fkdash.watch.counts import Counts
from fkdash.watch.log_files import LogFiles
from fkdash.watch.reading import Reading
from tests.watch.test_truth import counted

_TEXT = (
    '2026-07-02 21:%02d:22.285 UTC [4211] ERROR:  update or delete on table "ws" violates foreign key constraint '
    '"task_ws" on table "task"\n'
)
_CSV = (
    '2026-07-02 21:%02d:22.285 UTC,"app","shop",1,"[local]",1.1,2,"DELETE",2026-07-02 21:40:22 UTC,5/1,0,ERROR,23503,'
    '"update or delete on table ""ws"" violates foreign key constraint ""task_ws"" on table ""task""",,,,,,,,,'
    '"psql","client backend",,0\n'
)


@pytest.mark.parametrize(
    "minutes",
    [
        {".csv": range(10, 20), ".log": range(10, 20)},
        {".csv": range(10, 20), ".log": range(10, 30)},
        {".csv": range(10, 30), ".log": range(10, 20)},
        {".csv": range(20, 30), ".log": range(10, 20)},
        {".csv": range(10, 20), ".log": range(20, 30)},
        {".txt": range(10, 20), ".txt.csv": range(10, 20)},
    ],
    ids=["both", "csv ended", "text ended", "csv began", "text began", "another ending"],
)
async def test_formats_that_end_and_begin_at_different_times_count_each_message_once(
    tmp_path: Path, minutes: dict[str, range]
) -> None:
    for ending, there in minutes.items():
        file = tmp_path / f"postgresql{ending}"
        shape = _CSV if ending.endswith(".csv") else _TEXT
        file.write_text("".join(shape % minute for minute in there))
        os.utime(file, (there.stop, there.stop))
    _, summary, _ = await counted("--once", "--log", str(tmp_path))
    assert summary["violations"] == len(set().union(*minutes.values()))


async def test_a_file_that_was_written_anew_and_is_longer_by_now_is_read_from_its_beginning(
    tmp_path: Path,
) -> None:
    file = tmp_path / "x.log"
    file.write_text(_TEXT % 10 + _TEXT % 11)
    files = LogFiles(file)
    reading = Reading(Classifier(), Counts(), Clock())
    assert _read(files, reading) == 1  # the last one may go on
    with file.open("r+") as opened:
        # As `copytruncate` and log_truncate_on_rotation do it: it is the same file.
        opened.truncate()
        opened.write("".join(_TEXT % minute for minute in range(20, 30)))
    assert _read(files, reading) == 1 + 9
    file.rename(tmp_path / "x.log.1")
    with (tmp_path / "x.log.1").open("a") as opened:
        opened.write(_TEXT % 30)
    file.write_text(_TEXT % 31)
    assert _read(files, reading) + sum(reading.take(each.file, b"", final=True) for each in files.close()) == 3


def _read(files: LogFiles, reading: Reading) -> int:
    return sum(reading.take(each.file, each.data, final=each.final) for each in files.read())


async def test_a_folder_without_a_log_is_not_taken_for_one_without_errors(tmp_path: Path) -> None:
    _, summary, _ = await counted("--once", "--log", str(tmp_path))
    assert "There was no log to read" in str(summary["notes"])
    (tmp_path / "postgresql.log").write_text(
        "2026-07-02 21:40:22.285 UTC [4211] LOG:  checkpoint starting: time\n"
    )
    _, summary, _ = await counted("--once", "--log", str(tmp_path))
    assert not summary["notes"]
