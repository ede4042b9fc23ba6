"""One fix an operator may choose, in the words that help to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.fact import fact

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName

AS_TODAY: Final = "deletes behave as today"
"""What an option says that changes nothing for a delete."""


@fact
class Option:
    """A fix an operator may choose; never chosen for them.

    `then` says what deleting a referenced row does afterwards, `application` what the application has to cope
    with, `undo` whether and until when there is a way back. `refused` is the reason why it is impossible here,
    empty when it can be planned. `frees` tells whether rows that are blocked today can be deleted afterwards, and
    `blocked` says what becomes of them, with what may still stop them; it is empty for an option that leaves them
    aside. `becomes` is the key as it is then declared, `nullable` the columns that then accept NULL. `proves` says
    that the key is enforced and validated afterwards, whatever it is today.
    `asks` are the referencing columns for which the operator must name a value before it can be planned, `of_rows`
    says that referenced rows must be named as well. `fills` are columns of rows that are made, for which
    values may be named.
    """

    id: str
    title: str
    then: str
    application: str
    frees: bool
    undo: str
    refused: str = ""
    asks: tuple[str, ...] = ()
    becomes: ForeignKey | None = None
    nullable: tuple[tuple[TableName, str], ...] = ()
    blocked: str = ""
    of_rows: bool = False
    proves: bool = False
    fills: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether it can be planned without asking anything."""
        return not self.refused and not self.asks and not self.of_rows


def consequences(option: Option) -> tuple[str, ...]:
    """Say what an option means, one sentence for each side of it."""
    told = (option.then, f"the application {option.application}", option.blocked, f"undo: {option.undo}")
    return tuple(each for each in told if each)
