"""What a run tells while it goes on; whoever watches shows it, the run itself never waits for them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.fact import fact

if TYPE_CHECKING:
    from fkdash.apply.holders import Holder
    from fkdash.apply.proof.verified import Verified
    from fkdash.fix.plan import Step


class RunOutcome(StrEnum):
    """How a run ended."""

    VERIFIED = "verified"
    ROLLED_BACK = "rolled-back"
    STOPPED = "stopped"
    FAILED = "failed"


@fact
class RunBegan:
    """The journal is open; nothing was run so far."""

    journal: Path


@fact
class StepStarted:
    """A step is being tried for the first time."""

    step: Step


@fact
class StepWaits:
    """A lock could not be had; `pause` seconds until the next try. Nothing was changed by this one.

    `slow` says that it was not a lock: the server did not get done with the step within its time limit.
    """

    step: Step
    attempt: int
    pause: float
    holders: tuple[Holder, ...]
    slow: bool = False

    @property
    def what(self) -> str:
        """What this try did not get, in words."""
        return f"{'not done in its time' if self.slow else 'no lock'} on try {self.attempt}"


@fact
class StepProgress:
    """A step that takes long is under way for `seconds`; `detail` says how far, as far as the server tells.

    `holders` are the sessions it waits for right now.
    """

    step: Step
    seconds: float
    detail: str
    holders: tuple[Holder, ...] = ()


@fact
class StepDone:
    """A step is committed; `seconds` is what the successful try took."""

    step: Step
    seconds: float


@fact
class RunEnded:
    """The run is over. `message` says what is true now; `next_step` what to do.

    `exit_code` is the command line's: 0 verified, 1 done and not as promised, 3 not permitted and 4 stopped with
    nothing changed, 5 halfway or not known. `caution` is what of the message stands against a good end.
    """

    outcome: RunOutcome
    journal: Path
    message: str
    next_step: str
    steps_done: tuple[int, ...]
    verification: tuple[Verified, ...] = ()
    exit_code: int = 0
    caution: str = ""


Event = RunBegan | StepStarted | StepWaits | StepProgress | StepDone | RunEnded
