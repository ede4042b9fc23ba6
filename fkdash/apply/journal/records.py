"""What journals tell of their runs; needs no database."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fkdash.apply.events import RunOutcome
from fkdash.apply.journal.identity import Identity
from fkdash.apply.journal.journal import Line, file_name, is_open, read, runs_folder
from fkdash.apply.journal.line_facts import CommitFacts, EndFacts, PlanFacts, StepFacts, facts_of
from fkdash.errors import UsageError
from fkdash.fact import fact
from fkdash.fix.plan import Plan
from fkdash.fix.plan_file.document import plan_of
from fkdash.fix.statements.definition import definition
from fkdash.reading.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.catalog.table_name import TableName

_COMMITTED: Final = frozenset({"committing", "running", "step-done", "batch-done"})


@fact
class RecordedRun:
    """A run as its journal tells it; `outcome` is None for one that is going on or was cut off.

    `continues` is the journal of the run that it finishes or undoes. `changed` says that a COMMIT was sent, so
    that something may be otherwise than before; `ended` is when, "" for one without an outcome.
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
    host: str = ""
    cluster: str = ""
    database_oid: int | None = None
    continues: Path | None = None
    changed: bool = False
    going_on: bool = False
    ended: str = ""

    @property
    def identity(self) -> Identity:
        """The database it belongs to."""
        return Identity(self.cluster, self.database, self.database_oid)

    @property
    def standing(self) -> str:
        """The outcome in a word; `GOING ON`, `CUT OFF` or `no change` where there is none."""
        if self.outcome is not None or self.going_on:
            return self.outcome or "GOING ON"
        return "CUT OFF" if self.changed else "no change"


def recorded_run(path: Path) -> RecordedRun:
    """Give what a journal tells.

    Raises UsageError for a file that is no journal, and for one that somebody else could have written: its queries
    are run, its way back is carried out.
    """
    try:
        lines = read(path)
        first = next(line for line in lines if line.event == "plan")
        return run_from(path, lines, first)
    except UsageError as error:
        if str(path) in error.what:
            raise
        raise UsageError(f"{path} cannot be read: {error.what}", next_step=error.next_step) from error
    except (OSError, UnicodeDecodeError, LookupError, TypeError, AttributeError, StopIteration) as error:
        raise UsageError(
            f"{path} is not the journal of a run.", next_step="fkdash fix history lists them."
        ) from error


def run_from(path: Path, lines: tuple[Line, ...], first: Line) -> RecordedRun:
    """Give what lines tell, `first` being the one with the plan; a run without an end may be going on."""
    began = facts_of(first.facts, PlanFacts, path, first.event)
    last = next((line for line in reversed(lines) if line.event == "ended"), None)
    ended = facts_of(last.facts, EndFacts, path, last.event) if last is not None else None
    return RecordedRun(
        path=path,
        plan=plan_of(began.plan, Source(f"The plan in {path}")),
        started=first.at,
        database=began.database,
        role=began.role,
        operator=began.operator,
        reason=began.reason,
        outcome=ended.outcome if ended else None,
        message=ended.message if ended else _cut_off(path, lines),
        steps_done=ended.steps_done if ended else _steps_done(path, lines),
        verification=tuple(asdict(each) for each in ended.verification) if ended else (),
        where=began.where,
        host=began.host,
        cluster=began.cluster,
        database_oid=began.database_oid,
        continues=Path(began.continues) if began.continues else None,
        changed=any(line.event in _COMMITTED for line in lines),
        going_on=ended is None and is_open(path),
    )


def copied_runs(copies: Mapping[Path, tuple[Line, ...]]) -> tuple[RecordedRun, ...]:
    """Give the runs that copies of journals tell of; what has no readable plan is passed over."""
    runs = []
    for path, lines in copies.items():
        first = next((line for line in lines if line.event == "plan"), None)
        try:
            if first is not None:
                runs.append(run_from(path, lines, first))
        except (UsageError, LookupError, TypeError, AttributeError):
            continue
    return tuple(runs)


@fact
class Unread:
    """A file in the folder of journals that cannot be read as one, and why."""

    path: Path
    why: str


def everything(folder: Path | None = None) -> tuple[tuple[RecordedRun, ...], tuple[Unread, ...]]:
    """Give every run there is a journal of, the newest first, and the files that cannot be read."""
    runs, unread = [], []
    for path in _newest_first(folder):
        try:
            runs.append(recorded_run(path))
        except UsageError as error:
            unread.append(Unread(path, error.what))
    return tuple(runs), tuple(unread)


def history(folder: Path | None = None) -> tuple[RecordedRun, ...]:
    """Give every run there is a journal of, the newest first; files that cannot be read are passed over."""
    return everything(folder)[0]


