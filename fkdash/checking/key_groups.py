"""Foreign keys of one shape in many schemas, as one, and those that differ from the rest of their family."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fkdash.checking.alike import FEWEST, differ_words, numbered, places_words, referenced_of_any
from fkdash.checking.groups import schemas_of
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from fkdash.catalog.model import Catalog, ForeignKey


@fact
class KeyGroup:
    """Keys of one shape; `differs` are the schemas with a table of that name and without such a key."""

    keys: tuple[ForeignKey, ...]
    differs: tuple[str, ...]

    @property
    def places(self) -> tuple[str, ...]:
        """The schemas that they are in, t9 before t10."""
        return tuple(sorted({key.table.schema for key in self.keys}, key=numbered))

    @property
    def places_words(self) -> str:
        """Give `t1 … t2000; 2 differ: t7, t9`."""
        return places_words(self.places) + (f"; {differ_words(self.differs)}" if self.differs else "")


def key_groups(catalog: Catalog, keys: Iterable[ForeignKey]) -> tuple[list[KeyGroup], list[ForeignKey]]:
    """Give the groups, those of which a schema differs first, and the keys that are in none, the odd ones first.

    Only what most schemas with such a table have in common says that the others differ.
    """
    found: defaultdict[Hashable, list[ForeignKey]] = defaultdict(list)
    keys = tuple(keys)
    for key in keys:
        found[shape_of(catalog, key)].append(key)
    there = schemas_of(catalog)
    groups: list[KeyGroup] = []
    for members in found.values():
        schemas = {key.table.schema for key in members}
        if len(schemas) < FEWEST:
            continue
        others = [schema for schema in there.get(members[0].table.name, ()) if schema not in schemas]
        differs = sorted(others, key=numbered) if len(others) < len(schemas) else ()
        groups.append(KeyGroup(tuple(members), tuple(differs)))
    together = {id(key) for group in groups for key in group.keys}
    families = {group.keys[0].table.name for group in groups}
    left = [key for key in keys if id(key) not in together]
    left.sort(key=lambda key: key.table.name not in families)
    return sorted(groups, key=lambda group: not group.differs), left


def shape_of(catalog: Catalog, key: ForeignKey) -> Hashable:
    """Give everything about a key that does not depend on its schema or on its own name."""
    table = catalog.tables.get(key.table)
    columns = table.columns_by_name if table is not None else {}
    return (
        key.table.name,
        key.columns,
        tuple(columns[name].not_null for name in key.columns if name in columns),
        referenced_of_any(key),
        key.referenced_columns,
        key.on_delete,
        key.on_update,
        key.delete_columns,
        key.match,
        key.validated,
        key.enforced,
        key.deferrable,
        key.initially_deferred,
    )
