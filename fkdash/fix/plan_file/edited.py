"""Checks that a plan's edited SQL still is what the plan claims: the same changes of the same tables.

Layout, comments, case, quotes and the order of actions are the operator's; an index may get storage parameters, a
tablespace and columns to include. What passes is carried out and verified like the plan itself; what does not is
good for an export, never for an apply. sqlglot's tokens are compared, not its trees: it knows only part of ALTER
TABLE, and a tree would hide what it does not know.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import TokenType

from fkdash.catalog.table_name import TableName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlglot.tokenizer_core import Token

    from fkdash.fix.plan import Plan, Step

_KINDS: Final = (
    ("ALTER", "TABLE"),
    ("ALTER", "INDEX"),
    ("CREATE", "INDEX"),
    ("CREATE", "TABLE"),
    ("DROP", "INDEX"),
    ("COMMENT", "ON", "CONSTRAINT"),
    ("WITH",),
)
_ACTIONS: Final = (
    ("DROP", "CONSTRAINT"),
    ("ADD", "CONSTRAINT"),
    ("VALIDATE", "CONSTRAINT"),
    ("RENAME", "CONSTRAINT"),
    ("ALTER", "COLUMN"),
    ("ATTACH", "PARTITION"),
)
_CONSTANTS: Final = frozenset(
    {
        TokenType.STRING,
        TokenType.NATIONAL_STRING,
        TokenType.BYTE_STRING,
        TokenType.HEREDOC_STRING,
        TokenType.RAW_STRING,
        TokenType.UNICODE_STRING,
    }
)
_ALTER_COLUMN_WORDS: Final = 3
_ALTER_TABLE_NAME: Final = len(("alter", "table", "schema", ".", "name"))


def edited(plan: Plan, statements: Mapping[int, str]) -> tuple[Plan, tuple[str, ...]]:
    """Give the plan with the statements of its steps (by number) replaced, and what speaks against applying it."""
    objections: list[str] = []
    steps = []
    for step in plan.steps:
        sql = _without_semicolon(statements.get(step.number, step.sql))
        if sql != step.sql:
            objections += [f"step {step.number}: {each}" for each in _objections(plan, step, sql)]
        steps.append(replace(step, sql=sql))
    objections += [
        f"there is no step {number}" for number in statements if number not in {step.number for step in plan.steps}
    ]
    return replace(plan, steps=tuple(steps)), tuple(objections)


def _without_semicolon(sql: str) -> str:
    return sql.strip().removesuffix(";").rstrip()


def _objections(plan: Plan, step: Step, sql: str) -> Iterator[str]:
    try:
        tokens, planned = _tokens(sql), _tokens(step.sql)
    except TokenError as error:
        yield f"it cannot be read: {str(error).splitlines()[0]}"
        return
    kind, wanted = _kind(tokens), _kind(planned)
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        yield "it is more than one statement"
    elif kind != wanted:
        yield f"it begins with {' '.join(kind) or 'something else'} instead of {' '.join(wanted)}"
    elif kind == ("WITH",):
        yield "statements that change rows are not edited"
    else:
        found = list(_about_kinds(plan, step, tokens, planned))
        yield from found
        if not found and not _same(tokens, planned, kind):
            yield "it does something else than the plan's own statement"


def _about_kinds(plan: Plan, step: Step, tokens: Sequence[Token], planned: Sequence[Token]) -> Iterator[str]:
    kind = _kind(planned)
    yield from _about_names(plan, step, tokens, kind)
    if _concurrently(tokens) != _concurrently(planned):
        yield "CONCURRENTLY was added or taken away"
    if kind == ("ALTER", "TABLE"):
        yield from _about_actions(_actions(tokens), _actions(planned))


def _same(tokens: Sequence[Token], planned: Sequence[Token], kind: tuple[str, ...]) -> bool:
    """Tell whether the words are the plan's, but for the order of actions and what an index may get besides."""
    own, wanted = [_folded(token) for token in tokens], [_folded(token) for token in planned]
    if kind == ("ALTER", "TABLE"):
        return sorted(_parts(own)) == sorted(_parts(wanted))
    if kind == ("CREATE", "INDEX"):
        return own[: len(wanted)] == wanted and _is_storage(own[len(wanted) :])
    return own == wanted


def _folded(token: Token) -> str:
    """Give a word as the server reads it: only ASCII is folded, and a constant is never a name."""
    if token.token_type is TokenType.IDENTIFIER:
        return token.text
    if token.token_type in _CONSTANTS:
        return f"'{token.text}'"
    return "".join(letter.lower() if letter.isascii() else letter for letter in token.text)