def unfinished(folder: Path | None = None, *, table: TableName | None = None) -> tuple[RecordedRun, ...]:
    """Give the runs that were cut off or stopped halfway and that no later run finished or undid, newest first.

    For one `table` only the journals are read that are named after its keys.
    """
    runs = []
    for path in _newest_first(folder):
        if table is None or _may_be_about(path, f"{table}."):
            with suppress(UsageError):
                runs.append(recorded_run(path))
    return open_questions(tuple(runs), table=table)


def open_questions(runs: Sequence[RecordedRun], *, table: TableName | None = None) -> tuple[RecordedRun, ...]:
    """Give those of `runs`, the newest first, that were left halfway and that no other of them took up."""
    taken_up = {run.continues.resolve() for run in runs if run.continues and _takes_up(run)}
    return tuple(
        run
        for number, run in enumerate(runs)
        if _is_open_question(run)
        and run.path.resolve() not in taken_up
        and table in {None, run.plan.key.table}
        and not any(_is_answered(run, later) for later in runs[:number])
    )


def standings(runs: Sequence[RecordedRun]) -> dict[Path, str]:
    """Give how each of `runs` stands, in a word or two, by what the others did with it since."""
    back = undone(runs)
    still_open = {run.path for run in open_questions(runs)}
    words = {}
    for run in runs:
        left = (
            run.changed and run.outcome not in {RunOutcome.VERIFIED, RunOutcome.ROLLED_BACK} and not run.going_on
        )
        if run.path.resolve() in back:
            words[run.path] = "undone"
        elif left and run.path not in still_open:
            words[run.path] = "taken up"
        else:
            words[run.path] = run.standing
    return words


def undone(runs: Sequence[RecordedRun]) -> frozenset[Path]:
    """Give the journals of those of `runs` that another of them undid."""
    return frozenset(
        run.continues.resolve()
        for run in runs
        if run.continues and run.plan.option == "undo" and run.outcome == RunOutcome.VERIFIED
    )


def _newest_first(folder: Path | None) -> list[Path]:
    return sorted((folder or runs_folder()).glob("*.jsonl"), reverse=True)


def _may_be_about(path: Path, beginning: str) -> bool:
    """Tell whether a journal can be named after a constraint with this beginning; long names are cut off."""
    _, dash, named = path.stem.partition("-")
    wanted = file_name(beginning)
    return not dash or named.startswith(wanted) or wanted.startswith(named)


def _takes_up(run: RecordedRun) -> bool:
    """Tell whether what a run continues is its own business now: one that changed nothing left it as it was."""
    return (run.changed and run.outcome != RunOutcome.ROLLED_BACK) or run.outcome == RunOutcome.VERIFIED


def _is_answered(run: RecordedRun, later: RecordedRun) -> bool:
    """Tell whether a later run, made afresh, did all that this one was to do, and proved it.

    One that changes rows has those that it kept. One that builds something beside may have left it there, but not
    where the same statements went through since.
    """
    if later.outcome != RunOutcome.VERIFIED or not later.identity.is_same(run.identity):
        return False
    plan, done = run.plan, later.plan
    if (plan.option, plan.key.qualified) != (done.option, done.key.qualified) or plan.goal.gone != done.goal.gone:
        return False
    if plan.writes_rows:
        return False
    beside = plan.abandon or any(step.alone for step in plan.steps)
    if beside:
        return [step.sql for step in plan.steps] == [step.sql for step in done.steps]
    return definition(plan.goal.key) == definition(done.goal.key)


def _is_open_question(run: RecordedRun) -> bool:
    if run.going_on or run.outcome in {RunOutcome.VERIFIED, RunOutcome.ROLLED_BACK}:
        return False
    return run.changed


def _steps_done(path: Path, lines: tuple[Line, ...]) -> tuple[int, ...]:
    done = (line for line in lines if line.event == "step-done")
    return tuple(facts_of(line.facts, StepFacts, path, line.event).step for line in done)


def _cut_off(path: Path, lines: tuple[Line, ...]) -> str:
    last = lines[-1]
    if last.event == "committing":
        steps = facts_of(last.facts, CommitFacts, path, last.event).steps
        numbers = ", ".join(map(str, steps))
        return f"It was cut off while committing step {numbers}; only the database can tell whether that happened."
    if last.event == "running":
        step = facts_of(last.facts, StepFacts, path, last.event).step
        return f"It was cut off during step {step}; only the database can tell how far that came."
    if last.event == "interrupted":
        return "It was cancelled; only the database can tell what took effect."
    if not any(line.event in _COMMITTED for line in lines):
        return "It was cut off before anything was committed."
    return "It was cut off; the journal ends in the middle."
