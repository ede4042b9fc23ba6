"""Names, words and keys for invented people and companies; the same seed gives the same ones."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import TypeVar
from uuid import UUID

Value = TypeVar("Value")

NOW = datetime(2025, 6, 30, 9, 0, tzinfo=UTC)

_WORDS: Mapping[str, Sequence[str]] = tomllib.loads(
    files("fkdash.demo").joinpath("words.toml").read_text(encoding="utf-8")
)


class Invention:
    """A seeded source of invented values.

    Everything comes from `random()`, the one method whose sequence for a seed
    Python promises to keep ("Notes on Reproducibility" in the library's manual).
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - invented data, no secrets

    def below(self, bound: int) -> int:
        """Give a whole number from 0 to `bound` - 1."""
        return int(self._random.random() * bound)

    def happens(self, probability: float) -> bool:
        """Tell whether something of this probability happens."""
        return self._random.random() < probability

    def one_of(self, values: Sequence[Value]) -> Value:
        """Give one of the values."""
        return values[self.below(len(values))]

    def _word(self, kind: str) -> str:
        return self.one_of(_WORDS[kind])

    def uuid(self) -> UUID:
        """Give a version 4 UUID."""
        return UUID(bytes=self.octets(16), version=4)

    def octets(self, count: int) -> bytes:
        """Give `count` bytes."""
        return bytes(self.below(256) for _ in range(count))

    def moment(self, *, days: int) -> datetime:
        """Give a moment in the `days` days before the invented present, to the second."""
        return NOW - timedelta(seconds=1 + self.below(days * 86_400))

    def company(self) -> str:
        """Give a company's name; names repeat."""
        return f"{self._word('company_words')} {self._word('company_trades')}"

    def person(self) -> str:
        """Give a person's first and last name; names repeat."""
        return f"{self._word('first_names')} {self._word('last_names')}"

    def errand(self) -> str:
        """Give the title of a task."""
        return f"{self._word('verbs')} {self._word('things')}"


def slug(name: str) -> str:
    """Give a name in the lower-case ASCII letters, digits and dashes of an address."""
    plain = name.lower().replace("ö", "o").replace("'", "")
    return "-".join("".join(letter if letter.isalnum() else " " for letter in plain).split())
