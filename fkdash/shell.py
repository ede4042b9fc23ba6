"""Words for a command that somebody copies into a shell."""

from __future__ import annotations

from shlex import quote

from fkdash.db.text import plain


def shell_word(text: str) -> str:
    r"""Give `text` as one word of a POSIX shell; what cannot be seen in it as in bash's and zsh's $'a\nb'."""
    if plain(text) == text:
        return quote(text)
    return f"$'{''.join(map(_escaped, text))}'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    # There \x is a byte, here it is a character.
    return plain(character) if character.isascii() or character.isprintable() else _by_number(ord(character))


def _by_number(number: int) -> str:
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - what \u takes
