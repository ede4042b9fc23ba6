"""Reads sources into a catalog, file by file and piece by piece."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from fkdash.catalog.files.reading.splitting import Statement, split
from fkdash.catalog.files.script import Incomplete, Script
from fkdash.catalog.files.to_catalog import catalog_of
from fkdash.catalog.model import Catalog
from fkdash.errors import UsageError, reason_of
from fkdash.fact import fact
from fkdash.lint.drizzle import drizzle_statements
from fkdash.lint.encoding import HEAD, UTF_8, encoding_of, to_mend, told, want_text
from fkdash.lint.node_pg_migrate import statements_of
from fkdash.lint.platforms import bring
from fkdash.lint.prisma import prisma_statements
from fkdash.lint.psql import Command, Psql, asks_only
from fkdash.lint.sources import SourceFile, Sources, label_of
from fkdash.lint.tools import beginning
from fkdash.versions import NEWEST, OLDEST

_PIECE: Final = 1 << 20
_CONFLICT: Final = re.compile(r"^(?:<{7}|>{7}|\|{7}|={7})(?: .*)?$", re.MULTILINE)
_VERSION: Final = re.compile(r"^-- Dumped from database version (\d+)", re.MULTILINE)
_INCLUDES: Final = frozenset({"i", "ir", "include", "include_relative"})
_NUL: Final = "a NUL character stands here: PostgreSQL takes none (PowerShell's >> may add UTF-16 to a file)"
_CONDITIONS: Final = frozenset({"if", "elif", "else", "endif"})
_NO_TRANSACTION: Final = re.compile(
    r"(?:abort|begin|start|commit|end|rollback|vacuum|prepare\s+transaction)\b", re.IGNORECASE
)
_MODELS: Final = {"prisma-schema": prisma_statements, "drizzle-snapshot": drizzle_statements}
_HARMLESS: Final = frozenset(
    {
        "restrict", "unrestrict", "echo", "qecho", "warn", "pset", "timing", "encoding", "x", "a", "t",
        "errverbose", "password", "o", "out", "g", "gx", "copy", ".", "?", "h", "help", "conninfo", "setenv", "f",
        "H", "C", "T", "l", "list", "p", "print", "s", "w", "write", "z", "sf", "sv", "gdesc", "crosstabview",
    }
)  # fmt: skip


@fact
class FilesRead:
    """What files add up to, and how far they were understood."""

    catalog: Catalog
    script: Script
    words: str
    files: int

    @property
    def statements(self) -> int:
        """How many statements there are in all."""
        return self.script.read + self.script.skipped


def read_sources(
    sources: Sources, version: int | None = None, progress: Callable[[str, int], None] | None = None
) -> FilesRead:
    """Read every file; `version` is the major version whose rules hold, by default a dump's own or the newest.

    `progress` is told the file and how many bytes of it have been read.
    """
    script = Script(version if version is not None else _version_of(sources))
    if sources.files:
        bring(script.state, sources.files[0].tool.name)
    for label, reason in sources.doubts:
        script.incomplete.append(Incomplete(label, 1, 1, reason, ""))
    for file in sources.files:
        if file.path.is_file():
            _File(script, file, progress).read()
    catalog = catalog_of(script.state)
    made = [table for table in catalog.tables.values() if _is_made(script, table.oid)]
    if not made and len(script.incomplete) == script.missed:
        # That it names what is not there either is told by one reason.
        script.incomplete.clear()
        reason = "no table is made in these files: there is nothing to judge"
        script.incomplete.append(Incomplete(sources.files[0].label if sources.files else "", 1, 1, reason, ""))
    return FilesRead(
        catalog=catalog,
        script=script,
        words=sources.words,
        files=len(sources.files),
    )


def _is_made(script: Script, oid: int | None) -> bool:
    """Tell whether a file makes a table, and no platform."""
    return oid is not None and script.state.relations[oid].made > 0


def _version_of(sources: Sources) -> int:
    if not sources.files:
        return NEWEST
    found = _VERSION.search(beginning(sources.files[0].path))
    return min(max(int(found.group(1)), OLDEST), NEWEST) if found is not None else NEWEST


class _File:
    """One file, with those that it includes."""

    def __init__(self, script: Script, file: SourceFile, progress: Callable[[str, int], None] | None) -> None:
        self.script = script
        self.file = file
        self.progress = progress
        self.root = file.path.resolve().parent
        self.psql = Psql()
        self.last = ""
        self.elsewhere: Statement | None = None

    def read(self) -> None:
        """Read it as a session of its own."""
        self.script.begin_file(self.file.label, whole=self._whole())
        scripted = self.file.path.suffix != ".sql" and self.file.tool.name == "node-pg-migrate"
        model = statements_of if scripted else _MODELS.get(self.file.tool.name)
        if model is not None:
            self._model(model)
        else:
            self._statements(self.file.path, self.file.label, ())
        self.script.end_file()

    def _model(self, statements: Callable[[str, str], Iterator[Statement]]) -> None:
        """Read a file that describes a schema otherwise than in SQL."""
        try:
            raw = self.file.path.read_bytes()
        except OSError as error:
            raise UsageError(
                f"{self.file.label} cannot be read: {reason_of(error)}.", next_step="Mend it."
            ) from error
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            encoding = encoding_of(raw[:HEAD])
            said = f"it is {told(encoding)}" if encoding != UTF_8 else f"it is no UTF-8: {reason_of(error)}"
            raise UsageError(
                f"{self.file.label} cannot be read: {said}.", next_step="Save it as UTF-8."
            ) from error
        for statement in statements(text, self.file.label):
            self.script.run(statement)

    def _whole(self) -> bool:
        """Tell whether the tool runs the file in one transaction."""
        tool = self.file.tool
        return tool.whole and not (tool.outside and tool.outside in beginning(self.file.path))

    def _statements(self, path: Path, label: str, above: tuple[Path, ...]) -> None:
        tool = self.file.tool
        open_before = len(self.psql.conditions)
        try:
            pieces = _decoded(path, label, self.script, self.progress)
            if tool.up:
                pieces = _upwards(pieces, tool.up, tool.down)
            for statement in split(pieces, breakpoints=tool.breakpoints):
                if statement.meta:
                    if not self._meta(statement, path, above):
                        break
                elif "<<<<<<<" in statement.text and _CONFLICT.search(statement.text):
                    self.script.doubt(statement, "git left conflict markers here")
                else:
                    self._sql(statement)
            for condition in self.psql.conditions[open_before:]:
                self.script.doubt(condition.begins, "there is no \\endif for it")
            del self.psql.conditions[open_before:]
        except OSError as error:
            self.script.doubt(Statement("", 1, 1), f"{label} cannot be read: {reason_of(error)}")

    def _sql(self, statement: Statement) -> None:
        """Run a statement as psql sends it: with its variables' values in it, where its conditions let it."""
        psql, script = self.psql, self.script
        self.last = statement.text
        if statement.fault:
            script.run(statement)
            return
        text, calls = psql.filled_in(statement.text)
        pieces = [statement]
        if text != statement.text:
            pieces = [replace(statement, text=each.text, shown=statement.text) for each in split(iter([text]))]
        for each in pieces:
            if psql.conditions and script.matters(each.text):
                self._doubt_condition()
            if not psql.runs:
                continue
            if not psql.commits and not script.in_transaction and not _NO_TRANSACTION.match(each.text):
                script.run(replace(each, text="begin"))
            if self.elsewhere is not None and script.changes(each.text):
                script.doubt(self.elsewhere, "it leads to another database")
                script.elsewhere, self.elsewhere = True, None
            if calls:
                script.doubt(each, "what a psql variable in it stands for is not known")
            else:
                script.run(each)

    def _doubt_condition(self) -> None:
        decides = self.psql.unsure()
        if decides is not None:
            self.script.doubt(decides, "whether this holds is decided by what files do not tell")

    def _meta(self, statement: Statement, path: Path, above: tuple[Path, ...]) -> bool:
        """Carry out the psql commands of a line; tell whether the file goes on."""
        for command in self.psql.commands(statement.text):
            if command.word in _CONDITIONS:
                reason = self.psql.condition(command, statement)
                if reason:
                    self.script.doubt(statement, reason)
            elif command.word in {"q", "quit"}:
                self._doubt_condition()
                if self.psql.runs:
                    return False
            elif command.word in _INCLUDES:
                self._doubt_condition()
                if self.psql.runs:
                    self._include(command, statement, path, above)
            elif self.psql.runs:
                reason = self._command(command, statement)
                if reason:
                    self.script.doubt(statement, reason)
        return True

    def _command(self, command: Command, statement: Statement) -> str:
        """Carry out one that leads nowhere else; give what is not followed of it, "" for nothing."""
        psql, word, arguments = self.psql, command.word, command.arguments
        if word == "set":
            psql.set(arguments)
        elif word == "unset":
            psql.variables.pop((arguments or ("",))[0] or "", None)
        elif word in {"prompt", "getenv"} and arguments:
            psql.set(((arguments[-1] if word == "prompt" else arguments[0]), None))
        elif word == "gset":
            psql.forget(self.last, (arguments or ("",))[0] or "")
        elif word in {"c", "connect"}:
            self._connect(command, statement)
        elif word == "!":
            return "" if asks_only(command.rest) else "what a shell command does is not followed"
        elif word not in _HARMLESS and not word.startswith("d"):
            return f"what psql does at \\{word} is not followed"
        return ""

    def _connect(self, command: Command, statement: Statement) -> None:
        """Begin a session anew; one in another database is doubted once something is made there."""
        self.script.begin_session()
        if command.arguments[:1] not in {(), ("-",)} and self.script.state.relations:
            self.elsewhere = statement

    def _include(self, command: Command, statement: Statement, path: Path, above: tuple[Path, ...]) -> None:
        name = command.arguments[0] if command.arguments else None
        if not name:
            self.script.doubt(statement, "which file it leads to is not known")
            return
        base = path.parent if command.word in {"ir", "include_relative"} else Path.cwd()
        target = (base / name).resolve()
        if not target.exists():
            target = (path.parent / name).resolve()
        if not target.is_relative_to(self.root):
            self.script.doubt(statement, "it leads outside of the folder and is not followed")
        elif target in above or target == path.resolve():
            self.script.doubt(statement, "the file includes itself")
        elif not target.is_file():
            self.script.doubt(statement, f"there is no file {name}")
        else:
            label = label_of(target)
            self.script.within(label)
            self._statements(target, label, (*above, path.resolve()))
            self.script.within(label_of(path))


