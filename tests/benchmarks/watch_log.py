"""How fast a log is read in which next to nothing is of interest, beside `grep`, and in how much memory.

    python -m tests.benchmarks.watch_log [--megabytes 1024] [--format text|csv|json]

Aims: at least 50 MB/s on one core, no more memory for 1 GB than for 100 MB, and every error found.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_EVERY = 50_000
_BLOCK_LINES = 20_000
_AIM = 50.0
_MESSAGE = 'update or delete on table "ws" violates foreign key constraint "task_ws" on table "task"'
_QUIET = {
    "text": "2026-07-02 21:40:22.285 UTC [4211] LOG:  duration: 12.345 ms  execute s1: SELECT id, name FROM ws WHERE id = $1\n",
    "csv": '2026-07-02 21:40:22.285 UTC,"app","shop",4211,"[local]",5958f7c6.661,2,"SELECT",2026-07-02 21:40:22 UTC,5/183,0,'
    'LOG,00000,"duration: 12.345 ms  execute s1: SELECT id, name FROM ws WHERE id = $1",,,,,,,,,"app","client backend",,0\n',
    "json": '{"timestamp":"2026-07-02 21:40:22.285 UTC","user":"app","dbname":"shop","pid":4211,"error_severity":"LOG",'
    '"message":"duration: 12.345 ms  execute s1: SELECT id, name FROM ws WHERE id = $1","backend_type":"client backend"}\n',
}
_ERROR = {
    "text": f"2026-07-02 21:40:22.285 UTC [4211] ERROR:  {_MESSAGE}\n",
    "csv": '2026-07-02 21:40:22.285 UTC,"app","shop",4211,"[local]",5958f7c6.661,2,"DELETE",2026-07-02 21:40:22 UTC,5/183,0,'
    f'ERROR,23503,"{_MESSAGE.replace(chr(34), chr(34) * 2)}",,,,,,,,,"app","client backend",,0\n',
    "json": '{"timestamp":"2026-07-02 21:40:22.285 UTC","user":"app","dbname":"shop","pid":4211,"error_severity":"ERROR",'
    f'"state_code":"23503","message":{json.dumps(_MESSAGE)},"backend_type":"client backend"}}\n',
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--format", choices=tuple(_QUIET), action="append")
    arguments = parser.parse_args()
    for kind in arguments.format or tuple(_QUIET):
        for megabytes in (max(1, arguments.megabytes // 10), arguments.megabytes):
            _measure(kind, megabytes)


def _measure(kind: str, megabytes: int) -> None:
    with tempfile.TemporaryDirectory(prefix="fkdash-log-") as folder:
        path = Path(folder) / f"postgresql.{kind if kind != 'text' else 'log'}"
        errors = _written(path, kind, megabytes)
        grep_seconds, _ = _timed(["grep", "-c", "ERROR", str(path)])
        seconds, out = _timed(
            [sys.executable, "-m", "fkdash", "watch", "--once", "--format", "jsonl", "--log", str(path)]
        )
        found = json.loads(out.splitlines()[-1])["violations"]
        rate = path.stat().st_size / 1e6 / seconds
        verdict = "ok" if rate >= _AIM and found == errors else "MISSED"
        sys.stdout.write(
            f"{kind:<4} {megabytes:>5,} MB: {rate:5.0f} MB/s, {seconds:5.1f} s beside {grep_seconds:4.1f} s of grep "
            f"({seconds / grep_seconds:.1f} x), at most {_peak_megabytes():4.0f} MB in memory, {found:,} of {errors:,} errors: {verdict}\n"
        )


def _written(path: Path, kind: str, megabytes: int) -> int:
    """Write a log of at least so many megabytes and give how many errors are in it."""
    errors = 0
    with path.open("wb") as log:
        for block, inside in _blocks(kind):
            log.write(block)
            errors += inside
            if log.tell() >= megabytes * 1_000_000:
                return errors
    raise AssertionError("the blocks never end")


def _blocks(kind: str) -> Iterator[tuple[bytes, int]]:
    quiet = (_QUIET[kind] * _BLOCK_LINES).encode()
    error = _ERROR[kind].encode()
    lines = 0
    while True:
        lines += _BLOCK_LINES
        due = lines % _EVERY < _BLOCK_LINES
        yield (quiet + error if due else quiet), int(due)


def _timed(command: list[str]) -> tuple[float, str]:
    """Give the seconds of one core that a command took: others may be at work on the same machine."""
    began = _core_seconds()
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return _core_seconds() - began, ended.stdout


def _core_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak_megabytes() -> float:
    """Give the most memory that any process so far had; they are measured from small to large."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    main()
