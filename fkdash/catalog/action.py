"""Referential actions: what they are, what sets them off, and how keys match (CREATE TABLE, "REFERENCES")."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Action(StrEnum):
    """A referential action (CREATE TABLE, "REFERENCES")."""

    NO_ACTION = "NO ACTION"
    RESTRICT = "RESTRICT"
    CASCADE = "CASCADE"
    SET_NULL = "SET NULL"
    SET_DEFAULT = "SET DEFAULT"

    # Equal to its words, so hashed as they are; an Enum's own hash is a function of Python, called for every key.
    __hash__ = str.__hash__

    @property
    def letter(self) -> str:
        """How pg_constraint has it in confdeltype and confupdtype (manual, "pg_constraint")."""
        return _LETTERS[self]


_LETTERS: Final = dict(zip(Action, "arcnd", strict=True))
ACTION_BY_LETTER: Final = {letter: action for action, letter in _LETTERS.items()}
REFUSING: Final = frozenset({Action.NO_ACTION, Action.RESTRICT})
"""The actions that let no referenced row go."""
WRITING: Final = frozenset({Action.SET_NULL, Action.SET_DEFAULT})
"""The actions that keep a referencing row and write its key."""


class Statement(StrEnum):
    """The statement on the referenced table that sets a referential action off."""

    DELETE = "DELETE"
    UPDATE = "UPDATE"


class Match(StrEnum):
    """How a key with NULLs in it matches; PostgreSQL has no MATCH PARTIAL."""

    SIMPLE = "SIMPLE"
    FULL = "FULL"
