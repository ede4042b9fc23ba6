"""Whether a foreign key compares its columns as they are, or casts the referencing one first."""

from __future__ import annotations

from typing import Final

_FAMILIES: Final = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "real": "float",
    "double precision": "float",
    "text": "text",
    "character varying": "text",
    "name": "text",
    "character": "bpchar",
    "bpchar": "bpchar",
    "date": "datetime",
    "timestamp without time zone": "datetime",
    "timestamp with time zone": "datetime",
    "inet": "network",
    "cidr": "network",
}
"""Types whose values one operator family compares (Index Methods, "Operator Classes and Operator Families")."""


def base(type_name: str) -> str:
    """Give a type without its modifier: `character varying` for `character varying(5)`."""
    before, bracket, after = type_name.partition("(")
    return before + after.partition(")")[2] if bracket else before


def are_compared_as_they_are(own: str, theirs: str) -> bool:
    """Tell of two types, below any domain, whether an ordinary index on the referencing column serves look-ups.

    Where they have no family in common, each look-up casts the referencing column (CREATE TABLE, "REFERENCES").
    """
    mine, other = base(own), base(theirs)
    return mine == other or (mine in _FAMILIES and _FAMILIES[mine] == _FAMILIES.get(other))
