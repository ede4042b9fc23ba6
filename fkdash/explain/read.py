"""Reads the errors in one layer of a text: each with its own lines, so that what is beside it changes nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from fkdash.explain.clues import KEY_KINDS, Clues, Kind
from fkdash.explain.fragments import fragments
from fkdash.explain.languages import ERROR, WORSE, any_of
from fkdash.explain.local import key_columns, local_errors
from fkdash.explain.local_others import local_others
from fkdash.explain.prisma import prisma_error
from fkdash.explain.sentences import QUOTES, part_of_detail, sentences
from fkdash.explain.statements import (
    added_key,
    bare,
    is_of_no_key,
    nearest_statement,
    operators_statement,
    own_statements,
)
from fkdash.sqlstates import (
    CHECK_VIOLATION,
    EXCLUSION_VIOLATION,
    FOREIGN_KEY_VIOLATION,
    GENERATED_ALWAYS,
    NOT_NULL_VIOLATION,
    RESTRICT_VIOLATION,
    UNIQUE_VIOLATION,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.explain.sentences import Sentence
    from fkdash.explain.vocabulary import Vocabulary

_MOST_ERRORS: Final = 40
_NEAR: Final = 40
_LONGEST_WINDOW: Final = 60_000
_CODE: Final = r"((?=[0-9A-Z]*\d)[0-9A-Z]{5})"
_LEVEL: Final = rf"(?:{any_of((*ERROR, *WORSE))})"
_NEXT_MESSAGE: Final = re.compile(rf"(?:{_LEVEL}|LOG|WARNING|NOTICE)\s?:[ \t]{{1,2}}(?=\S)")
_SQLSTATES: Final = (
    re.compile(
        rf"(?i:sql_?state(?:_?code)?|status_?code|pg_?code|err(?:or)?_?code|sql_error_code)"
        rf"[^\w\n]{{0,8}}(?:Some\()?\W?\s?{_CODE}\b"
    ),
    re.compile(rf"(?i:(?<![\w])code)\\*[\"']?\s*(?:[:=]|=>)\s*(?:[\w.:]+\()?\\*[\"':]?E?{_CODE}\b"),
    re.compile(rf"SqlState\(\W?E?{_CODE}\b"),
    re.compile(rf"{_LEVEL}\W{{1,4}}{_CODE}(?=[:\])\s]|$)"),
    re.compile(rf"(?m)^\W{{0,4}}\[{_CODE}\] {_LEVEL}"),
    re.compile(rf",{_LEVEL},{_CODE},"),
    re.compile(rf"PostgresException[^\n]{{0,40}}?:\s{_CODE}:"),
)
_CLASSES: Final = (
    (re.compile(r"(?i)not_?null_?violation"), NOT_NULL_VIOLATION),
    (
        re.compile(r"(?i)foreign_?key_?(?:constraint_?)?(?:violation|error)|InvalidForeignKey"),
        FOREIGN_KEY_VIOLATION,
    ),
    (re.compile(r"(?i)restrict_?violation"), RESTRICT_VIOLATION),
    (re.compile(r"(?i)unique_?violation|RecordNotUnique|UniqueConstraintError"), UNIQUE_VIOLATION),
    (re.compile(r"(?i)check_?violation"), CHECK_VIOLATION),
    (re.compile(r"(?i)exclusion_?violation"), EXCLUSION_VIOLATION),
)
_ALONE: Final = re.compile(
    rf"\W*(?:(?i:postgres(?:ql)?|pg|sql|error|state|sqlstate|code|explain)\W{{0,4}}){{0,4}}{_CODE}"
    r"\W*(?i:\(?[a-z_ -]*violation\)?|error)?\W*"
)
_VERBOSE_FIELD: Final = re.compile(
    r"(?m)\b(SCHEMA|TABLE|COLUMN|CONSTRAINT) NAME:[ \t]+([^\n]{1,200}?)[ \t]{0,200}$"
)
_FIELD: Final = re.compile(
    rf"(?i)(?<![\w])(schema|table|column|constraint)(?:[ _]?name)?\\*[\"']?\s*(?:=>|[:=])\s*(?:Some\()?"
    rf"(?:\\*[\"'`]([^{QUOTES}\n\\]{{1,130}})\\*[\"'`]|([^\W\d][\w$]{{0,62}}))"
)
_IN_BRACKETS: Final = re.compile(r"(?i)\bconstraint \[\"?([^\]\"\n]{1,130})\"?\]")
_NO_VALUE: Final = frozenset({"undefined", "null", "none", "nil", "n", "n/a", "true", "false"})
_MODEL: Final = re.compile(
    r"prisma\.(\w{1,63})\.(delete|deleteMany|update|updateMany|upsert|create|createMany)\(\)"
)
_META_MODEL: Final = re.compile(r"modelName\\*[\"']?\s*:\s*\\*[\"'](\w{1,63})")
_DEPENDENT: Final = re.compile(
    rf"constraint\s+\\*[{QUOTES}]?([^{QUOTES}\n]{{1,130}}?)\\*[{QUOTES}]?\s+on\s+table\s+"
    rf"(?:(\\*\"[^\"\n]{{1,130}}\"|[^\W\d][\w$]{{0,62}})\.)?\\*[{QUOTES}]?([^{QUOTES}\n]{{1,130}}?)\\*[{QUOTES}]?\s+depends\s+on"
)


def read_errors(text: str, known: Vocabulary) -> tuple[Clues, ...]:
    """Give the errors that one layer of a text tells of, in order, none twice, at most some forty."""
    alone = _ALONE.fullmatch(text.strip())
    if alone:
        return (Clues(alone[1], Kind.CODE),)
    found = sentences(text, known.odd)
    errors = [(sentence.start, clues) for sentence, clues in _told(text, found, known)]
    errors += islice(_local(text, known, found), _MOST_ERRORS)
    if not any(clues.kind is not Kind.OTHER for _, clues in errors):
        errors += islice(fragments(text, known), _MOST_ERRORS)
    if not any(clues.kind is not Kind.OTHER for _, clues in errors):
        errors += _by_fields(text)
    errors.sort(key=lambda each: each[0])
    return tuple(dict.fromkeys(clues for _, clues in errors))


def read_record(
    sqlstate: str, message: str, *, detail: str, inside: str, statement: str, known: Vocabulary
) -> Clues | None:
    """Give what one message of a server's log tells, None where it is none that can be read.

    `inside` is what CONTEXT and QUERY say; `statement` the operator's own. Without a SQLSTATE only a message
    counts that is a known one from its first word to its last: what only quotes one is another.
    """
    after = f"{message}\nDETAIL:  {detail}\nCONTEXT:  {inside}"
    found = sentences(message, known.odd)
    whole = next((each for each in found if each.start == 0 and (sqlstate or each.end == len(message))), None)
    if whole is not None and sqlstate in {"", whole.sqlstate}:
        clues = _with_lines(whole, after, "", known)
    elif found and not sqlstate:
        # It quotes a message, and says something else.
        return None
    else:
        told = local_errors(f"{message}\nDETAIL:  {detail}", known, sqlstate=sqlstate)
        local = next((each for start, each in told if start <= len(message)), None)
        if local is None and not sqlstate:
            return None
        clues = replace(
            local or Clues(sqlstate, Kind.OTHER), own=own_statements(inside), elsewhere=is_of_no_key(after)
        )
    run = nearest_statement(f"CONTEXT:  {inside}")
    if run is None and statement:
        run = operators_statement(f"STATEMENT:  {statement}")
    return replace(clues, sqlstate=sqlstate or clues.sqlstate, statement=run)


def sqlstate_of(text: str) -> str:
    """Give the SQLSTATE that a text marks as one, or the class it names; a number alone is no SQLSTATE."""
    places = [found for pattern in _SQLSTATES if (found := pattern.search(text))]
    if places:
        return min(places, key=lambda found: found.start(1))[1]
    return next((sqlstate for pattern, sqlstate in _CLASSES if pattern.search(text)), "")


def _told(text: str, found: Sequence[Sentence], known: Vocabulary) -> Iterator[tuple[Sentence, Clues]]:
    """Give the sentences with what stands with them; one that is printed twice is one error.

    Of very many, those that name something of this database are read.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, sentence in enumerate(found):
        groups.setdefault(sentence.what, []).append(number)
    told = list(groups.values())
    if len(told) > _MOST_ERRORS:
        told.sort(key=lambda same: not any(known.knows(name) for name in found[same[0]].roles.values()))
    for same in told[:_MOST_ERRORS]:
        windows = [_window(text, found, number) for number in same[:_MOST_ERRORS]]
        after = "\n\n".join(window for _, window in windows)
        before = "\n\n".join(window for window, _ in windows)
        yield found[same[0]], _with_lines(found[same[0]], after, before, known)


