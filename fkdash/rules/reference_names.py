"""Which key a column's name points at, as people make names: plurals, prefixes, roles, abbreviations.

Told from names and types alone; where two keys fit equally well, none does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from fkdash.rules.families import comparable_at_all, family, same_family
from fkdash.rules.per_catalog import once_per_catalog
from fkdash.rules.reference_words import (
    ACTORS,
    COMMON_KEYS,
    DESCRIBING,
    DID,
    DONE_TO,
    FIRST_WORDS,
    FROM_ELSEWHERE,
    IRREGULAR,
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

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog, Column, ForeignKey, Table
    from fkdash.catalog.table_name import TableName

Target = tuple["TableName", str]
"""A table and the column that is its key."""

_WORD_ENDS: Final = re.compile(r"_+|(?<=[a-z0-9])(?=[A-Z])")
_NAMES_KEPT: Final = 100_000


class _Named(NamedTuple):
    """A key with the words that its table's name begins with before the form under which it was looked up."""

    target: Target
    before: tuple[str, ...]


@dataclass(slots=True)
class KeyNames:
    """Every key by the folded forms of its table's name, and by its own name where that says which table.

    Columns of tables called alike, as tenants or services have them, are the same where nothing is called so. It
    holds no catalog: a catalog holds it.
    """

    tables: Mapping[TableName, Table]
    declared_on: Mapping[TableName, Sequence[ForeignKey]]
    forms: Mapping[str, tuple[_Named, ...]]
    own: Mapping[str, tuple[Target, ...]]
    _like_nothing: set[tuple[str, str, str, bool]] = field(default_factory=set)
    _met: bool = False

    def target(self, table: Table, column: Column) -> Target | None:
        """Give the key that a column refers to by its name and type, None where nothing or several things fit."""
        if not comparable_at_all(column):
            return None
        is_key = table.primary_key == (column.name,)
        alike = (table.name.name, column.name, family(column), is_key)
        if alike in self._like_nothing or (is_key and (column.identity or column.default is not None)):
            # Nothing is called so, or it numbers the table's own rows.
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

    def _refers_already(self, table: Table, column: Column, to: TableName) -> bool:
        """Tell whether a table's own key only seems to refer to a table, to which another column does.

        `maintenance_groupid` is the key of maintenance_groups beside its `groupid`.
        """
        if table.primary_key != (column.name,):
            return False
        return any(key.referenced == to for key in self.declared_on.get(table.name, ()))

    def _words(self, table: Table, name: str) -> list[str]:
        """Give the words of a name; `channelid` is two where the first is that of a table or of somebody."""
        words = [word for word in _WORD_ENDS.split(name) if word]
        numbered = words[-1].rstrip("0123456789") if words else ""
        words = [*words[:-1], numbered] if numbered else words
        last = words[-1].lower() if words else ""
        stem = last.removesuffix("id")
        if stem in {"", last} or last in KEY_WORDS:
            return words
        begins = lower_words(table.name.name)
        tables = any(begins[: len(each.before)] == each.before for each in self.forms.get(stem, ()))
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
        owners = () if is_key else self._called(_folded(words))
        own = self._one(table, column, [_Named(target, ()) for target in owners])
        if own:
            yield own
        yield from self._told_apart(table, column, words, base, marked=marked)
        for start in range(len(base)):
            if _folded(base[start:]) in ITSELF and len(table.primary_key) == 1:
                self._met = True
                yield from self._fitting(column, [(table.name, table.primary_key[0])])
        if base and not marked and base[-1].lower() in ACTORS:
            found = self._by_form(table, column, base[-1:], whole=True)
            if found is not None:
                yield found
        if base and _is_somebody(words, base, marked=marked):
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
                if found is not None and (marked or found[0] != table.name):
                    yield found

    def _told_apart(
        self, table: Table, column: Column, words: Sequence[str], base: Sequence[str], *, marked: bool
    ) -> Iterator[Target]:
        """Give what is meant where other words only tell one reference from another to the same key."""
        for start in range(1, len(words)):
            # `proxy_hostid`, `boss_emp_cd`: the other table's key by its own name, which says more than `id`.
            targets = self._called(_folded(words[start:])) if len(words) > start + 1 else ()
            found = self._one(table, column, [_Named(target, ()) for target in targets])
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
        form = _folded(words)
        named = self._named(form)
        full = [each for each in named if not each.before]
        if full:
            found = self._one(table, column, full)
            if found is not None:
                return found
        if whole:
            # `orders.status_id` beside order_statuses.
            for own in sorted(_forms_of(table.name.name)):
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

    def _named(self, form: str) -> tuple[_Named, ...]:
        """Give the keys of the tables with a name of this form."""
        found = self.forms.get(form, ())
        self._met = self._met or bool(found)
        return found

    def _called(self, word: str) -> tuple[Target, ...]:
        """Give the keys that are called so."""
        found = self.own.get(word, ())
        self._met = self._met or bool(found)
        return found

    def _one(self, table: Table, column: Column, named: Iterable[_Named]) -> Target | None:
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
            if same_family(column, self.tables[name].columns_by_name[key]):
                yield name, key


