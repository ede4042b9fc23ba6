"""Which key a column's name points at, as people make names: plurals, prefixes, roles, abbreviations.

Told from names and types alone; where two keys fit equally well, none does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fkdash.rules.families import comparable_at_all, family, same_family
from fkdash.rules.named_keys import NamedKey, NamedKeys
from fkdash.rules.per_catalog import once_per_catalog
from fkdash.rules.reference_words import (
    ACTORS,
    DID,
    DONE_TO,
    FIRST_WORDS,
    FROM_ELSEWHERE,
    ITSELF,
    KEY_WORDS,
    NUMBERS,
    SHORT_FOR,
    WAYS,
    WHICH,
    WHO,
    WHO_ACTS,
)
from fkdash.rules.sql.joining_queries import single_keys
from fkdash.rules.word_forms import WORD_ENDS, folded, forms_of, is_of, lower_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fkdash.catalog.model import Catalog, Column, Table
    from fkdash.catalog.table_name import TableName
    from fkdash.rules.named_keys import Target


@dataclass(slots=True)
class KeyNames:
    """What columns refer to by their names.

    Columns of tables called alike, as tenants or services have them, are the same where nothing is called so.
    """

    keys: NamedKeys
    _like_nothing: set[tuple[str, str, str, bool]] = field(default_factory=set)
    _none_like_anything: set[tuple[object, ...]] = field(default_factory=set)
    _met: bool = False

    def are_like_nothing(self, table: Table, columns: Sequence[Column]) -> bool:
        """Tell whether it is known that none of these columns of a table is called like anything.

        False is no verdict: `target` gives it, and remembers it for the tables of the same name.
        """
        which = (table.name.name, table.primary_key, *map(id, columns))
        if which in self._none_like_anything:
            return True
        known = all(self._is_like_nothing(column, self._alike(table, column)) for column in columns)
        if known:
            self._none_like_anything.add(which)
        return known

    def target(self, table: Table, column: Column) -> Target | None:
        """Give the key that a column refers to by its name and type, None where nothing or several things fit."""
        alike = self._alike(table, column)
        if self._is_like_nothing(column, alike):
            return None
        words = self._words(table, column.name)
        if not words or _is_polymorphic(table, column.name):
            return None
        if any(word.lower() in FROM_ELSEWHERE for word in words[:-1]):
            return None
        self._met = False
        found = next(self._found(table, column, words), None)
        if found is None and not self._met:
            self._like_nothing.add(alike)
        if found is None or found == (table.name, column.name) or self._refers_already(table, column, found[0]):
            return None
        return found

    @staticmethod
    def _alike(table: Table, column: Column) -> tuple[str, str, str, bool]:
        """Give what decides whether anything is called like a column."""
        return table.name.name, column.name, family(column), table.primary_key == (column.name,)

    def _is_like_nothing(self, column: Column, alike: tuple[str, str, str, bool]) -> bool:
        if alike in self._like_nothing or not comparable_at_all(column):
            return True
        # Such a key numbers the table's own rows.
        return alike[-1] and (column.identity or column.default is not None)

    def _refers_already(self, table: Table, column: Column, to: TableName) -> bool:
        """Tell whether a table's own key only seems to refer to a table, to which another column does.

        `maintenance_groupid` is the key of maintenance_groups beside its `groupid`.
        """
        if table.primary_key != (column.name,):
            return False
        return any(key.referenced == to for key in self.keys.declared_on.get(table.name, ()))

    def _words(self, table: Table, name: str) -> list[str]:
        """Give the words of a name; `channelid` is two where the first is that of a table or of somebody."""
        words = [word for word in WORD_ENDS.split(name) if word]
        numbered = words[-1].rstrip("0123456789") if words else ""
        words = [*words[:-1], numbered] if numbered else words
        last = words[-1].lower() if words else ""
        stem = last.removesuffix("id")
        if stem in {"", last} or last in KEY_WORDS:
            return words
        begins = lower_words(table.name.name)
        tables = any(begins[: len(each.before)] == each.before for each in self.keys.of_form(stem))
        return [*words[:-1], stem, "id"] if tables or stem in ITSELF | ACTORS else words

    def _found(self, table: Table, column: Column, words: Sequence[str]) -> Iterator[Target]:
        base, marked = _base(words)
        is_key = table.primary_key == (column.name,)
        if is_key and (not marked or not base or is_of(table.name.name, base)):
            return
        if not marked and not _may_stand_alone(column, base):
            base = []
        yield from self._by_table(table, column, words, base, marked=marked)
        # Two tables whose keys are called alike: which of them refers to the other is not told by that.
        owners = () if is_key else self._called(folded(words))
        own = self._one(table, column, [NamedKey(target, ()) for target in owners])
        if own:
            yield own
        yield from self._told_apart(table, column, words, base, marked=marked)
        for start in range(len(base)):
            if folded(base[start:]) in ITSELF and len(table.primary_key) == 1:
                self._met = True
                yield from self._fitting(column, [(table.name, table.primary_key[0])])
        if base and not marked and base[-1].lower() in ACTORS:
            found = self._by_form(table, column, base[-1:], whole=True)
            if found is not None:
                yield found
        if base and not is_of(table.name.name, base) and _is_somebody(words, base, marked=marked):
            yield from self._who_acts(table, column)

    def _by_table(
        self, table: Table, column: Column, words: Sequence[str], base: Sequence[str], *, marked: bool
    ) -> Iterator[Target]:
        """Give the key of the table that the words name, all of them or the last ones."""
        if words[0].lower() in FIRST_WORDS and len(base) > 1:
            # `fk_user_author`: the table comes first.
            found = self._by_form(table, column, base[:1], whole=True)
            if found is not None and found[0] != table.name and not self._by_form(table, column, base, whole=True):
                yield found
        for start in range(len(base) if marked else min(1, len(base))):
            for words_left in _spellings(base[start:]):
                found = self._by_form(table, column, words_left, whole=start == 0, marked=marked)
                if found is None or (found[0] == table.name and not (marked and _says_which(table, base[:start]))):
                    continue
                yield found

    def _told_apart(
        self, table: Table, column: Column, words: Sequence[str], base: Sequence[str], *, marked: bool
    ) -> Iterator[Target]:
        """Give what is meant where other words only tell one reference from another to the same key."""
        for start in range(1, len(words)):
            # `proxy_hostid`, `boss_emp_cd`: the other table's key by its own name, which says more than `id`.
            targets = self._called(folded(words[start:])) if len(words) > start + 1 else ()
            found = self._one(table, column, [NamedKey(target, ()) for target in targets])
            if found is None and len(targets) == 1 and targets[0][0] == table.name:
                found = next(self._fitting(column, targets), None)
            if found is not None:
                yield found
        lower = [word.lower() for word in base]
        if len(base) > 1 and marked and (lower[-1] in WAYS or base[-1] != lower[-1].rstrip("0123456789")):
            found = self._by_form(table, column, base[:-1], whole=True, marked=True)
            if found is not None:
                yield found
        if len(base) > 1 and not marked and lower[0] in WHICH:
            found = self._by_form(table, column, base[1:], whole=True, marked=False)
            if found is not None:
                yield found

    def _by_form(
        self, table: Table, column: Column, words: Sequence[str], *, whole: bool, marked: bool = True
    ) -> Target | None:
        form = folded(words)
        named = self._named(form)
        full = [each for each in named if not each.before]
        if full:
            found = self._one(table, column, full)
            if found is not None:
                return found
        if whole:
            # `orders.status_id` beside order_statuses.
            for own in sorted(forms_of(table.name.name)):
                found = self._one(table, column, [n for n in self._named(own + form) if not n.before])
                if found is not None and found[0] != table.name:
                    return found
        begins = lower_words(table.name.name)
        shared = [n for n in named if n.before and (whole or begins[: len(n.before)] == n.before)]
        near = [n for n in shared if begins[: len(n.before)] == n.before and n.target[0] != table.name]
        return self._one(table, column, near) or (self._one(table, column, shared) if marked else None)

    def _who_acts(self, table: Table, column: Column) -> Iterator[Target]:
        for form in WHO_ACTS:
            named = self._named(form)
            found = self._one(table, column, [n for n in named if not n.before])
            found = found or self._one(table, column, [n for n in named if len(n.before) == 1])
            if found is not None:
                yield found

    def _named(self, form: str) -> tuple[NamedKey, ...]:
        """Give the keys of the tables with a name of this form."""
        found = self.keys.of_form(form)
        self._met = self._met or bool(found)
        return found

    def _called(self, word: str) -> Sequence[Target]:
        """Give the keys that are called so."""
        found = self.keys.called(word)
        self._met = self._met or bool(found)
        return found

    def _one(self, table: Table, column: Column, named: Iterable[NamedKey]) -> Target | None:
        """Give the only key that fits, those of the same schema first."""
        fitting = [
            target
            for target in self._fitting(column, (each.target for each in named))
            if target != (table.name, column.name)
        ]
        near = [target for target in fitting if target[0].schema == table.name.schema] or fitting
        tables = dict.fromkeys(target[0] for target in near)
        if len(tables) != 1:
            return None
        # A table with several keys: its primary key comes first, unless the column is called like another.
        called = lower_words(column.name)[-1:]
        return next((target for target in near if lower_words(target[1])[-1:] == called), near[0])

    def _fitting(self, column: Column, targets: Iterable[Target]) -> Iterator[Target]:
        for name, key in targets:
            if same_family(column, self.keys.tables[name].columns_by_name[key]):
                yield name, key


@once_per_catalog
def key_names(catalog: Catalog) -> KeyNames:
    """Read every single-column key's names, once for a catalog."""
    return KeyNames(NamedKeys(catalog.tables, catalog.declared_on, single_keys(catalog)))