def _window(text: str, found: Sequence[Sentence], number: int) -> tuple[str, str]:
    """Give what belongs to a sentence: the text before it and after it, as far as nothing else is told."""
    sentence = found[number]
    earlier = next((found[n].end for n in range(number - 1, -1, -1) if found[n].what != sentence.what), None)
    later = next(
        (found[n].start for n in range(number + 1, len(found)) if found[n].what != sentence.what), len(text)
    )
    following = _NEXT_MESSAGE.search(text, sentence.end)
    if following and not _stands_at(found, number, following.end()):
        later = min(later, following.start())
    start = 0 if earlier is None else max(earlier, text.rfind("\n", 0, sentence.start) + 1)
    start = max(start, sentence.start - _LONGEST_WINDOW)
    return text[start : sentence.start], text[sentence.start : min(later, sentence.end + _LONGEST_WINDOW)]


def _stands_at(found: Sequence[Sentence], number: int, place: int) -> bool:
    """Tell whether the sentence stands once more at a place behind it, or a little after."""
    for n in range(number + 1, len(found)):
        if found[n].start >= place + _NEAR:
            return False
        if found[n].start >= place and found[n].what == found[number].what:
            return True
    return False


def _with_lines(sentence: Sentence, after: str, before: str, known: Vocabulary) -> Clues:
    roles = dict(sentence.roles)
    columns = tuple(filter(None, re.split(r"[`'\",\s]+", roles.get("columns", "")))) or (
        (roles["column"],) if "column" in roles else ()
    )
    detail = key_columns(after) or key_columns(before)
    fields = _fields(after) or _fields(before)
    clues = Clues(
        sentence.sqlstate or sqlstate_of(after),
        sentence.kind,
        constraint=roles.get("constraint", ""),
        table=roles.get("table", "") or (fields.get("table", "") if sentence.kind is Kind.NULL else ""),
        referenced=roles.get("referenced", ""),
        schema=fields.get("schema", ""),
        columns=columns or (detail if sentence.kind in KEY_KINDS else ()),
        statement=operators_statement(after) or operators_statement(before) or _model(before + after),
        own=own_statements(after) or own_statements(before),
        elsewhere=is_of_no_key(after),
        added=added_key(after) or added_key(before) if sentence.kind is Kind.MISSING else None,
    )
    if sentence.kind is Kind.MISSING:
        missing = part_of_detail("not present in table {referenced}", after + before, known.odd)
        return replace(clues, referenced=missing.get("referenced", ""))
    if sentence.kind is Kind.DEPENDED_ON:
        dependent = _DEPENDENT.search(after)
        if dependent is None:
            return clues
        schema = bare(dependent[2].replace("\\", "")) if dependent[2] else clues.schema
        return replace(clues, constraint=dependent[1], schema=schema, table=dependent[3])
    if sentence.kind is Kind.TRUNCATED:
        tables = part_of_detail("Table {table} references {referenced}", after + before, known.odd)
        emptied = clues.statement[1][-1] if clues.statement and clues.statement[0] == "TRUNCATE" else ""
        return replace(clues, table=tables.get("table", ""), referenced=tables.get("referenced", "") or emptied)
    return clues


