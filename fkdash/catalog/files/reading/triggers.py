"""Reads CREATE of what runs beside a statement: triggers, the functions that they run, and rewrite rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.facts import RuleFact
from fkdash.catalog.files.reading.calls import names_called
from fkdash.catalog.files.reading.naming import names_read
from fkdash.catalog.files.reading.nodes import SKIPPED, CreateFunction, CreateRule, CreateTrigger, Doubtful
from fkdash.catalog.files.reading.parts import string_or_name
from fkdash.catalog.files.reading.reserved import is_name
from fkdash.catalog.files.reading.tokens import QUOTED, STRING, WORD, Cursor
from fkdash.catalog.files.reading.trigger_forms import wrong_forms
from fkdash.catalog.files.reading.types import type_said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.files.reading.nodes import Node
    from fkdash.catalog.files.reading.tokens import Token

_STATEMENT_FOLLOWS: Final = frozenset({";", "(", ")"})
"""What a statement of a rule's action stands behind; UPDATE elsewhere is a lock or what ON CONFLICT does."""


def create_function(text: str) -> Node:
    """Read CREATE FUNCTION; one that triggers cannot run is skipped."""
    if "trigger" not in text.lower():
        return SKIPPED
    cursor = Cursor(text)
    cursor.want("create")
    replacing = cursor.take("or", "replace")
    cursor.want("function")
    name = cursor.qualified()
    begin, end = cursor.pass_parentheses()
    if begin < end or not cursor.take("returns") or cursor.take("table"):
        return SKIPPED
    said = type_said(cursor)
    if said.name[-1] != "trigger" or said.array:
        return SKIPPED
    language, source = "", None
    while not cursor.done:
        if cursor.take("language"):
            language = string_or_name(cursor)
        elif cursor.sees("as") and cursor.ahead(1).kind == STRING:
            cursor.at += 1
            source = cursor.string()
        else:
            cursor.at += 1
    return CreateFunction(name, language, source, replacing)


def create_trigger(cursor: Cursor, _text: str, replacing: bool) -> Node:  # noqa: FBT001 - one signature for all
    """Read CREATE TRIGGER behind CREATE OR REPLACE."""
    constraint = cursor.take("constraint")
    cursor.want("trigger")
    name = cursor.name()
    before = cursor.take("before")
    instead = not before and not cursor.take("after")
    if instead:
        cursor.want("instead", "of")
    events, columns = _events(cursor)
    cursor.want("on")
    table = cursor.qualified()
    row, condition, kept = False, None, set()
    while not cursor.sees_any({"execute"}):
        if cursor.take("for", "each", "row") or cursor.take("for", "row"):
            row = True
        elif cursor.take("when"):
            begin, end = cursor.pass_parentheses()
            condition = cursor.tokens[begin:end]
        elif cursor.sees_any({"old", "new"}) and cursor.ahead(1).value == "table":
            kept.add(cursor.word())
        elif cursor.done:
            raise cursor.stumbled()
        else:
            cursor.at += 1
    cursor.want("execute")
    cursor.word()
    made = CreateTrigger(
        name,
        table,
        cursor.qualified(),
        before,
        row,
        frozenset(each.upper() for each in events),
        replacing,
        constraint,
        columns,
        asked=_asked(condition or ()),
        conditional=condition is not None,
        instead=instead,
        keeps=bool(kept),
    )
    read = {token.value for token in condition or () if token.kind == WORD and token.value in {"old", "new"}}
    return replace(made, wrong=next(wrong_forms(made, events, read, kept), None))


def _events(cursor: Cursor) -> tuple[Sequence[str], tuple[str, ...]]:
    """Take the events, each as often as it is said, and the columns of UPDATE OF."""
    events: list[str] = []
    columns: list[str] = []
    while True:
        event = cursor.word()
        events.append(event)
        if event == "update" and cursor.take("of"):
            columns.append(cursor.name())
            while cursor.take(","):
                columns.append(cursor.name())
        if not cursor.take("or"):
            return events, tuple(columns)


def _asked(condition: Sequence[Token]) -> frozenset[str]:
    """Give the columns of OLD and NEW that a condition names; a whole row depends on none of them."""
    found = set()
    for at, token in enumerate(condition):
        if token.value not in {"old", "new"} or token.kind not in {WORD, QUOTED}:
            continue
        following = [each for each in condition[at + 1 : at + 4] if each.value != ")"]
        if len(following) > 1 and following[0].value == "." and following[1].kind in {WORD, QUOTED}:
            found.add(following[1].value)
    return frozenset(found)


def create_rule(cursor: Cursor, _text: str, replacing: bool) -> Node:  # noqa: FBT001 - one signature for all
    """Read CREATE RULE behind CREATE OR REPLACE."""
    cursor.want("rule")
    name = cursor.name()
    cursor.want("as", "on")
    event = cursor.word()
    if event == "select":
        return Doubtful("a rule on SELECT makes a view of a table, or is refused, as the version has it")
    cursor.want("to")
    table = cursor.qualified()
    said = cursor.tokens[cursor.at :]
    conditional = cursor.take("where")
    if conditional:
        cursor.pass_until({"do"})
    cursor.want("do")
    instead = cursor.take("instead")
    cursor.take("also")
    nothing = cursor.sees("nothing")
    begin, end = cursor.rest()
    alike = any(
        cursor.tokens[at].kind == WORD
        and cursor.tokens[at].value == event
        and (at == begin or cursor.tokens[at - 1].value in _STATEMENT_FOLLOWS)
        for at in range(begin, end)
    )
    words = frozenset(token.value for token in said if is_name(token) or token.value.endswith("*"))
    rule = RuleFact(
        name, event.upper(), instead, conditional, alike, nothing, words=words, calls=names_called(said)
    )
    return CreateRule(rule, table, _asked(said), replacing, names_read(cursor.tokens[begin:end]))
