"""What journals tell of their runs; needs no database."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fkdash.apply.events import Outcome
from fkdash.apply.identity import Identity
from fkdash.apply.journal import Line, is_open, read, runs_folder
from fkdash.errors import UsageError
from fkdash.fix.document import plan_of
from fkdash.fix.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

_OTHERS_WRITE: Final = 0o022
_COMMITTED: Final = frozenset({"committing", "running", "step-done"})


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run as its journal tells it; `outcome` is None for one that is going on or was cut off.

    `continues` is the journal of the run that it finishes or undoes. `changed` says that a COMMIT was sent, so
    that something may be otherwise than before.
    """

    path: Path
    plan: Plan
    started: str
    database: str
    role: str
    operator: str
    reason: str
    outcome: str | None
    message: str
    steps_done: tuple[int, ...]
    verification: tuple[dict[str, Any], ...]
    where: str = ""
    cluster: str = ""
    database_oid: int | None = None
    continues: Path | None = None
    changed: bool = False
    going_on: bool = False

    @property
    def identity(self) -> Identity:
        """The database it belongs to."""
        return Identity(self.cluster, self.database, self.database_oid)

    @property
    def standing(self) -> str:
        """The outcome in a word, `GOING ON` or `CUT OFF` where there is none."""
        return self.outcome or ("GOING ON" if self.going_on else "CUT OFF")


def recorded_run(path: Path) -> RecordedRun:
    """Give what a journal tells; raises UsageError for a file that is no journal."""
    _require_own(path)
    try:
        lines = read(path)
        first = next(line for line in lines if line.event == "plan")
    except (OSError, UnicodeDecodeError, KeyError, AttributeError, StopIteration) as error:
        raise UsageError(
            f"{path} is not the journal of a run.", next_step="fkdash fix history lists them."
        ) from error
    return run_from(path, lines, first)


def _require_own(path: Path) -> None:
    """Refuse a journal that somebody else could have written: its queries are run, its way back is carried out."""
    try:
        found = path.stat()
    except OSError:
        return
    if found.st_uid != os.geteuid() or found.st_mode & _OTHERS_WRITE:
        raise UsageError(
            f"{path} belongs to somebody else, or others may write it; what it says is not to be carried out.",
            next_step="Look at what is in it. If it is yours: chmod 600, and chown to yourself.",
        )


def run_from(path: Path, lines: tuple[Line, ...], first: Line) -> RecordedRun:
    """Give what lines tell, `first` being the one with the plan; a run without an end may be going on."""
    ended = [line for line in lines if line.event == "ended"]
    continues = first.facts.get("continues")
    return RecordedRun(
        path=path,
        plan=plan_of(first.facts["plan"]),
        started=first.at,
        database=first.facts["database"],
        role=first.facts["role"],
        operator=first.facts["operator"],
        reason=first.facts["reason"],
        outcome=ended[-1].facts["outcome"] if ended else None,
        message=ended[-1].facts["message"] if ended else _cut_off(lines),
        steps_done=_steps_done(lines, ended),
        verification=tuple(ended[-1].facts["verification"]) if ended else (),
        where=first.facts.get("where", ""),
        cluster=first.facts.get("cluster", ""),
        database_oid=first.facts.get("database_oid"),
        continues=Path(continues) if continues else None,
        changed=any(line.event in _COMMITTED for line in lines),
        going_on=not ended and is_open(path),
    )


def copied_runs(copies: Mapping[Path, tuple[Line, ...]]) -> tuple[RecordedRun, ...]:
    """Give the runs that copies of journals tell of; what has no readable plan is passed over."""
    runs = []
    for path, lines in copies.items():
        first = next((line for line in lines if line.event == "plan"), None)
        try:
            if first is not None:
                runs.append(run_from(path, lines, first))
        except (UsageError, KeyError):
            continue
    return tuple(runs)


def history(folder: Path | None = None) -> tuple[RecordedRun, ...]:
    """Give every run there is a journal of, the newest first; files that are no journals are passed over."""
    home = folder or runs_folder()
    runs = []
    for path in sorted(home.glob("*.jsonl"), reverse=True):
        try:
            runs.append(recorded_run(path))
        except UsageError:
            continue
    return tuple(runs)


def unfinished(folder: Path | None = None) -> tuple[RecordedRun, ...]:
    """Give the runs that were cut off or stopped halfway and that no later run finished or undid, newest first."""
    runs = history(folder)
    taken_up = {
        run.continues.resolve()
        for run in runs
        if run.continues and (run.changed or run.outcome == Outcome.VERIFIED)
    }
    return tuple(run for run in runs if _is_open_question(run) and run.path.resolve() not in taken_up)


def _is_open_question(run: RecordedRun) -> bool:
    if run.going_on or run.outcome in {Outcome.VERIFIED, Outcome.ROLLED_BACK}:
        return False
    return run.changed


def _steps_done(lines: tuple[Line, ...], ended: list[Line]) -> tuple[int, ...]:
    if ended:
        return tuple(ended[-1].facts["steps_done"])
    return tuple(line.facts["step"] for line in lines if line.event == "step-done")


def _cut_off(lines: tuple[Line, ...]) -> str:
    last = lines[-1]
    if last.event == "committing":
        numbers = ", ".join(str(number) for number in last.facts["steps"])
        return f"It was cut off while committing step {numbers}; only the database can tell whether that happened."
    if last.event == "running":
        return f"It was cut off during step {last.facts['step']}; only the database can tell how far that came."
    if last.event == "interrupted":
        return "It was interrupted; the step under way was rolled back."
    if not any(line.event in _COMMITTED for line in lines):
        return "It was cut off before anything was committed."
    return "It was cut off; the journal ends in the middle."
