"""Identifies the objects a plan was made from, by what matters about them and not by OID.

The same schema on another server has the same fingerprint; a change of the key, of its columns'
types or nullability, or of the tables' kinds gives another.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from fkdash.fix.definition import definition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.model import Catalog, ForeignKey, Table


def fingerprint(catalog: Catalog, key: ForeignKey) -> str:
    """Give 16 hex digits for a foreign key and the columns on both of its sides."""
    facts = {
        "key": [key.qualified, definition(key), key.comment, key.operators],
        "referencing": [_side(table, key.columns) for table in catalog.with_partitions(key.table)],
        "referenced": _side(catalog.tables[key.referenced], key.referenced_columns),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _side(table: Table, names: Iterable[str]) -> list[object]:
    columns = (table.columns_by_name[name] for name in names)
    return [
        str(table.name),
        table.kind,
        [[column.name, column.type, column.not_null, column.collation] for column in columns],
    ]
