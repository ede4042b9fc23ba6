"""DO blocks as generators and people write them.

Followed are conditions on the catalogs, exceptions that are caught, variables, loops over what a query finds, and
statements put together. A block that may change the schema in another way is doubtful.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from fkdash import sqlstates
from fkdash.catalog.files.blocks.expressions import read_expression
from fkdash.catalog.files.blocks.harmless import (
    CHANGES,
    is_harmless,
    is_lost,
    may_change,
    read_in_block,
    want_what_it_names,
)
from fkdash.catalog.files.blocks.loops import ContinuedError, ExitedError, read_rounds, take_label
from fkdash.catalog.files.blocks.rows import UNKNOWN
from fkdash.catalog.files.blocks.variables import FOUND, Variables
from fkdash.catalog.files.execute import execute
from fkdash.catalog.files.reading.nodes import Do, Transaction
from fkdash.catalog.files.reading.splitting import split
from fkdash.catalog.files.reading.tokens import END, SIGN, Cursor, NotReadError
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.sqlstates import (
    NULL_VALUE_NOT_ALLOWED,
    RAISE_EXCEPTION,
    SYNTAX_ERROR,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.files.blocks.scope import Expression
    from fkdash.catalog.files.reading.nodes import Node

_WHOLE_CLASS: Final = {"syntax_error_or_access_rule_violation": "42"}
_QUIET: Final = frozenset({"null", "assert", "get", "insert", "update", "delete", "merge"})
_LEVELS: Final = frozenset({"notice", "warning", "info", "log", "debug"})
_INTO: Final = re.compile(r"\binto\b", re.IGNORECASE)
_ORDER_MATTERS: Final = re.compile(r"\b(?:add|create)\b", re.IGNORECASE)


def run_block(state: State, node: Do, read: Callable[[str], Node]) -> None:
    """Carry out a DO block; raises RefusedError where an exception leaves it, DoubtfulError where unsure."""
    if not CHANGES.search(node.body):
        if node.language == "plpgsql":
            # It changes nothing, whatever of it is not understood, but it may end what it stands in.
            with suppress(DoubtfulError, NotReadError):
                _Block(state, Cursor(node.body), read).run()
        return
    if node.language != "plpgsql":
        raise DoubtfulError(f"a block in {node.language} is not followed")
    try:
        _Block(state, Cursor(node.body), read).run()
    except NotReadError as error:
        raise DoubtfulError(f"what this block does is not followed: {error}") from error


class _Returned(Exception):  # noqa: N818 - it is no error: RETURN ends the block
    pass


class _Block:
    """Walks over a block's statements, carrying them out or passing over them."""

    def __init__(self, state: State, cursor: Cursor, read: Callable[[str], Node]) -> None:
        self.state = state
        self.cursor = cursor
        self.read = partial(read_in_block, read)
        self.live = True
        self.variables = Variables(state)

    def run(self) -> None:
        try:
            self._block()
        except _Returned:
            return

    def _block(self) -> None:
        cursor = self.cursor
        take_label(cursor)
        if cursor.take("declare"):
            begin = cursor.at
            while not cursor.sees("begin"):
                self.variables.declare(cursor)
            self._want_quiet((begin, cursor.at))
        cursor.want("begin")
        mark, live, failure = self.state.mark, self.live, None
        try:
            self._statements(("end", "exception"))
        except RefusedError as error:
            if not self._catches(error):
                raise
            failure = error
            self.state.back_to(mark)
        self.live = live
        if cursor.take("exception"):
            self._handlers(failure)
        cursor.want("end")
        if not cursor.sees(";") and not cursor.done:
            cursor.name()
        cursor.take(";")

    def _handlers(self, failure: RefusedError | None) -> None:
        cursor, live, handled = self.cursor, self.live, False
        while cursor.take("when"):
            matches = self._any_matches(failure)
            self.live = live and matches and not handled
            handled = handled or matches
            self._statements(("when", "end"))
        self.live = live

    def _any_matches(self, failure: RefusedError | None) -> bool:
        """Read what stands between WHEN and THEN."""
        found = self._matches(failure)
        while self.cursor.take("or"):
            found = self._matches(failure) or found
        self.cursor.want("then")
        return found

    def _matches(self, failure: RefusedError | None) -> bool:
        cursor = self.cursor
        if cursor.take("sqlstate"):
            state = cursor.string()
        else:
            name = cursor.name()
            if name == "others":
                return failure is not None
            # Conditions are called as PL/pgSQL calls them (manual, "PostgreSQL Error Codes").
            state = getattr(sqlstates, name.upper(), "") or _WHOLE_CLASS.get(name, "")
        return failure is not None and bool(state) and failure.sqlstate.startswith(state)

    def _catches(self, error: RefusedError) -> bool:
        """Pass on to the block's exceptions, and tell whether one of them catches the error."""
        cursor = self.cursor
        self._pass_to_exception()
        if not cursor.sees("exception"):
            return False
        at = cursor.at
        cursor.at += 1
        found = False
        while not found and cursor.take("when"):
            found = self._any_matches(error)
            self.live = False
            self._statements(("when", "end"))
        cursor.at = at
        self.live = True
        return found

    def _pass_to_exception(self) -> None:
        """Pass over what is left of the block's statements after one of them failed."""
        depth, cursor = 0, self.cursor
        while not cursor.done:
            if depth == 0 and (cursor.sees("exception") or cursor.sees("end")):
                return
            if cursor.sees("end", "if") or cursor.sees("end", "loop") or cursor.sees("end", "case"):
                depth -= 1
                cursor.at += 2
                continue
            if cursor.sees_any({"begin", "loop", "case"}) or (cursor.sees("if") and self._at_start()):
                depth += 1
            elif cursor.sees("end"):
                depth -= 1
            cursor.at += 1

    def _at_start(self) -> bool:
        before = self.cursor.tokens[self.cursor.at - 1].value if self.cursor.at else ";"
        return before in {";", "begin", "then", "else", "loop"}

    def _statements(self, ends: tuple[str, ...]) -> None:
        while not self.cursor.sees_any(ends):
            if self.cursor.done:
                raise self.cursor.stumbled()
            self._statement()

    def _statement(self) -> None:  # noqa: C901, PLR0912 - one line for each kind
        cursor = self.cursor
        take_label(cursor)
        if cursor.sees("begin") or cursor.sees("declare"):
            self._block()
        elif cursor.take("if"):
            self._if()
        elif cursor.sees_any({"for", "foreach"}):
            self._for()
        elif cursor.sees_any({"while", "loop", "case"}):
            self._loop()
        elif cursor.sees_any({"continue", "exit"}):
            self._leave()
        elif cursor.take("return"):
            self._pass()
            if self.live:
                raise _Returned
        elif cursor.take("raise"):
            self._raise()
        elif cursor.take("execute"):
            self._execute()
        elif cursor.sees("select") or cursor.sees("perform"):
            begin = cursor.at
            lost = cursor.sees("select")
            self.variables.select(cursor, live=self.live)
            text = cursor.source((begin, cursor.at)).rstrip(";").rstrip()
            if self.live and lost and _INTO.search(text) is None:
                want_what_it_names(self.state, self.read, text)
                raise RefusedError(SYNTAX_ERROR, "a query in a block has no destination for what it gives")
            if self.live:
                self._run(text)
        elif cursor.sees_any(_QUIET):
            begin = cursor.at
            self._pass()
            if self.live:
                self.variables.held[FOUND] = UNKNOWN
                self._want_quiet((begin, cursor.at))
                want_what_it_names(self.state, self.read, cursor.source((begin, cursor.at)))
        elif self.variables.assigns(cursor):
            begin = cursor.at
            self.variables.assign(cursor, live=self.live)
        else:
            self._sql()

    def _raise(self) -> None:
        cursor = self.cursor
        quiet = cursor.sees_any(_LEVELS)
        begin = cursor.at
        self._pass()
        if self.live and not quiet:
            raise RefusedError(
                RAISE_EXCEPTION, f"the block raises {cursor.source((begin, cursor.at - 1)) or 'it again'}"
            )

    def _if(self) -> None:
        cursor, live, taken = self.cursor, self.live, False
        while True:
            truth = self._condition(asked=live and not taken)
            cursor.want("then")
            begin = cursor.at
            self.live = live and truth is not False and not taken
            if truth is None:
                self.live = False
            self._statements(("elsif", "elseif", "else", "end"))
            if truth is None and may_change(self.cursor, self.read, (begin, cursor.at)):
                raise DoubtfulError("whether the condition of this block holds cannot be told from files")
            unknown = truth is None
            taken = taken or truth is True
            if cursor.take("elsif") or cursor.take("elseif"):
                if unknown:
                    self._want_quiet_rest()
                continue
            break
        if cursor.take("else"):
            begin = cursor.at
            self.live = live and not taken and not unknown
            self._statements(("end",))
            if unknown and may_change(self.cursor, self.read, (begin, cursor.at)):
                raise DoubtfulError("whether the condition of this block holds cannot be told from files")
        cursor.want("end", "if")
        cursor.take(";")
        self.live = live

    def _condition(self, *, asked: bool) -> bool | None:
        """Pass over a condition, and tell whether it holds where that is asked."""
        begin, end = self.cursor.pass_until({"then"})
        return self.variables.truth(Cursor(self.cursor.text, self.cursor.tokens[begin:end])) if asked else False

    def _for(self) -> None:
        """Go through a loop whose rounds are known, over the rows of a query as a rule."""
        cursor = self.cursor
        found = read_rounds(cursor, self.variables, live=self.live)
        if found is None:
            self._loop()
            return
        body = cursor.at
        live, self.live = self.live, False
        self._statements(("end",))
        end = cursor.at
        self.live = live
        if not found.ordered and _ORDER_MATTERS.search(cursor.source((body, end))):
            raise DoubtfulError("the order in which this loop runs is not known")
        try:
            for held in found.rounds:
                cursor.at, self.live = body, live
                self.variables.held |= held
                with suppress(ContinuedError):
                    self._statements(("end",))
        except ExitedError:
            if not found.ordered:
                raise DoubtfulError("the order in which this loop runs is not known") from None
        cursor.at, self.live = end, live
        cursor.want("end", "loop")
        self._pass()
        self.variables.held[FOUND] = bool(found.rounds)

    def _leave(self) -> None:
        """Carry out CONTINUE or EXIT of the innermost loop."""
        cursor = self.cursor
        ends = cursor.word() == "exit"
        labelled = not cursor.sees_any({"when", ";"})
        if labelled:
            cursor.name()
        truth: bool | None = True
        if cursor.take("when"):
            begin, end = cursor.pass_until({";"})
            inner = Cursor(cursor.text, cursor.tokens[begin:end])
            truth = self.variables.truth(inner) if self.live else False
        self._pass()
        if not self.live or truth is False:
            return
        if labelled or truth is None:
            raise DoubtfulError("where this block's loop goes on is not known")
        raise ExitedError if ends else ContinuedError

    def _loop(self) -> None:
        """Pass over a loop, or a CASE, that changes nothing."""
        cursor, begin, depth = self.cursor, self.cursor.at, 0
        while not cursor.done:
            if cursor.sees("end", "loop") or cursor.sees("end", "case"):
                depth -= 1
                cursor.at += 2
                if depth <= 0:
                    break
                continue
            if cursor.sees("loop") or (cursor.sees("case") and depth == 0):
                depth += 1
            cursor.at += 1
        self._pass()
        if self.live:
            self._want_quiet((begin, cursor.at))

    def _execute(self) -> None:
        cursor = self.cursor
        begin = cursor.at
        expression: Expression | None = None
        try:
            expression = read_expression(cursor)
            expression = expression if cursor.sees(";") else None
        except NotReadError:
            cursor.at = begin
        self._pass()
        if not self.live:
            return
        value = self.variables.value(expression) if expression is not None else UNKNOWN
        if value is None:
            raise RefusedError(NULL_VALUE_NOT_ALLOWED, "the statement that this block runs is NULL")
        if isinstance(value, str):
            for each in split(iter([value])):
                self._run(each.text)
        elif not is_harmless(cursor, begin, cursor.at) or CHANGES.search(cursor.source((begin, cursor.at))):
            raise DoubtfulError("a statement that this block puts together is not followed")

    def _sql(self) -> None:
        cursor = self.cursor
        begin = cursor.at
        self._pass()
        text = cursor.source((begin, cursor.at)).rstrip(";").rstrip()
        if text.startswith("("):
            raise RefusedError(SYNTAX_ERROR, "a statement of a block begins with a word")
        if self.live and is_lost(text):
            want_what_it_names(self.state, self.read, text)
            raise RefusedError(SYNTAX_ERROR, "a query in a block has no destination for what it gives")
        if self.live:
            self._run(text)

    def _run(self, text: str) -> None:
        if not CHANGES.search(text):
            want_what_it_names(self.state, self.read, text)
            return
        node = self.read(text)
        if isinstance(node, Transaction | Do):
            raise DoubtfulError("a block within a block is not followed")
        mark = self.state.mark
        try:
            execute(self.state, node)
        except RefusedError:
            self.state.back_to(mark)
            raise

    def _pass(self) -> None:
        """Pass over the rest of a statement and its semicolon."""
        cursor, depth = self.cursor, 0
        while depth > 0 or not cursor.take(";"):
            if cursor.now.kind == END:
                raise cursor.stumbled()
            depth += {"(": 1, ")": -1}.get(cursor.now.value, 0) if cursor.now.kind == SIGN else 0
            cursor.at += 1

    def _want_quiet(self, span: tuple[int, int]) -> None:
        if may_change(self.cursor, self.read, span):
            raise DoubtfulError("what this block does is not followed")

    def _want_quiet_rest(self) -> None:
        raise DoubtfulError("whether the condition of this block holds cannot be told from files")
