"""Tables that fkdash itself makes: those that keep rows as they were before a repair, and those in quarantine."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.table_name import TableName

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey

QUARANTINE: Final = "fkdash_quarantine"
_KEPT: Final = re.compile(r"fkdash_(orphans|blockers|parents)_[0-9a-f]{12}")
_LONGEST_NAME: Final = 63
OWN_COLUMNS: Final = frozenset({"fkdash_kept_at", "fkdash_reason", "fkdash_rows", "fkdash_run", "fkdash_written"})
"""The columns that stand beside those of a row where it is kept, or while it is changed."""


def kept_table(key: ForeignKey) -> TableName:
    """Give the table that keeps the rows as they were, in the schema of the referencing table."""
    digest = hashlib.sha256(key.qualified.encode()).hexdigest()[:12]
    return TableName(key.table.schema, f"fkdash_orphans_{digest}")


def kept_blockers(key: ForeignKey) -> TableName:
    """Give the table that keeps rows that were in the way as they were, in the schema of the referencing table."""
    return TableName(key.table.schema, kept_table(key).name.replace("orphans", "blockers"))


def kept_parents(key: ForeignKey) -> TableName:
    """Give the table that keeps the keys of referenced rows that were made again."""
    return TableName(key.table.schema, kept_table(key).name.replace("orphans", "parents"))


def quarantine_table(catalog: Catalog, key: ForeignKey) -> TableName:
    """Give the table for the next quarantine: the referencing table's name with the first number that is free."""
    number = 1
    while True:
        ending = f"_{number}"
        name = key.table.name.encode()[: _LONGEST_NAME - len(ending)].decode(errors="ignore") + ending
        if TableName(QUARANTINE, name) not in catalog.tables:
            return TableName(QUARANTINE, name)
        number += 1


def is_own(name: TableName) -> bool:
    """Tell whether fkdash made a table: what its rows refer to is gone on purpose."""
    return name.schema == QUARANTINE or _KEPT.fullmatch(name.name) is not None
