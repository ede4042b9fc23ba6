"""Which key a column's name points at, as people make names: plurals, prefixes, roles, abbreviations.

Told from names and types alone; where two keys fit equally well, none does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fkdash.rules.per_catalog import once_per_catalog
from fkdash.rules.sql.joining_queries import single_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog, Column, Table, TableName

Target = tuple["TableName", str]
"""A table and the column that is its key."""

_WORD_ENDS: Final = re.compile(r"_+|(?<=[a-z0-9])(?=[A-Z])")
_KEY_WORDS: Final = frozenset({"id", "uuid", "guid", "key", "code", "fk", "pk", "ref", "no", "uid", "oid", "sk"})
_FIRST_WORDS: Final = frozenset({"fk", "id"})
_COMMON_KEYS: Final = frozenset({"id", "uuid", "guid", "key", "code", "name", "uid", "oid", "pk", "rowid"})
_ITSELF: Final = frozenset(
    {"parent", "root", "ancestor", "previous", "prev", "next", "replyto", "inreplyto", "duplicateof", "forkedfrom"}
)
_ACTORS: Final = frozenset(
    [
        "actor",
        "admin",
        "approver",
        "assignee",
        "assigner",
        "author",
        "coach",
        "creator",
        "editor",
        "follower",
        "inviter",
        "invitee",
        "lead",
        "maintainer",
        "manager",
        "modifier",
        "operator",
        "owner",
        "performer",
        "publisher",
        "receiver",
        "recipient",
        "reporter",
        "requester",
        "reviewer",
        "sender",
        "submitter",
        "supervisor",
        "updater",
        "uploader",
    ]
)
_WHO: Final = _ACTORS | {"by", "user"}
_WHO_ACTS: Final = ("user", "account", "person", "employee", "member", "appuser", "profile")
"""The tables of those who act, the likeliest first."""
_FROM_ELSEWHERE: Final = frozenset(
    [
        "aws",
        "azure",
        "discord",
        "ext",
        "external",
        "facebook",
        "github",
        "gitlab",
        "google",
        "jira",
        "legacy",
        "oauth",
        "paypal",
        "provider",
        "remote",
        "session",
        "slack",
        "stripe",
        "telegram",
        "trace",
        "twilio",
        "twitter",
        "upstream",
    ]
)
"""Words that say that a value is somebody else's key."""
_SHORT_FOR: Final = {
    "acct": "account",
    "addr": "address",
    "app": "application",
    "cat": "category",
    "cfg": "config",
    "cust": "customer",
    "dept": "department",
    "doc": "document",
    "emp": "employee",
    "env": "environment",
    "grp": "group",
    "img": "image",
    "inv": "invoice",
    "loc": "location",
    "mgr": "manager",
    "msg": "message",
    "org": "organization",
    "perm": "permission",
    "prod": "product",
    "proj": "project",
    "pub": "publisher",
    "repo": "repository",
    "sub": "subscription",
    "usr": "user",
    "wf": "workflow",
    "ws": "workspace",
}
_IRREGULAR: Final = {"people": "person", "children": "child", "men": "man", "women": "woman", "indices": "index"}
_NAMES_KEPT: Final = 100_000
_INTEGERS: Final = frozenset({"smallint", "integer", "bigint"})
_TEXTS: Final = frozenset({"text", "character varying", "character", "citext"})


@dataclass(frozen=True, slots=True)
class _Named:
    """A key with the words that its table's name begins with before the form under which it was looked up."""

    target: Target
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyNames:
    """Every key by the folded forms of its table's name, and by its own name where that says which table."""

    catalog: Catalog
    forms: Mapping[str, tuple[_Named, ...]]
    own: Mapping[str, tuple[Target, ...]]

    def target(self, table: Table, column: Column) -> Target | None:
        """Give the key that a column refers to by its name and type, None where nothing or several things fit."""
        words = [word for word in _WORD_ENDS.split(column.name) if word]
        if not words or _is_polymorphic(table, column.name) or not _comparable_at_all(column):
            return None
        if any(word.lower() in _FROM_ELSEWHERE for word in words[:-1]):
            return None
        found = next(self._found(table, column, words), None)
        return found if found is None or found != (table.name, column.name) else None

    def _found(self, table: Table, column: Column, words: Sequence[str]) -> Iterator[Target]:
        base, marked = _base(words)
        if table.primary_key == (column.name,) and (not base or _is_of(table.name.name, base)):
            return
        own = self._one(table, column, [_Named(target, ()) for target in self.own.get(_folded(words), ())])
        if not marked and family(column) not in {"integer", "uuid"}:
            # A text that is called like a table is a word more often than a key.
            base = base if base[-1].lower() == "by" else []
        if words[0].lower() in _FIRST_WORDS and len(base) > 1:
            # `fk_user_author`: the table comes first.
            found = self._by_form(table, column, base[:1], whole=True)
            if found is not None and found[0] != table.name and not self._by_form(table, column, base, whole=True):
                yield found
        for start in range(len(base) if marked else min(1, len(base))):
            for words_left in _spellings(base[start:]):
                found = self._by_form(table, column, words_left, whole=start == 0)
                if found is not None:
                    yield found
        if own:
            yield own
        for start in range(len(base)):
            if _folded(base[start:]) in _ITSELF and len(table.primary_key) == 1:
                yield from self._fitting(column, [(table.name, table.primary_key[0])])
        if base and (base[-1].lower() == "by" or (marked and base[-1].lower() in _WHO)):
            yield from self._who_acts(table, column)

    def _by_form(self, table: Table, column: Column, words: Sequence[str], *, whole: bool) -> Target | None:
        form = _folded(words)
        named = self.forms.get(form, ())
        full = [each for each in named if not each.before]
        if full:
            found = self._one(table, column, full)
            if found is not None:
                return found
        if whole:
            # `orders.status_id` beside order_statuses.
            for own in sorted(_forms_of(table.name.name)):
                found = self._one(table, column, [n for n in self.forms.get(own + form, ()) if not n.before])
                if found is not None and found[0] != table.name:
                    return found
        begins = _lower_words(table.name.name)
        shared = [n for n in named if n.before and (whole or begins[: len(n.before)] == n.before)]
        near = [n for n in shared if begins[: len(n.before)] == n.before and n.target[0] != table.name]
        return self._one(table, column, near) or self._one(table, column, shared)

    def _who_acts(self, table: Table, column: Column) -> Iterator[Target]:
        for form in _WHO_ACTS:
            named = self.forms.get(form, ())
            found = self._one(table, column, [n for n in named if not n.before])
            found = found or self._one(table, column, [n for n in named if len(n.before) == 1])
            if found is not None:
                yield found

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
        called = _lower_words(column.name)[-1:]
        return next((target for target in near if _lower_words(target[1])[-1:] == called), near[0])

    def _fitting(self, column: Column, targets: Iterable[Target]) -> Iterator[Target]:
        for name, key in targets:
            if same_family(column, self.catalog.tables[name].columns_by_name[key]):
                yield name, key