def _parts(words: Sequence[str]) -> list[tuple[str, ...]]:
    """Split an ALTER TABLE at its commas; the first part loses the table, which it shares with the others."""
    depth, parts = 0, [list[str]()]
    for word in words:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    head = _ALTER_TABLE_NAME if parts[0][3:4] == ["."] else 0
    return [tuple(parts[0][:head]), tuple(parts[0][head:]), *map(tuple, parts[1:])]


def _is_storage(words: Sequence[str]) -> bool:
    """Tell whether these words only say how an index is stored: WITH (...), INCLUDE (...), TABLESPACE name."""
    rest = list(words)
    while rest:
        if rest[0] == "tablespace" and len(rest) > 1:
            rest = rest[2:]
        elif rest[0] in {"with", "include"} and rest[1:2] == ["("] and ")" in rest:
            inside, rest = rest[2 : rest.index(")")], rest[rest.index(")") + 1 :]
            if "(" in inside:
                return False
        else:
            return False
    return True


def _about_names(plan: Plan, step: Step, tokens: Sequence[Token], kind: tuple[str, ...]) -> Iterator[str]:
    tables = _tables(plan, step)
    for name in _qualified(tokens):
        if name not in tables:
            yield f"{name} is none of the plan's tables"
    unqualified = _bare_target(tokens, kind)
    if unqualified:
        yield f"{unqualified} is not schema-qualified"


def _about_actions(actions: Sequence[tuple[str, ...]], allowed: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for action in actions:
        if action not in allowed:
            yield f"{' '.join(action) or 'an action'} is not part of this step"
    for action in allowed:
        if action not in actions:
            yield f"{' '.join(action)} is missing"


def _tokens(sql: str) -> list[Token]:
    return list(Postgres().tokenize(sql))


def _words(tokens: Sequence[Token]) -> list[str]:
    """Give the words in capitals; a quoted name or a constant is no keyword."""
    plain = {TokenType.IDENTIFIER, TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.BYTE_STRING}
    return ["" if token.token_type in plain else token.text.upper() for token in tokens]


def _kind(tokens: Sequence[Token]) -> tuple[str, ...]:
    words = [word for word in _words(tokens[:4]) if word != "UNIQUE"]
    return next((kind for kind in _KINDS if tuple(words[: len(kind)]) == kind), ())


def _concurrently(tokens: Sequence[Token]) -> bool:
    return "CONCURRENTLY" in _words(tokens)


def _actions(tokens: Sequence[Token]) -> list[tuple[str, ...]]:
    """Give the kind of each action of an ALTER TABLE: what follows a comma outside parentheses."""
    depth, parts = 0, [list[str]()]
    for token, word in zip(tokens, _words(tokens), strict=True):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if token.token_type is TokenType.COMMA and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    found = []
    for part in parts:
        starts = [
            (place, action)
            for action in _ACTIONS
            for place in range(len(part))
            if tuple(part[place : place + len(action)]) == action
        ]
        first: tuple[str, ...] = min(starts)[1] if starts else ()
        if first == ("ALTER", "COLUMN"):
            place = min(starts)[0]
            first = (*first, *part[place + _ALTER_COLUMN_WORDS : place + _ALTER_COLUMN_WORDS + 3])
        found.append(first)
    return sorted(found)


def _qualified(tokens: Sequence[Token]) -> Iterator[TableName]:
    """Give every name that is written with its schema."""
    for before, dot, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if dot.token_type is TokenType.DOT:
            yield TableName(_name(before), _name(after))


def _bare_target(tokens: Sequence[Token], kind: tuple[str, ...]) -> str:
    """Give the table of an ALTER TABLE, or after REFERENCES, that is written without its schema."""
    for place, word in enumerate(_words(tokens)):
        if (word == "REFERENCES" or (kind == ("ALTER", "TABLE") and place == 1)) and place + 2 < len(tokens):
            start = place + 1
            while tokens[start].text.upper() in {"ONLY", "IF", "EXISTS"} and start + 2 < len(tokens):
                start += 1
            if tokens[start + 1].token_type is not TokenType.DOT:
                return tokens[start].text
    return ""


def _name(token: Token) -> str:
    return token.text if token.token_type is TokenType.IDENTIFIER else token.text.lower()


def _tables(plan: Plan, step: Step) -> set[TableName]:
    tables = {plan.key.table, plan.key.referenced, *(lock.table for lock in step.locks)}
    if step.reserve is not None:
        tables.add(step.reserve)
    return tables | set(_qualified(_tokens(step.sql)))
