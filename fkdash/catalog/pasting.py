"""Spells names for scripts that people paste: so that neither psql nor an eye reads more than a name into them."""

from __future__ import annotations

from typing import Final

_ASCII: Final = 0x7F
_FOUR_DIGITS: Final = 0xFFFF


def pasted_name(name: str) -> str:
    """Give an identifier in double quotes, with Unicode escapes for what is no letter, digit or plain sign.

    Line breaks, backslashes, invisible and direction-changing characters are escaped (manual: Lexical Structure,
    "Identifiers and Key Words").
    """
    if all(_is_harmless(character) for character in name):
        return '"' + name.replace('"', '""') + '"'
    return 'U&"' + "".join(map(_escaped, name)) + '"'


def pasted_table(schema: str, name: str) -> str:
    """Give a table's name with its schema."""
    return f"{pasted_name(schema)}.{pasted_name(name)}"


def _is_harmless(character: str) -> bool:
    if ord(character) > _ASCII:
        return character.isalnum()
    return character.isprintable() and character != "\\"


def _escaped(character: str) -> str:
    if character == '"':
        return '""'
    if _is_harmless(character):
        return character
    code = ord(character)
    return f"\\{code:04X}" if code <= _FOUR_DIGITS else f"\\+{code:06X}"
