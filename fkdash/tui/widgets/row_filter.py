"""The filter language of the lists: words that must all occur, `!` for must not, `field:text` for one field."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fkdash.fact import fact

if TYPE_CHECKING:
    from textual import events

_TERM = re.compile(
    r'(?P<inverted>!?)(?:(?P<field>[a-z_]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<bare>\S+))', re.IGNORECASE
)


FIELD_NAME = re.compile(r"[a-z_]+")
"""What a name before a colon is made of."""


@fact
class Term:
    """One condition: `text` (folded) occurs in the field, or anywhere when `field` is ""; or it does not."""

    text: str
    field: str = ""
    inverted: bool = False


def parse_filter(typed: str, fields: Sequence[str]) -> tuple[Term, ...]:
    """Give the conditions of what was typed; a name before a colon that is no field is plain text."""
    terms: list[Term] = []
    for match in _TERM.finditer(typed):
        text = match["quoted"] if match["quoted"] is not None else match["bare"]
        field = (match["field"] or "").casefold()
        if text == "!" or (text.endswith(":") and text[:-1].casefold() in fields):
            continue  # the beginning of a condition that is still being typed
        if field and field not in fields:
            text, field = f"{match['field']}:{text}", ""
        if text:
            terms.append(Term(text.casefold(), field, bool(match["inverted"])))
    return tuple(terms)


def unknown_fields(typed: str, fields: Sequence[str]) -> tuple[str, ...]:
    """Give the words before a colon that look like a field's name and are none."""
    names = (match["field"] or "" for match in _TERM.finditer(typed))
    return tuple(dict.fromkeys(name for name in names if name and name.casefold() not in fields))


def matching(
    terms: Sequence[Term],
    haystacks: Sequence[str],
    field_of: Callable[[str, int], str],
) -> list[int]:
    """Give the numbers of the rows that meet every condition, in order.

    `haystacks` holds, for each row, everything visible, folded; `field_of` gives
    a field, by its name, of a row, by its number.
    """
    numbers: list[int] = list(range(len(haystacks)))
    for term in sorted(terms, key=lambda term: bool(term.field)):
        text, inverted = term.text, term.inverted
        if term.field:
            name = term.field
            numbers = [n for n in numbers if (text in field_of(name, n).casefold()) != inverted]
        elif inverted:
            numbers = [n for n in numbers if text not in haystacks[n]]
        else:
            numbers = [n for n in numbers if text in haystacks[n]]
    return numbers


def edited_text(text: str, event: events.Key) -> str | None:
    """Give `text` after a key that edits it, None for any other key."""
    if event.is_printable and event.character is not None:
        return text + event.character
    if event.key == "backspace":
        return text[:-1]
    if event.key == "ctrl+w":
        return text.rstrip().rpartition(" ")[0]
    return "" if event.key == "ctrl+u" else None
