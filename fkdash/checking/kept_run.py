"""What the last check of several databases said of each, kept until the next: for its order, and to go on with."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from fkdash.fact import fact
from fkdash.private_file import require_private_folder
from fkdash.reading.files import LARGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fkdash.checking.result import CheckReport

_FINISHED: Final = "finished"


@fact
class Verdict:
    """What was said of one database: the worst new severity ("" for none), whether it failed, and the document."""

    worst: str
    failed: bool
    complete: bool
    document: dict[str, Any]

    @property
    def rank(self) -> int:
        """0 for what is to be looked at first: contradictions, then what nobody could look into."""
        if self.failed:
            return 1
        return {"error": 0, "warning": 2, "info": 3}.get(self.worst, 4)


def verdict_on(report: CheckReport, document: dict[str, Any] | None = None) -> Verdict:
    """Give what a report says of its database; `document` is what goes on where the run is cut off."""
    severities = sorted((each.finding.severity for each in report.new), key=lambda severity: severity.rank)
    worst = str(severities[0]) if severities else ""
    return Verdict(worst, bool(report.failure), report.complete, document or {})


@dataclass(slots=True)
class KeptRun:
    """The last run over some databases; `verdicts` by the database's place, none where there is no run."""

    path: Path
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    finished: bool = True
    _file: TextIO | None = None

    def begin(self, kept: Iterable[str]) -> None:
        """Begin anew, with the verdicts on some databases kept. Where nothing can be written nothing is."""
        before = self.verdicts
        with suppress(OSError):
            require_private_folder(self.path.parent)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace")
        self.verdicts = {}
        for where in kept:
            self.add(where, before[where])

    def add(self, where: str, verdict: Verdict) -> None:
        """Keep what was said of a database."""
        self.verdicts[where] = verdict
        self._write(
            {
                "where": where,
                "worst": verdict.worst,
                "failed": verdict.failed,
                "complete": verdict.complete,
                "document": verdict.document,
            }
        )

    def finish(self) -> None:
        """Note that every database had its turn."""
        self._write({_FINISHED: True})
        self.close()

    def close(self) -> None:
        """Stop; what was said so far is kept."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()


def kept_run(places: Iterable[str], of: str = "") -> KeptRun:
    """Give the last run over just these databases, in whatever order they are named.

    `of` is who looked: only what `check` said can be gone on with by it.
    """
    import platformdirs  # only several databases want it

    asked = [*([of] if of else []), *sorted(places)]
    name = hashlib.sha256("\0".join(asked).encode("utf-8", "backslashreplace")).hexdigest()[:32]
    path = Path(platformdirs.user_state_dir("fkdash", appauthor=False)) / "checks" / f"{name}.jsonl"
    run = KeptRun(path)
    with suppress(OSError, ValueError, KeyError, TypeError):
        if path.stat().st_size > LARGE_BYTES:
            return run
        run.finished = False
        # A line that was cut off ends the reading: what stands before it holds.
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            if line.get(_FINISHED):
                run.finished = True
                break
            run.verdicts[str(line["where"])] = Verdict(
                str(line["worst"]), bool(line["failed"]), bool(line["complete"]), dict(line["document"])
            )
    return run
