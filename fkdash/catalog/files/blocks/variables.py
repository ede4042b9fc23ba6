"""A block's variables: what is declared, assigned and selected into them, as far as that can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.blocks.expressions import read_expression, read_query
from fkdash.catalog.files.blocks.queries import Said
from fkdash.catalog.files.blocks.rows import UNKNOWN, Row
from fkdash.catalog.files.blocks.scope import Expression, Scope
from fkdash.catalog.files.blocks.values import UnknownValueError, known
from fkdash.catalog.files.reading.tokens import QUOTED, WORD, Cursor, NotReadError

if TYPE_CHECKING:
    from fkdash.catalog.files.state import State

_ASSIGNS: Final = frozenset({":=", "="})
FOUND: Final = "found"


class Variables:
    """The variables of a block and of those around it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.held: dict[str, object] = {FOUND: False}
        self.records: set[str] = set()

    @property
    def scope(self) -> Scope:
        """What an expression of the block can see."""
        return Scope(self.state, variables=self.held)

    def value(self, expression: Expression) -> object:
        """Give what an expression comes to, UNKNOWN where that cannot be told."""
        try:
            return known(expression(self.scope))
        except UnknownValueError:
            return UNKNOWN

    def truth(self, cursor: Cursor) -> bool | None:
        """Tell whether all that is left of a cursor holds; None where that is not known."""
        try:
            expression = read_expression(cursor)
            cursor.finish()
        except NotReadError:
            return None
        value = self.value(expression)
        return None if value is UNKNOWN else value is True

    def declare(self, cursor: Cursor) -> None:
        """Take one declaration with its semicolon."""
        name = cursor.name()
        row = False
        while not cursor.sees_any({*_ASSIGNS, "default", ";"}):
            if cursor.done:
                raise cursor.stumbled()
            row = row or cursor.sees_any({"record", "rowtype"})
            cursor.at += 1
        self.held[name] = None
        (self.records.add if row else self.records.discard)(name)
        if not cursor.sees(";"):
            cursor.at += 1
            self.held[name] = self._rest(cursor)
        _pass(cursor)

    def _rest(self, cursor: Cursor) -> object:
        """Give what stands before the semicolon, UNKNOWN for what is no expression that is known here."""
        try:
            expression = read_expression(cursor)
            if not cursor.sees(";"):
                return UNKNOWN
        except NotReadError:
            return UNKNOWN
        return self.value(expression)

    def assigns(self, cursor: Cursor) -> bool:
        """Tell whether an assignment to a plain variable comes next."""
        return cursor.now.kind in {WORD, QUOTED} and cursor.ahead(1).value in _ASSIGNS

    def assign(self, cursor: Cursor, *, live: bool) -> None:
        """Take an assignment with its semicolon."""
        name = cursor.name()
        cursor.at += 1
        value = self._rest(cursor) if live else None
        _pass(cursor)
        if live:
            self.held[name] = value

    def select(self, cursor: Cursor, *, live: bool) -> None:
        """Take SELECT or PERFORM with its semicolon, and keep what it puts into variables."""
        begin = cursor.at
        if cursor.take("perform"):
            query = _query(Cursor(cursor.text, [_SELECT, *cursor.tokens[cursor.at :]]))
        else:
            query = _query(Cursor(cursor.text, cursor.tokens[cursor.at :]))
        _pass(cursor)
        if not live:
            return
        if query is None:
            self._forget(Cursor(cursor.text, cursor.tokens[begin : cursor.at]))
            return
        try:
            records = query.records(self.scope)
        except UnknownValueError:
            self.held |= dict.fromkeys((*query.into, FOUND), UNKNOWN)
            return
        self.held[FOUND] = bool(records)
        self._keep(query, records)

    def _keep(self, query: Said, records: list[Row]) -> None:
        record = records[0] if records else {name: None for name, _ in query.fields}
        if len(records) > 1 and any(each != record for each in records[1:]) and not query.order:
            # Which of several rows comes first is not said.
            self.held |= dict.fromkeys(query.into, UNKNOWN)
        elif len(query.into) == 1 and (len(record) != 1 or "*" in {name for name, _ in query.fields}):
            self.held[query.into[0]] = record
        else:
            self.held |= dict(zip(query.into, record.values(), strict=False))

    def _forget(self, cursor: Cursor) -> None:
        """Keep that what a query puts somewhere is not known."""
        self.held[FOUND] = UNKNOWN
        while not cursor.done:
            if cursor.take("into"):
                cursor.take("strict")
                while cursor.now.kind in {WORD, QUOTED}:
                    self.held[cursor.name()] = UNKNOWN
                    if not cursor.take(","):
                        break
            else:
                cursor.at += 1


def _query(cursor: Cursor) -> Said | None:
    try:
        query = read_query(cursor)
        cursor.want(";")
    except NotReadError:
        return None
    return query


def _pass(cursor: Cursor) -> None:
    """Pass over the rest of a statement and its semicolon."""
    while not cursor.take(";"):
        if cursor.done:
            raise cursor.stumbled()
        cursor.at += 1


_SELECT: Final = Cursor("select").tokens[0]
