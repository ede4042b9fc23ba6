"""The words of a name and the forms in which people write it: `orderItems`, `order_items`, `order_item`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fkdash.rules.reference_words import IRREGULAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WORD_ENDS: Final = re.compile(r"_+|(?<=[a-z0-9])(?=[A-Z])")
_NAMES_KEPT: Final = 100_000


@lru_cache(maxsize=_NAMES_KEPT)
def lower_words(name: str) -> tuple[str, ...]:
    """Give the words of a name: `segment`, `id` of `segmentId` and of `segment_id`."""
    return tuple(word.lower() for word in WORD_ENDS.split(name) if word)


def folded(words: Iterable[str]) -> str:
    """Give words as one, without what only separates them."""
    return "".join(words).replace("_", "").lower()


@lru_cache(maxsize=_NAMES_KEPT)
def forms_of(table: str) -> frozenset[str]:
    """Give a table's name and its likely singulars, folded."""
    name = folded([table])
    forms = {name}
    for many, one in IRREGULAR.items():
        if name.endswith(many):
            forms.add(f"{name[: -len(many)]}{one}")
    if name.endswith("ies"):
        forms.add(f"{name[:-3]}y")
    if name.endswith("ves"):
        forms |= {f"{name[:-3]}f", f"{name[:-3]}fe"}
    if name.endswith(("ses", "xes", "ches", "shes", "zes")):
        forms.add(name[:-2])
    if name.endswith("s") and not name.endswith("ss"):
        forms.add(name[:-1])
    return frozenset(forms)


@lru_cache(maxsize=_NAMES_KEPT)
def looked_up_under(table: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give the forms of a table's name and of what is left without its first words, with those words."""
    words = lower_words(table)
    starts = range(len(words))
    return tuple([(form, words[:start]) for start in starts for form in forms_of("_".join(words[start:]))])


def is_of(table: str, words: Sequence[str]) -> bool:
    """Tell whether words name the table itself, with what stands before its name or without."""
    return any(form.endswith(folded(words)) for form in forms_of(table))
