"""What PostgreSQL and client libraries say of a violated constraint, in English, each with its SQLSTATE.

PostgreSQL's are the format strings of ri_triggers.c, execMain.c, nbtinsert.c and others, versions 14 to 18; names
may stand in any kind of quotation marks, since chats and terminals change them, and plain words in none.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fkdash.db.text import plain
from fkdash.explain.clues import Kind
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

QUOTES: Final = "\"'`“”„«»\u2018\u2019「」‟\u2039\u203a『』\uff02"
_PLAIN_NAME: Final = rf"[^{QUOTES}\n\\]{{1,200}}?"
_ROLE: Final = re.compile(r"\{(\w+)\}")

_SENTENCES: Final = (
    (Kind.HELD, "23001", ("update or delete on table {referenced} "
     "violates RESTRICT setting of foreign key constraint {constraint}(?: on table {table})?")),
    (Kind.HELD, "23503", ("update or delete on table {referenced} "
     "violates foreign key constraint {constraint}(?: on table {table})?")),
    (Kind.MISSING, "23503", "insert or update on table {table} violates foreign key constraint {constraint}"),
    (Kind.DETACHED, "23503", "removing partition {referenced} violates foreign key constraint {constraint}"),
    (Kind.NULL, "23502", "null value in column {column} of relation {table} violates not-null constraint"),
    (Kind.NULL, "23502", "null value in column {column} violates not-null constraint"),
    # Hibernate cuts the message at its outermost quotation marks.
    (Kind.NULL, "23502", ('constraint \\[(?P<column>[^"\n\\]\\\\]{1,130})\\\\{0,16}" of relation '
     '\\\\{0,16}"(?P<table>[^"\n\\]\\\\]{1,130})\\]')),
    # A narrow terminal's line ends here, and so does what is copied from it.
    (Kind.NULL, "23502", "null value in column {column} of relation {table}(?=\\s|$)"),
    (Kind.DOMAIN, "23502", "domain {constraint} does not allow null values"),
    (Kind.DOMAIN, "23514", "value for domain {table} violates check constraint {constraint}"),
    (Kind.CHECK, "23514", "new row for relation {table} violates check constraint {constraint}"),
    (Kind.PARTITION, "23514", "no partition of relation {table} found for row"),
    (Kind.UNIQUE, "23505", "duplicate key value violates unique constraint {constraint}"),
    (Kind.UNIQUE, "23P01", "conflicting key value violates exclusion constraint {constraint}"),
    (Kind.IDENTITY, "428C9", "column {column} can only be updated to DEFAULT"),
    (Kind.TRUNCATED, "0A000", "cannot truncate a table referenced in a foreign key constraint"),
    (Kind.DEPENDED_ON, "2BP01", "cannot drop [^\n]{1,300}? because other objects depend on it"),
    (Kind.REWRITTEN, "XX000", ("referential integrity query on {referenced} "
     "from constraint {constraint} on {table} gave unexpected result")),
    (Kind.OTHER, "57014", "canceling statement due to (?:statement timeout|user request)"),
    (Kind.OTHER, "55P03", "canceling statement due to lock timeout"),
    (Kind.OTHER, "55P03", "could not obtain lock on row in relation {table}"),
    (Kind.OTHER, "40P01", "deadlock detected"),
    (Kind.OTHER, "40001", ("could not serialize access due to (?:concurrent (?:update|delete)"
     "|read/write dependencies among transactions)")),
    (Kind.OTHER, "42501", "permission denied for (?:table|schema|sequence|function|view|relation) {table}"),
    (Kind.OTHER, "55000", ("cannot (?:delete from|update) (?:table|view) {table} "
     "because it does not have a replica identity")),
    (Kind.OTHER, "42P10", "cannot (?:delete from|update) table {table}(?=\\W)"),
    (Kind.OTHER, "42704", "constraint {constraint} of relation {table} does not exist"),
    (Kind.OTHER, "42710", "constraint {constraint} for relation {table} already exists"),
    # Prisma's P2003, P2011, P2002 and P2014, of which the name in parentheses is an index or a constraint.
    (Kind.KEY, "23503", ("Foreign key constraint (?:failed|violated)"
     "(?: on the (?:field|constraint|index))?: `?{prisma}")),
    (Kind.KEY, "23503", "Foreign key constraint (?:failed|violated) on the fields?: \\(?{columns}"),
    (Kind.KEY, "23503", "Foreign key constraint (?:failed|violated) on the \\(not available\\)"),
    (Kind.NULL, "23502", "Null constraint violation on the \\(not available\\)"),
    (Kind.NULL, "23502", "Null constraint violation on the (?:fields?|constraint): \\(?{columns}"),
    (Kind.REQUIRED, "P2014", ("would violate the required relation {constraint} "
     "between the {table} and {referenced} models")),
    # Supabase's dashboard, Odoo's and Directus's users see their own words.
    (Kind.HELD, "23503", ("referenced by a foreign key constraint from the table {table}[^\n]{0,200}?"
     "on the foreign key relation {constraint}")),
    (Kind.KEY, "23503", ('another model requires the record being deleted[^"]{0,400}?'
     "\\bConstraint: {constraint}")),
    (Kind.NULL, "23502", ('another model requires the record being deleted[^"]{0,400}?'
     "\\bField: [^\n]{0,200}?\\({column}\\)")),
    (Kind.KEY, "23503", "Invalid foreign key(?: \\S{1,200})? (?:for|in) field {columns} in collection {table}"),
    (Kind.NULL, "23502", "Value for field {column} in collection {table} can.{1,8}?t be null"),
    # Ecto tells what it would have had to be told; Hibernate and Spring put the name in brackets.
    (Kind.KEY, "23503", "{constraint} \\(foreign_key_constraint\\)"),
    (Kind.KEY, "23503", "constraint: :(?:foreign|no_assoc), constraint_name: {constraint}"),
    (Kind.UNIQUE, "23505", "{constraint} \\(unique_constraint\\)"),
    (Kind.CHECK, "23514", "{constraint} \\(check_constraint\\)"),
)  # fmt: skip
_PARTS: Final = {
    "prisma": r"(?P<constraint>[^`\n\"\\]{1,200}?)(?: \(index\))?(?=[`\"\\\n]|$)",
    "columns": r"(?P<columns>(?:[`'\"]?[\w$]+[`'\"]?(?:,\s*)?){1,32})",
}


@fact
class Sentence:
    """One that was found: where it stands, what it is about, and the names by the part they play.

    `what` is what it says, wherever it stands.
    """

    start: int
    end: int
    kind: Kind
    sqlstate: str
    roles: Mapping[str, str] = field(hash=False)
    what: tuple[object, ...]


def sentences(text: str, odd_names: Collection[str] = ()) -> tuple[Sentence, ...]:
    """Give the sentences in a text in order; `odd_names` are names that their quotation marks do not delimit."""
    odd = _odd_in(text, odd_names)
    spellings = {plain(name): name for name in odd}
    found: list[Sentence] = []
    for kind, sqlstate, pattern in _patterns(odd):
        for match in pattern.finditer(text):
            start, end = match.span()
            place = bisect_left(found, start, key=_start)
            if (place and found[place - 1].end > start) or (place < len(found) and found[place].start < end):
                continue
            roles = dict(_roles(match, spellings))
            what = (kind, sqlstate, *sorted(roles.items()))
            found.insert(place, Sentence(start, end, kind, sqlstate, roles, what))
    return tuple(found)


def _start(sentence: Sentence) -> int:
    return sentence.start


def part_of_detail(words: str, text: str, odd_names: Collection[str] = ()) -> Mapping[str, str]:
    """Give the names where a text says `words`, which has a `{role}` for each; none where it does not."""
    odd = _odd_in(text, odd_names)
    found = _part(words, odd).search(text)
    return dict(_roles(found, {plain(name): name for name in odd})) if found is not None else {}


def _odd_in(text: str, odd_names: Collection[str]) -> tuple[str, ...]:
    found = (name for name in odd_names if name in text or plain(name) in text)
    return tuple(sorted(found, key=len, reverse=True))


def _roles(match: re.Match[str], spellings: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for role, value in match.groupdict().items():
        if value:
            yield role.rstrip("_"), spellings.get(value, value)


@lru_cache(maxsize=8)
def _patterns(odd: tuple[str, ...]) -> tuple[tuple[Kind, str, re.Pattern[str]], ...]:
    return tuple((kind, sqlstate, _pattern(sentence, odd)) for kind, sqlstate, sentence in _SENTENCES)


@lru_cache(maxsize=32)
def _part(words: str, odd: tuple[str, ...]) -> re.Pattern[str]:
    return _pattern(words, odd)


def _pattern(sentence: str, odd: tuple[str, ...]) -> re.Pattern[str]:
    whole = "|".join(re.escape(spelling) for name in odd for spelling in dict.fromkeys((name, plain(name))))

    def part(found: re.Match[str]) -> str:
        role = found[1]
        if role in _PARTS:
            return _PARTS[role]
        delimited = rf"\\{{0,16}}[{QUOTES}](?P<{role}__>{whole})\\{{0,16}}[{QUOTES}]|" if whole else ""
        mark = rf"\\{{0,16}}[{QUOTES}]{{1,16}}"
        quoted = rf"(?<![\\{QUOTES}]){mark}(?P<{role}>{_PLAIN_NAME}){mark}"
        return rf"(?:{delimited}{quoted}|(?P<{role}_>(?<![\w$])[^\W\d][\w$]{{0,62}}))"

    spaced = re.sub(r"(?<![\\\[]) (?!\()", r"\\s+", sentence)
    return re.compile(_ROLE.sub(part, spaced), re.IGNORECASE)
