"""Refuses to read tables where that would run other roles' code.

Whoever owns a table decides what planning a mere count of it runs: calls without a column below them in an
index, extended statistics or a partition key are carried out by the planner, as the role that looks. Calls about
columns are not, so that ordinary indexes on expressions are never in the way.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.postgres.functions import knowing_trust, read_functions
from fkdash.catalog.postgres.node_tree import TOO_LONG, read_tree
from fkdash.db.queries import query
from fkdash.errors import FOREIGN_TABLE, TOO_LARGE, NotRun, NotRunError
from fkdash.shell import shell_word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from fkdash.catalog.model import Catalog, ForeignKey, Table
    from fkdash.catalog.postgres.functions import Function, Functions
    from fkdash.db.session import Row, Session

FOLDED: Final = "folded-by-planner"
CAST: Final = "implicit-cast"
RANGE: Final = "range-type"
EVALUATED: Final = "would-be-evaluated"

_WORD: Final = re.compile(r"[A-Za-z_0-9$]+")
# A letter in front makes it a string of another kind.
_STRING: Final = re.compile(r"[A-Za-z_0-9$&]?'[^']*(?:''[^']*)*'")
_QUOTES_OF_OTHER_KINDS: Final = re.compile(r"""["\\]|--|/\*|\$[^0-9\s]""")
_TYPED: Final = re.compile(r"::|\b(?:cast|treat|returning|xmlserialize)\b|[A-Za-z_0-9$\]]\s+'", re.IGNORECASE)
# A call with one argument may be a cast as well (parser/parse_func.c, func_get_detail).
_CALLED: Final = re.compile(r"([A-Za-z_0-9$]+)\s*\(")
_FEW: Final = 50
"""So many tables are looked at in full at once, which takes less than another wait over most links."""
_LONGEST_NAME: Final = 63
_LONGEST_QUOTED: Final = 2 * (_LONGEST_NAME + 1)
_MOST_QUOTES: Final = 2_000
_OPERATOR: Final = re.compile(r"[-+*/<>=~!@#%^&|`?]+")
_LONGEST_OPERATOR: Final = 8
_REASONS: Final = {"cast": CAST, "range": RANGE, "domain": EVALUATED}


async def refuse_planted(session: Session, tables: Iterable[int]) -> None:
    """Make sure that reading tables (OIDs), with all below them, runs nobody else's code.

    Raises NotRunError with everything that would be run, and the session's errors. Between this and the read
    somebody may plant something: only a login without rights of its own for looking closes that.
    """
    found = await planted_in(session, tables)
    if found:
        raise NotRunError(found)


async def refuse_planted_at(session: Session, catalog: Catalog, key: ForeignKey) -> None:
    """Do the same for both tables of a foreign key."""
    await refuse_planted_of(session, (catalog.tables[key.table], catalog.tables[key.referenced]))


async def refuse_planted_of(session: Session, tables: Iterable[Table]) -> None:
    """Do the same for tables of a live catalog, which have OIDs."""
    await refuse_planted(session, [table.oid for table in tables if table.oid is not None])


async def planted_in(session: Session, tables: Iterable[int]) -> tuple[NotRun, ...]:
    """Give what reading tables (OIDs), with all below them, would run of other roles' code."""
    oids = sorted(set(tables))
    if len(oids) <= _FEW:
        rows = await session.asked(knowing_trust("planted"), oids)
    else:
        [computed] = await session.asked(query("fkdash.catalog.postgres", "anything_computed"), oids)
        rows = await session.asked(knowing_trust("planted"), oids) if computed["anything"] else ()
    if not rows:
        return ()
    trees = [text for row in rows for text in row["trees"]]
    checks = await _domain_checks(session, trees)
    everything = [read_tree(text) for text in (*trees, *(each for some in checks.values() for each in some))]
    functions = await read_functions(session, everything, {oid for row in rows for oid in row["functions"]})
    used = frozenset(oid for tree in everything for oid in tree.types)
    gate = _Gate(functions, await _doing_more(session, functions, used), checks)
    found: dict[NotRun, None] = {}
    for row in rows:
        for function, reason in gate.run_by(row):
            found.setdefault(not_run(_object(row), function, reason))
        if gate.is_too_large(row):
            accept = f"--trust-owner {shell_word(row['owner'])}"
            found.setdefault(NotRun(_object(row), "", row["owner"], TOO_LARGE, accept))
        if row["kind"] == "foreign table":
            found.setdefault(NotRun(_object(row), "", row["owner"], FOREIGN_TABLE, ""))
    return tuple(found)


