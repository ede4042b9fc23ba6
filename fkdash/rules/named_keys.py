"""Keys by the names that people give to what refers to them: those of their tables, and their own."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from fkdash.fact import derived
from fkdash.rules.reference_words import COMMON_KEYS, DESCRIBING, KEY_WORDS
from fkdash.rules.word_forms import folded, forms_of, is_of, looked_up_under, lower_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from fkdash.catalog.model import ForeignKey, Table
    from fkdash.catalog.table_name import TableName

Target = tuple["TableName", str]
"""A table and the column that is its key."""

_SECOND_KEYS: Final = frozenset({"code", "uuid", "id", "key", "guid"})
"""How a key beside the primary key is called that others refer to."""


class NamedKey(NamedTuple):
    """A key with the words that its table's name begins with before the form under which it was looked up."""

    target: Target
    before: tuple[str, ...]


class NamedKeys:
    """Every key by the folded forms of its table's name, and by its own name where that says which table.

    Tables called alike, as tenants or services have them, are looked up together. It holds no catalog: a catalog
    holds it.
    """

    def __init__(
        self,
        tables: Mapping[TableName, Table],
        declared_on: Mapping[TableName, Sequence[ForeignKey]],
        keys_of: Mapping[TableName, Sequence[str]],
    ) -> None:
        self.tables = tables
        self.declared_on = declared_on
        self._keys: defaultdict[str, list[Target]] = defaultdict(list)
        self._called: defaultdict[str, list[Target]] = defaultdict(list)
        self._known: dict[str, tuple[NamedKey, ...]] = {}
        for name, keys in keys_of.items():
            if tables[name].extension is None:
                self._add(name, keys)
        self._under: defaultdict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        for table in self._keys:
            for form, before in looked_up_under(table):
                self._under[form].append((table, before))

    def _add(self, name: TableName, keys: Sequence[str]) -> None:
        of_its_name = self._keys[name.name]
        for number, key in enumerate(keys):
            if not number or lower_words(key)[-1] in _SECOND_KEYS:
                of_its_name.append((name, key))
        if _tells_apart(name.name, keys[0]) and not self._is_satellite(name):
            self._called[folded([keys[0]])].append((name, keys[0]))

    def __bool__(self) -> bool:
        """Tell whether there is any key."""
        return bool(self._keys)

    def of_form(self, form: str) -> tuple[NamedKey, ...]:
        """Give the keys of the tables with a name of this form, with other words before it or without."""
        found = self._known.get(form)
        if found is None:
            found = self._known[form] = tuple(
                [
                    NamedKey(target, before)
                    for table, before in self._under.get(form, ())
                    for target in self._keys[table]
                    if not (before and self._is_satellite(target[0]))
                ]
            )
        return found

    def called(self, word: str) -> Sequence[Target]:
        """Give the keys that are called so themselves."""
        return self._called.get(word, ())

    @derived
    def _every_form(self) -> AbstractSet[str]:
        return {form for name in {each.name for each in self.tables} for form, _ in looked_up_under(name)}

    def _is_satellite(self, name: TableName) -> bool:
        """Tell whether what has such a key hangs on another table, one to one, or links others."""
        table, declared = self.tables[name], self.declared_on.get(name, ())
        return self._refers_by_its_key(table, declared) or _is_link(table, declared)

    def _refers_by_its_key(self, table: Table, declared: Sequence[ForeignKey]) -> bool:
        primary = table.primary_key
        if len(primary) != 1:
            return False
        if any(key.columns == primary and key.referenced != table.name for key in declared):
            return True
        words = lower_words(primary[0])
        if len(words) < 2 or words[-1] not in KEY_WORDS:  # noqa: PLR2004 - a table's word and the key's
            return False
        return folded(words[:-1]) in self._every_form and not is_of(table.name.name, words[:-1])


def _is_link(table: Table, declared: Sequence[ForeignKey]) -> bool:
    """Tell whether a table only says which rows of others belong together: what is called like it means those."""
    if len({key.columns for key in declared}) <= 1:
        return False
    said = {*table.primary_key, *(column for key in declared for column in key.columns)}
    return all(column.name in said for column in table.columns)


def _tells_apart(table: str, key: str) -> bool:
    """Tell whether a key's name by itself says whose it is: `itemid` does, `id` and `title` do not."""
    if key.lower() in COMMON_KEYS:
        return False
    words, of_table = lower_words(key), lower_words(table)
    if "by" in of_table and of_table[of_table.index("by") + 1 :] == words:
        # `orders_by_client_class` counts them.
        return False
    describes = words[-1] == "name" or words[-1] in DESCRIBING
    return not describes or not forms_of(table).isdisjoint({folded(words), folded(words[:-1])})