@once_per_catalog
def key_names(catalog: Catalog) -> KeyNames:
    """Read every single-column key's names, once for a catalog."""
    forms: dict[str, dict[_Named, None]] = {}
    own: dict[str, list[Target]] = {}
    tables = {form for name in catalog.tables for start in _ends(name.name) for form in _forms_of(start)}
    for name, keys in single_keys(catalog).items():
        if catalog.tables[name].extension is not None:
            continue
        satellite = _is_satellite(catalog, name, tables)
        for number, key in enumerate(keys):
            if number and _lower_words(key)[-1] not in {"code", "uuid", "id", "key", "guid"}:
                continue
            words = _lower_words(name.name)
            for start in range(len(words)):
                if start and satellite:
                    break
                for form in _forms_of("_".join(words[start:])):
                    forms.setdefault(form, {})[_Named((name, key), words[:start])] = None
            if key.lower() not in _COMMON_KEYS and not satellite and number == 0:
                own.setdefault(_folded([key]), []).append((name, key))
    return KeyNames(
        catalog,
        {form: tuple(named) for form, named in forms.items()},
        {word: tuple(targets) for word, targets in own.items()},
    )


def family(column: Column) -> str:
    """Give what a column's values can be compared as: `integer`, `text`, `uuid`, else its type."""
    bare = column.type.partition("(")[0]
    return "integer" if bare in _INTEGERS else "text" if bare in _TEXTS else bare


def same_family(one: Column, other: Column) -> bool:
    """Tell whether a value of one column can be a value of the other."""
    return family(one) == family(other)


def _comparable_at_all(column: Column) -> bool:
    return family(column) not in {
        "boolean",
        "date",
        "jsonb",
        "json",
        "bytea",
        "double precision",
        "real",
    } and not (family(column).startswith("time") or column.type.endswith("[]"))


def _is_satellite(catalog: Catalog, name: TableName, tables: Collection[str]) -> bool:
    """Tell whether a table's key is a reference itself: what has such a key hangs on another table, one to one."""
    primary = catalog.tables[name].primary_key
    if len(primary) != 1:
        return False
    if any(key.columns == primary and key.referenced != name for key in catalog.declared_on.get(name, ())):
        return True
    words = _lower_words(primary[0])
    if len(words) < 2 or words[-1] not in _KEY_WORDS:  # noqa: PLR2004 - a table's word and the key's
        return False
    return _folded(words[:-1]) in tables and not _is_of(name.name, words[:-1])


def _ends(table: str) -> Iterator[str]:
    """Give a table's name and what is left of it without its first words."""
    words = _lower_words(table)
    return ("_".join(words[start:]) for start in range(len(words)))


def _is_of(table: str, words: Sequence[str]) -> bool:
    """Tell whether words name the table itself, with what stands before its name or without."""
    return any(form.endswith(_folded(words)) for form in _forms_of(table))


def _is_polymorphic(table: Table, name: str) -> bool:
    """Tell whether another column says which table a value is from: `commentable_id` beside `commentable_type`."""
    stem = name.removesuffix("_id").removesuffix("Id")
    columns = table.columns_by_name
    return stem != name and any(f"{stem}{end}" in columns for end in ("_type", "Type", "_kind", "_table"))


def _base(words: Sequence[str]) -> tuple[list[str], bool]:
    """Give the words that name the table, and whether others say that it is a reference."""
    left, marked = list(words), False
    if len(left) > 1 and left[0].lower() in _FIRST_WORDS:
        left, marked = left[1:], True
    if left[-1].lower() in _KEY_WORDS:
        left, marked = left[:-1], True
    return left, marked


def _spellings(words: Sequence[str]) -> Iterator[Sequence[str]]:
    yield words
    short = _SHORT_FOR.get(words[-1].lower())
    if short is not None:
        yield [*words[:-1], short]


@lru_cache(maxsize=_NAMES_KEPT)
def _lower_words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD_ENDS.split(name) if word)


def _folded(words: Iterable[str]) -> str:
    return "".join(words).replace("_", "").lower()


@lru_cache(maxsize=_NAMES_KEPT)
def _forms_of(table: str) -> frozenset[str]:
    """Give a table's name and its likely singulars, folded."""
    name = _folded([table])
    forms = {name}
    for many, one in _IRREGULAR.items():
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
