"""What a pasted error gives away, before any catalog is asked."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from fkdash.fact import fact

if TYPE_CHECKING:
    from fkdash.explain.statements import AddedKey, OwnStatement


class Kind(Enum):
    """What the message is about."""

    HELD = auto()
    """A referenced row is still referred to."""
    MISSING = auto()
    """A reference has nothing to refer to."""
    KEY = auto()
    """A foreign key is violated; which way is not said."""
    NULL = auto()
    CHECK = auto()
    UNIQUE = auto()
    DOMAIN = auto()
    IDENTITY = auto()
    PARTITION = auto()
    DETACHED = auto()
    """A partition that is still referred to was to be detached."""
    DEPENDED_ON = auto()
    """A foreign key depends on what was to be dropped."""
    TRUNCATED = auto()
    REWRITTEN = auto()
    """A rule or trigger kept a foreign key's own statement from doing its work."""
    REQUIRED = auto()
    """A client library refuses a change itself, over a relation between two of its models."""
    CODE = auto()
    """A SQLSTATE is asked about, and nothing else stands there."""
    OTHER = auto()
    """Another error; only the statements with it can lead to a foreign key."""


KEY_KINDS = frozenset({Kind.HELD, Kind.MISSING, Kind.KEY, Kind.DETACHED})
ROW_KINDS = frozenset({Kind.NULL, Kind.CHECK, Kind.UNIQUE, Kind.DOMAIN, Kind.IDENTITY, Kind.PARTITION})


@fact
class Clues:
    """One error in a text.

    `sqlstate` is empty where neither a code nor the sentence tells it. `table` is what the sentence calls the
    table with the failing row or the referencing one, `referenced` the other, `schema` where a field says so;
    `columns` are named by the sentence or stand in `(…)=(…)`. `names` are all names in quotation marks, each
    meant by nobody in particular. `statement` is the one with which it began, the operator's own or a function's,
    with its table's parts; `own` what foreign keys ran, the innermost first; `elsewhere` tells that CONTEXT shows
    none of those where the error was raised; `added` the key that was to be added.
    """

    sqlstate: str
    kind: Kind
    constraint: str = ""
    table: str = ""
    referenced: str = ""
    schema: str = ""
    columns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    statement: tuple[str, tuple[str, ...]] | None = None
    own: tuple[OwnStatement, ...] = ()
    elsewhere: bool = False
    added: AddedKey | None = None

    @property
    def weight(self) -> int:
        """How much is told: of two readings of one message the one that tells more is right."""
        return sum(
            map(
                bool,
                (
                    self.sqlstate,
                    self.constraint,
                    self.table,
                    self.referenced,
                    self.schema,
                    self.columns,
                    self.statement,
                ),
            )
        ) + 3 * len(self.own)
