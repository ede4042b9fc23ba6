"""Identifies the objects a plan was made from, by what matters about them and not by OID.

The same schema on another server has the same fingerprint; a change of the key, of one beside it that says
the same, of its columns' types, nullability or defaults, or of the tables' kinds gives another.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from fkdash.fix.statements.definition import definition
from fkdash.rules.actions.rivals import reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey, Table

Facts = dict[str, Any]


def fingerprint(catalog: Catalog, key: ForeignKey) -> str:
    """Give 16 hex digits for a foreign key and the columns on both of its sides."""
    return hashlib.sha256(json.dumps(objects(catalog, key), sort_keys=True).encode()).hexdigest()[:16]


def objects(catalog: Catalog, key: ForeignKey) -> Facts:
    """Give what the fingerprint is made of, to show where two databases differ."""
    return {
        "constraint": key.qualified,
        "definition": definition(key),
        "comment": key.comment,
        "operators": list(key.operators),
        "keys that say the same": [
            f"{other.name}: {definition(other)}"
            for other in catalog.declared_on.get(key.table, ())
            if other.name != key.name and reference(other) == reference(key)
        ],
        "referencing": [_side(table, key.columns) for table in catalog.with_partitions(key.table)],
        "referenced": _side(catalog.tables[key.referenced], key.referenced_columns),
    }


def differences(planned: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what is otherwise here than where a plan was made, one line for each."""
    return tuple(_differing("", planned, found))


def _differing(where: str, planned: object, found: object) -> Iterator[str]:
    if planned == found:
        return
    if isinstance(planned, dict) and isinstance(found, dict):
        for name in {**planned, **found}:
            yield from _differing(f"{where} {name}".strip(), planned.get(name), found.get(name))
    elif isinstance(planned, list) and isinstance(found, list) and len(planned) == len(found):
        for one, other in zip(planned, found, strict=True):
            yield from _differing(where, one, other)
    else:
        yield f"{where}: planned for {_word(planned)}, here it is {_word(found)}"


def _word(value: object) -> str:
    return "nothing" if value is None else value if isinstance(value, str) else json.dumps(value)


def _side(table: Table, names: Iterable[str]) -> Facts:
    columns = (table.columns_by_name[name] for name in names)
    return {
        "table": str(table.name),
        "kind": str(table.kind),
        "columns": {
            column.name: {
                "type": column.type,
                "not null": column.not_null,
                "collation": column.collation,
                "default": column.default,
            }
            for column in columns
        },
    }
