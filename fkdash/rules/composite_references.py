"""Which composite key a table's columns point at: one by its name, the others by names that both tables have.

`(part, segment_id)` is `segment (part, id)`; so is `(segment_part, segment_id)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import undeclared
from fkdash.fact import fact
from fkdash.rules.families import comparable_at_all, same_family
from fkdash.rules.named_keys import NamedKeys
from fkdash.rules.per_catalog import once_per_catalog
from fkdash.rules.reference_names import KeyNames
from fkdash.rules.reference_words import DESCRIBING, KEY_WORDS, NUMBERS
from fkdash.rules.sql.joining_queries import single_keys
from fkdash.rules.word_forms import is_of, lower_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog, Column, ForeignKey, Table
    from fkdash.catalog.table_name import TableName

_NUMBERING: Final = frozenset({"id", "uuid", "guid", "pk"})
_OF_THE_ROW: Final = (
    DESCRIBING | NUMBERS | {"kind", "lang", "language", "locale", "revision", "status", "type", "year"}
)
"""What a row says of itself under the same name in many tables, so that it is no part of a reference."""


@fact
class CompositeNames:
    """Composite primary keys by the column that tells which table they are of."""

    tables: Mapping[TableName, Table]
    names: KeyNames

    def __bool__(self) -> bool:
        """Tell whether there is any such key."""
        return bool(self.names.keys)

    def may_tell(self, table: Table, columns: Sequence[Column]) -> bool:
        """Tell whether one of these columns may be the one that tells."""
        return bool(self) and not self.names.are_like_nothing(table, columns)

    def references(self, table: Table, column: Column) -> Iterator[ForeignKey]:
        """Give the reference that a column makes with others of its table, as a key that nobody declared."""
        found = self.names.target(table, column)
        if found is None:
            return
        referenced, telling = self.tables[found[0]], found[1]
        own = [
            column.name
            if name == telling
            else self._beside(table, column, telling, referenced.columns_by_name[name])
            for name in referenced.primary_key
        ]
        columns = tuple(name for name in own if name is not None)
        if len(set(columns)) < len(referenced.primary_key):
            return
        yield undeclared(table.name, columns, referenced.name, referenced.primary_key)

    def _beside(self, table: Table, column: Column, telling: str, other: Column) -> str | None:
        """Give the column that goes with another one of the key: called after the table, else as it is there."""
        stem = column.name[: -len(telling)] if column.name.lower().endswith(telling.lower()) else ""
        called = [f"{stem}{other.name}", f"{stem}{other.name[:1].upper()}{other.name[1:]}"] if stem else []
        if comparable_at_all(other) and lower_words(other.name)[-1] not in _OF_THE_ROW:
            called.append(other.name)
        there = (table.columns_by_name[name] for name in called if name in table.columns_by_name)
        return next((each.name for each in there if same_family(each, other)), None)


@once_per_catalog
def composite_names(catalog: Catalog) -> CompositeNames:
    """Read the names of the composite keys of tables that no column identifies alone, once for a catalog."""
    alone = single_keys(catalog)
    telling = {
        name: (found,)
        for name, table in catalog.tables.items()
        if len(table.primary_key) > 1 and table.partition_of is None and name not in alone
        if (found := _telling(table)) is not None
    }
    return CompositeNames(catalog.tables, KeyNames(NamedKeys(catalog.tables, catalog.declared_on, telling)))


def _telling(table: Table) -> str | None:
    """Give the one column of a key that is a number of the table's own rows; none of a link between tables is."""
    found = [name for name in table.primary_key if _is_own(table, name)]
    return found[0] if len(found) == 1 else None


def _is_own(table: Table, name: str) -> bool:
    words = lower_words(name)
    if name.lower() in _NUMBERING:
        return True
    return len(words) > 1 and words[-1] in KEY_WORDS and is_of(table.name.name, words[:-1])