def _may_stand_alone(column: Column, base: Sequence[str]) -> bool:
    """Tell whether a name without a word for a key may be a reference: most are a word, or a number."""
    last = base[-1].lower() if base else ""
    return last == "by" or (family(column) in {"integer", "uuid"} and last not in NUMBERS)


def _is_somebody(words: Sequence[str], base: Sequence[str], *, marked: bool) -> bool:
    """Tell whether a name says who did something: `created_by`, `author_id`, `assigned_to_id`, `create_uid`."""
    last = base[-1].lower()
    to = len(base) > 1 and last == "to" and base[-2].lower() in DONE_TO
    did = words[-1].lower() == "uid" and last in DID
    return last == "by" or last in ACTORS or (marked and (last in WHO or to or did))


def _says_which(table: Table, words: Sequence[str]) -> bool:
    """Tell whether words say which row of its own table a column means: `parent_order_id`.

    `tag_id` of change_tag does not, nor does what every column begins with: `ct_tag_id` beside `ct_id`.
    """
    said = tuple(word.lower() for word in words)
    return any(lower_words(name)[: len(said)] != said for name in table.columns_by_name)


def _is_polymorphic(table: Table, name: str) -> bool:
    """Tell whether another column says which table a value is from: `commentable_id` beside `commentable_type`."""
    stem = name[:-2].removesuffix("_") if name.lower().endswith("id") else name
    columns = table.columns_by_name
    said = any(f"{stem}{end}" in columns for end in ("_type", "Type", "type", "_kind", "_table"))
    return said and stem != name


def _base(words: Sequence[str]) -> tuple[list[str], bool]:
    """Give the words that name the table, and whether others say that it is a reference."""
    left, marked = list(words), False
    if len(left) > 1 and left[0].lower() in FIRST_WORDS:
        left, marked = left[1:], True
    if left[-1].lower() in KEY_WORDS:
        left, marked = left[:-1], True
    return left, marked


def _spellings(words: Sequence[str]) -> Iterator[Sequence[str]]:
    yield words
    short = SHORT_FOR.get(words[-1].lower())
    if short is not None:
        yield [*words[:-1], short]