async def _domain_checks(session: Session, trees: Iterable[str]) -> dict[int, tuple[str, ...]]:
    """Give, for every type that expressions turn something into, the checks that are planned along with that.

    A check may itself turn something into another type.
    """
    found: dict[int, tuple[str, ...]] = {}
    wanted = {oid for text in trees for oid in read_tree(text).conversions | read_tree(text).types}
    while wanted:
        found.update(dict.fromkeys(wanted, ()))
        for row in await session.asked(query("fkdash.catalog.postgres", "domain_checks"), sorted(wanted)):
            found[row["type"]] += (row["tree"],)
        inner = {oid for each in wanted for text in found[each] for oid in read_tree(text).conversions}
        wanted = inner - found.keys()
    return found


def not_run(what: str, function: Function, reason: str) -> NotRun:
    """Say that a function in some object was not run, and how the operator accepts that it is."""
    accept = f"--trust-owner {shell_word(function.owner)}"
    return NotRun(what, function.name, function.owner, reason, accept)


class _Gate:
    """What is known of the functions behind expressions, and what planning does with these."""

    def __init__(
        self, functions: Functions, suspicious: frozenset[int], checks: Mapping[int, Sequence[str]]
    ) -> None:
        self._functions = functions
        self._suspicious = suspicious
        self._checks = checks
        self._inlined = frozenset(oid for oid, each in functions.by_oid.items() if each.inlined)

    def run_by(self, row: Row) -> Iterable[tuple[Function, str]]:
        """Give the functions that reading the table would run for one object."""
        for oid in row["functions"]:
            yield self._functions.by_oid[oid], _REASONS[row["kind"]]
        for text in row["trees"]:
            for each in self._planned_with(text):
                yield from ((function, FOLDED) for function in self._folded(each))
            for check in self._checks_of_literals(text):
                yield from (
                    (each, FOLDED) for each in self._functions.called(read_tree(check)) if not each.trusted
                )

    def _checks_of_literals(self, text: str) -> Iterable[str]:
        """Give the checks of an expression's types where the body of a function may hold literals of these."""
        tree = read_tree(text)
        if any(each.inlined and each.polymorphic for each in self._functions.called(tree)):
            for oid in sorted(tree.types):
                yield from self._checks.get(oid, ())

    def is_too_large(self, row: Row) -> bool:
        """Tell whether what is planned with an object is not read, as it has millions of characters."""
        return any(
            TOO_LONG in read_tree(each).kinds
            for text in row["trees"]
            for each in (*self._planned_with(text), *self._checks_of_literals(text))
        )

    def _planned_with(self, text: str) -> Iterable[str]:
        """Give an expression and all checks that are planned with it."""
        seen, left = {text}, [text]
        while left:
            each = left.pop()
            yield each
            for oid in read_tree(each).conversions:
                left += [check for check in self._checks.get(oid, ()) if check not in seen]
                seen.update(self._checks.get(oid, ()))

    def _folded(self, text: str) -> Iterable[Function]:
        """Give the untrusted functions of an expression that planning carries out."""
        tree = read_tree(text, self._inlined)
        kept = {call.function: True for call in tree.calls}
        for call in tree.calls:
            kept[call.function] &= call.kept
        for function in self._functions.called(tree):
            # An operator of a row comparison has no call of its own: nothing says what it is about.
            if not function.trusted and (function.oid in self._suspicious or not kept.get(function.oid, False)):
                yield function


async def _doing_more(session: Session, functions: Functions, used: Collection[int]) -> frozenset[int]:
    """Give the untrusted functions of which a call about columns still leads to one without any.

    `used` are the types of users in the expressions: what a polymorphic function may be called with.

    The planner puts a SQL function's body in the place of a call, and adds the arguments that a call leaves to
    their defaults (optimizer/util/clauses.c, inline_function and add_function_defaults).
    """
    untrusted = {oid: each for oid, each in functions.by_oid.items() if not each.trusted}
    trees = {oid: [text for text in (each.defaults, each.body) if text] for oid, each in untrusted.items()}
    checks = await _checks_of(session, untrusted.values(), trees, used)
    inner = await read_functions(
        session, [read_tree(text) for each in (*trees.values(), *checks.values()) for text in each]
    )
    sources = {oid: each.source or "" for oid, each in untrusted.items() if _is_text(each)}
    words = {oid: frozenset(_words(source)) for oid, source in sources.items()}
    types = {oid: words[oid] if _names_types(source) else _called(source) for oid, source in sources.items()}
    bad = await _bad_words(session, words, types)

    def calls_others(text: str) -> bool:
        tree = read_tree(text)
        return TOO_LONG in tree.kinds or any(not each.trusted for each in inner.called(tree))

    return frozenset(
        oid
        for oid, each in untrusted.items()
        if (_is_text(each) and (each.source is None or _is_unclear(each.source) or words[oid] & bad))
        or any(calls_others(text) for text in (*trees[oid], *checks[oid]))
    )


