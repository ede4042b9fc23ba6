"""Several questions in one statement: over a slow link what costs is the number of answers waited for.

The driver asks the server what a statement's types are before it runs it, which is a second wait. `COPY (...) TO
STDOUT` is answered at once, with each row as JSON. Questions asked at the same time go out together.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fkdash.db.literals import literal

# Strings, quoted names and comments are passed over; what is left of "$1" is an argument.
_ARGUMENT: Final = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\$(\d+)""")
_NO_ELEMENT: Final = re.compile(r'[\\"]')
_TURNS: Final = 16
"""How often others get their turn before what has been asked goes out."""


class Told:
    """A row as JSON told it: numbers, texts, truth values, None and lists of these."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, key: int | str, /) -> Any:  # noqa: ANN401 - a column may hold any type
        return self._values[key] if isinstance(key, str) else list(self._values.values())[key]


@dataclass(slots=True)
class _Question:
    sql: str
    answer: asyncio.Future[Sequence[Told]] = field(default_factory=asyncio.Future)


class Batches:
    """Collects questions and sends those that wait together; `copy` runs a COPY statement and gives its bytes."""

    def __init__(self, copy: Callable[[str], Awaitable[bytes]]) -> None:
        self._copy = copy
        self._waiting: list[_Question] = []
        self._sending: asyncio.Task[None] | None = None
        self._awaited = 0

    async def ask(self, sql: str, arguments: Sequence[object]) -> Sequence[Told]:
        """Give all rows of a query; raises what the statement that it is a part of raises."""
        question = _Question(with_arguments(sql, arguments))
        self._waiting.append(question)
        self._awaited += 1
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        try:
            return await question.answer
        except asyncio.CancelledError:
            if question in self._waiting:
                self._waiting.remove(question)
            if self._awaited == 1 and self._sending is not None:
                # Nobody is there to hear it, so it is to end on the server too.
                self._sending.cancel()
                self._sending = None
            raise
        finally:
            self._awaited -= 1

    async def _send(self) -> None:
        while True:
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            asked, self._waiting = self._waiting, []
            if not asked:
                return
            try:
                # What several ask is asked once.
                places = {sql: number for number, sql in enumerate(dict.fromkeys(each.sql for each in asked))}
                told = rows_of(await self._copy(together(list(places))), len(places))
            except BaseException as error:
                for question in asked:
                    _fail(question.answer, error)
                if not isinstance(error, Exception):
                    raise
                continue
            for question in asked:
                if not question.answer.done():
                    question.answer.set_result(told[places[question.sql]])


def _fail(answer: asyncio.Future[Sequence[Told]], error: BaseException) -> None:
    if answer.done():
        return
    if not isinstance(error, Exception):
        answer.cancel()
        return
    answer.set_exception(error)
    # Whoever was cancelled does not look at it.
    answer.exception()


def together(statements: Sequence[str]) -> str:
    """Give one query with the rows of several as JSON, each with the number of its query."""
    return "\nunion all\n".join(
        f"select {number} as n, pg_catalog.to_json(q) as r from (\n{sql}\n) q"
        for number, sql in enumerate(statements)
    )


def rows_of(copied: bytes, questions: int) -> list[list[Told]]:
    """Read what COPY gave of `together`; raises UnicodeDecodeError for what is no UTF-8."""
    found: list[list[Told]] = [[] for _ in range(questions)]
    # In COPY's text a backslash is doubled, and JSON has no other character that it would escape.
    for line in copied.decode().replace("\\\\", "\\").split("\n"):
        if line:
            number, _, row = line.partition("\t")
            found[int(number)].append(Told(json.loads(row)))
    return found


def with_arguments(sql: str, arguments: Sequence[object]) -> str:
    """Give the query with its arguments as constants, which mean the same whatever the session's settings are."""
    if not arguments:
        return sql
    spelled = [spelled_argument(each) for each in arguments]

    def replaced(found: re.Match[str]) -> str:
        return found[0] if found[1] is None else spelled[int(found[1]) - 1]

    return _ARGUMENT.sub(replaced, sql)


def spelled_argument(value: object) -> str:
    """Give a value as a constant; raises TypeError for anything but numbers, texts, truth values and lists."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value >= 0 else f"({value})"
    if isinstance(value, str):
        return _on_one_line(literal(value))
    if isinstance(value, Iterable):
        return _on_one_line(literal("{" + ",".join(map(_element, value)) + "}"))
    raise TypeError(f"{type(value).__name__} is no argument")


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + _NO_ELEMENT.sub(r"\\\g<0>", value) + '"'
    raise TypeError(f"{type(value).__name__} is no element")


def _on_one_line(constant: str) -> str:
    """Let no constant end a comment that it stands in."""
    if "\n" not in constant and "\r" not in constant:
        return constant
    if not constant.startswith("E"):
        constant = f"E{constant}"
    return constant.replace("\n", "\\n").replace("\r", "\\r")
