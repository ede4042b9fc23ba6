"""Spells string constants so that no setting of the session changes what they mean."""

from __future__ import annotations

from collections.abc import Iterable


def literal(text: str) -> str:
    """Give text as a string constant that reads the same whatever standard_conforming_strings says."""
    doubled = text.replace("'", "''")
    escaped = doubled.replace("\\", "\\\\")
    return f"E'{escaped}'" if "\\" in doubled else f"'{doubled}'"


def array_literal(values: Iterable[str]) -> str:
    """Give a constant for an array of texts (manual, "Array Input and Output Syntax")."""
    elements = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return literal("{" + ",".join(f'"{element}"' for element in elements) + "}")
