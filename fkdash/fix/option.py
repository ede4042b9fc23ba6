"""One fix an operator may choose, in the words that help to choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

AS_TODAY: Final = "as today"
"""What an option says that changes nothing for a delete."""


@dataclass(frozen=True, slots=True)
class Option:
    """A fix an operator may choose; never chosen for them.

    `then` says what deleting a referenced row does afterwards, `application` what the application has to cope
    with, `undo` whether and until when there is a way back. `refused` is the reason why it is impossible here,
    empty when it can be planned. `frees` tells whether rows that are blocked today can be deleted afterwards.
    `asks` are the referencing columns for which the operator must name a value before it can be planned.
    """

    id: str
    title: str
    then: str
    application: str
    frees: bool
    undo: str
    refused: str = ""
    asks: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether it can be planned without asking anything."""
        return not self.refused and not self.asks


def consequences(option: Option) -> tuple[str, ...]:
    """Say what an option means, one sentence for each side of it."""
    freed = "rows that are blocked today can be deleted" if option.frees else "rows that are blocked today stay so"
    return (option.then, f"the application {option.application}", freed, f"undo: {option.undo}")


def consequences_aside(option: Option) -> tuple[str, ...]:
    """Say what an option means that does not change which rows are blocked."""
    return (option.then, f"the application {option.application}", f"undo: {option.undo}")