async def _checks_of(
    session: Session,
    functions: Iterable[Function],
    trees: Mapping[int, Sequence[str]],
    used: Collection[int],
) -> dict[int, tuple[str, ...]]:
    """Give, by function, the checks of the types that it takes, gives and turns something into."""
    types = {
        each.oid: {
            *each.types,
            *(used if each.polymorphic else ()),
            *(oid for text in trees[each.oid] for oid in read_tree(text).conversions),
        }
        for each in functions
        if each.inlined or each.defaults
    }
    wanted = sorted({oid for each in types.values() for oid in each})
    rows = await session.asked(query("fkdash.catalog.postgres", "domain_checks"), wanted) if wanted else ()
    return {oid: tuple(row["tree"] for row in rows if row["type"] in types.get(oid, ())) for oid in trees}


async def _bad_words(
    session: Session, words: Mapping[int, frozenset[str]], naming_types: Mapping[int, frozenset[str]]
) -> frozenset[str]:
    """Give those of the words in functions' texts that lead to other roles' code; some may name types."""
    wanted = sorted({word for each in words.values() for word in each})
    if not wanted:
        return frozenset()
    types = sorted({word for each in naming_types.values() for word in each})
    rows = await session.asked(query("fkdash.catalog.postgres", "untrusted_names"), wanted, types)
    return frozenset(row["word"] for row in rows)


def _is_text(function: Function) -> bool:
    """Say whether planning may parse the function's text and put it in the place of a call."""
    return function.inlined and function.body is None


def _is_unclear(source: str) -> bool:
    """Say whether names in a text may be other than they look: escaped, folded by another rule, or cut off."""
    too_long = any(len(word) > _LONGEST_NAME for word in _WORD.findall(source)) or source.count('"') > _MOST_QUOTES
    bare = _without_strings(source)
    return too_long or not (source if bare is None else bare).isascii() or "u&" in source.lower()


def _without_strings(source: str) -> str | None:
    """Give a text without its strings; None where there are quotes, comments or strings of other kinds."""
    strings = _STRING.findall(source)
    if _QUOTES_OF_OTHER_KINDS.search(source) or not all(string.startswith("'") for string in strings):
        return None
    return _STRING.sub(" '' ", source)


def _names_types(source: str) -> bool:
    """Say whether a text may name a type that something is turned into: a cast, or a literal with its type."""
    bare = _without_strings(source)
    return bare is None or _TYPED.search(bare) is not None


def _called(source: str) -> frozenset[str]:
    """Give the words that are called in a text without quotation marks."""
    found = _CALLED.findall(_without_strings(source) or "")
    return frozenset((*found, *(name.lower() for name in found)))


def _words(source: str) -> Iterable[str]:
    """Give every word in a text that might be a name or an operator, in quotes, strings and comments too."""
    yield "::"  # A cast needs no sign: a literal, an argument or what is returned may be turned into another type.
    for found in _WORD.findall(source):
        yield found
        yield found.lower()
    yield from _quoted(source)
    yield from operators_in(source)


def _quoted(source: str) -> Iterable[str]:
    """Give everything that might be a name in quotation marks, which the server cuts where it is too long.

    Any of them may open one: those before it may stand in strings.
    """
    places = [place for place, letter in enumerate(source) if letter == '"'][:_MOST_QUOTES]
    for number, begin in enumerate(places):
        rest = source[begin + 1 : begin + 1 + _LONGEST_QUOTED].replace('""', '"')
        yield rest[:_LONGEST_NAME]
        for end in places[number + 1 :]:
            if end - begin > _LONGEST_QUOTED:
                break
            yield source[begin + 1 : end].replace('""', '"')[:_LONGEST_NAME]


def operators_in(text: str) -> Iterable[str]:
    """Give everything in a text that might be an operator: the server may read a run of signs as several."""
    for run in _OPERATOR.findall(text):
        for begin in range(len(run)):
            for end in range(begin + 1, min(len(run), begin + _LONGEST_OPERATOR) + 1):
                yield run[begin:end]


def _object(row: Row) -> str:
    name: str = row["name"] if row["kind"] not in _REASONS else f"{row['relation']}.{row['name']}"
    return f"{row['schema']}.{name}"