@once_per_catalog
def key_names(catalog: Catalog) -> KeyNames:
    """Read every single-column key's names, once for a catalog."""
    return names_of(catalog, single_keys(catalog))


def names_of(catalog: Catalog, keys_of: Mapping[TableName, Sequence[str]]) -> KeyNames:
    """Read the names of these columns, which are keys of these tables."""
    forms: dict[str, dict[_Named, None]] = {}
    own: dict[str, list[Target]] = {}
    tables = {form for name in {each.name for each in catalog.tables} for form, _ in _looked_up_under(name)}
    for name, keys in keys_of.items():
        if catalog.tables[name].extension is not None:
            continue
        satellite = _is_satellite(catalog, name, tables) or _is_link(catalog, name)
        for number, key in enumerate(keys):
            if number and lower_words(key)[-1] not in {"code", "uuid", "id", "key", "guid"}:
                continue
            for form, before in _looked_up_under(name.name):
                if not (before and satellite):
                    forms.setdefault(form, {})[_Named((name, key), before)] = None
            if _tells_apart(name.name, key) and not satellite and number == 0:
                own.setdefault(_folded([key]), []).append((name, key))
    return KeyNames(
        catalog.tables,
        catalog.declared_on,
        {form: tuple(named) for form, named in forms.items()},
        {word: tuple(targets) for word, targets in own.items()},
    )


def _tells_apart(table: str, key: str) -> bool:
    """Tell whether a key's name by itself says whose it is: `itemid` does, `id` and `title` do not."""
    words, of_table = lower_words(key), lower_words(table)
    if key.lower() in COMMON_KEYS:
        return False
    if "by" in of_table and of_table[of_table.index("by") + 1 :] == words:
        # `orders_by_client_class` counts them.
        return False
    describes = words[-1] == "name" or words[-1] in DESCRIBING
    return not describes or not _forms_of(table).isdisjoint({_folded(words), _folded(words[:-1])})


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


def _is_satellite(catalog: Catalog, name: TableName, tables: Collection[str]) -> bool:
    """Tell whether a table's key is a reference itself: what has such a key hangs on another table, one to one."""
    primary = catalog.tables[name].primary_key
    if len(primary) != 1:
        return False
    if any(key.columns == primary and key.referenced != name for key in catalog.declared_on.get(name, ())):
        return True
    words = lower_words(primary[0])
    if len(words) < 2 or words[-1] not in KEY_WORDS:  # noqa: PLR2004 - a table's word and the key's
        return False
    return _folded(words[:-1]) in tables and not is_of(name.name, words[:-1])


def _is_link(catalog: Catalog, name: TableName) -> bool:
    """Tell whether a table only says which rows of others belong together: what is called like it means those."""
    table, declared = catalog.tables[name], catalog.declared_on.get(name, ())
    if len({key.columns for key in declared}) <= 1:
        return False
    said = {*table.primary_key, *(column for key in declared for column in key.columns)}
    return all(column.name in said for column in table.columns)


@lru_cache(maxsize=_NAMES_KEPT)
def _looked_up_under(table: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give the forms of a table's name and of what is left without its first words, with those words."""
    words = lower_words(table)
    starts = range(len(words))
    return tuple([(form, words[:start]) for start in starts for form in _forms_of("_".join(words[start:]))])


def is_of(table: str, words: Sequence[str]) -> bool:
    """Tell whether words name the table itself, with what stands before its name or without."""
    return any(form.endswith(_folded(words)) for form in _forms_of(table))


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


@lru_cache(maxsize=_NAMES_KEPT)
def lower_words(name: str) -> tuple[str, ...]:
    """Give the words of a name: `segment`, `id` of `segmentId` and of `segment_id`."""
    return tuple(word.lower() for word in _WORD_ENDS.split(name) if word)


def _folded(words: Iterable[str]) -> str:
    return "".join(words).replace("_", "").lower()


@lru_cache(maxsize=_NAMES_KEPT)
def _forms_of(table: str) -> frozenset[str]:
    """Give a table's name and its likely singulars, folded."""
    name = _folded([table])
    forms = {name}
    for many, one in IRREGULAR.items():
        if name.endswith(many):
            forms.add(f"{name[: -len(many)]}{one}")
    if name.endswith("ies"):
        forms.add(f"{name[:-3]}y")
    if name.endswith("ves"):
        forms |= {f"{name[:-3]}f", f"{name[:-3]}fe"}
    if name.endswith(("ses", "xes", "ches", "shes", "zes")):
        forms.add(name[:-2])
    if name.endswith("s") and not name.endswith("ss"):
        forms.add(name[:-1])
    return frozenset(forms)
