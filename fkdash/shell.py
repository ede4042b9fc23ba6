"""Commands that somebody copies into a shell: whatever is in a name, it stays one word there."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Final

from fkdash.db.text import plain

if TYPE_CHECKING:
    from pathlib import Path

_FIRST_BYTE: Final = 0xDC00
_LAST_BYTE: Final = 0xDCFF


def command(*words: str | Path) -> str:
    """Give a command of fkdash's to copy: `fkdash fix undo '/Users/me/Library/Application Support/...'`."""
    return " ".join(("fkdash", *(shell_word(str(word)) for word in words)))


def shell_word(text: str) -> str:
    r"""Give `text` as one word of a POSIX shell; what cannot be seen in it as in bash's and zsh's $'a\nb'."""
    if plain(text) != text:
        return f"$'{''.join(map(_escaped, text))}'"
    # A first = is where a program lies to zsh.
    return f"'{text}'" if text.startswith("=") and quote(text) == text else quote(text)


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    number = ord(character)
    if _FIRST_BYTE <= number <= _LAST_BYTE:
        # A byte of a file's name that is no text (PEP 383).
        return f"\\x{number - _FIRST_BYTE:02x}"
    # There \x is a byte, here it is a character.
    return plain(character) if character.isascii() or character.isprintable() else _by_number(number)


def _by_number(number: int) -> str:
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - what \u takes
