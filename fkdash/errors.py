"""What can go wrong, as facts; how it is shown belongs to the faces that show it.

Every error says what happened and to which object, and what to do next. None
carries a password. The exit codes are the contract of the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from fkdash.fact import fact
from fkdash.masking import masked


def reason_of(error: Exception) -> str:
    """Give why something could not be read or written; of the system's own errors their words alone."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


class FkdashError(Exception):
    """Something an operator must be told: `what` happened, and the `next_step`."""

    exit_code: ClassVar[int] = 3

    def __init__(self, what: str, *, next_step: str = "") -> None:
        self.what = masked(what)
        self.next_step = masked(next_step)
        super().__init__(self.what)

    def __str__(self) -> str:
        return f"{self.what}\n{self.next_step}" if self.next_step else self.what


class UsageError(FkdashError):
    """The arguments or the configuration cannot be used."""

    exit_code: ClassVar[int] = 2


class AlreadySoError(UsageError):
    """What an `option` asks of a `constraint` is so already, as `so` says in a clause: there is nothing to do."""

    exit_code: ClassVar[int] = 0

    def __init__(self, constraint: str, option: str, so: str) -> None:
        super().__init__(f"{constraint} is so already: {so}.", next_step="There is nothing to do.")
        self.constraint = constraint
        self.option = option


class UnreachableError(FkdashError):
    """No usable session: nothing answers, or what answers will not let us in."""


class PasswordRequiredError(UnreachableError):
    """The server demands a password and none was given: ask the operator once and try again."""


class NoConnectionLeftError(UnreachableError):
    """The server, the pooler, the database or the role has no connection left (53300): a later try may get one."""


class ConnectionLostError(UnreachableError):
    """The session ended while it was being used."""


class CommitUnknownError(ConnectionLostError):
    """The session ended during COMMIT: only the catalog can tell whether the change was made."""


class NotPermittedError(FkdashError):
    """The role lacks a privilege for what was asked."""


FOREIGN_TABLE: Final = "foreign-table"
TOO_LARGE: Final = "too-large"


@fact
class NotRun:
    """Code of another role that looking would have run, and did not.

    `object` is where it stands, `function` is "" where none can be named, `reason` a word for scripts,
    `accept` the argument with which the operator says that it may run, "" where there is none.
    """

    object: str
    function: str
    owner: str
    reason: str
    accept: str

    @property
    def words(self) -> str:
        """`public.imm(text) of mallory (in public.c_expr_idx)`."""
        if self.reason == TOO_LARGE:
            return f"an expression of millions of characters of {self.owner} (in {self.object})"
        if not self.function:
            return f"what is behind the foreign table {self.object} of {self.owner}"
        return f"{self.function} of {self.owner} (in {self.object})"


class NotRunError(NotPermittedError):
    """Something was not looked at, because that would have run code of another role."""

    def __init__(self, not_run: Sequence[NotRun]) -> None:
        self.not_run = tuple(not_run)
        first, *others = self.not_run
        more = f" and {len(others)} more" if others else ""
        accepted = ", ".join(dict.fromkeys(each.accept for each in self.not_run if each.accept))
        super().__init__(
            f"Not looked at, because that would run {first.words}{more}.",
            next_step=f"If you trust the owner: {accepted}" if accepted else "",
        )


class StoppedError(FkdashError):
    """A limit or the operator ended it, and nothing was changed."""

    exit_code: ClassVar[int] = 4


class ChangedMeanwhileError(StoppedError):
    """What a plan was made for is not what is there any more: nothing was run."""

    exit_code: ClassVar[int] = 1


class FaultError(FkdashError):
    """A fault of fkdash itself, in words."""

    exit_code: ClassVar[int] = 70


class TimedOutError(StoppedError):
    """A statement or a wait for a lock reached its time limit."""


class HeldUpError(TimedOutError):
    """Another session was in the way, or we in theirs; asking again later may be answered."""


class LockTimedOutError(HeldUpError):
    """The wait for a lock reached lock_timeout (55P03): nothing happened, a later attempt may succeed."""


class LockNamedError(LockTimedOutError):
    """The same, and `what` names what is locked and by whom."""


class GaveWayError(HeldUpError):
    """Looking ended itself, because another session waited for what it held; `what` says who."""


class HalfDoneError(FkdashError):
    """A change stopped halfway; the message names the journal and how to go on."""

    exit_code: ClassVar[int] = 5


class ServerRefusedError(FkdashError):
    """The server refused a statement; the fields are those of its error report, "" where absent.

    `said` is its message by itself, without what fkdash was doing.
    """

    def __init__(
        self,
        what: str,
        *,
        sqlstate: str,
        schema: str = "",
        table: str = "",
        column: str = "",
        constraint: str = "",
        detail: str = "",
        said: str = "",
        next_step: str = "",
    ) -> None:
        super().__init__(what, next_step=next_step)
        self.said = masked(said or what)
        self.sqlstate = sqlstate
        self.schema = schema
        self.table = table
        self.column = column
        self.constraint = constraint
        self.detail = detail