def _local(text: str, known: Vocabulary, found: Sequence[Sentence]) -> Iterator[tuple[int, Clues]]:
    spans = [(text.rfind("\n", 0, each.start) + 1, each.end) for each in found]
    marked = sqlstate_of(text) if not found else ""
    for start, clues in chain(local_errors(text, known, sqlstate=marked), local_others(text, known)):
        if not any(first <= start <= last or first <= start + 1 <= last for first, last in spans):
            following = _NEXT_MESSAGE.search(text, text.find("\n", start) if "\n" in text[start:] else len(text))
            window = text[start : following.start() if following else len(text)]
            yield (
                start,
                replace(
                    clues,
                    statement=operators_statement(window),
                    own=own_statements(window),
                    elsewhere=is_of_no_key(window),
                    schema=_fields(window).get("schema", ""),
                ),
            )


def _by_fields(text: str) -> Iterator[tuple[int, Clues]]:
    """Give the error that only fields, a class or a foreign key's own statement tell of."""
    prisma = prisma_error(text)
    if prisma is not None:
        yield len(text), replace(prisma, statement=_model(text))
        return
    own = own_statements(text)
    sqlstate = sqlstate_of(text)
    fields = _fields(text)
    brackets = _IN_BRACKETS.search(text)
    in_brackets = brackets[1] if brackets and brackets[1].lower() not in _NO_VALUE else ""
    constraint = fields.get("constraint", "") or in_brackets
    kind = {
        FOREIGN_KEY_VIOLATION: Kind.KEY,
        RESTRICT_VIOLATION: Kind.HELD,
        NOT_NULL_VIOLATION: Kind.NULL,
        CHECK_VIOLATION: Kind.CHECK,
        UNIQUE_VIOLATION: Kind.UNIQUE,
        EXCLUSION_VIOLATION: Kind.UNIQUE,
        GENERATED_ALWAYS: Kind.IDENTITY,
    }.get(sqlstate, Kind.OTHER)
    if not sqlstate and in_brackets and "iolation" in text:
        kind = Kind.KEY
    if sqlstate or own or kind is Kind.KEY:
        column = fields.get("column", "")
        yield (
            len(text),
            Clues(
                sqlstate or (FOREIGN_KEY_VIOLATION if kind is Kind.KEY else ""),
                kind,
                constraint=constraint,
                table=fields.get("table", ""),
                schema=fields.get("schema", ""),
                columns=(column,) if column else key_columns(text) if kind in KEY_KINDS else (),
                statement=operators_statement(text) or _model(text),
                own=own,
            ),
        )


def _fields(text: str) -> dict[str, str]:
    """Give the names in fields such as psql's verbose ones, a driver's or a log's."""
    found: dict[str, str] = {}
    for name, value in _VERBOSE_FIELD.findall(text):
        found.setdefault(name.lower(), value)
    for name, in_quotes, word in _FIELD.findall(text):
        value = in_quotes or word
        if value.lower() not in _NO_VALUE:
            found.setdefault(name.lower(), value)
    return found


def _model(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Give the statement that a call of Prisma's stands for."""
    call = _MODEL.search(text)
    if call is None:
        return None
    verb = "DELETE" if call[2].startswith("delete") else "INSERT" if call[2].startswith("create") else "UPDATE"
    named = _META_MODEL.search(text)
    return verb, (named[1] if named else call[1],)
