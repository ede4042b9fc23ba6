"""By which columns a person recognises a row: e-mail, name, title and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fkdash.catalog.model import Table

_TELLING_NAMES: Final = (
    "email",
    "email_address",
    "mail",
    "username",
    "user_name",
    "login",
    "handle",
    "display_name",
    "full_name",
    "name",
    "title",
    "subject",
    "slug",
    "label",
    "code",
    "number",
    "reference",
    "key",
    "description",
)
_TEXT_TYPES: Final = ("text", "character varying", "character", "citext", "name")
MOST_LABELS: Final = 3


def label_columns(table: Table, configured: Mapping[str, tuple[str, ...]] | None = None) -> tuple[str, ...]:
    """Give at most three column names, the most telling first; empty where no column tells anything.

    `configured` maps `schema.table` to the columns an operator chose; names the table lacks are passed over.
    Unasked none is virtual: computing it may fail for some row, and then nothing would be told of any.
    """
    chosen = (configured or {}).get(f"{table.name.schema}.{table.name.name}")
    if chosen:
        return tuple(name for name in chosen if name in table.columns_by_name)
    stored = [column for column in table.columns if not column.virtual]
    by_lower_name = {column.name.lower(): column.name for column in stored}
    telling = [by_lower_name[name] for name in _TELLING_NAMES if name in by_lower_name]
    if not telling:
        unique = {index.columns[0] for index in table.indexes if index.unique and len(index.columns) == 1}
        telling = [
            column.name
            for column in sorted(stored, key=lambda column: column.number not in unique)
            if column.type.split("(")[0] in _TEXT_TYPES and column.name not in table.primary_key
        ]
    return tuple(telling[:MOST_LABELS])
