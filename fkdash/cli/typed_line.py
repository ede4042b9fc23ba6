"""A command line that somebody is still typing in bash, as the words that are meant by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fkdash.db.text import plain
from fkdash.shell import shell_word

_BREAKS: Final = "=:@"
"""Where bash begins what it replaces anew, inside a word (COMP_WORDBREAKS)."""
_ESCAPED_IN_DOUBLE: Final = '\\"$`'


@dataclass(slots=True)
class TypedLine:
    """The words before the last one, and the last one: what is meant, and how much of it bash leaves as it is.

    `quote` is the quotation mark that is still open.
    """

    before: list[str]
    now: str = ""
    quote: str = ""
    kept: int = 0

    def completion(self, value: str) -> str | None:
        """Give what bash puts in the place of the last word for it to mean `value`; None where no text can."""
        rest = value[self.kept :]
        if not self.quote:
            return shell_word(rest)
        if plain(rest) != rest:
            return None
        if self.quote == "'":
            return rest.replace("'", "'\\''")
        return "".join(f"\\{each}" if each in _ESCAPED_IN_DOUBLE else each for each in rest)


def typed_line(line: str) -> TypedLine:
    """Read a line up to the cursor."""
    found = TypedLine([])
    escaped = False
    for place, each in enumerate(line):
        following = line[place + 1 : place + 2]
        if escaped:
            found.now, escaped = found.now + each, False
        elif each == "\\" and (not found.quote or (found.quote == '"' and following in _ESCAPED_IN_DOUBLE)):
            escaped = True
        elif found.quote:
            if each == found.quote:
                found.quote = ""
            else:
                found.now += each
        elif each in "'\"":
            found.quote = each
        elif each.isspace():
            if line[:place].strip() and not line[place - 1].isspace():
                found.before.append(found.now)
            found.now, found.kept = "", 0
        else:
            found.now += each
            found.kept = len(found.now) if each in _BREAKS else found.kept
    return found
