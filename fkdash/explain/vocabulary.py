"""The names of a catalog: a word in quotation marks counts only if something is called that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import TableKind
from fkdash.db.text import plain
from fkdash.explain.keys import referencing_names
from fkdash.explain.sentences import QUOTES
from fkdash.fact import fact
from fkdash.rules.per_catalog import once_per_catalog

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog

_ODD: Final = frozenset(QUOTES + "\\")


@fact
class Vocabulary:
    """Names by what they name; `odd` are those that quotation marks in a message do not delimit.

    `others` are those of checks, indexes and domains, of which `unique`, `excluding` and `domains` are the
    unique indexes, the exclusion constraints and the domains. `referencing` are keys with what a
    message may call the table that refers, `referenced` with the table that they refer to.
    """

    keys: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    odd: frozenset[str] = frozenset()
    unique: frozenset[str] = frozenset()
    excluding: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    partitioned: frozenset[str] = frozenset()
    referencing: frozenset[tuple[str, str]] = frozenset()
    referenced: frozenset[tuple[str, str]] = frozenset()

    def is_held(self, key: str, table: str) -> bool:
        """Tell whether a key only refers to a table: an error about both is of a row that is still referred to."""
        return (key, table) in self.referenced and (key, table) not in self.referencing

    def knows(self, name: str) -> bool:
        """Tell whether anything is called that."""
        return name in self.tables or name in self.columns or name in self.keys or name in self.others


def is_odd(name: str) -> bool:
    """Tell whether a name can be mistaken in a message, which doubles no quotation mark in it."""
    return plain(name) != name or not _ODD.isdisjoint(name)


@once_per_catalog
def vocabulary(catalog: Catalog) -> Vocabulary:
    """Give the names of a catalog's foreign keys, tables, columns, checks, indexes and domains."""
    keys = {name for key in catalog.foreign_keys for name in (key.name, *(copy.name for copy in key.copies))}
    tables = {name.name for name in catalog.tables}
    columns: set[str] = set()
    others: set[str] = set()
    domains: set[str] = set()
    for table in catalog.tables.values():
        others.update((*(check.name for check in table.checks), *(index.name for index in table.indexes)))
        for column in table.columns:
            columns.add(column.name)
            for domain in column.domain.chain if column.domain is not None else ():
                domains.add(domain.name)
                others.update(check.name for check in domain.checks)
    others |= domains
    indexes = [index for table in catalog.tables.values() for index in table.indexes]
    return Vocabulary(
        keys=frozenset(keys),
        tables=frozenset(tables),
        columns=frozenset(columns),
        others=frozenset(others),
        odd=frozenset(filter(is_odd, keys | tables | columns | others)),
        unique=frozenset(index.name for index in indexes if index.unique),
        excluding=frozenset(index.name for index in indexes if index.exclusion),
        domains=frozenset(domains),
        partitioned=frozenset(
            name.name for name, table in catalog.tables.items() if table.kind is TableKind.PARTITIONED
        ),
        referencing=frozenset(
            (key.name, table) for key in catalog.foreign_keys for table in referencing_names(catalog, key)
        ),
        referenced=frozenset((key.name, key.referenced.name) for key in catalog.foreign_keys),
    )
