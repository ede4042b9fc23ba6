"""Statements that make a random schema odd: foreign keys of and to one partition, renamed triggers, identities."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.preview.schema_parts import Table

_ACTIONS = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT")

# Renaming stands for the OIDs at the end of the names, which cross a power of ten or were dealt out anew.
# The order hangs on what the triggers belong to, so that a seed is the same case on every server.
_RENAMED = """
DO $$DECLARE t record; BEGIN
FOR t IN SELECT g.tgname, g.tgrelid::regclass AS rel, row_number() OVER (
        ORDER BY hashtext(concat_ws('.', c.relname, g.tgtype, k.conname, k.conrelid::regclass)), g.oid) AS n
    FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid LEFT JOIN pg_constraint k ON k.oid = g.tgconstraint
   WHERE g.tgisinternal AND c.relnamespace = 's1'::regnamespace AND g.tgparentid = 0 AND g.tgname LIKE 'RI\\_%'
LOOP EXECUTE format('ALTER TRIGGER %I ON %s RENAME TO %I', t.tgname, t.rel,
    left(t.tgname, 23) || CASE WHEN t.n % 3 = 0 THEN '1' ELSE '99' END || t.n);
END LOOP; END$$
"""


def odd_keys(chance: random.Random, tables: Sequence[Table], parts: Sequence[tuple[Table, str]]) -> Iterator[str]:
    """Give foreign keys that one partition has of its own, or that reference one partition only."""
    for table, part in parts:
        if chance.random() < 0.25:
            other = chance.choice(tables)
            own = [c for c in table.columns if table.types[c] == "int"]
            if ("id",) in other.keys and other.types["id"] == "int" and own:
                yield _key(chance, part, chance.choice(own), other.sql)
        if chance.random() < 0.25 and table.keys and table.keys[0] == ("id",):
            other = chance.choice([t for t in tables if not t.inherits])
            columns = [c for c in other.columns if other.types[c] == "int"]
            if columns:
                yield _key(chance, other.sql, chance.choice(columns), part)


def _key(chance: random.Random, table: str, column: str, referenced: str) -> str:
    return (
        f"ALTER TABLE {table} ADD FOREIGN KEY ({column}) REFERENCES {referenced} (id)"
        f" ON DELETE {chance.choice(_ACTIONS)} ON UPDATE {chance.choice(_ACTIONS)}"
        f"{chance.choice(['', '', ' DEFERRABLE INITIALLY DEFERRED'])}"
    )


def perhaps_identity(chance: random.Random, column: str, kind: str) -> str:
    """Give the definition of a column, sometimes as an identity column."""
    if kind != "int" or chance.random() > 0.03:
        return column
    return f"{column.split(' int', maxsplit=1)[0]} int GENERATED {chance.choice(['ALWAYS', 'BY DEFAULT'])} AS IDENTITY"


def renamed_triggers(chance: random.Random) -> list[str]:
    """Give a statement that puts the queue into another order, for some schemas."""
    return [_RENAMED] if chance.random() < 0.1 else []