def _decoded(path: Path, label: str, script: Script, progress: Callable[[str, int], None] | None) -> Iterator[str]:
    """Give a file's text in pieces; what PostgreSQL would not take as UTF-8 is said and read all the same."""
    done, line = 0, 1
    said = nothing = False
    with path.open("rb") as file:
        head = file.read(HEAD)
        want_text(head, label)
        encoding = encoding_of(head)
        if encoding != UTF_8:
            script.incomplete.append(Incomplete(label, 1, 1, to_mend(encoding), ""))
        file.seek(0)
        make = codecs.getincrementaldecoder(encoding)
        strict, lenient = make("strict"), make("replace")
        while True:
            raw = file.read(_PIECE)
            state = strict.getstate()
            try:
                text = strict.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                at = line + raw[: max(error.start, 0)].count(b"\n")
                if not said:
                    script.incomplete.append(
                        Incomplete(label, at, 1, f"the file is not {told(encoding)} here", "")
                    )
                said = True
                lenient.setstate(state)
                text = lenient.decode(raw, final=not raw)
                strict.setstate(lenient.getstate())
            if not raw:
                if text:
                    yield text
                return
            if not nothing and "\0" in text:
                nothing, at = True, line + text[: text.index("\0")].count("\n")
                script.incomplete.append(Incomplete(label, at, 1, _NUL, ""))
            done += len(raw)
            line += raw.count(b"\n")
            if progress is not None:
                progress(label, done)
            yield text


def _upwards(pieces: Iterator[str], up: str, down: str) -> Iterator[str]:
    """Blank the lines that do not run upwards, so that the others keep their numbers."""
    running, rest = False, ""
    for piece in pieces:
        lines = (rest + piece).split("\n")
        rest = lines.pop()
        for line in lines:
            running = _turned(line, up, down, running=running)
            yield f"{line}\n" if running else "\n"
    if rest and _turned(rest, up, down, running=running):
        yield rest


def _turned(line: str, up: str, down: str, *, running: bool) -> bool:
    start = line.lstrip()[: max(len(up), len(down))].lower()
    if start.startswith(down.lower()):
        return False
    return True if start.startswith(up.lower()) else running
