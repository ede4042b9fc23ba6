"""Runs a file's statements on the facts: transactions, savepoints, blocks, and what is not understood."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.blocks.block import run_block
from fkdash.catalog.files.dropped_relations import drop_relation
from fkdash.catalog.files.execute import execute
from fkdash.catalog.files.reading.named_nodes import Names
from fkdash.catalog.files.reading.nodes import (
    SKIPPED,
    CreateFunction,
    CreateTable,
    Do,
    HangsOn,
    SetPath,
    Skipped,
    Transaction,
)
from fkdash.catalog.files.reading.splitting import Statement
from fkdash.catalog.files.reading.statement import read
from fkdash.catalog.files.reading.tokens import NotReadError
from fkdash.catalog.files.routines import Routines
from fkdash.catalog.files.state import DEFAULT_PATH, TEMPORARY, DoubtfulError, RefusedError, State
from fkdash.fact import fact

if TYPE_CHECKING:
    from fkdash.catalog.files.reading.nodes import Node

_MOST_TEXT: Final = 2000
_OFF: Final = re.compile(r"\b(?:false|off|0|no)\b")
_REFUSED: Final = "PostgreSQL would refuse it"


@fact
class Said:
    """A statement in its file; those with the same `transaction` run in one."""

    file: str
    statement: Statement
    transaction: int = 0
    node: Node = SKIPPED


@fact
class Incomplete:
    """Something that might change what is read and was not understood, or could not be carried out."""

    file: str
    line: int
    column: int
    reason: str
    statement: str


class Script:
    """Reads statements in order, file after file, and keeps what matters of each."""

    def __init__(self, version: int) -> None:
        self.state = State(version)
        self.said: list[Said] = [Said("", Statement("", 0, 0))]
        self.incomplete: list[Incomplete] = []
        self.read = 0
        self.skipped = 0
        self.missed = 0
        self.transactions = 0
        self.elsewhere = False
        """Whether statements are of another database than those before: those refuse none of them."""
        self._begun: int | None = None
        self._begin_place: Statement | None = None
        self._savepoints: list[tuple[str, int]] = []
        self._local: tuple[str, ...] | None = None
        self._short_lived: list[str] = []
        self._file = ""
        self._routines = Routines()
        self._path_said: Said | None = None
        self._path_left: Said | None = None
        self._whole = False
        self.lock_timeouts: set[str] = set()

    def begin_file(self, file: str, *, whole: bool = False) -> None:
        """Begin a file as psql does: in a session of its own; `whole` says that it runs in one transaction."""
        self._file = file
        self._whole = whole
        self.transactions += 1

    def end_file(self) -> None:
        """End a file: what is open is rolled back, and settings end with the session."""
        if self._begun is not None:
            assert self._begin_place is not None  # noqa: S101 - a begun transaction has its place
            self._doubt(self._begin_place, "the transaction that begins here is never committed in this file")
            self._rollback()
        self._path_left = (
            self._path_said if self.state.path[:1] not in {(), ("public",), DEFAULT_PATH[:1]} else None
        )
        self._drop_temporary()
        self.elsewhere = False
        self.state.unchecked_bodies = False
        if self.state.path != DEFAULT_PATH:
            self.state.put(self.state.settings, "search_path", DEFAULT_PATH)
        self.state.forget()

    def begin_session(self) -> None:
        """Begin anew within a file, as psql does when it connects again."""
        self.end_file()
        self._path_left = None
        self.transactions += 1

    def remark(self, said: Said, reason: str) -> None:
        """Keep that something about a statement was not understood."""
        statement = said.statement
        text = statement.text[:_MOST_TEXT]
        self.incomplete.append(Incomplete(said.file, statement.line, statement.column, reason, text))

    def within(self, file: str) -> None:
        """Go on in another file of the same session."""
        self._file = file

    def run(self, statement: Statement) -> None:
        """Carry out one statement; what cannot be is kept in `incomplete`."""
        if statement.fault:
            self._doubt(statement, statement.fault)
            return
        try:
            node = read(statement.text)
        except NotReadError as error:
            self.read += 1
            self._unsure(statement, str(error))
            return
        if isinstance(node, Skipped):
            self.skipped += 1
            self._note_setting(statement.text[:200].lower())
            reason = self._routines.doubt(statement.text)
            if reason:
                self._unsure(statement, reason)
            if isinstance(node, HangsOn | Names):
                self._hang(node, statement)
            return
        self.read += 1
        if isinstance(node, CreateFunction):
            self._routines.note(statement.text)
        if isinstance(node, Transaction):
            self._transaction(node, statement)
            return
        if self._routines.watching and not isinstance(node, SetPath):
            self._doubt(
                statement,
                f"an event trigger runs {self._routines.watching} here, which may change the schema as well",
            )
            self._routines.watching = ""
        self._execute(node, statement)

    def _note_setting(self, text: str) -> None:
        if "lock_timeout" in text:
            self.lock_timeouts.add(self._file)
        if "check_function_bodies" in text:
            self.state.unchecked_bodies = _OFF.search(text) is not None

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._begun is not None

    def matters(self, text: str) -> bool:
        """Tell whether a statement that may not be run could change what is followed."""
        try:
            return not isinstance(read(text), Skipped) or bool(self._routines.doubt(text))
        except NotReadError:
            return True

    def changes(self, text: str) -> bool:
        """Tell whether a statement may make, change or drop something that is followed."""
        try:
            return not isinstance(read(text), Skipped | SetPath | Transaction)
        except NotReadError:
            return True

    def doubt(self, statement: Statement, reason: str) -> None:
        """Keep that a statement is not understood."""
        self._unsure(statement, reason)

    def _unsure(self, statement: Statement, reason: str) -> None:
        """Doubt a statement after which there may be more than is known."""
        self.state.doubted = True
        self._doubt(statement, reason)

    def _doubt(self, statement: Statement, reason: str) -> None:
        text = (statement.shown or statement.text)[:_MOST_TEXT]
        self.incomplete.append(Incomplete(self._file, statement.line, statement.column, reason, text))

    def _refuse(self, statement: Statement, error: RefusedError) -> None:
        if not self.elsewhere:
            self._doubt(statement, f"{_REFUSED}: {error} ({error.sqlstate})")

    def _execute(self, node: Node, statement: Statement) -> None:
        state = self.state
        mark = state.mark
        if self._begun is None and not self._whole:
            self.transactions += 1
        state.statement = len(self.said)
        said = Said(self._file, statement, self.transactions, node)
        self.said.append(said)
        self._judge_path(said)
        try:
            if isinstance(node, Do):
                self._run_block(node, statement)
            else:
                if isinstance(node, SetPath) and node.local:
                    if self._begun is None:
                        return
                    self._local = self._local if self._local is not None else state.path
                execute(state, node)
        except RefusedError as error:
            state.back_to(mark)
            self._refuse(statement, error)
        except (DoubtfulError, NotReadError) as error:
            if isinstance(node, Do) or not (isinstance(error, DoubtfulError) and error.kept):
                state.back_to(mark)
            self._unsure(statement, str(error))
        except (LookupError, StopIteration, ValueError, RecursionError) as error:
            # A fault of ours must not pass for an answer, nor end the reading of everything else.
            state.back_to(mark)
            self._unsure(statement, f"fkdash stumbles over it ({type(error).__name__})")
        else:
            if isinstance(node, CreateTable) and node.on_commit_drop:
                self._short_lived.append(node.name[-1])
        if self._begun is None:
            self._end_short_lived()
            state.forget()

    def _hang(self, node: HangsOn | Names, statement: Statement) -> None:
        """Keep what a policy or a function uses, and ask for what a statement names."""
        try:
            execute(self.state, node)
        except RefusedError as error:
            self.missed += isinstance(node, Names) and not self.elsewhere
            self._refuse(statement, error)
        except DoubtfulError as error:
            self._doubt(statement, str(error))

    def _run_block(self, node: Do, statement: Statement) -> None:
        run_block(self.state, node, read)
        reason = self._routines.doubt_block(node.body)
        if reason:
            self._unsure(statement, reason)

    def _end_short_lived(self) -> None:
        """Drop the temporary tables that go with their transaction, whatever refers to them going as well."""
        for name in self._short_lived:
            found = self.state.find((TEMPORARY, name))
            with suppress(DoubtfulError, RefusedError):  # no temporary table is in the catalog in the end
                if found is not None:
                    drop_relation(self.state, found, cascade=True)
        self._short_lived.clear()

    def _drop_temporary(self) -> None:
        """Drop the temporary tables: they end with the session."""
        schema = self.state.schemas.get(TEMPORARY)
        left = [each for each in self.state.relations.values() if each.schema == schema]
        for each in left:
            with suppress(DoubtfulError, RefusedError):  # no temporary table is in the catalog in the end
                if each.oid in self.state.relations and each.kind in "rvS":
                    drop_relation(self.state, each, cascade=True)

    def _judge_path(self, said: Said) -> None:
        """Doubt a search path that a file leaves set, where the next one does not set its own.

        psql begins every file with the usual one; a tool with one session for all goes on with what was set.
        """
        if isinstance(said.node, SetPath):
            self._path_said, self._path_left = said, None
        elif self._path_left is not None:
            self.remark(
                self._path_left, "it holds at the end of the file: whether the next begins with it is not clear"
            )
            self._path_left = None

    def _transaction(self, node: Transaction, statement: Statement) -> None:
        state = self.state
        if node.what == "begin":
            if self._begun is None:
                self._begin(statement)
        elif node.what.startswith("commit"):
            self._commit()
            if node.what.endswith("chain"):
                self._begin(statement)
        elif node.what in {"rollback", "rollback and chain"}:
            if self._begun is not None:
                self._rollback()
            if node.what.endswith("chain"):
                self._begin(statement)
        elif node.what == "prepare":
            if self._begun is not None:
                self._doubt(statement, "whether a prepared transaction is committed is told elsewhere")
                self._rollback()
        elif self._begun is None:
            self._doubt(statement, "there is no transaction for a savepoint")
        elif node.what == "savepoint":
            self._savepoints.append((node.name, state.mark))
        else:
            self._to_savepoint(node, statement)

    def _begin(self, statement: Statement) -> None:
        self._begun, self._begin_place = self.state.mark, statement
        self.transactions += 1

    def _to_savepoint(self, node: Transaction, statement: Statement) -> None:
        at = next((n for n in reversed(range(len(self._savepoints))) if self._savepoints[n][0] == node.name), None)
        if at is None:
            self._doubt(statement, f"there is no savepoint {node.name}")
        elif node.what == "release":
            del self._savepoints[at:]
        else:
            self.state.back_to(self._savepoints[at][1])
            del self._savepoints[at + 1 :]

    def _commit(self) -> None:
        if self._local is not None:
            self.state.put(self.state.settings, "search_path", self._local)
        self._end_short_lived()
        self._end_transaction()
        self.state.forget()

    def _rollback(self) -> None:
        if self._begun is not None:
            self.state.back_to(self._begun)
        self._end_transaction()

    def _end_transaction(self) -> None:
        self._begun = self._begin_place = self._local = None
        self.transactions += 1
        self._savepoints.clear()
        self._short_lived.clear()
