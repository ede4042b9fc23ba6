"""Finds by a few letters in their order: the closer together and the nearer to a beginning the better."""

from __future__ import annotations

import re
from functools import lru_cache

_WHOLE, _AT_A_WORD = 10_000, 1_000


def score(typed: str, text: str) -> int | None:
    """Give how well folded `text` answers folded `typed`, more being better; None where it does not.

    What is typed is taken word by word, and each must be found.
    """
    total = 0
    for word in typed.split():
        place = text.find(word)
        if place >= 0:
            begins = place == 0 or not text[place - 1].isalnum()
            total += _WHOLE + (_AT_A_WORD if begins else 0) - min(place, _AT_A_WORD - 1)
        elif (found := _scattered(word).search(text)) is not None:
            total += _AT_A_WORD - min(found.end() - found.start(), _AT_A_WORD - 1)
        else:
            return None
    return total


@lru_cache(maxsize=64)
def _scattered(word: str) -> re.Pattern[str]:
    return re.compile(".*?".join(map(re.escape, word)), re.DOTALL)
